"""Schedulers and clouds: a time limit, a pre-emption."""

from typing import Final

from analysis.causes.rules.base import Rule, accounted, regex, words

RULES: Final = (
    Rule(
        id="slurm_time_limit",
        cause="timeout_limit",
        needles=words("time limit|timeout|deadline"),
        pattern=regex(
            r"cancelled at .{0,40}due to time limit|(?:job|step) .{0,60}exceeded.{0,20}time "
            r"limit|\bhit the time limit|" + accounted("timeout|deadline")
        ),
        where="line",
        source="Slurm: slurmstepd, sacct",
        sure=0.97,
    ),
    Rule(
        id="pbs_walltime",
        cause="timeout_limit",
        needles=words("walltime"),
        pattern=regex(
            r"walltime \d+ exceeded limit|exceeded.{0,20}walltime|walltime.{0,30}exceeded|"
            r"job killed: walltime"
        ),
        where="line",
        source="PBS, Torque",
        sure=0.97,
    ),
    Rule(
        id="lsf_runlimit",
        cause="timeout_limit",
        needles=words("term_|run time limit"),
        pattern=regex(r"term_(?:runlimit|cpulimit|deadline)|reaching lsf run time limit"),
        where="line",
        source="LSF",
        sure=0.97,
    ),
    Rule(
        id="submitit_timed_out",
        cause="timeout_limit",
        needles=words("timed-out"),
        pattern=regex(r"this job is timed-out|job not requeued because: timed-out"),
        where="line",
        source="submitit",
        sure=0.95,
    ),
    Rule(
        id="sge_h_rt",
        cause="timeout_limit",
        needles=words("h_rt|wallclock"),
        pattern=regex(
            r"exceeded hard wallclock time|h_rt.{0,30}exceed|job \d+ exceeded.{0,40}h_rt"
        ),
        where="line",
        source="Grid Engine",
        sure=0.95,
    ),
    Rule(
        id="deadline_exceeded",
        cause="timeout_limit",
        needles=words("deadline|max|limit|timed out after|exceed|its timeout"),
        pattern=regex(
            r"active longer than specified deadline|reason:?\s*\W?deadlineexceeded|"
            r"maxruntimeexceeded|maxwaittimeexceeded|\bhit its timeout of \d+|"
            r"max(?:imum)?[ _-]?(?:run(?:ning)?|execution|wall|job|training)?[ _-]?time"
            r"(?:out)?\b.{0,40}(?:exceeded|reached)|(?:exceeded|longer than) the maximum "
            r"(?:execution |run ?)?time|active deadline of .{1,20} exceeded|"
            r"\b(?:job|task|run|trial|workload)\b.{0,20}\bexceeded (?:its|the) time(?:out|limit)\b|"
            r"\b(?:job|task|run|trial|workload|experiment|container)\b.{0,40}\bexceeded\b.{0,20}"
            r"\b(?:allowed|max\w*|execut\w*|run|wall|time)\b.{0,24}\b(?:time|duration)\b|"
            r"(?:job|action|task|step|workflow|run)\b.{0,60} (?:has )?timed out "
            r"after \d+ (?:min|hour)|(?:job|task|run) (?:was )?(?:killed|stopped|"
            r"cancelled|terminated).{0,40}(?:time limit|timeout limit)"
        ),
        where="line",
        source="Kubernetes Jobs, SageMaker, Vertex AI, Azure ML, Modal",
        sure=0.93,
    ),
    Rule(
        id="slurm_signal_limit",
        cause="timeout_limit",
        needles=words("time limit|timelimit|walltime|wall time"),
        pattern=regex(
            r"(?:reached|approaching|hit|near(?:ing)?|exceeded|close to|before|"
            r"running out of).{0,40}(?:time ?limit|wall ?time)|(?:time ?limit|"
            r"wall ?time).{0,30}(?:reached|expired|exceeded|approach|about to)"
        ),
        where="tail",
        source="scripts that catch the scheduler's warning signal",
        sure=0.75,
    ),
    Rule(
        id="slurm_preempted",
        cause="preempted",
        needles=words("preempt|requeue"),
        pattern=regex(
            r"due to (?:preemption|job requeue)|cancelled at .{0,60}preempt|"
            r"job \S+ (?:has been )?(?:preempted|requeued)(?! because: timed)|"
            r"this job is preempted|" + accounted("preempted")
        ),
        where="line",
        source="Slurm",
        sure=0.97,
    ),
    Rule(
        id="lsf_preempted",
        cause="preempted",
        needles=words("term_"),
        pattern=regex(r"\bterm_(?:preempt|requeue_\w+)\b"),
        where="line",
        source="LSF",
        sure=0.95,
    ),
    Rule(
        id="cloud_spot",
        cause="preempted",
        needles=words("spot|preempt|interruption notice|instance-action"),
        pattern=regex(
            r"spot (?:instance )?(?:interruption|termination|reclaim)|interruption notice|"
            r"(?:interrupt|reclaim|terminat|evict)\w*\b.{0,60}\bspot (?:capacity|instance|vm|node)|"
            r"insufficient spot capacity|"
            r"instance-action.{0,60}terminate|spot capacity.{0,60}(?:reclaim|unavail|interrupt)|"
            r"spot (?:instance|vm|node|pod|machine|job).{0,60}(?:terminat|"
            r"interrupt|evict|reclaim|preempt)|instance/preempted.{0,40}true|(?:vm|instance|"
            r"node|pod|job|worker|machine|workload|trial) .{0,40}(?:was|been|is being|"
            r"will be|being) preempted|compute\.instances\.preempted|eventtype\W{1,5}preempt|"
            r"(?:sigterm|signal).{0,20}preempt|"
            r"received preemption (?:notice|signal|warning)|preemption (?:notice|signal|"
            r"detected)|(?:state|status)\W{1,4}(?-i:PREEMPTED)\b|(?:vm|instance|node|cluster|"
            r"tpu)\b.{0,40} (?:was|is|been) preempted|scheduled ?event\w*\W.{0,40}\bpreempt"
        ),
        where="line",
        source="AWS, Google Cloud, Azure; their watchers",
        sure=0.93,
    ),
    Rule(
        id="k8s_preempted",
        cause="preempted",
        needles=words("evict|preempt|disruption|taint|low on resource|terminationby"),
        pattern=regex(
            r"preempted (?:by|in order to|to accommodate)|evictedduetopreempt|"
            r"^\s*(?:warning|normal)\s+preempt\w*\s|"
            r"reason:?\s*\W?(?:evicted|preempt\w*|"
            r"terminationbykubelet|deletionbytaintmanager)|pod (?:was |has been )?evicted|"
            r"disruptiontarget|taintmanagereviction|the node was low on resource"
        ),
        where="line",
        source="Kubernetes",
        sure=0.9,
    ),
    Rule(
        id="wandb_preempting",
        cause="preempted",
        needles=words("preempt"),
        pattern=regex(r"marking run as preempting|mark_preempting"),
        where="tail",
        source="wandb.mark_preempting",
        sure=0.8,
    ),
)
