"""The answers as data: what ``--json`` prints and what every view is made from.

Shapes and names are fixed by the project's contract; fields may be added, none renamed. A field
that a run lacks is ``None``. Non-finite numbers are written as W&B writes them (``"NaN"``,
``"Infinity"``), times as ISO 8601 in UTC.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, PlainSerializer

from analysis.findings import Finding, Health, Severity
from analysis.run import Run

SCHEMA_VERSION = 1

LossDirection = Literal["improving", "flat", "worsening", "diverged"]
GradVerdict = Literal["normal", "peak", "unstable", "exploding", "vanishing", "not_finite"]


def iso_utc(when: datetime) -> str:
    """A time as the contract has it: ISO 8601 in UTC."""
    return when.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


Time = Annotated[datetime, PlainSerializer(iso_utc, return_type=str, when_used="json")]


class Report(BaseModel):
    """Base of all reports: immutable, and written as the contract says."""

    model_config = ConfigDict(frozen=True, ser_json_inf_nan="strings", extra="forbid")

    def to_json(self, *, indent: int | None = 2) -> str:
        """The report as JSON text (UTF-8, non-finite numbers as strings)."""
        return self.model_dump_json(indent=indent)


class MissingPart(Report):
    """Something that did not come, and why."""

    what: str
    reason: str


class RunFacts(Report):
    """Which run it is and how it stands, without judgement.

    ``last_step`` counts on W&B's own ``_step``; ``state_text`` is W&B's word where ``state`` had
    to be ``unknown``.
    """

    entity: str
    project: str
    id: str
    name: str
    state: str
    url: str | None = None
    user: str | None = None
    tags: tuple[str, ...] = ()
    group: str | None = None
    sweep: str | None = None
    created_at: Time | None = None
    heartbeat_at: Time | None = None
    ended_at: Time | None = None
    runtime_s: float | None = None
    job_type: str | None = None
    host: str | None = None
    commit: str | None = None
    exit_code: int | None = None
    last_step: int | None = None

    @classmethod
    def of(cls, run: Run) -> "RunFacts":
        """The facts of a run as its source told them."""
        return cls(
            entity=run.ref.entity,
            project=run.ref.project,
            id=run.ref.id,
            name=run.name,
            state=run.state_text or run.state.value,
            url=run.url,
            user=run.user,
            tags=run.tags,
            group=run.group,
            sweep=run.sweep,
            created_at=run.created_at,
            heartbeat_at=run.heartbeat_at,
            ended_at=run.ended_at,
            runtime_s=run.runtime_s,
            job_type=run.job_type,
            host=run.host,
            commit=run.commit,
            exit_code=run.exit_code,
            last_step=run.last_step,
        )

    @property
    def path(self) -> str:
        """``entity/project/id``."""
        return f"{self.entity}/{self.project}/{self.id}"


class FindingReport(Report):
    """One finding; see ``analysis.findings.Finding``."""

    code: str
    severity: Severity
    metric: str | None = None
    step_start: int | None = None
    step_end: int | None = None
    value: float | None = None
    noise_ratio: float | None = None
    message: str
    advice: str = ""

    @classmethod
    def of(cls, finding: Finding) -> "FindingReport":
        """The finding as data."""
        return cls(
            code=finding.code,
            severity=finding.severity,
            metric=finding.metric,
            step_start=finding.step_start,
            step_end=finding.step_end,
            value=finding.value,
            noise_ratio=finding.noise_ratio,
            message=finding.message,
            advice=finding.advice,
        )


class NotCheckedReport(Report):
    """A detector that could not be applied, and why."""

    code: str
    reason: str


class LossReport(Report):
    """The training loss in six numbers and a word.

    ``current`` is the last logged value (non-finite ones included), ``change_pct`` the change of
    the smoothed curve from its start, ``None`` where a percentage means nothing (the loss crosses
    zero); ``direction`` says where the curve is going now, ``None`` where too few points or the
    kind of loss tell nothing.
    """

    metric: str
    first: float | None
    current: float | None
    best: float | None
    best_step: int | None
    change_pct: float | None
    direction: LossDirection | None


class GradNormReport(Report):
    """The gradient norm: robust figures over the finite values, and a verdict."""

    metric: str
    median: float | None
    p95: float | None
    max: float | None
    current: float | None
    verdict: GradVerdict


class EvalReport(Report):
    """One evaluation metric; ``direction`` says which way is better."""

    metric: str
    last: float | None
    best: float | None
    best_step: int | None
    direction: Literal["down", "up"]


class ProgressReport(Report):
    """How far the run is, on its own step axis; the ETA comes from the recent pace."""

    step: int | None
    total_steps: int | None
    fraction: float | None
    steps_per_hour: float | None
    eta_s: float | None


class ThroughputReport(Report):
    """Pace: the recent and the overall median, and their unit."""

    metric: str
    recent: float | None
    overall: float | None
    unit: str


class CurvePoint(Report):
    """A point of a thinned curve, for small charts."""

    step: int
    value: float


class CauseReport(Report):
    """Why a run failed, as far as its console and its metrics tell (see ``analysis.why``)."""

    cause: str
    sentence: str
    confidence: Literal["low", "medium", "high"]
    quotes: tuple[str, ...] = ()
    advice: str | None = None


class RunReport(Report):
    """The answer to “how is this run doing, and why”."""

    schema_version: int = SCHEMA_VERSION
    run: RunFacts
    health: Health
    headline: str
    findings: tuple[FindingReport, ...] = ()
    not_checked: tuple[NotCheckedReport, ...] = ()
    loss: LossReport | None = None
    grad_norm: GradNormReport | None = None
    eval: tuple[EvalReport, ...] = ()
    progress: ProgressReport | None = None
    throughput: ThroughputReport | None = None
    config: dict[str, Any] = {}
    metrics_used: dict[str, str | list[str]] = {}
    partial: bool = False
    missing: tuple[MissingPart, ...] = ()
    cause: CauseReport | None = None
    generated_at: Time

    @property
    def worst(self) -> FindingReport | None:
        """The first of the most severe findings."""
        return max(self.findings, key=lambda f: f.severity.rank, default=None)
