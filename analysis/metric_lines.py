"""“Show me a metric”: its value, its course and its curve, for one run or several.

The words of a question are resolved against what each run really logs; the curve stands on the
run's own step axis, as in a description.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, Literal

import numpy as np

from analysis import metrics, robust, signals
from analysis.comparing.curves import place
from analysis.comparing.matter import By
from analysis.errors import AnalysisError
from analysis.flight import gather_bounded, off_loop
from analysis.history import History
from analysis.metric_names import metric_named, nearest_metrics
from analysis.metrics import Overrides
from analysis.plots.curves import Curve
from analysis.refs import RunRef
from analysis.reports import MissingPart, Report, RunFacts, Time
from analysis.run import Run
from analysis.signals import Curve as Signal
from analysis.sources.base import Effort, RunSource

Course = Literal["falling", "flat", "rising", "unknown"]
USUAL: Final = ("loss", "grad_norm")
"""What is shown when no metric was named."""
MOST_METRICS: Final = 4
_AT_ONCE: Final = 4
_RECENT: Final = 0.25
_LARGE: Final = 20_000


class MetricOfRun(Report):
    """One metric of one run.

    ``course`` is that of the last quarter against its own noise; ``since_step`` is where that
    quarter begins and ``change_pct`` the change over it. ``better`` is the direction that is
    better, ``None`` where the name does not tell. ``best`` is the extreme on that side.
    """

    run: RunFacts
    metric: str
    points: int
    first: float | None = None
    last: float | None = None
    last_step: int | None = None
    best: float | None = None
    best_step: int | None = None
    lowest: float | None = None
    highest: float | None = None
    median: float | None = None
    not_finite: int = 0
    course: Course = "unknown"
    change_pct: float | None = None
    since_step: int | None = None
    better: Literal["down", "up"] | None = None
    axis: str = "_step"


class NoSuchMetric(Report):
    """A metric that a run does not log, and the names most like it."""

    run: RunFacts
    said: str
    near: tuple[str, ...] = ()


class MetricReport(Report):
    """Some metrics of some runs; what a run does not log is in ``absent``."""

    values: tuple[MetricOfRun, ...]
    absent: tuple[NoSuchMetric, ...] = ()
    missing: tuple[MissingPart, ...] = ()
    generated_at: Time


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a plot: its label, and its points."""

    label: str
    curve: Curve


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel of a plot: what it measures, and a line a run."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """A plot of metrics: a panel a metric, a line a run.

    Attributes:
        title: for the alt text, not drawn.
        axis: what the steps count.
    """

    title: str
    panels: tuple[Panel, ...]
    axis: str = "step"

    @property
    def drawable(self) -> bool:
        """Whether any line has two finite points."""
        return any(line.curve.finite.size >= 2 for panel in self.panels for line in panel.lines)

    def key(self) -> str:
        """A digest of all that is drawn."""
        digest = hashlib.sha256(b"lines" + self.axis.encode("utf-8", "replace"))
        for panel in self.panels:
            digest.update(panel.title.encode("utf-8", "replace"))
            for line in panel.lines:
                digest.update(line.label.encode("utf-8", "replace"))
                for column in (line.curve.step, line.curve.value):
                    digest.update(np.ascontiguousarray(column).tobytes())
        return digest.hexdigest()[:32]


@dataclass(frozen=True, slots=True, eq=False)
class MetricAnswer:
    """The report, and the lines of its plot."""

    report: MetricReport
    lines: Lines


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """What was read of one run."""

    run: Run
    wanted: tuple[tuple[str, str | None], ...]
    curves: dict[str, Signal]
    axis: str
    seen: signals.Signals | None = None
    missing: tuple[MissingPart, ...] = ()


async def read_metrics(
    source: RunSource,
    refs: Sequence[RunRef],
    said: Sequence[str],
    *,
    now: datetime,
    by: By = "step",
    effort: Effort | None = None,
    overrides: Overrides | None = None,
) -> MetricAnswer:
    """Reads metrics of runs, at most ``MOST_METRICS`` of each.

    Args:
        source: where the runs are.
        refs: which runs; at least one.
        said: the metrics as somebody called them; ``USUAL`` when empty.
        now: the clock, UTC.
        by: what the curves stand over; by steps where a run does not tell the other.
        effort: how much may be spent on each run.
        overrides: the user's own metric names.

    Raises:
        AnalysisError: when a single run cannot be read; of several, that one is in ``missing``.
    """
    wanted = tuple(dict.fromkeys(said))[:MOST_METRICS] or USUAL

    async def one(ref: RunRef) -> _Read | tuple[RunRef, AnalysisError]:
        try:
            return await _read(source, ref, wanted, by, now, effort or Effort(), overrides)
        except AnalysisError as error:
            if len(refs) == 1:
                raise
            return ref, error

    answers = await gather_bounded([partial(one, ref) for ref in refs], _AT_ONCE)
    reads = [answer for answer in answers if isinstance(answer, _Read)]
    lost = [answer for answer in answers if not isinstance(answer, _Read)]
    if not reads:
        raise lost[0][1]
    unplaced = _unplaced(reads, by)
    report = MetricReport(
        values=tuple(value for read in reads for value in _values(read)),
        absent=tuple(gone for read in reads for gone in _absent(read, explicit=bool(said))),
        missing=(
            *(part for read in reads for part in read.missing),
            *unplaced,
            *(MissingPart(what=ref.path, reason=error.sentence) for ref, error in lost),
        ),
        generated_at=now,
    )
    return MetricAnswer(report, _lines(reads, "step" if unplaced else by))


async def _read(
    source: RunSource,
    ref: RunRef,
    said: Sequence[str],
    by: By,
    now: datetime,
    effort: Effort,
    overrides: Overrides | None,
) -> _Read:
    run = await source.run(ref)
    logged = run.logged
    own = {signal: metrics.chosen(overrides or {}, signal, logged) for signal in said}
    wanted = tuple(
        (word, next(iter(own[word]), None) or metric_named(word, logged)) for word in said
    )
    keys = [name for _, name in wanted if name is not None]
    if not keys:
        return _Read(run, wanted, {}, "_step")
    axes = [name for name in metrics.STEP if name in logged]
    axes += [key for name in keys if (key := _axis_of(run, name))]
    leading = metrics.losses(logged)[:1]
    counts = metrics.tokens_seen(logged)[:1] if by == "tokens" else []
    fetched = list(dict.fromkeys((*keys, *axes, *leading, *counts)))
    history = await source.history(run, fetched, effort)
    whole = sum(len(series) for series in history.values())
    of = signals.of
    seen = (
        await off_loop(of, run, history, now=now, overrides=overrides)
        if whole > _LARGE
        else of(run, history, now=now, overrides=overrides)
    )
    curves = {name: c for name in keys if (c := _curve(name, history, seen.axis)) is not None}
    missing = tuple(MissingPart(what=m.what, reason=m.reason) for m in history.missing)
    return _Read(run, wanted, curves, seen.axis, seen, missing)


def _axis_of(run: Run, name: str) -> str | None:
    key = run.keys.get(name)
    return key.step_metric if key is not None else None


def _curve(name: str, history: History, axis: str) -> Signal | None:
    series = history.get(name)
    if series is None or not len(series):
        return None
    return signals.curve_of(name, series, history.get(axis), metrics.direction_of(name) or "down")


def _values(read: _Read) -> list[MetricOfRun]:
    facts = RunFacts.of(read.run)
    names = dict.fromkeys(name for _, name in read.wanted if name is not None)
    return [
        _value(facts, name, read.curves.get(name), read.run.summary.get(name), read.axis)
        for name in names
    ]


def _value(
    facts: RunFacts, name: str, curve: Signal | None, summary: object, axis: str
) -> MetricOfRun:
    better = metrics.direction_of(name)
    if curve is None:
        last = float(summary) if isinstance(summary, int | float) else None
        return MetricOfRun(run=facts, metric=name, points=0, last=last, better=better, axis=axis)
    finite = curve.finite
    if not len(finite):
        return MetricOfRun(
            run=facts,
            metric=name,
            points=len(curve),
            last=float(curve.value[-1]),
            last_step=int(curve.step[-1]),
            not_finite=len(curve),
            better=better,
            axis=axis,
        )
    value = finite.value
    place = int(np.argmax(value) if better == "up" else np.argmin(value))
    course, change, since = _course(finite)
    return MetricOfRun(
        run=facts,
        metric=name,
        points=len(curve),
        first=float(value[0]),
        last=float(curve.value[-1]),
        last_step=int(curve.step[-1]),
        best=float(value[place]) if better else None,
        best_step=int(finite.step[place]) if better else None,
        lowest=float(np.min(finite.low)) if finite.low.size else float(value.min()),
        highest=float(np.max(finite.high)) if finite.high.size else float(value.max()),
        median=robust.median(value),
        not_finite=int(np.count_nonzero(~np.isfinite(curve.value))),
        course=course,
        change_pct=change,
        since_step=since,
        better=better,
        axis=axis,
    )


def _course(finite: Signal) -> tuple[Course, float | None, int | None]:
    """Where the last quarter goes: the levels of its halves, against their own errors."""
    n = len(finite)
    recent = finite.value[-max(8, int(n * _RECENT)) :]
    if recent.size < 4:
        return "unknown", None, None
    half = recent.size // 2
    early, late = robust.level(recent[:half]), robust.level(recent[half:])
    since = int(finite.step[-recent.size])
    moved = late.value - early.value
    change = 100.0 * moved / abs(early.value) if early.value else None
    if abs(moved) <= 2.0 * math.hypot(early.error, late.error):
        return "flat", change, since
    return ("falling" if moved < 0 else "rising"), change, since


def _absent(read: _Read, *, explicit: bool) -> list[NoSuchMetric]:
    facts = RunFacts.of(read.run)
    logged = list(read.run.keys) or list(read.run.summary)
    gone = [word for word, name in read.wanted if name is None]
    if not explicit and len(gone) < len(read.wanted):
        return []  # nobody asked for it by name, and something else is shown
    return [
        NoSuchMetric(run=facts, said=word, near=tuple(nearest_metrics(word, logged)))
        for word in gone
    ]


def _unplaced(reads: Sequence[_Read], by: By) -> list[MissingPart]:
    """The runs that do not tell where their points stand on the axis that was asked for."""
    return [
        MissingPart(
            what=f"{by} of {read.run.name or read.run.ref.id}",
            reason="not logged, so the curves are shown by step",
        )
        for read in reads
        if read.seen is not None
        and any(place(curve, read.seen, by) is None for curve in read.curves.values())
    ]


def _drawn(curve: Signal, read: _Read, by: By) -> Curve:
    placed = place(curve, read.seen, by) if read.seen is not None and by != "step" else None
    return Curve.of(curve) if placed is None else Curve(curve.name, placed.x, placed.y)


def _lines(reads: Sequence[_Read], by: By) -> Lines:
    """A panel for what was asked under one word, even where the runs call it differently."""
    panels = []
    for nth, (word, _) in enumerate(reads[0].wanted):
        lines, names = [], []
        for read in reads:
            name = read.wanted[nth][1]
            curve = read.curves.get(name) if name else None
            if name is None or curve is None:
                continue
            names.append(name)
            lines.append(Line(read.run.name or read.run.ref.id, _drawn(curve, read, by)))
        if lines:
            title = names[0] if len(set(names)) == 1 else word
            panels.append(Panel(title, tuple(lines)))
    axes = {read.axis for read in reads if read.curves}
    axis = axes.pop() if len(axes) == 1 else "step"
    axis = axis if by == "step" else by
    title = " and ".join(read.run.name or read.run.ref.id for read in reads[:3])
    return Lines(title, tuple(panels), axis)
