"""A gradient norm that is too high: sustained, or in one isolated peak.

Sees: s.grad_norm value and high float64[n].
Formula: *level*: the medians of the last half and of the last fifth both exceed the threshold
    (a run may begin high). *growth*: the median of the last points (5 %, at least 5) exceeds it
    and t.grad_growth times the run's own earlier 90th percentile. An earlier stretch that is
    over, single peaks, and a level that has fallen to a quarter together with the loss (large
    units), without bursts (a 95th percentile over three medians), are only ``info``.
Thresholds: t.grad_exploding, t.grad_unstable, t.grad_growth. Source: the product's contract; the
    run's own 90th percentile as in the Deep Learning Tuning Playbook.
Stays silent on: the first steps of a run, peaks far under ten times the run's own median.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analysis import robust
from analysis.detectors.base import Detector, finding, number, step
from analysis.findings import Finding, NotChecked, Severity
from analysis.history import Floats
from analysis.signals import Curve, Signals
from analysis.thresholds import Thresholds
from analysis.trend import trend

_ADVICE = "Lower the learning rate, lengthen the warm-up, or clip the gradient norm (at 1, say)."
_LEAST_POINTS = 5
_BURSTS = 3.0  # 95th percentile over the median: units do not burst, cliffs do (Pascanu 2013)


@dataclass(frozen=True, slots=True)
class _High:
    """A sustained high level: since which index, how high, and whether it grew."""

    start: int
    level: float
    grew: bool


def detect(s: Signals, t: Thresholds) -> Iterator[Finding | NotChecked]:
    """Reports what the module’s docstring tells of."""
    curve = None if s.grad_norm is None else s.grad_norm.finite
    if curve is None or len(curve) < _LEAST_POINTS:
        reason = "no gradient norm is logged" if curve is None else "too few points yet"
        yield NotChecked("grad_exploding", reason)
        yield NotChecked("grad_unstable", reason)
        return
    for code, threshold in (
        ("grad_exploding", t.grad_exploding),
        ("grad_unstable", t.grad_unstable),
    ):
        high = _sustained(curve.value, threshold, t.grad_growth)
        if high is not None:
            yield _report(code, curve, high, threshold, _calming(curve, high, s))
            return
    peak = _isolated(curve, t.grad_exploding)
    if peak is not None:
        yield peak


def _sustained(value: Floats, threshold: float, growth: float) -> _High | None:
    n = value.size
    recent = value[-max(_LEAST_POINTS, n // 5) :]
    half = value[n // 2 :] if n >= 10 else value
    if robust.median(recent) > threshold and robust.median(half) > threshold:
        under = np.flatnonzero(robust.smooth(value) <= threshold)
        start = min(int(under[-1]) + 1, n - 1) if under.size else 0
        return _High(start, robust.median(recent), grew=False)
    k = max(_LEAST_POINTS, n // 20)
    if n < 3 * k:
        return None
    last, before = value[-k:], value[n // 10 : -k]
    usual = float(np.quantile(before, 0.9))
    level = robust.median(last)
    if level > threshold and level > growth * usual:
        over = np.flatnonzero(robust.running_median(value, 5) <= threshold)
        start = int(over[-1]) + 1 if over.size else n - k
        return _High(min(start, n - 1), level, grew=True)
    return None


def _calming(curve: Curve, high: _High, s: Signals) -> bool:
    """Whether the level is falling together with a falling loss: large units, not explosion."""
    if high.grew or s.loss is None:
        return False
    course = trend(s.loss)
    value = curve.value
    early = robust.median(value[: max(3, value.size // 50)])
    falling = course is not None and course.gain > 4 * max(course.noise, 1e-12)
    sound = course is not None and course.lost < 0.1 * course.gain
    late = value[value.size // 2 :]
    bursts = float(np.quantile(late, 0.95)) > _BURSTS * robust.median(late)
    return falling and sound and not bursts and high.level < 0.25 * early


def _report(code: str, curve: Curve, high: _High, threshold: float, calming: bool) -> Finding:
    value = curve.value
    since = f"since step {step(int(curve.step[high.start]))}" if high.start else "from the start"
    earlier = value[: high.start] if high.start > 4 else value
    spread = robust.sigma(earlier)
    how = "has grown" if high.grew else "stays high"
    message = (
        f"{curve.name} {how}: a median of {number(high.level)} {since} "
        f"(threshold {number(threshold)})."
    )
    if calming:
        message = (
            f"{curve.name} is high ({number(high.level)}, threshold {number(threshold)}) but "
            "falls together with the loss."
        )
    return finding(
        code,
        message,
        "" if calming else _ADVICE,
        curve=curve,
        first=high.start,
        last=len(curve) - 1,
        value=high.level,
        noise_ratio=(high.level - robust.median(earlier)) / spread if spread > 0 else None,
        at_most=Severity.INFO if calming else Severity.CRITICAL,
    )


def _isolated(curve: Curve, threshold: float) -> Finding | None:
    """The highest peak above the threshold and the run's own habit, as information."""
    value = np.maximum(curve.value, curve.high)
    usual = robust.median(curve.value)
    peak = int(np.argmax(value))
    if value[peak] <= threshold or value[peak] < 3 * usual:
        return None
    count = len(robust.stretches(value > threshold, gap=2))
    times = "in one isolated peak" if count == 1 else f"in {count} separate peaks"
    spread = robust.sigma(curve.value)
    return finding(
        "grad_exploding",
        f"{curve.name} exceeded {number(threshold)} {times} (at most {number(value[peak])}, at "
        f"step {step(int(curve.step[peak]))}) and came back to {number(usual)}.",
        curve=curve,
        first=peak,
        last=peak,
        value=float(value[peak]),
        noise_ratio=(float(value[peak]) - usual) / spread if spread > 0 else None,
        at_most=Severity.INFO,
    )


DETECTOR = Detector(("grad_exploding", "grad_unstable"), "gradient", detect)
