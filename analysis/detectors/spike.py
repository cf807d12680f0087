"""A jump of the loss, and whether it came back.

Sees: s.loss value and high float64[n] (unit of the loss), step int64[n], ascending.
Formula: z = (x − m) / σ, m the running median around a point, or of the points before it where
    that is less (a step up is a jump too), σ the robust standard deviation of the residuals near
    it and no less than a tenth of the run's. A spike has z > t.loss_spike (and half of it for the
    logarithm of a positive loss), rises at once by more than t.loss_spike_size of the loss's range
    and of its level, and stands out from the run's other excursions (2.5 times their z, 1.2 times
    their height).
Thresholds: t.loss_spike, t.loss_spike_size. Source: Tukey's outer fences made robust (Hampel
    1974); ZClip (2025); PaLM, section 5.1.
Stays silent on: the first twentieth, the warm-up (at most a tenth), a rise that began with the
    first steps (``loss_diverged`` and ``loss_not_decreasing`` judge that), restarts and stages,
    several jumps with a slow fall after each (stages that are not logged) where the gradient
    norm did not burst to ten times its median, saw-teeth and heavy
    tails (many alike), a loss at its floor, losses that are noisy by nature (adversarial,
    reinforcement).
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from analysis import robust
from analysis.detectors.base import Detector, finding, near, number, step
from analysis.findings import Finding, NotChecked
from analysis.history import Bools, Floats
from analysis.signals import Curve, Signals
from analysis.thresholds import Thresholds

CODE = "loss_spike"
_ADVICE = "Look at the batches of these steps; clip gradients, or skip batches that are broken."
_LEAST_POINTS = 20
_STAGE_HEIGHT = 10.0  # times the starting loss: a new task is not that much harder
_EVEN = 1.2  # the longest of equal stages against the shortest
_BURST = 10.0  # times the usual gradient norm
_Spike = tuple[int, int, float, float]  # first index, last index, height, z


def detect(s: Signals, t: Thresholds) -> Iterator[Finding | NotChecked]:
    """Reports what the module’s docstring tells of."""
    if s.loss is None:
        yield NotChecked(CODE, "no loss is logged")
        return
    if not s.loss_kind.must_fall and s.loss_kind.name != "variational":
        yield NotChecked(CODE, "such losses jump by nature")
        return
    curve = s.loss.finite
    if len(curve) < _LEAST_POINTS:
        yield NotChecked(CODE, "too few points yet")
        return
    spikes = _spikes(curve, s, t)
    if spikes:
        yield _report(curve, spikes)


def count(s: Signals, t: Thresholds) -> int:
    """How many jumps the training loss has; 0 where it is too short to tell."""
    curve = None if s.loss is None else s.loss.finite
    return 0 if curve is None or len(curve) < _LEAST_POINTS else len(_spikes(curve, s, t))


def _spikes(curve: Curve, s: Signals, t: Thresholds) -> list[_Spike]:
    n = len(curve)
    value = np.maximum(curve.value, curve.high)
    middle = _baseline(curve.value)
    residual = value - _before(middle)
    spread = _spread(curve.value - middle)
    z = residual / spread
    span = float(np.max(middle) - np.min(middle))
    least = np.full(n, t.loss_spike_size * span)
    if bool(np.all(curve.value >= 0)):
        least = np.maximum(least, t.loss_spike_size * middle)
    skip = max(5, n // 20, _warm_up(curve, s), _first_rise(curve.value, middle))
    wild = (z > t.loss_spike) & (residual > least) & _odd_in_proportion(curve.value, value, t)
    parts = robust.stretches(wild, gap=max(2, n // 200))
    found = []
    for a, b in parts:
        if a < skip or near(curve, a, s.stage_rows):
            continue  # what begins with the run is its start, however long it lasts
        top = a + int(np.argmax(residual[a : b + 1]))
        # A jump rises at once above what came just before; the flank of a hump does not.
        soon = float(value[a : a + max(3, n // 200)].max())
        if soon - robust.median(curve.value[max(0, a - 10) : a]) <= least[a]:
            continue
        found.append((a, b, float(residual[top]), float(z[top])))
    kept = _outstanding(found, z, residual, skip)
    return [] if _staged(kept, curve) and not _with_bursts(kept, curve, s) else kept


def _odd_in_proportion(value: Floats, high: Floats, t: Thresholds) -> Bools:
    """Whether points stand out on a logarithmic scale too, where noise grows with the loss."""
    if not bool(np.all(value > 0)):
        return np.ones(value.size, dtype=np.bool_)
    logs = np.log(value)
    middle = _baseline(logs)
    return (np.log(high) - _before(middle)) / _spread(logs - middle) > 0.5 * t.loss_spike


def _staged(found: list[_Spike], curve: Curve) -> bool:
    """Whether the loss falls slowly after each of several jumps: a curriculum's new stages.

    Stages of equal length need not be as slow: accidents come at irregular intervals.
    """
    if len(found) < 2:
        return False
    starts = [0, *(first for first, *_ in found)]
    # The last stage is often the rest of the training.
    lengths = np.diff(starts if len(starts) > 3 else [*starts, len(curve)])
    even = float(lengths.max()) < _EVEN * float(lengths.min())
    quick = 8 if even else max(8, len(curve) // 50)
    smooth = robust.running_median(curve.value, 5)
    usual = _STAGE_HEIGHT * abs(robust.median(curve.value[:5]))
    for first, _, height, _ in found:
        if height > usual:
            return False
        before = robust.median(curve.value[max(0, first - 10) : first])
        under = np.flatnonzero(smooth[first:] <= before + 0.05 * height)
        if under.size and under[0] <= quick:
            return False
    return True


def _with_bursts(found: list[_Spike], curve: Curve, s: Signals) -> bool:
    """Whether the gradient norm burst at each jump: harder data does not raise it that much."""
    norm = None if s.grad_norm is None else s.grad_norm.finite
    if norm is None or not len(norm):
        return False
    value, usual = np.maximum(norm.value, norm.high), robust.median(norm.value)
    margin = max(1, len(curve) // 200)
    for first, last, *_ in found:
        begin, end = curve.row[max(0, first - margin)], curve.row[min(last, len(curve) - 1)]
        beside = value[(norm.row >= begin) & (norm.row <= end)]
        if not beside.size or float(beside.max()) < _BURST * usual:
            return False
    return True


def _first_rise(value: Floats, middle: Floats) -> int:
    """Points until the top of a rise that began with the first steps; 0 where there is none."""
    rose_at_once = robust.median(value[:5]) > 2.0 * abs(float(value[0]))
    return int(np.argmax(middle)) + _half_width(value.size) if rose_at_once else 0


def _warm_up(curve: Curve, s: Signals) -> int:
    """Points until the learning rate has reached its peak, at most a tenth of the run."""
    rate = None if s.learning_rate is None else s.learning_rate.finite
    if rate is None or len(rate) < 4:
        return 0
    peak = rate.row[int(np.argmax(rate.value >= 0.99 * rate.value.max()))]
    return min(int(np.searchsorted(curve.row, peak)) + 3, len(curve) // 10)


def _baseline(value: Floats) -> Floats:
    return robust.running_median(value, 2 * _half_width(value.size) + 1)


def _half_width(n: int) -> int:
    return int(np.clip(n // 20, 4, 50))


def _before(middle: Floats) -> Floats:
    """The baseline around a point or before it, whichever is less: a step up is a jump too."""
    half = _half_width(middle.size)
    trailing = np.concatenate((middle[:half], middle[:-half]))
    return np.minimum(middle, trailing)


def _spread(residual: Floats) -> Floats:
    """Local noise, float64[n]: of blocks of points, and never far under the run's own."""
    n = residual.size
    blocks = int(np.clip(n // 25, 1, 40))
    bounds = robust.edges(n, blocks)
    pairs = list(pairwise(bounds))
    centres = np.array([(a + b - 1) / 2 for a, b in pairs])
    local = np.array([robust.sigma(residual[a:b]) for a, b in pairs])
    # The median of neighbouring blocks: a spike that fills one must not hide itself.
    local = robust.running_median(local, 5)
    overall = robust.sigma(residual)
    floor = max(0.1 * overall, 1e-12)
    spread: Floats = np.maximum(np.interp(np.arange(n), centres, local), floor)
    return spread


def _outstanding(found: list[_Spike], z: Floats, residual: Floats, skip: int) -> list[_Spike]:
    """Those that stand out from what the curve does anyway; none when they are its habit."""
    if not found:
        return []
    n = z.size
    outside = np.ones(n, dtype=np.bool_)
    outside[:skip] = False
    for a, b, _, _ in found:
        outside[max(0, a - 2) : b + 3] = False
    if not outside.any():
        return []
    usual = float(np.quantile(z[outside], 0.999))
    highest = float(residual[outside].max())
    kept = [s for s in found if s[3] > 2.5 * max(usual, 1.0) and s[2] > 1.2 * highest]
    too_many = len(kept) > max(3, n // 100) or (~outside[skip:]).sum() > 0.15 * n
    return [] if too_many else kept


def _report(curve: Curve, spikes: list[_Spike]) -> Finding:
    first, last, height, z = max(spikes, key=lambda spike: spike[2])
    value = np.maximum(curve.value, curve.high)
    top = first + int(np.argmax(value[first : last + 1]))
    before = robust.median(curve.value[max(0, first - 10) : first])
    after = curve.value[last + 1 : last + 11]
    back = after.size > 0 and robust.median(after) < before + 0.3 * height
    others = f" ({len(spikes)} such jumps in all)" if len(spikes) > 1 else ""
    end = "and came back" if back else "and has not come back yet"
    return finding(
        CODE,
        f"{curve.name} jumped from {number(before)} to {number(float(value[top]))} at step "
        f"{step(int(curve.step[top]))} {end}{others}.",
        _ADVICE,
        curve=curve,
        first=min(spike[0] for spike in spikes),
        last=max(spike[1] for spike in spikes),
        value=float(value[top]),
        noise_ratio=z,
    )


DETECTOR = Detector((CODE,), "loss", detect)
