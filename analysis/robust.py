"""Statistics that a few wild points cannot bend: pure functions over numpy columns.

All of them are deterministic, take float64 arrays of finite values unless said otherwise, and
cost O(n) or O(n log n) for the lengths that a history has.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from analysis.history import Bools, Floats, Ints

_MAD_TO_SIGMA = 1.4826  # of a normal distribution (Rousseeuw & Croux 1993)
_SMALL = 2_000  # points up to which sorting is quicker than looking for the middle
_WIDE = 101  # values in the window of a running median, from twice which it runs over blocks
_MEDIAN_EFFICIENCY = 1.2533  # sqrt(pi/2): standard error of a median against that of a mean


def median(values: Floats) -> float:
    """The median; NaN of nothing, and of what holds a NaN.

    The same number as ``np.median``, for small arrays several times as fast: it is taken hundreds
    of times a run.
    """
    n = values.size
    if not n:
        return float("nan")
    if n > _SMALL:
        return float(np.median(values))
    ordered = values.flatten()
    ordered.sort()
    if np.isnan(ordered[-1]):
        return float("nan")
    half = n // 2
    middle = ordered[half] if n % 2 else (ordered[half - 1] + ordered[half]) / 2.0
    return float(middle)


def sigma(values: Floats) -> float:
    """Robust standard deviation: 1.4826 times the median absolute deviation.

    Falls back to 1.2533 times the mean absolute deviation where more than half of the values are
    equal (Iglewicz & Hoaglin 1993); 0 of fewer than two values.
    """
    if values.size < 2:
        return 0.0
    away = np.abs(values - median(values))
    mad = median(away)
    return _MAD_TO_SIGMA * mad if mad > 0 else _MEDIAN_EFFICIENCY * float(np.mean(away))


def noise(values: Floats) -> float:
    """Standard deviation of the point-to-point noise, whatever the trend under it.

    The robust deviation of second differences over sqrt(6): a straight trend cancels exactly.
    """
    if values.size < 4:
        return sigma(np.diff(values)) / np.sqrt(2.0) if values.size > 2 else 0.0
    second = values[2:] - 2.0 * values[1:-1] + values[:-2]
    return sigma(second) / float(np.sqrt(6.0))


def edges(n: int, blocks: int) -> Ints:
    """Bounds that cut n points into at most ``blocks`` nearly equal blocks, none empty."""
    count = min(n, blocks)
    if count <= 0:
        return np.zeros(1, dtype=np.int64)
    return np.concatenate((np.arange(count) * (n / count), [n])).astype(np.int64)


def block_medians(values: Floats, blocks: int) -> Floats:
    """Medians of consecutive, nearly equal blocks: float64[min(n, blocks)]."""
    return _medians(values, edges(values.size, blocks))


def _medians(values: Floats, bounds: Ints) -> Floats:
    """The median of each block between bounds of ``edges``; one call for all of one length."""
    sizes = bounds[1:] - bounds[:-1]
    medians = np.empty(sizes.size, dtype=np.float64)
    for size in {int(sizes.min()), int(sizes.max())} if sizes.size else ():
        same = sizes == size
        places = bounds[:-1][same][:, np.newaxis] + np.arange(size)
        medians[same] = _row_medians(values[places])
    return medians


def _row_medians(rows: Floats) -> Floats:
    """The median of each row of ``rows``, float64[n, k] → float64[n]; NaN where a row holds one."""
    width = rows.shape[1]
    if width > _SMALL or not width:
        return np.asarray(np.median(rows, axis=1), dtype=np.float64)
    ordered = np.sort(rows, axis=1)
    half = width // 2
    middle = ordered[:, half] if width % 2 else (ordered[:, half - 1] + ordered[:, half]) / 2.0
    return np.where(np.isnan(ordered[:, -1]), np.nan, middle)


def running_median(values: Floats, width: int) -> Floats:
    """Centred running median, float64[n]; the window shrinks at the ends, so nothing lags.

    A wide window runs over the medians of short blocks instead, with a straight line between
    their centres: else the cost would grow with length times width.
    """
    n = values.size
    half = min(width // 2, max(0, (n - 1) // 2))
    if n < 3 or half == 0:
        return values.copy()
    if 2 * half + 1 > 2 * _WIDE:
        bounds = edges(n, n * _WIDE // (2 * half + 1))
        centres = (bounds[:-1] + bounds[1:] - 1) / 2.0
        return np.interp(np.arange(n), centres, running_median(_medians(values, bounds), _WIDE))
    windows = np.lib.stride_tricks.sliding_window_view(values, 2 * half + 1)
    out = np.empty(n, dtype=np.float64)
    # Short calls: while numpy sorts it may hold the lock that the event loop waits for.
    chunk = max(1, 400_000 // (2 * half + 1))
    for start in range(0, windows.shape[0], chunk):
        part = windows[start : start + chunk]
        out[half + start : half + start + part.shape[0]] = _row_medians(part)
    if half * half > _SMALL:
        for i in range(half):
            out[i] = median(values[: 2 * i + 1])
            out[n - 1 - i] = median(values[n - 1 - 2 * i :])
        return out
    out[:half] = _growing_medians(values[: 2 * half - 1])
    out[n - half :] = _growing_medians(values[n - 2 * half + 1 :][::-1])[::-1]
    return out


def _growing_medians(values: Floats) -> Floats:
    """The medians of the first 1, 3, 5, … values: float64[n] → float64[(n + 1) / 2].

    What a row lacks is filled with as many infinities of either sign, which leaves its median.
    """
    n = values.size
    place = np.arange(n)
    length = np.arange(1, n + 1, 2)[:, np.newaxis]
    rows = np.where(place < length, values, np.where(place % 2, np.inf, -np.inf))
    return _row_medians(rows)


def smooth(values: Floats, blocks: int = 60) -> Floats:
    """A curve through the medians of blocks, float64[n]: free of lag and of single wild points."""
    n = values.size
    if n < 5:
        return values.copy()
    bounds = edges(n, min(blocks, max(3, n // 4)))
    centres = (bounds[:-1] + bounds[1:] - 1) / 2.0
    return np.interp(np.arange(n), centres, _medians(values, bounds))


def ema(values: Floats, weight: float) -> Floats:
    """Exponential mean run forwards and backwards and averaged, float64[n]: it does not lag."""

    def one_way(series: Floats) -> Floats:
        out = np.empty_like(series)
        level = series[0]
        for i, value in enumerate(series.tolist()):
            level = weight * level + (1.0 - weight) * value
            out[i] = level
        return out

    if not values.size:
        return values.copy()
    return (one_way(values) + one_way(values[::-1])[::-1]) / 2.0


def autocorrelation(residual: Floats) -> float:
    """Lag-one autocorrelation, clipped to [0, 0.98]; residuals are cut to ±4 sigma before."""
    if residual.size < 8:
        return 0.0
    spread = sigma(residual)
    cut = np.clip(residual - median(residual), -4 * spread, 4 * spread)
    total = float(np.dot(cut, cut))
    if total <= 0:
        return 0.0
    return float(np.clip(np.dot(cut[1:], cut[:-1]) / total, 0.0, 0.98))


def effective_size(residual: Floats) -> float:
    """How many independent points the residuals are worth: n·(1 − r)/(1 + r), at least 1."""
    r = autocorrelation(residual)
    return max(1.0, residual.size * (1.0 - r) / (1.0 + r))


@dataclass(frozen=True, slots=True)
class Level:
    """Where a stretch of a curve stands.

    Attributes:
        value: its median.
        error: the median's standard error, autocorrelation included.
        sigma: robust standard deviation of single points around the stretch's own trend.
        n: points.
    """

    value: float
    error: float
    sigma: float
    n: int


def level(values: Floats) -> Level:
    """The level of a stretch: its median, and how sure that is given autocorrelated noise."""
    n = int(values.size)
    if n == 0:
        return Level(float("nan"), float("nan"), float("nan"), 0)
    residual = values - smooth(values, 6) if n >= 12 else values - median(values)
    spread = sigma(residual)
    error = _MEDIAN_EFFICIENCY * spread / float(np.sqrt(effective_size(residual)))
    if n >= 24:
        batches = block_medians(values - _line(values), 6)
        error = max(error, _MEDIAN_EFFICIENCY * float(np.std(batches, ddof=1)) / np.sqrt(6.0))
    return Level(median(values), error, spread, n)


def _line(values: Floats) -> Floats:
    x = np.arange(values.size, dtype=np.float64)
    centred: Floats = theil_sen(x, values) * (x - x.mean())
    return centred


def theil_sen(x: Floats, y: Floats, points: int = 120) -> float:
    """Slope by Theil and Sen: the median of the slopes of all pairs (0 of fewer than two).

    Longer series are thinned to the medians of ``points`` blocks first, so that the cost stays
    bounded and the answer is always the same.
    """
    if x.size > points:
        x, y = block_medians(x, points), block_medians(y, points)
    if x.size < 2:
        return 0.0
    first, second = _pairs(x.size)
    run = x[second] - x[first]
    keep = run != 0
    return median((y[second] - y[first])[keep] / run[keep]) if keep.any() else 0.0


@lru_cache(maxsize=256)
def _pairs(n: int) -> tuple[Ints, Ints]:
    """The places of all pairs of n points, each int64[n·(n − 1) / 2]."""
    first, second = np.triu_indices(n, k=1)
    first.setflags(write=False)
    second.setflags(write=False)
    return first, second


def stretches(mask: Bools, gap: int = 0) -> list[tuple[int, int]]:
    """Runs of true values as (first, last) indices; ones at most ``gap`` false apart are one."""
    where = np.flatnonzero(mask)
    if not where.size:
        return []
    breaks = np.flatnonzero(np.diff(where) > gap + 1)
    starts = np.concatenate(([0], breaks + 1))
    ends = np.concatenate((breaks, [where.size - 1]))
    return [(int(where[a]), int(where[b])) for a, b in zip(starts, ends, strict=True)]


def wilson(hits: int, n: int, z: float = 1.96) -> tuple[float, float] | None:
    """Wilson's score interval of a proportion (Wilson 1927); None where n is 0."""
    if n == 0:
        return None
    p = hits / n
    centre = p + z * z / (2 * n)
    half = z * float(np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)))
    low, high = (centre - half) / (1 + z * z / n), (centre + half) / (1 + z * z / n)
    return max(0.0, low), min(1.0, high)
