"""Signs that are no cause by themselves: noise, wrappers, a clean end, what exit codes mean."""

import re
from dataclasses import dataclass
from typing import Final

from analysis.causes.model import Cause

MEMORY_HINT: Final = re.compile(
    r"(?:\bhost|\bcpu|\bsystem|\bram\b|\bmemory|\bmem\b|\brss\b)"
    r"[^\n]{0,40}?\b(?:9[3-9]|100)(?:\.\d+)?\s?%|"
    r"\bcannot allocate memory|memoryerror|memory (?:usage|pressure).{0,20}(?:high|critical)|"
    r"memory limit|swap.{0,20}(?:full|exhausted)",
    re.IGNORECASE,
)
"""A line that shows, beside exit code 137, that the host's memory was running out."""

NAN_LOSS: Final = re.compile(
    r"(?:\b|_)(?:loss|nll|ppl|perplexity|grad_?norm|gnorm)\w*[\"']?\s{0,3}[:=|]?\s{0,3}"
    r"[\"']?(?:tensor\()?(?:-?inf|nan)\b",
    re.IGNORECASE,
)
"""A progress line whose loss or gradient norm is not finite."""

NOISE: Final = re.compile(
    r"^(?:wandb: |\S*warning:|.{0,200}\b(?:user|future|deprecation|runtime|syntax|pending\w*|"
    r"resource)warning\b|w\d{4} |\[w[ \d]|.{0,80}\bwarn(?:ing)?\b)|"
    r"sending process \d+ closing signal|unable to register cu|"
    r"could not find tensorrt|tensorfloat|rebuild tensorflow|omp_num_threads|"
    r"\[(?:info|debug)\]|(?-i:\b(?:INFO|DEBUG)\b)|"
    r"^(?:info|debug):|will retry|retrying|, retry|retry \d",
    re.IGNORECASE,
)
"""Warnings, retries and information: never evidence, whatever words they hold."""

HARD: Final = frozenset(
    (
        "slurm_time_limit",
        "pbs_walltime",
        "lsf_runlimit",
        "deadline_exceeded",
        "slurm_preempted",
        "cloud_spot",
        "k8s_preempted",
        "k8s_evicted_memory",
        "k8s_evicted_disk",
        "cgroup_oom",
        "slurm_cancelled",
        "wandb_preempting",
        "slurm_signal_limit",
        "kill_line",
        "interrupt_line",
    )
)
"""Rules whose lines count even in a warning: these are announced as one."""

WRAPPERS: Final = re.compile(
    r"(?:^|\.)(?:ChildFailedError|RayTaskError(?:\(\w+\))?|RayActorError|TrainingFailedError|"
    r"TuneError|ProcessRaisedException|ProcessExitedException|CalledProcessError|DatasetGenerationError|"
    r"DatasetGenerationCastError|SimplifiedTraceback|UnfilteredStackTrace|ExceptionGroup|"
    r"BaseExceptionGroup|InstantiationException|RetryError|SystemExit|Exit|ClickException|"
    r"ApplicationError|ActorDiedError|UserCodeException|StartTraceback|WorkerCrashedError|"
    r"CheckpointException|TerminatedWorkerError|MultiProcessingError|RemoteTraceback|_RemoteTraceback|BackendCompilerFailed|InternalTorchDynamoError)$"
)
"""Exceptions that only report another one, which is looked for instead."""

POINTS_ELSEWHERE: Final = re.compile(
    r"see (?:the )?(?:root cause|stack trace|error|log|message)s? (?:above|for root cause)|"
    r"see stack trace for|check the (?:worker|task|error) logs? (?:above|for)|"
    r"worker\w* initialization failed due to an exception",
    re.IGNORECASE,
)
"""A message that only says where the real error is."""

CLOSED: Final = re.compile(r"^wandb: (?:Synced \d|Find logs at|.{0,4}View run .{0,80} at:)")
"""W&B closed the run: the process ended by itself, well or with an exception that it printed."""

FINISHED: Final = re.compile(
    r"`?trainer\.fit`? stopped: `?max_|'train_runtime'|\btrain_runtime\b|"
    r"^\W{0,4}(?:all )?(?:done|finished|complete[d]?)\W{0,3}$|"
    r"training (?:is |has )?(?:complete[d]?|finished|done|ended successfully)|finished training|"
    r"(?:job|run) (?:completed|finished|succeeded)|completed successfully|"
    r"waiting for w&b process to finish.{0,8}\(success|process to finish, pid \d+.{0,12}\(success|"
    r"total training time|end of training|^stopping\. best iteration|"
    r"early stopping, best iteration|^saved (?:the )?(?:final )?(?:model|weights) (?:to|in|at) |"
    r"best (?:model|val|score).{0,40}saved|saved final|^\d+ epochs completed in [\d.]+ hours|"
    r"^results saved to \S+|restoring model weights from the end of the best epoch",
    re.IGNORECASE,
)
"""A line that says training came to its end."""

CAUGHT_BEFORE: Final = re.compile(
    r"will try again|retry|skipp|ignor|continu|fall(?:ing)? ?back|non-fatal|not fatal|"
    r"could not push|caught",
    re.IGNORECASE,
)
"""Beside a traceback: the program handled it."""
CAUGHT_AFTER: Final = re.compile(
    r"\btrying\b|retry|skipp|ignor|continu|fall(?:ing)? ?back|does not fit|instead|recover|"
    r"reduc\w+ batch",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ExitCode:
    """What an exit code alone says.

    Attributes:
        cause: The cause it suggests.
        sure: Confidence, 0 to 1, with nothing else known.
        says: What it means, as part of a sentence.
    """

    cause: Cause
    sure: float
    says: str


EXIT_CODES: Final[dict[int, ExitCode]] = {
    124: ExitCode("timeout_limit", 0.5, "the command `timeout` ended it (exit code 124)"),
    130: ExitCode("interrupted", 0.75, "it got an interrupt, as Ctrl-C sends (exit code 130)"),
    137: ExitCode("killed", 0.35, "it was killed with SIGKILL (exit code 137)"),
    135: ExitCode("segfault", 0.5, "it crashed with a bus error (exit code 135)"),
    139: ExitCode("segfault", 0.7, "it crashed with a segmentation fault (exit code 139)"),
    143: ExitCode("killed", 0.6, "it was asked to stop with SIGTERM (exit code 143)"),
    129: ExitCode("killed", 0.5, "its terminal went away (SIGHUP, exit code 129)"),
}
"""128 + signal, as shells report it; a negative code is the signal itself."""
