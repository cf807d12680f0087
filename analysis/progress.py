"""How far a run is and how fast it goes."""

import numpy as np

from analysis import robust
from analysis.reports import ProgressReport, ThroughputReport
from analysis.signals import Curve, Pace, Signals

_RECENT = 0.25


def progress_of(s: Signals) -> ProgressReport | None:
    """Step, plan and the time that is left at the recent pace; None where no step is known.

    The pace is that of the last quarter of the points, pauses for evaluation included (they cost
    time too) and breaks of a resumed run left out.
    """
    if s.step is None:
        return None
    pace = _steps_per_second(s)
    eta = None
    if s.run.state.live and pace and s.total_steps is not None:
        eta = max(0.0, (s.total_steps - s.step) / pace)
    fraction = s.fraction
    return ProgressReport(
        step=s.step,
        total_steps=s.total_steps,
        fraction=None if fraction is None else round(fraction, 4),
        steps_per_hour=None if pace is None else round(pace * 3600, 1),
        eta_s=None if eta is None else round(eta, 1),
    )


def _steps_per_second(s: Signals) -> float | None:
    curve = _timed(s)
    if curve is None:
        return None
    first = min(len(curve) - 3, int(len(curve) * (1 - _RECENT)))
    steps = np.diff(curve.step[first:]).astype(np.float64)
    seconds = np.diff(curve.time[first:])
    good = (steps > 0) & (seconds >= 0)
    if good.sum() > 4:
        # A gap a hundred times the usual is a break (a resume), not a pause.
        good &= seconds <= 100 * max(float(np.median(seconds[good])), 1e-9)
    total = float(seconds[good].sum())
    return float(steps[good].sum()) / total if total > 0 else None


def _timed(s: Signals) -> Curve | None:
    for curve in (s.loss, *s.evals, s.learning_rate, s.grad_norm):
        if curve is not None:
            known = curve.take(np.isfinite(curve.time))
            if len(known) >= 3:
                return known
    return None


def throughput_of(pace: Pace | None) -> ThroughputReport | None:
    """The recent (last tenth, at least 5 points) and the overall median pace."""
    if pace is None or not len(pace.curve):
        return None
    value = pace.curve.value
    return ThroughputReport(
        metric=pace.metric,
        recent=robust.median(value[-max(5, value.size // 10) :]),
        overall=robust.median(value),
        unit=pace.unit,
    )
