"""One side's figures at and up to the matched point."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from analysis.comparing.curves import (
    Placed,
    best_of,
    effective_batch,
    first_reach,
    place,
    sequence_length,
    spikes,
)
from analysis.comparing.levels import levels_at
from analysis.comparing.loading import Side
from analysis.comparing.location import Level
from analysis.comparing.matter import Matter, curve_of
from analysis.comparing.report import Figure, SideReport
from analysis.detectors import spike
from analysis.metrics import Direction
from analysis.signals import Signals
from analysis.thresholds import DEFAULTS

T = TypeVar("T")

MOST_EVALS = 6


def side_report(
    side: Side,
    levels: Sequence[Level | None],
    matter: Matter | None,
    sides: Sequence[Side],
    index: int,
    reach: tuple[float, float] | None,
) -> SideReport:
    """What is known of one side.

    Args:
        side: its runs and signals.
        levels: of the deciding metric, a run each; empty when nothing could be compared.
        matter: what decides; ``None`` when nothing does.
        sides: all of them.
        index: which of them this is.
        reach: the matched range on the axis.
    """
    values = tuple(level.value for level in levels if level is not None)
    facts = _facts(side)
    if matter is None or reach is None:
        return SideReport(**facts)
    others = [curve for k, c in enumerate(matter.curves) if k != index for curve in c]
    rival = _best_of_all(others, reach[1], matter.direction)
    at, seconds = _reached(side, matter, index, rival)
    ends = max(float(curve.x[-1]) for curve in matter.curves[index])
    return SideReport(
        **facts,
        value=float(np.mean(values)) if values else None,
        values=values,
        spread=float(np.std(values, ddof=1)) if len(values) > 1 else None,
        ends_at=ends,
        later=_later(matter.curves[index], reach, ends),
        loss=_figure(side.signals, None, matter, reach),
        eval=tuple(
            figure
            for name in _shared_evals(sides)
            if (figure := _figure(side.signals, name, matter, reach)) is not None
        ),
        reached_other_at=at,
        reached_other_s=seconds,
    )


def _facts(side: Side) -> dict[str, object]:
    """What needs no matched point."""
    grads = [s.grad_norm.finite.value for s in side.signals if s.grad_norm is not None]
    grad = np.concatenate(grads) if grads else np.empty(0)
    paces = [s.pace for s in side.signals if s.pace is not None and len(s.pace.curve)]
    units = {pace.unit for pace in paces}
    losses = [s.loss for s in side.signals if s.loss is not None]
    hours = [run.runtime_s / 3600 for run in side.runs if run.runtime_s is not None]
    return {
        "label": side.label,
        "runs": tuple(run.ref.path for run in side.runs),
        "urls": tuple(run.url for run in side.runs),
        "state": ", ".join(sorted({run.state_text or run.state.value for run in side.runs})),
        "grad_median": float(np.median(grad)) if grad.size else None,
        "grad_p95": float(np.percentile(grad, 95)) if grad.size else None,
        "grad_spikes": sum(spikes(g) for g in grads) if grads else None,
        "loss_spikes": sum(spike.count(s, DEFAULTS) for s in side.signals) if losses else None,
        "not_finite": sum(int(np.count_nonzero(~np.isfinite(loss.value))) for loss in losses),
        "throughput": _mean([float(np.median(pace.curve.value)) for pace in paces])
        if len(units) == 1
        else None,
        "throughput_unit": next(iter(units)) if len(units) == 1 else None,
        "steps_per_hour": _mean([rate for s in side.signals if (rate := _steps_per_hour(s))]),
        "run_hours": sum(hours) if hours else None,
        "effective_batch": _only({effective_batch(run.config) for run in side.runs}),
        "sequence_length": _only({sequence_length(run.config) for run in side.runs}),
        "commit": _only({run.commit for run in side.runs}),
        "command": _only({run.command for run in side.runs}),
    }


def _figure(
    signals: Sequence[Signals], name: str | None, matter: Matter, reach: tuple[float, float]
) -> Figure | None:
    """A metric's level and best within the matched range, averaged over the side's runs."""
    found = [s.loss if name is None else curve_of(s, name) for s in signals]
    curves = [c for c in found if c is not None]
    placed = [
        p for c, s in zip(found, signals, strict=True)
        if c is not None and (p := place(c, s, matter.axis)) is not None and p.x.size
    ]  # fmt: skip
    if not curves or len(placed) != len(signals):
        return None
    way: Direction = "down" if name is None else curves[0].direction
    low = max(reach[0], *(float(p.x[0]) for p in placed))
    if low > reach[1]:
        return None
    values = [level.value for level in levels_at(placed, low, reach[1]) if level is not None]
    best = _best_of_all(placed, reach[1], way)
    return Figure(
        metric=curves[0].name,
        direction=way,
        value=_mean(values),
        best=best[0] if best else None,
        best_at=best[1] if best else None,
    )


def _shared_evals(sides: Sequence[Side]) -> list[str]:
    first, *rest = [signals for side in sides for signals in side.signals]
    shared = [c.name for c in first.evals if all(curve_of(s, c.name) is not None for s in rest)]
    return shared[:MOST_EVALS]


def _best_of_all(
    curves: Sequence[Placed], high: float, direction: Direction
) -> tuple[float, float] | None:
    found = [best for curve in curves if (best := best_of(curve, high, direction)) is not None]
    pick = min if direction == "down" else max
    return pick(found, default=None)


def _reached(
    side: Side, matter: Matter, index: int, rival: tuple[float, float] | None
) -> tuple[float | None, float | None]:
    """Where, and how many seconds after its start, the side was first as good as its rival."""
    if rival is None:
        return None, None
    found: list[tuple[float, float | None]] = []
    for signals, curve in zip(side.signals, matter.curves[index], strict=True):
        at = first_reach(curve, rival[0], matter.direction)
        if at is not None:
            found.append((at, _seconds(signals, matter, at)))
    return min(found, key=lambda pair: pair[0], default=(None, None))


def _seconds(signals: Signals, matter: Matter, at: float) -> float | None:
    curve = curve_of(signals, matter.metric)
    by_axis = place(curve, signals, matter.axis) if curve is not None else None
    by_time = place(curve, signals, "time") if curve is not None else None
    if by_axis is None or by_time is None or by_axis.x.size != by_time.x.size:
        return None
    return float(np.interp(at, by_axis.x, by_time.x))


def _later(curves: Sequence[Placed], reach: tuple[float, float], ends: float) -> float | None:
    """The level at the side's own end, where that lies clearly beyond the matched point."""
    if ends <= reach[1] + 0.01 * (reach[1] - reach[0]):
        return None
    found = [levels_at([c], float(c.x[0]), float(c.x[-1]))[0] for c in curves]
    return _mean([level.value for level in found if level is not None])


def _steps_per_hour(signals: Signals) -> float | None:
    curve = signals.loss or next(iter(signals.evals), None)
    if curve is None:
        return None
    known = np.isfinite(curve.time)
    steps, times = curve.step[known], curve.time[known]
    if steps.size < 2 or times[-1] <= times[0]:
        return None
    return float((steps[-1] - steps[0]) / (times[-1] - times[0]) * 3600)


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None


def _only(values: set[T | None]) -> T | None:
    return next(iter(values)) if len(values) == 1 else None
