"""A run's history bounded, and packed into bytes, so that it can be kept between two looks.

Up to ``POINTS`` points a curve everything is kept. A longer curve is cut into buckets of steps,
whose width is a power of two and whose bounds are multiples of it; a bucket keeps its last finite
point with its least and greatest value, and the first and last point that is not finite. Both the
width and the content of a bucket depend on the points alone, not on how they came: watching a run
in many small parts leaves the same as fetching it once.
"""

import json
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.history import Floats, History, Ints, Series

POINTS = 512
"""Buckets of a curve: from this many points on it is thinned."""
MOST_CURVES = 48
_VERSION = 1
_HEADER = struct.Struct("<BI")


def compact(history: History, points: int = POINTS) -> History:
    """The history with at most ``points`` buckets a curve, and no more than ``MOST_CURVES`` curves.

    A bucket is one point, three where it holds values that are not finite.
    """
    names = list(history)[:MOST_CURVES]
    return History({name: compact_series(history[name], points) for name in names})


def extend(kept: History, new: History, points: int = POINTS) -> History:
    """The kept history with new points behind it, bounded again.

    Points at steps that are there already are taken again from ``new``.
    """
    names = list(dict.fromkeys((*kept, *new)))
    joined = {name: _joined(kept.get(name), new.get(name)) for name in names}
    return compact(History(joined), points)


def last_step(history: Mapping[str, Series]) -> int | None:
    """The last step of all curves; ``None`` of nothing."""
    ends = [int(series.step[-1]) for series in history.values() if len(series)]
    return max(ends, default=None)


def _joined(kept: Series | None, new: Series | None) -> Series:
    if kept is None or not len(kept):
        return new if new is not None else Series.of([], [])
    if new is None or not len(new):
        return kept
    kept = kept.take(kept.step < new.step[0])
    joined = Series(
        np.concatenate((kept.step, new.step)),
        np.concatenate((kept.time, new.time)),
        np.concatenate((kept.value, new.value)),
        exact=kept.exact and new.exact,
    )
    if not kept.low.size and not new.low.size:
        return joined
    (low, high), (new_low, new_high) = _bounds(kept), _bounds(new)
    return replace(
        joined,
        low=np.concatenate((low, new_low)),
        high=np.concatenate((high, new_high)),
    )


def _bounds(series: Series) -> tuple[Floats, Floats]:
    """Least and greatest value that each point stands for."""
    if series.low.size:
        return series.low, series.high
    return series.value, series.value


def compact_series(series: Series, points: int = POINTS) -> Series:
    """One curve, bounded. One that was thinned before is thinned by the same rule again."""
    if len(series) <= points and not series.low.size:
        return series
    return _bucketed(series, _width(series.step, points)) if len(series) else series


def _width(step: Ints, points: int) -> int:
    """The least power of two that cuts the curve's range of steps into ``points`` buckets."""
    first, last, width = int(step[0]), int(step[-1]), 1
    while last // width - first // width >= points:
        width *= 2
    return width


def _bucketed(series: Series, width: int) -> Series:
    finite = np.isfinite(series.value)
    bucket = series.step // width
    low, high = _bounds(series)
    keep = np.zeros(len(series), dtype=np.bool_)
    keep[0] = True  # where the range of steps begins must not move
    kept_low, kept_high = low.copy(), high.copy()
    where = np.flatnonzero(finite)
    if where.size:
        starts, ends = _edges(bucket[where])
        lasts = where[ends]
        keep[lasts] = True
        kept_low[lasts] = np.minimum.reduceat(low[where], starts)
        kept_high[lasts] = np.maximum.reduceat(high[where], starts)
    odd = np.flatnonzero(~finite)
    if odd.size:
        starts, ends = _edges(bucket[odd])
        keep[odd[starts]] = True
        keep[odd[ends]] = True
    return Series(
        series.step[keep],
        series.time[keep],
        series.value[keep],
        kept_low[keep],
        kept_high[keep],
        exact=False,
    )


def _edges(bucket: Ints) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """First and last place of each bucket, in ascending order."""
    starts = np.flatnonzero(np.concatenate(([True], np.diff(bucket) != 0)))
    return starts, np.concatenate((starts[1:] - 1, [bucket.size - 1]))


# Bytes. Most curves of a run are logged in the same rows: their steps and times are stored once.


@dataclass(frozen=True, slots=True)
class _Axis:
    step: Ints
    time: Floats


def pack(history: History) -> bytes:
    """The history as bytes; ``unpack`` gives back the same numbers, bit by bit."""
    axes: dict[bytes, int] = {}
    stored: list[_Axis] = []
    curves: list[dict[str, Any]] = []
    arrays: list[bytes] = []
    for name, series in history.items():
        token = series.step.tobytes() + series.time.tobytes()
        if token not in axes:
            axes[token] = len(stored)
            stored.append(_Axis(series.step, series.time))
        curves.append(
            {
                "name": name,
                "axis": axes[token],
                "exact": series.exact,
                "bounds": bool(series.low.size),
            }
        )
        arrays += [a.astype("<f8").tobytes() for a in (series.value, series.low, series.high)]
    heads = []
    for axis in stored:
        steps = np.diff(axis.step, prepend=0).astype("<i8")
        heads += [steps.tobytes(), axis.time.astype("<f8").tobytes()]
    index = {"axes": [int(axis.step.size) for axis in stored], "curves": curves}
    text = json.dumps(index, separators=(",", ":")).encode()
    body = _HEADER.pack(_VERSION, len(text)) + text + b"".join(heads) + b"".join(arrays)
    return zlib.compress(body, 3)


def unpack(data: bytes) -> History:
    """The history that ``pack`` stored; an empty one of bytes that cannot be read."""
    try:
        body = zlib.decompress(data)
        version, size = _HEADER.unpack_from(body)
        if version != _VERSION:
            return History()
        index = json.loads(body[_HEADER.size : _HEADER.size + size])
        return _read(index, memoryview(body)[_HEADER.size + size :])
    except (zlib.error, struct.error, ValueError, KeyError, IndexError, TypeError):
        return History()


def _read(index: Mapping[str, Any], rest: memoryview) -> History:
    place = 0

    def take(kind: str, count: int) -> npt.NDArray[Any]:
        nonlocal place
        found = np.frombuffer(rest, dtype=kind, count=count, offset=place)
        place += found.nbytes
        return found

    axes = []
    for count in index["axes"]:
        steps = np.cumsum(take("<i8", count)).astype(np.int64)
        axes.append(_Axis(steps, take("<f8", count).astype(np.float64)))
    found = {}
    for curve in index["curves"]:
        axis = axes[curve["axis"]]
        n = int(axis.step.size)
        value = take("<f8", n).astype(np.float64)
        bounds = n if curve["bounds"] else 0
        low, high = take("<f8", bounds).astype(np.float64), take("<f8", bounds).astype(np.float64)
        found[curve["name"]] = Series(axis.step, axis.time, value, low, high, curve["exact"])
    return History(found)
