"""The answer to “which run is better, and how sure are we”, as data."""

from typing import Any, Literal

from analysis.reports import SCHEMA_VERSION, MissingPart, Report, Time

Verdict = Literal["a_better", "b_better", "too_close", "not_comparable", "ranked"]
Axis = Literal["step", "tokens", "samples", "time"]
AXIS_WORDS: dict[str, str] = {
    "step": "steps",
    "tokens": "tokens",
    "samples": "samples",
    "time": "times",
}
Confidence = Literal["low", "medium", "high"]


class Figure(Report):
    """One metric of one side: its level at the matched point and its best within the range."""

    metric: str
    direction: Literal["down", "up"] | None
    value: float | None
    best: float | None
    best_at: float | None


class SideReport(Report):
    """One side.

    Attributes:
        label: its name for people.
        runs: paths of its runs.
        value: mean over its runs of the deciding metric's level at the matched point.
        values: the level of each run.
        spread: standard deviation of those; ``None`` with one run.
        state: of its runs, joined when they differ.
        later: what the deciding metric was at the side's own end, where that lies beyond the
            matched point.
        reached_other_at: where on the axis the side first reached the other side's best.
        reached_other_s: the same in seconds since its start.
    """

    label: str
    runs: tuple[str, ...]
    urls: tuple[str | None, ...] = ()
    value: float | None = None
    values: tuple[float, ...] = ()
    spread: float | None = None
    state: str = ""
    ends_at: float | None = None
    later: float | None = None
    loss: Figure | None = None
    eval: tuple[Figure, ...] = ()
    grad_median: float | None = None
    grad_p95: float | None = None
    grad_spikes: int | None = None
    loss_spikes: int | None = None
    not_finite: int = 0
    throughput: float | None = None
    throughput_unit: str | None = None
    steps_per_hour: float | None = None
    reached_other_at: float | None = None
    reached_other_s: float | None = None
    run_hours: float | None = None
    effective_batch: int | None = None
    sequence_length: int | None = None
    commit: str | None = None
    command: str | None = None


class ConfigDiff(Report):
    """A key that is not the same everywhere; ``None`` where a side lacks it."""

    key: str
    values: tuple[Any, ...]
    important: bool
    present: tuple[bool, ...] = ()


class Ranked(Report):
    """A place in the ranking of more than two sides.

    ``value`` is ``None`` where it is not finite. ``p_best`` is the Holm-corrected probability that
    it differs from the best by chance only; ``None`` for the best itself, and for a side that is
    out of the race (``value`` is not finite, or ran away).
    """

    place: int
    label: str
    value: float | None
    p_best: float | None
    tied_with_best: bool


class Comparison(Report):
    """The whole answer; ``effect`` is side A minus side B in the metric's unit."""

    schema_version: int = SCHEMA_VERSION
    verdict: Verdict
    metric: str | None
    direction: Literal["down", "up"] | None = None
    axis: Axis
    matched_at: float | None
    effect: float | None
    interval: tuple[float, float] | None
    p: float | None = None
    confidence: Confidence
    confidence_value: float
    seeds: tuple[int, ...]
    seeds_needed: int | None
    noise_floor: float | None = None
    noise_measured: bool = False
    reason: str
    so_far: bool
    sides: tuple[SideReport, ...]
    ranking: tuple[Ranked, ...] = ()
    config_diff: tuple[ConfigDiff, ...] = ()
    hidden_config_differences: int = 0
    axis_reason: str = ""
    missing: tuple[MissingPart, ...] = ()
    generated_at: Time
