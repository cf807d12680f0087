"""A loss that learned something and then nothing more.

Sees: s.loss value float64[n], s.learning_rate.
Formula: over the last t.loss_plateau of the run the robust slope (Theil and Sen) promises less
    than 3 % of what was learned, and the difference of its halves is surely small; where the
    learning rate was cut to under a hundredth (nothing can move) it is enough that the difference
    is within 2.5 standard errors. The loss must not have risen by 0.3 of what was learned, unless
    the scatter of block medians explains it: the lowest of many lies under their curve; nor may
    its second half stand a tenth of that above the first, beyond 2.5 standard errors, nor the
    smoothed loss sway by 0.3 of what was learned.
    It is a warning only while more than t.loss_plateau_level of the starting loss is left (half of
    that where the learning rate was cut early) and the schedule still has steam; else it is worth
    knowing.
Thresholds: t.loss_plateau, t.loss_plateau_level. Source: robust regression against the run's own
    noise (Theil 1950, Sen 1968), not a fixed percentage; the minimum of many noisy values is
    biased low (Smith & Winkler 2006, the optimizer's curse).
Stays silent on: a schedule that has decayed to its end, a loss near its floor, losses that need
    not fall, restarts, a loss that never went down (``loss_not_decreasing`` says that).
"""

import re
from collections.abc import Iterator

import numpy as np

from analysis import robust
from analysis.detectors.base import Detector, finding, number, step
from analysis.findings import Finding, NotChecked, Severity
from analysis.signals import Signals, flat_config
from analysis.thresholds import Thresholds
from analysis.trend import Trend, trend

CODE = "loss_plateau"
_ADVICE = (
    "Try a higher learning rate, a longer warm-up or a larger model; if the loss cannot go lower, "
    "stop here."
)
_LEAST_POINTS = 40
_PRETRAINED = re.compile(r"pre_?trained|lora|peft|fine_?-?tun|name_or_path|checkpoint|init_from")
_SMALL = 0.03  # of all that was learned
_RISEN = 0.1  # of all that was learned: the loss went up, it did not stay
_BLOCKS = 60  # of which ``robust.smooth`` makes its curve


def detect(s: Signals, t: Thresholds) -> Iterator[Finding | NotChecked]:
    """Reports what the module’s docstring tells of."""
    if s.loss is None:
        yield NotChecked(CODE, "no loss is logged")
        return
    if not s.loss_kind.must_fall:
        yield NotChecked(CODE, s.loss_kind.reason)
        return
    if len(s.loss.finite) < _LEAST_POINTS:
        yield NotChecked(CODE, "too few points yet")
        return
    course = trend(s.loss)
    if course is None or s.stage_rows.size or s.resumed:
        return
    half = int(len(course.curve) * (1 - t.loss_plateau))
    start = _flat_since(course, half, halted=_rate_story(s, course, half) == "cut")
    if start is None or course.late.value < 0.1 * course.start.value:
        return
    cause = _rate_story(s, course, start)
    # A rate that was cut early explains a lower level too: it could not go on.
    least = t.loss_plateau_level * (0.5 if cause == "cut" else 1.0)
    high = course.positive and course.late.value > least * course.start.value
    if cause == "ended":
        return
    doubtful = _pretrained(s) or _still_improves(s, course, start)
    severity = Severity.WARNING if high and not doubtful else Severity.INFO
    yield finding(
        CODE,
        f"{course.curve.name} has stayed at {number(course.late.value)} since step "
        f"{step(int(course.curve.step[start]))}."
        + (" The learning rate was cut to almost nothing there." if cause == "cut" else ""),
        _ADVICE if severity is Severity.WARNING else "",
        curve=course.curve,
        first=start,
        last=len(course.curve) - 1,
        value=course.late.value,
        noise_ratio=course.gain / course.noise if course.noise > 0 else None,
        at_most=severity,
    )


def _flat_since(course: Trend, start: int, *, halted: bool) -> int | None:
    value = course.curve.value
    n = value.size
    if course.gain < 4 * course.start.error or course.gain <= 0.02 * abs(course.start.value):
        return None
    # The best of many noisy blocks lies below the curve that they scatter around.
    block_error = 1.2533 * course.spread / float(np.sqrt(max(1.0, n / _BLOCKS)))
    if course.lost > max(0.3 * course.gain, 4.0 * block_error):
        return None
    if float(np.ptp(course.smooth[start:])) > max(0.3 * course.gain, 8.0 * block_error):
        return None  # it sways
    flat = value[start:]
    x = np.arange(flat.size, dtype=np.float64)
    fall = -robust.theil_sen(x, flat) * flat.size
    first, second = robust.level(flat[: flat.size // 2]), robust.level(flat[flat.size // 2 :])
    error = float(np.hypot(first.error, second.error))
    drop = first.value - second.value
    small = _SMALL * course.gain
    room = max(2 * small, 0.3 * course.spread)
    if drop > max(2.5 * error, 0.3 * small) or -drop > max(2.5 * error, _RISEN * course.gain):
        return None
    flat_for_sure = fall <= max(small, 0.1 * course.spread) and drop + 2 * error <= room
    if not flat_for_sure and not halted:
        return None
    # The flat part may begin earlier: go back while the smoothed curve is within the noise.
    room = max(2 * error, small, 4 * block_error)
    away = np.flatnonzero(np.abs(course.smooth[:start] - first.value) > room)
    return int(away[-1]) + 1 if away.size else start


def _pretrained(s: Signals) -> bool:
    """Whether the config speaks of fine-tuning: little is left to learn from the start."""
    for key, value in flat_config(s.run.config).items():
        about = f"{key} {value}" if isinstance(value, str | bool) and value else ""
        if _PRETRAINED.search(about.lower()):
            return True
    return False


def _still_improves(s: Signals, course: Trend, start: int) -> bool:
    """Whether the leading evaluation of another kind than the loss goes on getting better."""
    row = course.curve.row[start]
    for curve in s.evals:
        bad = curve.finite.badness
        flat = bad[curve.finite.row >= row]
        if flat.size >= 6 and curve.direction == "up":
            half = flat.size // 2
            gain = robust.median(flat[:half]) - robust.median(flat[half:])
            return gain > max(0.05 * float(bad.max() - bad.min()), 2 * robust.noise(bad))
    return False


def _rate_story(s: Signals, course: Trend, start: int) -> str:
    """``ended``: the schedule decayed as planned; ``cut``: it did so early; else empty."""
    rate = s.learning_rate
    if rate is None or len(rate.finite) < 5:
        return ""
    known = rate.finite
    peak = float(known.value.max())
    if peak <= 0:
        return ""
    after = known.value[known.row >= course.curve.row[start]]
    if not after.size:
        return ""
    if float(np.median(after)) < 0.01 * peak:
        return "cut"
    return "ended" if float(after[-1]) < 0.2 * peak and float(after[0]) > 2 * after[-1] else ""


DETECTOR = Detector((CODE,), "loss", detect)
