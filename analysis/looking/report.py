"""A look at many runs as data: what ``watch --json`` prints and what boards are made from.

The shape is the contract's; ``stopped``, ``groups`` and ``sentence`` are added to it. Runs that
were killed, pre-empted or canceled neither failed nor finished: they stand in ``stopped``.
"""

from collections.abc import Iterable, Iterator
from typing import Literal

from analysis.findings import Health
from analysis.reports import (
    SCHEMA_VERSION,
    EvalReport,
    FindingReport,
    LossReport,
    MissingPart,
    ProgressReport,
    Report,
    RunFacts,
    RunReport,
    Time,
)

GroupKind = Literal["sweep", "group"]


class LookEntry(Report):
    """One run: a part of its description.

    ``heartbeat_age_s`` is the time since the last sign of life, of a run that is still running.
    """

    run: RunFacts
    health: Health
    headline: str
    findings: tuple[FindingReport, ...] = ()
    loss: LossReport | None = None
    progress: ProgressReport | None = None
    eval: tuple[EvalReport, ...] = ()
    heartbeat_age_s: float | None = None
    partial: bool = False
    missing: tuple[MissingPart, ...] = ()

    @classmethod
    def of(cls, report: RunReport, *, live: bool) -> "LookEntry":
        """The entry of a run's report."""
        beat = report.run.heartbeat_at
        age = None
        if live and beat is not None:
            age = round(max(0.0, (report.generated_at - beat).total_seconds()), 1)
        return cls(
            run=report.run,
            health=report.health,
            headline=report.headline,
            findings=report.findings,
            loss=report.loss,
            progress=report.progress,
            eval=report.eval,
            heartbeat_age_s=age,
            partial=report.partial,
            missing=report.missing,
        )

    @property
    def worst(self) -> FindingReport | None:
        """The first of the most severe findings."""
        return max(self.findings, key=lambda finding: finding.severity.rank, default=None)


class LookSummary(Report):
    """The counts; ``critical`` and ``warning`` are of the running runs."""

    running: int
    critical: int
    warning: int
    failed: int
    crashed: int
    finished: int
    stopped: int
    hours: float


class LookGroup(Report):
    """A sweep or a group with two runs or more, as one line.

    ``runs`` holds the paths of its runs in the look, worst first; ``health`` is the worst of those
    that are running. ``best`` is the best value of the metric that most of them evaluate by.
    """

    kind: GroupKind
    name: str
    entity: str
    project: str
    runs: tuple[str, ...]
    running: int
    critical: int
    warning: int
    failed: int
    crashed: int
    finished: int
    stopped: int
    health: Health
    best_metric: str | None = None
    best: float | None = None
    best_run: str | None = None


class LookError(Report):
    """A project or a part of a look that could not be read, and why."""

    what: str
    reason: str


class Look(Report):
    """The answer to “how are all my runs doing?”: running first, worst first everywhere.

    ``sentence`` sums it up; ``within`` names what was looked at, projects or an entity.
    """

    schema_version: int = SCHEMA_VERSION
    sentence: str
    summary: LookSummary
    running: tuple[LookEntry, ...] = ()
    failed: tuple[LookEntry, ...] = ()
    finished: tuple[LookEntry, ...] = ()
    stopped: tuple[LookEntry, ...] = ()
    groups: tuple[LookGroup, ...] = ()
    errors: tuple[LookError, ...] = ()
    within: tuple[str, ...] = ()
    generated_at: Time

    def entries(self) -> Iterator[LookEntry]:
        """All runs, those that need somebody first."""
        yield from self.running
        yield from self.failed
        yield from self.finished
        yield from self.stopped

    @property
    def critical(self) -> bool:
        """Whether any run of it, running or ended, is critical."""
        return any(entry.health is Health.CRITICAL for entry in self.entries())


def named(entries: Iterable[LookEntry]) -> dict[str, LookEntry]:
    """Entries by the path of their run."""
    return {entry.run.path: entry for entry in entries}
