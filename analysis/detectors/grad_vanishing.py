"""A gradient norm that has all but vanished while there is still something to learn.

Sees: s.grad_norm value float64[n], s.loss.
Formula: the median of the last fifth (at least 5 points) is under t.grad_vanishing.
Thresholds: t.grad_vanishing. Source: the product's contract; Glorot & Bengio 2010.
Stays silent on: a converged run (its loss is at its floor, or a small fraction of where it
    began), a loss that still falls (small units), a schedule at its end.
"""

from collections.abc import Iterator

import numpy as np

from analysis import robust
from analysis.detectors.base import Detector, finding, number, step
from analysis.findings import Finding, NotChecked
from analysis.signals import Signals
from analysis.thresholds import Thresholds
from analysis.trend import trend

CODE = "grad_vanishing"
_ADVICE = (
    "Check the activations and the initialisation, add residual connections or normalisation, "
    "and make sure the parameters are not frozen."
)


def detect(s: Signals, t: Thresholds) -> Iterator[Finding | NotChecked]:
    """Reports what the module’s docstring tells of."""
    curve = None if s.grad_norm is None else s.grad_norm.finite
    if curve is None or len(curve) < 5:
        yield NotChecked(
            CODE, "no gradient norm is logged" if curve is None else "too few points yet"
        )
        return
    recent = curve.value[-max(5, len(curve) // 5) :]
    level = robust.median(recent)
    if not level < t.grad_vanishing or _learned(s, t):
        return
    over = np.flatnonzero(robust.smooth(curve.value) >= t.grad_vanishing)
    first = min(int(over[-1]) + 1 if over.size else 0, len(curve) - 1)
    since = f"since step {step(int(curve.step[first]))}" if first else "from the start"
    yield finding(
        CODE,
        f"{curve.name} has all but vanished: a median of {number(level)} {since}.",
        _ADVICE,
        curve=curve,
        first=first,
        last=len(curve) - 1,
        value=level,
    )


def _learned(s: Signals, t: Thresholds) -> bool:
    course = None if s.loss is None else trend(s.loss)
    if course is None:
        return False
    if abs(course.tail.value) <= t.loss_floor:
        return True
    if course.positive and course.late.value < 0.1 * course.start.value:
        return True
    value = course.curve.value
    recent = value[-max(8, value.size // 3) :]
    x = np.arange(recent.size, dtype=np.float64)
    fall = -robust.theil_sen(x, recent) * recent.size
    return (
        course.gain > 2 * course.spread
        and fall > 0.05 * course.gain
        and fall > 2 * robust.level(recent).error
    )


DETECTOR = Detector((CODE,), "gradient", detect)
