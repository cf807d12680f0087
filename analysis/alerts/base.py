"""What an alert is, what a kind of alerts is, and what it is told.

A kind looks at one run (or sweep, or group) as a tick sees it and says what is so now: a *moment*
that happened once (it finished), or a *condition* that holds (it is stalled). The machine in
``episodes`` compares that with what was so before: a moment alerts once, a condition alerts when it
begins and when it is over. So no kind keeps a state of its own, and none can alert twice.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from analysis import plugins
from analysis.causes.report import WhyReport
from analysis.findings import Severity
from analysis.history import Series
from analysis.metrics import Direction
from analysis.reports import RunFacts, RunReport
from analysis.rules import Rule
from analysis.run import Run, RunState

KindName = Literal[
    "started", "finished", "failed", "crashed", "stopped", "returned", "stalled", "finding", "best",
    "ended", "rule",
]  # fmt: skip
"""``stopped``: killed, pre-empted or canceled; ``ended``: a sweep or group; ``returned``: a run
that had ended goes on. When a stall or a lost contact is over, that is the same alert, closed."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why an alert was raised, for “Why?”.

    Attributes:
        rule: what fired, one sentence.
        numbers: what it was judged by.
    """

    rule: str
    numbers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that happened to a run, a sweep or a group.

    Attributes:
        kind: what sort of thing.
        subject: the path of the run; of a sweep or group ``entity/project/sweep:NAME``.
        code: of a finding, a rule's number, a metric; else empty.
        episode: which time it happened to this subject, from 1.
        severity: how much it matters.
        headline: one sentence, plain text.
        evidence: for “Why?”.
        opened_at: when it was first seen.
        closed_at: when it was over; then the alert of the same key is to be edited, none is new.
        name: the run's (or sweep's) name.
        card: the subject whose card shows it: the run's sweep or group, else the run.
        run: facts, of an alert on a run.
        metrics: final or telling values by name.
        cause: why it failed, where that was asked for.
    """

    kind: KindName
    subject: str
    code: str
    episode: int
    severity: Severity
    headline: str
    evidence: Evidence
    opened_at: datetime
    closed_at: datetime | None = None
    name: str = ""
    card: str = ""
    run: RunFacts | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    cause: WhyReport | None = None

    @property
    def opens(self) -> bool:
        """Whether it is news, not the end of something that was told before."""
        return self.closed_at is None

    @property
    def lasted_s(self) -> float | None:
        """Seconds from opening to closing; never negative, whatever the clock did."""
        if self.closed_at is None:
            return None
        return max(0.0, (self.closed_at - self.opened_at).total_seconds())

    def key(self, watch: int | str) -> str:
        """Names it for ever in a watch: the same thing never alerts twice."""
        return f"alert:{watch}:{self.subject}:{self.kind}:{self.code}:{self.episode}"


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """A run as one tick sees it.

    Attributes:
        run: state and facts.
        report: its description, by the thresholds of the watch.
        history: its curves, for people's own rules.
        unsure: whether new points should have come and did not: no finding is cleared then.
    """

    run: Run
    report: RunReport
    history: Mapping[str, Series]
    unsure: bool = False

    @property
    def path(self) -> str:
        """The run's path."""
        return self.run.ref.path


@dataclass(frozen=True, slots=True)
class Leader:
    """The best value of a metric in a project so far."""

    value: float
    run: str
    direction: Direction

    def beaten_by(self, value: float) -> bool:
        """Whether a value is better."""
        return value < self.value if self.direction == "down" else value > self.value


@dataclass(frozen=True, slots=True)
class Context:
    """What a kind is told beside the run.

    Attributes:
        now: the tick's time, UTC.
        rules: people's own, by number.
        leaders: best values before this tick, by ``entity/project`` and metric.
        challengers: runs that beat them in this tick, likewise.
        attempt: how many times the run has begun, 1 in its first life.
        known: whether it was known before this tick.
    """

    now: datetime
    rules: Mapping[str, Rule] = field(default_factory=dict)
    leaders: Mapping[tuple[str, str], Leader] = field(default_factory=dict)
    challengers: Mapping[tuple[str, str], Leader] = field(default_factory=dict)
    attempt: int = 1
    known: bool = True


@dataclass(frozen=True, slots=True)
class Moment:
    """It happened; alerts once for each code and time."""

    headline: str
    evidence: Evidence
    severity: Severity = Severity.INFO
    code: str = ""
    time: int = 1
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Holds:
    """It is so now; alerts when it begins and when it is over.

    Attributes:
        enter: looks in a row that must see it before it counts.
        leave: looks in a row that must not see it before it counts as over.
        enter_s: seconds that it must hold as well.
    """

    headline: str
    evidence: Evidence
    severity: Severity
    code: str = ""
    enter: int = 1
    leave: int = 2
    enter_s: float = 0.0
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unsure:
    """It cannot be told now whether it holds: what holds goes on, nothing is cleared.

    ``code`` empty: none of the kind's conditions can be told.
    """

    code: str = ""


Said = Moment | Holds | Unsure


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind's entry in the register.

    Attributes:
        name: its kind, or several.
        see: what is so of a run now, each with the kind it belongs to.
        over: the sentence when a condition of the kind is over; ``None`` to say nothing.
    """

    names: tuple[KindName, ...]
    see: Callable[[Sight, Context], Iterator[tuple[KindName, Said]]]
    over: Callable[[Sight, str], str] | None = None


def registered() -> tuple[Kind, ...]:
    """All kinds on runs, by file name."""
    return plugins.load("analysis.alerts", "KIND")


def card_of(run: Run) -> str:
    """The subject whose card shows a run: its sweep or group, else the run itself."""
    where = f"{run.ref.entity}/{run.ref.project}"
    if run.sweep:
        return f"{where}/sweep:{run.sweep}"
    return f"{where}/group:{run.group}" if run.group else run.ref.path


def is_group(subject: str) -> bool:
    """Whether a subject is a sweep or group; the name of a group may hold slashes itself."""
    return label_of(subject).startswith(("sweep:", "group:"))


def label_of(subject: str) -> str:
    """A subject without its entity and project: a run's id, ``sweep:NAME`` or ``group:NAME``."""
    return subject.split("/", 2)[-1]


def at_step(sight: Sight) -> str:
    """`` at step 8,120``, where the step is known."""
    progress = sight.report.progress
    return "" if progress is None or progress.step is None else f" at step {progress.step:,}"


def final_metrics(report: RunReport) -> dict[str, float]:
    """The last loss and evaluation values."""
    values: dict[str, float] = {}
    if report.loss is not None and report.loss.current is not None:
        values[report.loss.metric] = report.loss.current
    values |= {each.metric: each.last for each in report.eval if each.last is not None}
    return values


STOPPED: Mapping[RunState, str] = {
    RunState.KILLED: "Stopped by its user",
    RunState.PREEMPTED: "Pre-empted",
    RunState.CANCELED: "Canceled",
}
"""What is said of a run that neither failed nor finished: different things, different sentences."""
