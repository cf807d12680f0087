"""Curves made ready for drawing: thinned without losing peaks, smoothed, their gaps found.

Pure numpy; a million points become two thousand before matplotlib sees them.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from analysis.history import Bools, Floats
from analysis.plots.curves import Curve

_BUCKETS: Final = 900  # two points each: more than the picture has columns
_SMOOTH_FROM: Final = 40  # points from which a smoothed line says more than the raw one
_WINDOW_SHARE: Final = 40  # a window is this part of the curve
_LOG_SPAN: Final = 12.0  # the 98th over the 2nd percentile from which a log axis helps


def thinned(curve: Curve) -> tuple[Floats, Floats]:
    """The finite points, at most two a bucket: the least and the greatest, in their order.

    Returns:
        Steps and values, float64[m] each.
    """
    keep = np.isfinite(curve.value)
    step, value = curve.step[keep], curve.value[keep]
    if curve.low is not None and curve.high is not None:
        low, high = curve.low[keep], curve.high[keep]
        low = np.where(np.isfinite(low), low, value)
        high = np.where(np.isfinite(high), high, value)
        step = np.repeat(step, 2)
        value = np.stack([low, high], axis=1).ravel()
    if step.size <= 2 * _BUCKETS:
        return step, value
    edges = np.linspace(0, step.size, _BUCKETS + 1).astype(np.int64)
    least = np.minimum.reduceat(value, edges[:-1])
    most = np.maximum.reduceat(value, edges[:-1])
    middle = step[(edges[:-1] + edges[1:] - 1) // 2]
    return np.repeat(middle, 2), np.stack([least, most], axis=1).ravel()


def smoothed(curve: Curve, *, log: bool) -> tuple[Floats, Floats] | None:
    """A centred moving median over a fortieth of the points, its edges rounded by a short mean.

    A median, because one bad step must not look like a plateau as wide as the window.

    Args:
        curve: Its finite points count; fewer than forty have no smoothed line (``None``).
        log: Whether only positive values count, as fits a logarithmic axis.
    """
    keep = np.isfinite(curve.value) & ((curve.value > 0) if log else True)
    step, value = curve.step[keep], curve.value[keep]
    if value.size < _SMOOTH_FROM:
        return None
    step, value = _medians(step, value, 2 * _BUCKETS)
    window = max(5, value.size // _WINDOW_SHARE) | 1
    half = window // 2
    padded = np.pad(value, half, mode="reflect")
    median = np.median(sliding_window_view(padded, window), axis=1)
    width = max(3, half) | 1
    rounded = np.pad(median, width // 2, mode="edge")
    return step, np.convolve(rounded, np.full(width, 1.0 / width), mode="valid")


def _medians(step: Floats, value: Floats, most: int) -> tuple[Floats, Floats]:
    """At most ``most`` points, each the median of its share."""
    size = -(-value.size // most)
    if size == 1:
        return step, value
    whole = value.size // size * size
    middle = step[size // 2 : whole : size]
    return middle, np.median(value[:whole].reshape(-1, size), axis=1)


def wants_log(curves: Iterator[Curve] | tuple[Curve, ...]) -> bool:
    """Whether a logarithmic axis shows more: only positive values, over a wide span."""
    finite = [curve.finite for curve in curves if curve.finite.size]
    if not finite:
        return False
    values = np.concatenate(finite)
    if values.size < 4 or bool(np.any(values <= 0)):
        return False
    low = float(np.quantile(values, 0.02, method="lower"))
    high = float(np.quantile(values, 0.98, method="higher"))
    middle = float(np.median(values))
    # As products: a quotient of the tiniest numbers overflows.
    return high > _LOG_SPAN * low or float(values.max()) > 2 * _LOG_SPAN * middle


def gaps(curve: Curve) -> list[tuple[float, float]]:
    """Stretches of steps in which the value was not finite, each up to its finite neighbours."""
    bad: Bools = ~np.isfinite(curve.value)
    if not bad.any():
        return []
    turns = np.flatnonzero(np.diff(np.concatenate(([False], bad, [False])).astype(np.int8)))
    spans = []
    for start, end in zip(turns[::2], turns[1::2], strict=True):
        before = curve.step[max(0, start - 1)]
        after = curve.step[min(curve.step.size - 1, end)]
        spans.append((float(before), float(after)))
    return spans
