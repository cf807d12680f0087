"""Where a noisy stretch of a curve stands, as sharply as its noise allows, and how sure that is.

The model: values = level + shape(x) · noise, where *shape* says where the curve is calm and where
it is rough, and the noise is a first-order autoregressive process with heavy-tailed shocks. The
level is found from the shocks (generalised least squares, Prais & Winsten 1954) by Huber's
M-estimator (1964): calm stretches count more, one wild batch and its echo count once and little.
Where noise is normal, white and even this is all but the mean; where it is not, it is much sharper.
The estimate is right, only less sharp, where the model is not.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis import robust
from analysis.history import Floats

HUBER = 1.345
"""Deviations from which a point counts less: 95 % as sharp as the mean on normal noise."""
MEMORY_MOST = 0.98
_ROUNDS = 30
_SHAPE_POINTS, _SHAPE_PARTS = 32, 16
_SHAPE_LEAST = 0.2  # of the middle roughness: a flat piece does not decide alone
_LIKE = 1.5  # ratio of lengths up to which curves are logged alike and share one memory


@dataclass(frozen=True, slots=True)
class Level:
    """Where a curve stands at the matched point.

    Attributes:
        value: robust location of the window before the point.
        error: its standard error, autocorrelation respected.
        scatter: robust standard deviation of the points in the window around their trend.
        points: how many points the window holds.
        moved: how far the curve has come since its first point, in the metric's unit.
    """

    value: float
    error: float
    scatter: float
    points: int
    moved: float = 0.0


def locate(
    values: Floats,
    shape: Floats | None = None,
    memory: float = 0.0,
    size: float | None = None,
) -> Level:
    """The level of a stretch and its standard error.

    Args:
        values: float64[n], finite, in order; n ≥ 1.
        shape: float64[n], relative roughness at each point; even when absent.
        memory: lag-one autocorrelation of the noise.
        size: the noise's standard deviation, where it is known better than from these values.
    """
    n = values.size
    middle = robust.median(values)
    scatter = robust.sigma(detrended(values)) if n >= 4 else float(np.std(values))
    if n < 3 or (n < 4 and size is None):
        return Level(float(np.mean(values)), scatter / math.sqrt(n), scatter, n)
    even = np.ones(n) if shape is None else 1.0 / shape
    shocks, weight = _whitened((values - middle) * even, memory), _whitened(even, memory)
    away, spread = 0.0, 0.0
    for _ in range(_ROUNDS):
        rest = shocks - weight * away
        spread = _size(rest) if size is None else size
        if spread <= 0.0:
            break
        trust = np.minimum(1.0, HUBER * spread / np.maximum(np.abs(rest), 1e-300))
        total = float(np.dot(trust * weight, weight))
        step = float(np.dot(trust * weight, rest)) / total if total > 0.0 else 0.0
        away += step
        if abs(step) <= 1e-6 * spread:
            break
    # Between two values of the stretch, however long the memory.
    level = min(max(middle + away, float(values.min())), float(values.max()))
    if size is not None:
        return Level(level, size / math.sqrt(float(np.dot(weight, weight))), scatter, n)
    return Level(level, _error(shocks - weight * away, weight, spread), scatter, n)


def _error(rest: Floats, weight: Floats, size: float) -> float:
    """Standard error of the M-estimate: the spread of its points' influences (Huber 1981, 4.4)."""
    if size <= 0.0:
        return 0.0
    within = np.abs(rest) <= HUBER * size
    curvature = float(np.dot(weight[within], weight[within]))
    if curvature <= 0.0:
        return 0.0
    influence = weight * np.clip(rest, -HUBER * size, HUBER * size)
    n = rest.size
    total = n * mean_variance(influence) * n
    return math.sqrt(total * n / max(1.0, n - 1.0)) / curvature


def mean_variance(values: Floats, block: float | None = None) -> float:
    """Variance of the mean of an autocorrelated series, as the stationary bootstrap gives it.

    In closed form, so without resampling (Politis & Romano 1994, “The Stationary Bootstrap”, JASA
    89, Lemma 1).

    Args:
        values: float64[n], in order.
        block: expected block length; by the series' autocorrelation when absent.
    """
    n = values.size
    if n < 2:
        return 0.0
    centred = values - values.mean()
    stop = 1.0 / (block_length(centred) if block is None else block)
    width = 1 << (2 * n - 1).bit_length()
    spectrum = np.abs(np.fft.rfft(centred, width)) ** 2
    covariance = np.fft.irfft(spectrum, width)[:n] / n
    lag = np.arange(1, n)
    share = lag / n
    kept = (1.0 - share) * (1.0 - stop) ** lag + share * (1.0 - stop) ** (n - lag)
    found = float(covariance[0] + 2.0 * np.dot(kept, covariance[1:]))
    return max(found, 0.0) / n


def block_length(residual: Floats) -> float:
    """Expected block length: twice the integrated autocorrelation time, from 1 to n/3.

    The time is that of a first-order process, (1 + r)/(1 − r).
    """
    n = residual.size
    if n < 8:
        return 1.0
    r = min(0.97, unbiased(robust.autocorrelation(residual), n))
    return float(min(max(1.0, 2.0 * (1.0 + r) / (1.0 - r)), max(1.0, n / 3)))


def unbiased(r: float, n: int) -> float:
    """A lag-one autocorrelation without the bias that short series have (Kendall 1954)."""
    return (n * r + 1.0) / max(4.0, n - 4.0) if n >= 8 else 0.0


def memories(windows: Sequence[Floats]) -> list[float]:
    """Lag-one autocorrelation of each window's noise; one for all where they are logged alike."""
    own = [
        min(MEMORY_MOST, unbiased(robust.autocorrelation(detrended(window)), window.size))
        for window in windows
    ]
    sizes = [window.size for window in windows]
    alike = bool(sizes) and max(sizes) <= _LIKE * min(sizes)
    return [float(np.median(own))] * len(own) if alike else own


def roughness(places: Sequence[Floats], windows: Sequence[Floats]) -> list[Floats]:
    """How rough all curves together are at each one's places, relative to their middle."""
    steps = [np.abs(np.diff(window)) for window in windows]
    sizes = [robust.median(step) for step in steps]
    known = [
        (0.5 * (x[1:] + x[:-1]), step / size)
        for x, step, size in zip(places, steps, sizes, strict=True)
        if step.size and float(step.max()) < 1e300 * size  # their ratio is a number
    ]
    count = sum(x.size for x, _ in known)
    parts = min(_SHAPE_PARTS, count // _SHAPE_POINTS)
    if parts < 2:
        return [np.ones(x.size) for x in places]
    x = np.concatenate([x for x, _ in known])
    order = np.argsort(x, kind="stable")
    size = robust.block_medians(np.concatenate([y for _, y in known])[order], parts)
    at = robust.block_medians(x[order], parts)
    middle = robust.median(size)
    if middle <= 0.0:
        return [np.ones(x.size) for x in places]
    size = np.maximum(size, _SHAPE_LEAST * middle)
    return [np.interp(x, at, size) for x in places]


def detrended(values: Floats) -> Floats:
    """The values without their straight line (least squares)."""
    n = values.size
    place = np.arange(n, dtype=np.float64) - 0.5 * (n - 1)
    square = float(np.dot(place, place))
    slope = float(np.dot(place, values)) / square if square > 0.0 else 0.0
    found: Floats = values - values.mean() - slope * place
    return found


def _whitened(values: Floats, memory: float) -> Floats:
    """The shocks of a first-order process with unit variance at every place."""
    found = np.empty_like(values)
    found[0] = values[0] * math.sqrt(1.0 - memory**2)
    found[1:] = values[1:] - memory * values[:-1]
    return found


def _size(rest: Floats) -> float:
    away = np.abs(rest)
    middle = robust.median(away)
    return 1.4826 * middle if middle > 0.0 else 1.2533 * float(np.mean(away))
