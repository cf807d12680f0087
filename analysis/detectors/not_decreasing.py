"""A loss that has not gone down at all since the run began.

Sees: s.loss value float64[n].
Formula: the fall from the first points, and from the first tenth, to the last fifth is less than
    3 standard errors (2 in a run that goes on: it may yet show), and even its upper bound stays
    under t.loss_not_decreasing of the level (or half the noise of a single point, at most 5 % of
    the level): the run is shown not to learn, not merely not shown to learn. The bound is two
    standard errors over the first tenth, or one there and two over the quarters; it is not asked
    for where learning rate or gradients are zero or a held-out loss never changes, nor where the
    loss blew up at once and never came back to its first value.
Thresholds: t.loss_not_decreasing. Source: an equivalence test (Schuirmann 1987); SageMaker
    Debugger's LossNotDecreasing (0.1 %) is its fixed-percentage ancestor.
Stays silent on: losses that need not fall, a loss at its floor, resumed runs (their start lies
    in an earlier part), a run whose evaluation improves, a schedule that goes round, curricula,
    too few points, a run that is still in its warm-up, a loss that learned and then ran away
    far above its start (``loss_diverged`` says that; in a short run a fall at every one of the
    first four steps or more is enough to have learned).
"""

from collections.abc import Iterator

import numpy as np

from analysis import robust
from analysis.detectors.base import Detector, finding, number
from analysis.findings import Finding, NotChecked
from analysis.robust import Level
from analysis.run import RunState
from analysis.signals import Curve, Signals
from analysis.thresholds import Thresholds
from analysis.trend import Trend, trend

CODE = "loss_not_decreasing"
_UNSURE = 0.12  # standard error of the first points, as a share of the level
_IN_A_ROW = 4  # falls one after the other: by chance once in 120 runs
_FROZEN = 4  # evaluations without any change
_YOUNG = 20  # points of a run that has not finished
_ADVICE = (
    "Check that the learning rate is not zero or far too high, that the parameters are in the "
    "optimiser, and that one small batch can be learned by heart."
)


def detect(s: Signals, t: Thresholds) -> Iterator[Finding | NotChecked]:
    """Reports what the module’s docstring tells of."""
    reason = _blind(s, t)
    if reason:
        yield NotChecked(CODE, reason)
        return
    course = trend(s.loss) if s.loss is not None else None
    if course is None or float(np.max(np.abs(course.curve.value))) <= t.loss_floor:
        return
    sure = 3.0 if s.run.state is RunState.FINISHED else 2.0
    if s.stage_rows.size or _ran_away(course):
        return
    if not _flat(course, t, sure, cannot_learn=_cannot_learn(s, t)):
        return
    blew_up = float(course.smooth.max()) > 2.0 * abs(course.start.value)
    if not blew_up and any(_improved(c) for c in s.evals if c.name != course.curve.name):
        return
    fall = course.start.value - course.late.value
    yield finding(
        CODE,
        f"{course.curve.name} has not gone down: {number(course.start.value)} at the start, "
        f"{number(course.late.value)} now.",
        _ADVICE,
        curve=course.curve,
        first=0,
        last=len(course.curve) - 1,
        value=course.late.value,
        noise_ratio=fall / course.noise if course.noise > 0 else None,
    )


def _blind(s: Signals, t: Thresholds) -> str:
    if s.loss is None:
        return "no loss is logged"
    if not s.loss_kind.must_fall:
        return s.loss_kind.reason
    points = len(s.loss.finite)
    complete = s.run.state is RunState.FINISHED
    if points < t.min_points or (points < _YOUNG and not complete):
        return "too few points yet"
    if not complete and _warming_up(s):
        return "the learning rate is still in its warm-up"
    return "the run was resumed and its start is not in these rows" if s.resumed else ""


def _warming_up(s: Signals) -> bool:
    rate = None if s.learning_rate is None else s.learning_rate.finite
    if rate is None or len(rate) < 3 or (s.fraction or 0.0) > 0.2:
        return False
    return bool(rate.value[-1] >= rate.value.max() and rate.value[-1] > 1.02 * rate.value[-3])


def _improved(curve: Curve) -> bool:
    """Whether a held-out metric got better beyond its noise: then something was learned."""
    bad = curve.finite.badness
    if bad.size < 4:
        return False
    better = float(bad[0]) - robust.median(bad[-3:])
    steady = float(np.mean(np.diff(bad) <= 0)) > 0.6 or better > 10 * robust.noise(bad)
    return steady and better > max(3.0 * robust.noise(bad), 0.01 * abs(float(bad[0])))


def _cannot_learn(s: Signals, t: Thresholds) -> bool:
    """Whether the learning rate is zero, the gradient vanished or nothing moves at all."""
    rate, gradient = s.learning_rate, s.grad_norm
    if rate is not None and len(rate) > 3 and not np.any(rate.finite.value):
        return True
    if any(_frozen(curve, t) for curve in s.evals):
        return True
    return gradient is not None and robust.median(gradient.finite.value) < t.grad_vanishing


def _frozen(curve: Curve, t: Thresholds) -> bool:
    """Whether a held-out loss is the same to the last digit each time: no parameter changes.

    An accuracy may stay the same by itself, as may a loss that has come to its floor.
    """
    value = curve.finite.value
    same = value.size >= _FROZEN and bool(np.all(value == value[0]))
    return same and curve.direction == "down" and abs(float(value[0])) > t.loss_floor


def _flat(course: Trend, t: Thresholds, sure: float, *, cannot_learn: bool) -> bool:
    late = course.late
    if _blew_up_at_once(course) and late.value >= course.start.value and _never_back(course):
        return True  # no noise hides that
    level = max(abs(late.value), abs(course.start.value))
    room = max(t.loss_not_decreasing * level, min(0.5 * course.spread, 0.05 * level))
    # What falls within the first points alone is the output's bias, not learning.
    for early, enough in ((course.start, room), (course.early, 0.25 * room)):
        # Five points are too few to tell their own scatter: the whole run's stands in.
        own = max(early.error, 1.2533 * course.spread / float(np.sqrt(early.n)))
        fall, error = early.value - late.value, float(np.hypot(own, late.error))
        if fall > max(sure * error, enough):
            return False
        if early is course.start and not cannot_learn and own > _UNSURE * level:
            return False  # such noise hides where it began
    fall, error = _fall(course.early, late)
    if cannot_learn or fall + 2.0 * error < room:
        return True
    quarter = max(4, len(course.curve) // 4)
    value = course.curve.value
    slow, unsure = _fall(robust.level(value[:quarter]), robust.level(value[-quarter:]))
    return fall + error < room and slow + 2.0 * unsure < room


def _ran_away(course: Trend) -> bool:
    """Whether it had learned and then rose above its start by more than it had ever come down.

    Such a loss did go down; what became of it is for ``loss_diverged`` to say. One that came back
    to about where it began has, in the end, not learned.
    """
    learned = course.gain > max(3.0 * course.noise, 0.1 * abs(course.start.value))
    if learned and course.tail.value - course.start.value > course.gain:
        return True
    value = course.curve.value
    low = int(np.argmin(value))
    # In a short run the blow-up is all the noise there is. A fall at every one of the first
    # steps tells by its order: by chance it comes once in (low + 1)! runs.
    steadily = low >= _IN_A_ROW and bool(np.all(np.diff(value[: low + 1]) < 0))
    first = float(value[0])
    return steadily and course.tail.value - first > first - float(value[low])


def _blew_up_at_once(course: Trend) -> bool:
    """Whether the first steps took the loss far beyond its noise (see ``trend``)."""
    if course.start.n != 1:
        return False
    first = robust.median(course.curve.value[:5])
    return first - course.start.value > 6.0 * course.spread


def _never_back(course: Trend) -> bool:
    """Whether hardly a point of the last fifth lies under the first one.

    In a loss of single samples the first may be small by luck: others are as small later.
    """
    last = course.curve.value[-course.late.n :]
    return float(np.quantile(last, 0.05)) >= course.start.value


def _fall(before: Level, after: Level) -> tuple[float, float]:
    return before.value - after.value, float(np.hypot(before.error, after.error))


DETECTOR = Detector((CODE,), "loss", detect)
