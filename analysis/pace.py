"""How fast a run goes, by what it logs or by the clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis import metrics
from analysis.axes import Curve
from analysis.history import Bools
from analysis.metrics import Overrides


@dataclass(frozen=True, slots=True, eq=False)
class Pace:
    """How fast a run goes.

    Attributes:
        metric: the logged name, or the time axis that it was derived from.
        unit: ``samples/s``, ``steps/s``, ``s/step``, …
        curve: the pace by row; larger is faster (``s/step`` is turned round).
        derived: whether it comes from the time between steps, nothing being logged.
    """

    metric: str
    unit: str
    curve: Curve
    derived: bool


def pace_of(
    own: Mapping[str, Curve], evals: Sequence[Curve], loss: Curve | None, overrides: Overrides
) -> Pace | None:
    """The pace of training: as logged, else from the clock.

    Args:
        own: the run's curves by name.
        evals: its held-out metrics; gaps that hold an evaluation say nothing of the pace.
        loss: whose steps and times tell where nothing is logged.
        overrides: the user's own names by signal.
    """
    names = list(own)
    logged = metrics.chosen(overrides, "throughput", own) or [
        # Averages since the start of the run hide a slow-down; the clock does not.
        name
        for name in metrics.throughputs(names)
        if metrics.words(name)[-1] not in ("fps", "sps")
    ]
    for name in logged:
        found = replace(own[name], direction="up").finite
        unit = metrics.throughput_unit(name) or "1/s"
        if len(found) < 5 and len(names) > 1:
            continue
        if unit in ("s/step", "ms/step"):
            found = found.take(found.value > 0)
            scale = 1000.0 if unit == "ms/step" else 1.0
            found = replace(found, value=scale / found.value)
            unit = "steps/s"
        return Pace(name, unit, found, derived=False)
    return _derived(loss or next(iter(evals), None), evals)


def _derived(source: Curve | None, evals: Sequence[Curve]) -> Pace | None:
    if source is None or len(source) < 3:
        return None
    known = np.isfinite(source.time)
    timed = source.take(known)
    if len(timed) < 3:
        return None
    steps = np.diff(timed.step).astype(np.float64)
    seconds = np.diff(timed.time)
    good = (steps > 0) & (seconds > 0)
    pauses = _rows_with_evaluation(evals, timed)
    if np.count_nonzero(good & ~pauses) >= max(8, 0.3 * good.size):
        good &= ~pauses
    if not good.any():
        return None
    kept = timed.take(np.concatenate(([False], good)))
    value = steps[good] / seconds[good]
    return Pace("_timestamp", "steps/s", replace(kept, value=value, direction="up"), derived=True)


def _rows_with_evaluation(evals: Sequence[Curve], timed: Curve) -> Bools:
    """Which gaps between points (bool[n − 1]) hold an evaluation: their length says nothing."""
    held = np.zeros(len(timed) - 1, dtype=np.bool_)
    for evaluation in evals:
        if evaluation.name == timed.name or len(evaluation) > 0.5 * len(timed):
            continue
        place = np.searchsorted(timed.row, evaluation.row, side="left") - 1
        for shift in (0, 1):
            inside = place + shift
            held[inside[(inside >= 0) & (inside < held.size)]] = True
    return held
