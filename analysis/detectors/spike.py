"""A jump of the loss, and whether it came back.

Sees: s.loss value and high float64[n] (unit of the loss), step int64[n], ascending.
Formula: z = (x − m) / σ, m the running median around a point (it does not lag), σ the robust
    standard deviation of the residuals near it and no less than a tenth of the run's. A spike has
    z > t.loss_spike, rises by more than t.loss_spike_size of the loss's range and of its level, and stands
    out from the run's other excursions (2.5 times the largest of the remaining ones).
Thresholds: t.loss_spike, t.loss_spike_size. Source: Tukey's outer fences made robust (Hampel
    1974); ZClip (2025); PaLM, section 5.1.
Stays silent on: the first twentieth (warm-up), restarts and stages, saw-teeth and heavy tails (many alike), a loss at
    its floor, losses that are noisy by nature (adversarial, reinforcement).
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from analysis import robust
from analysis.detectors.base import Detector, finding, near, number, step
from analysis.findings import Finding, NotChecked
from analysis.history import Floats
from analysis.signals import Curve, Signals
from analysis.thresholds import Thresholds

CODE = "loss_spike"
_ADVICE = "Look at the batches of these steps; clip gradients, or skip batches that are broken."
_LEAST_POINTS = 20


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


def _spikes(curve: Curve, s: Signals, t: Thresholds) -> list[tuple[int, int, float, float]]:
    """Each spike as (first index, last index, height, z)."""
    n = len(curve)
    value = np.maximum(curve.value, curve.high)
    middle = _baseline(curve.value)
    residual = value - middle
    spread = _spread(curve.value - middle)
    z = residual / spread
    span = float(np.max(middle) - np.min(middle))
    least = np.full(n, t.loss_spike_size * span)
    if bool(np.all(curve.value >= 0)):
        least = np.maximum(least, t.loss_spike_size * middle)
    skip = max(5, n // 20)
    wild = (z > t.loss_spike) & (residual > least)
    wild[:skip] = False
    parts = robust.stretches(wild, gap=max(2, n // 200))
    found = []
    for a, b in parts:
        if near(curve, a, s.stage_rows):
            continue
        top = a + int(np.argmax(residual[a : b + 1]))
        found.append((a, b, float(residual[top]), float(z[top])))
    return _outstanding(found, z, n)


def _baseline(value: Floats) -> Floats:
    n = value.size
    width = 2 * int(np.clip(n // 20, 4, 50)) + 1
    return robust.running_median(value, width)


def _spread(residual: Floats) -> Floats:
    """Local noise, float64[n]: of blocks of points, and never far under the run's own."""
    n = residual.size
    blocks = int(np.clip(n // 25, 1, 40))
    bounds = robust.edges(n, blocks)
    pairs = list(pairwise(bounds))
    centres = np.array([(a + b - 1) / 2 for a, b in pairs])
    local = np.array([robust.sigma(residual[a:b]) for a, b in pairs])
    if local.size > 2:
        local = np.maximum(robust.running_median(local, 3), 0.5 * local)
    overall = robust.sigma(residual)
    floor = max(0.1 * overall, 1e-12)
    return np.maximum(np.interp(np.arange(n), centres, local), floor)


def _outstanding(
    found: list[tuple[int, int, float, float]], z: Floats, n: int
) -> list[tuple[int, int, float, float]]:
    """Those that stand out from what the curve does anyway; none when they are its habit."""
    if not found:
        return []
    inside = np.zeros(n, dtype=np.bool_)
    for a, b, _, _ in found:
        inside[max(0, a - 2) : b + 3] = True
    rest = z[~inside]
    usual = float(np.quantile(rest, 0.999)) if rest.size else 0.0
    kept = [spike for spike in found if spike[3] > 2.5 * max(usual, 1.0)]
    too_many = len(kept) > max(3, n // 100) or inside.sum() > 0.15 * n
    return [] if too_many else kept


def _report(curve: Curve, spikes: list[tuple[int, int, float, float]]) -> Finding:
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
