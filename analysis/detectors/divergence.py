"""A loss that ran away, or fell back to where it began.

Sees: s.loss value float64[n], step int64[n].
Formula: the level of the last points (2 %, at least 10; of short runs a tenth, at least 3) stands
    above the best smoothed level by more than t.loss_diverged of all that had been learned, and
    by more than t.loss_diverged_noise robust standard deviations. A run that learned nothing
    must have risen by a quarter of its level. Every one of the last points must be above, and
    the loss must not be on its way back.
Thresholds: t.loss_diverged, t.loss_diverged_noise. Source: PaLM (2022), section 5.1; OPT-175B log.
Stays silent on: losses that need not fall (unless they leave all proportion), restarts and
    curricula (the level rose where the schedule moved), a rise that is small against the gain.
"""

from collections.abc import Iterator

import numpy as np

from analysis.detectors.base import Detector, finding, near, number, step
from analysis.findings import Finding, NotChecked
from analysis.signals import Signals
from analysis.thresholds import Thresholds
from analysis.trend import Trend, trend

_ADVICE = (
    "Go back to a checkpoint before the rise, and lower the learning rate or clip the gradients."
)
_OUT_OF_PROPORTION = 1e4


def detect(s: Signals, t: Thresholds) -> Iterator[Finding | NotChecked]:
    """Reports what the module’s docstring tells of."""
    if s.loss is None:
        yield NotChecked("loss_diverged", "no loss is logged")
        return
    if len(s.loss.finite) < t.min_points:
        yield NotChecked("loss_diverged", "too few points yet")
        return
    course = trend(s.loss)
    if course is None:
        return
    if not s.loss_kind.must_fall and not _out_of_proportion(course):
        return
    if s.loss_is_held_out and course.tail.value < 2.0 * _scale(course):
        return  # evaluation losses are the matter of overfitting and eval_degraded
    if _rose(course, t) and not _explained(course, s):
        yield _report(course)


def _scale(course: Trend) -> float:
    return max(abs(course.start.value), abs(course.best), course.noise)


def _rose(course: Trend, t: Thresholds) -> bool:
    scale = _scale(course)
    learned = course.gain >= max(3.0 * course.noise, 0.05 * scale)
    needed = max(
        t.loss_diverged * course.gain,
        t.loss_diverged_noise * course.noise,
        0.0 if learned else 0.25 * scale,
    )
    last = course.curve.value[-course.tail_n :]
    low = float(np.quantile(last, 0.2))
    return course.lost > needed and low > course.best + 0.5 * needed


def _out_of_proportion(course: Trend) -> bool:
    return course.tail.value > _OUT_OF_PROPORTION * max(1.0, _scale(course))


def _explained(course: Trend, s: Signals) -> bool:
    """Whether the schedule meant it, or the loss is on its way back under the start."""
    above_start = course.tail.value > course.start.value + 3 * max(course.noise, 1e-12)
    value, best = course.curve.value, course.best_index
    after = value[best:]
    rise = _rise_index(course)
    if near(course.curve, rise, s.stage_rows):
        return course.tail.value < course.start.value + 0.5 * max(course.gain, course.noise)
    rate = s.learning_rate
    if rate is not None and len(rate) > 3 and not above_start:
        then = float(rate.at_rows(course.curve.row[best : best + 1])[0])
        now = float(rate.finite.value[-1]) if len(rate.finite) else 0.0
        past_warm_up = best > 0.2 * value.size
        if past_warm_up and then > 0 and now > 2 * then and s.stage_rows.size:
            return True
    if above_start or after.size < 12:
        return False
    since = course.smooth[rise:]
    peak = float(since.max())
    back = peak - course.tail.value
    falling = float(course.smooth[-1]) < float(course.smooth[-max(2, since.size // 4)])
    return back > 0.5 * (peak - course.best) and falling


def _rise_index(course: Trend) -> int:
    """The first point after the best from which the loss stays half-way up."""
    half = course.best + 0.5 * course.lost
    below = np.flatnonzero(course.smooth[course.best_index :] < half)
    return min(len(course.curve) - 1, course.best_index + int(below[-1]) + 1 if below.size else 0)


def _report(course: Trend) -> Finding:
    at = _rise_index(course)
    now, best = course.tail.value, course.best
    start = course.start.value
    where = step(int(course.curve.step[at]))
    past = "above where it began" if now > start else f"from {number(start)} at the start"
    return finding(
        "loss_diverged",
        f"{course.curve.name} ran away: it rose from its best {number(best)} to {number(now)} "
        f"since step {where} and has not come back ({past}).",
        _ADVICE,
        curve=course.curve,
        first=at,
        last=len(course.curve) - 1,
        value=now,
        noise_ratio=course.lost / course.noise if course.noise > 0 else None,
    )


DETECTOR = Detector(("loss_diverged",), "loss", detect)
