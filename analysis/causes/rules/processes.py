"""What processes print when another one died: they count only where nothing else is seen."""

from typing import Final

from analysis.causes.rules.base import Rule, accounted, regex, words

RULES: Final = (
    Rule(
        id="nccl",
        cause="network_nccl",
        pattern=regex(
            r"\bnccl\b.{0,40}(?:error|timeout|timed out|abort)|nccl communicator|"
            r"nccl(?:system|remote|internal|unhandledcuda)\w*|unhandled (?:system|"
            r"cuda) error|distbackenderror|distnetworkerror|diststoreerror|"
            r"watchdog (?:caught|thread)|gloo.{0,80}(?:closed|timed out|timeout|reset|"
            r"refused|error)|connect(?:ion)? (?:was )?(?:reset|closed|refused|timed out|"
            r"aborted|lost)(?: by (?:remote )?peer)?|rendezvous\w*(?:error|exception|closed|"
            r"timeout)|(?:client )?socket has (?:timed out|failed)|socket timeout|"
            r"store(?:based)?.{0,30}(?:timed? ?out|timeout|broken)|timed out waiting for "
            r"clients|wait timeout|barrier.{0,40}tim(?:ed|eout)|broken ?pipe|"
            r"connectionreset|connectionrefused|connectionerror|connecttimeout|readtimeout|"
            r"max retries exceeded|temporary failure in name resolution|"
            r"name or service not known|failed to resolve|remote ?(?:end )?(?:disconnected|"
            r"closed)|remotedisconnected|incompleteread|we couldn't connect to|(?:server|"
            r"service) (?:is )?unavailable|network is unreachable|no route to host|hownccl|"
            r"monitoredbarrier|(?:hccl|rccl|oneccl)\b.{0,60}(?:error|fail|time)|"
            r"mpi_err_|failed to connect to (?:gcs|\S+:\d+)|"
            r"unable to resolve hostname|horovod.{0,60}(?:shut ?down|error)|horovodinternalerror|"
            r"coordination service.{0,60}(?:error|unhealthy|unavailable)|barrier timed out|"
            r"deadline_exceeded|timeout(?:error)?: .{0,60}(?:store|barrier|collective|rank|"
            r"socket|connect)|eoferror$|address already in use|eaddrinuse"
        ),
        where="exception",
        source="NCCL, Gloo, c10d, torchrun, Horovod, JAX, requests",
        sure=0.85,
        role="consequence",
    ),
    Rule(
        id="nccl_line",
        cause="network_nccl",
        needles=words(
            "nccl|gloo|c10d|rendezvous|peer|socket|ibv|net/ib|watchdog|completion|"
            "distributed service|coordination service|dist|orte|prte|lost communication|"
            "ucx|uct_|mlx5|transport retry|libfabric|efa"
        ),
        pattern=regex(
            r"watchdog (?:caught collective|hang)|nccl operations have failed or timed out|"
            r"nccl (?:error|warn).{0,80}(?:closed|timed out|unhandled|failed|error|reset|"
            r"ib)|connection (?:reset|closed) by (?:remote )?peer|ibv_poll_cq|"
            r"got completion.{0,60}error|rendezvous.{0,60}(?:closed|timed out|failed)|"
            r"client socket has (?:failed|timed out)|net/ib ?:.{0,60}(?:error|warn)|"
            r"socketprogress|dist(?:backend|network|store)error|"
            r"distributed service detected fatal errors|error from (?:the )?coordination service|"
            r"(?:in|rpc to) (?:the )?coordination service: unavailable|"
            r"(?:orte|prte|prrte)\b.{0,20}has lost communication|"
            r"transport retry count(?:er)? exceeded|(?:\bucx|\buct_|\bmlx5|\blibfabric|\befa)\w*\b"
            r".{0,160}\b(?:error|fail\w*|timed? ?out|unreachable|reset|exceeded)\b"
        ),
        where="line",
        source="NCCL, Gloo, c10d, Open MPI, UCX, libfabric",
        sure=0.82,
        role="consequence",
    ),
    Rule(
        id="interrupt",
        cause="interrupted",
        pattern=regex(
            r"^(?:[\w.]*\.)?keyboardinterrupt\b|got signal: 2\b|received signals?\.sigint|"
            r"(?:received|caught|got) (?:a )?(?:sigint|signal 2\b|keyboardinterrupt|ctrl)"
        ),
        where="exception",
        source="Python, torchrun",
        sure=0.9,
        role="consequence",
    ),
    Rule(
        id="interrupt_line",
        cause="interrupted",
        needles=words("keyboardinterrupt|sigint|by user|by the user|^c|control|ctrl"),
        pattern=regex(
            r"detected keyboardinterrupt|^keyboardinterrupt\b|signals?\.sigint|(?:received|"
            r"caught|got) (?:a )?(?:sigint|keyboardinterrupt)|"
            r"(?:interrupted|(?:training|run) (?:was )?(?:stopped|aborted|cancelled|canceled)) by "
            r"(?:the )?user|^\^C\s*$|\b(?:control|ctrl) ?[-+] ?c (?:detected|pressed|caught|"
            r"received)|^\^C ?(?:caught|received|pressed)"
        ),
        where="tail",
        source="Lightning, torchrun, W&B, scripts",
        sure=0.85,
        role="consequence",
    ),
    Rule(
        id="terminated",
        cause="killed",
        pattern=regex(
            r"signalexception.{0,80}signal: (?:15|1)\b|got signal: (?:15|1)\b|sigterm|sighup|"
            r"killed by signal: terminated"
        ),
        where="exception",
        source="torchrun, scripts",
        sure=0.75,
        role="consequence",
    ),
    Rule(
        id="worker_killed",
        cause="killed",
        pattern=regex(
            r"terminated with signal sigkill|terminatedworkererror|brokenprocesspool|"
            r"subprocesses has abruptly died"
        ),
        where="exception",
        source="torch.multiprocessing, joblib, concurrent.futures, datasets",
        sure=0.4,
        role="consequence",
    ),
    Rule(
        id="slurm_cancelled",
        cause="killed",
        needles=words("cancelled|node failure|node_fail"),
        pattern=regex(
            r"\*\*\* (?:job|step) \S+ on \S+ cancelled at |due to node failure|"
            r"srun: error: node failure|" + accounted("node_fail|cancelled")
        ),
        where="line",
        source="Slurm: scancel, node failure",
        sure=0.85,
        role="consequence",
    ),
    Rule(
        id="node_died",
        cause="killed",
        pattern=regex(
            r"\bnode (?:has|was|is) (?:crashed|died|(?:been )?marked dead)|"
            r"(?:actor|worker|task) (?:died|is dead|failed) because (?:its|the) node has died"
        ),
        where="exception",
        source="Ray: the machine under an actor went away",
        sure=0.55,
        role="consequence",
    ),
    Rule(
        id="job_deleted",
        cause="killed",
        needles=words("term_owner|term_admin|deleted|celled by|celed by|stopped by|killed by"),
        pattern=regex(
            r"term_(?:owner|admin)|deleted by (?:user|root)|job .{0,40}(?:was )?(?:deleted|"
            r"cancell?ed|stopped|killed) by"
        ),
        where="line",
        source="LSF, PBS, Grid Engine, cloud jobs",
        sure=0.8,
        role="consequence",
    ),
    Rule(
        id="kill_line",
        cause="killed",
        needles=words(
            "sigterm|killed|terminated|signal 15|sigkill|signal 9|exit code 137|"
            "status 137|code 137|sighup|signal: 15|signal:1|signal: 1|signal 1"
        ),
        pattern=regex(
            r"(?:received|caught|got|by)\s.{0,30}(?:sigterm|sighup|signal:? (?:15|1)\b)|"
            # The shell's own words, with a capital: "killed" in prose says nothing.
            r"^(?-i:Killed|Terminated)(?:\s{2,}\S.{0,200}|:\s?\d+)?\s*$|"
            r"\b\d+ (?-i:Killed|Terminated)\b|(?:\]|:) +(?-i:Killed|Terminated)\b|"
            r"killed by signal|signal (?:9|15) \(sig|sigkill|"
            r"(?:exit(?:ed)?.{0,20}(?:code|status)|status) 137"
        ),
        where="tail",
        source="the shell, torchrun, scripts",
        sure=0.55,
        role="consequence",
    ),
)
