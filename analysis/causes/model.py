"""The types of a diagnosis: what goes in, what comes out, and what passes between the steps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

Cause = Literal[
    "gpu_oom",
    "host_oom",
    "nan",
    "assertion",
    "python_exception",
    "network_nccl",
    "timeout_limit",
    "preempted",
    "killed",
    "interrupted",
    "disk_full",
    "data_missing",
    "data_bad",
    "cuda_error",
    "segfault",
    "auth",
    "dependency",
    "none",
    "unknown",
]
CAUSES: tuple[Cause, ...] = get_args(Cause)

Confidence = Literal["low", "medium", "high"]


def confidence_word(value: float) -> Confidence:
    """`low` under 0.5, `medium` under 0.8, else `high`."""
    if value < 0.5:
        return "low"
    return "medium" if value < 0.8 else "high"


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of a traceback; `code` is the source line, if the log shows it."""

    file: str
    line: int
    function: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One cleaned line of a log.

    Attributes:
        index: Its place in the cleaned log, from 0.
        text: Without colour codes, secrets, and the prefixes of launchers and collectors.
        rank: The process that wrote it (a rank, or `pid 123`), where a prefix says so.
        stamped: Whether a time stamp was taken off its beginning.
    """

    index: int
    text: str
    rank: str | None = None
    stamped: bool = False


@dataclass(frozen=True, slots=True)
class Trace:
    """One exception as printed.

    Attributes:
        type: As printed, with its module (`torch.OutOfMemoryError`).
        message: First line of the message, and as many more as belong to it.
        frames: Outermost first; empty where only the last line was printed.
        start: Index of the first line of it.
        end: Index of the last line of it.
        rank: The process that printed it, if known.
        after: How it follows the one before: `cause` ("direct cause"), `context` ("during
            handling"), or `None` when it starts a chain.
        aside: Printed by a destructor or a helper thread: not what ended the process.
    """

    type: str
    message: str
    frames: tuple[Frame, ...]
    start: int
    end: int
    rank: str | None = None
    after: Literal["cause", "context"] | None = None
    aside: bool = False

    @property
    def name(self) -> str:
        """The type without its module."""
        return self.type.rpartition(".")[2]

    @property
    def headline(self) -> str:
        """The type and the first line of the message, as Python prints them."""
        first = self.message.partition("\n")[0].strip()
        return f"{self.type}: {first}" if first else self.type


@dataclass(frozen=True, slots=True)
class MetricEvidence:
    """What a run's metrics say about its end; every field may be missing.

    Attributes:
        last_step: Last step that was logged.
        last_time: Unix seconds of the last record of any kind.
        last_loss: Last training loss, finite or not.
        last_grad_norm: Last gradient norm, finite or not.
        nan_before_end: A loss or gradient norm was not finite in the last rows.
        nan_since_step: First step of the non-finite values that last to the end.
        gpu_memory_pct: GPU memory in use before the end, percent of the card's.
        gpu_memory_trend_pct: Its change over the last part of the run, percentage points.
        gpu_memory_total_gb: Memory of one card, GiB.
        host_memory_pct: Memory of the host in use before the end, percent.
        host_memory_trend_pct: Its change over the last part of the run, percentage points.
        disk_pct: Disk in use before the end, percent.
        disk_trend_pct: Its change over the last part of the run, percentage points.
        similar_failures: Other runs of the project, sweep or group that ended the same way.
        similar_scope: What they share with this one: `project`, `sweep` or `group`.
    """

    last_step: int | None = None
    last_time: float | None = None
    last_loss: float | None = None
    last_grad_norm: float | None = None
    nan_before_end: bool | None = None
    nan_since_step: int | None = None
    gpu_memory_pct: float | None = None
    gpu_memory_trend_pct: float | None = None
    gpu_memory_total_gb: float | None = None
    host_memory_pct: float | None = None
    host_memory_trend_pct: float | None = None
    disk_pct: float | None = None
    disk_trend_pct: float | None = None
    similar_failures: int | None = None
    similar_scope: str | None = None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Why a run ended, as far as can be told.

    Attributes:
        cause: One of `CAUSES`.
        confidence_value: 0 to 1.
        exception_type: Type of the exception that ended it, with its module, if there was one.
        exception_message: First line of that exception's message, redacted.
        frame: Last frame in the user's own code.
        quotes: The telling lines, redacted, at most `MAX_QUOTES` of `MAX_QUOTE` characters.
        advice: One thing to try.
        also: Other things seen, a sentence each.
        evidence: Facts the verdict rests on, as JSON values.
        rule: Id of the rule that decided, and where it comes from (`source`).
    """

    cause: Cause
    confidence_value: float
    exception_type: str | None = None
    exception_message: str | None = None
    frame: Frame | None = None
    quotes: tuple[str, ...] = ()
    advice: str | None = None
    also: tuple[str, ...] = ()
    evidence: Mapping[str, object] = field(default_factory=dict)
    rule: str = "none"
    source: str = ""

    @property
    def confidence(self) -> Confidence:
        """How sure, as a word."""
        return confidence_word(self.confidence_value)
