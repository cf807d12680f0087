"""Full-fidelity buckets: what they say of a curve, and which of them must be read again.

A bucket sums up all rows of a stretch of steps by their mean, least, greatest and last value. A
single spike is thus in it, but not its step; a NaN may show as text, as null, or not at all.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.history import Bools, Floats, Ints, Series
from analysis.sources.decode import Points
from analysis.sources.values import number, parse_json

# Robust standard deviations from the neighbours' level, from which a bucket's least or greatest
# value is looked at row by row. Well above what noise does over thousands of buckets.
OUTLYING_Z = 8.0
_NEIGHBOURS = 15  # buckets on either side
_FARTHEST = 2.0**62  # steps beyond this fit no int64
_PARTS = ("Last", "Min", "Max", "Avg")
_END_ROWS = 4_000  # rows at either end that are read, at most
_LONG = 3  # spoilt buckets in a row of which only both ends are read again


@dataclass(frozen=True, slots=True)
class Buckets:
    """The buckets of one name that hold rows, ascending in step; all arrays are [n].

    Attributes:
        step: mean step.
        time: mean time, Unix seconds.
        last: last value, exact; NaN where it was not told.
        low: least value.
        high: greatest value.
        rows: rows in the bucket.
        spoilt: whether a value was text or null: something in the bucket is not finite.
        told: whether one was text: this server tells non-finite values apart.
    """

    step: Floats
    time: Floats
    last: Floats
    low: Floats
    high: Floats
    rows: Ints
    spoilt: Bools
    told: bool = False

    def __len__(self) -> int:
        return int(self.step.size)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Steps that are to be read row by row, both ends exclusive; ``None`` is open.

    Attributes:
        rows: about how many rows lie in it.
        part: whether only a part of a bucket lies in it, so that the bucket stays.
    """

    after: int | None
    before: int | None
    rows: int
    part: bool = False


def buckets_of(raw: object, name: str) -> Buckets:
    """Decode one answer of ``bucketedHistory`` (a list, or that list as a JSON text)."""
    if isinstance(raw, str):
        try:
            raw = parse_json(raw, object_hook=lambda found: found)
        except ValueError:
            raw = []
    kept = [each for each in raw if isinstance(each, dict)] if isinstance(raw, list) else []
    found = [entry for each in kept if (entry := _entry(each, name)) is not None]
    found.sort(key=lambda entry: entry[0])
    columns = list(zip(*found, strict=True)) if found else [()] * 7
    step, time, last, low, high = (np.array(c, dtype=np.float64) for c in columns[:5])
    return Buckets(
        step,
        time,
        last,
        low,
        high,
        np.array(columns[5], dtype=np.int64),
        np.array(columns[6], dtype=np.bool_),
        any(isinstance(each.get(name + part), str) for each in kept for part in _PARTS),
    )


def as_buckets(points: Points, rows: int) -> Buckets:
    """Samples as buckets that stand for the rows around them, to find the odd ones alike.

    Args:
        points: the samples of one name.
        rows: how many rows hold the name.
    """
    order = np.argsort(points.step, kind="stable")
    value = points.value[order]
    each = max(1, rows // max(1, len(points)))
    return Buckets(
        points.step[order].astype(np.float64),
        points.time[order],
        value,
        value,
        value,
        np.full(len(points), each, dtype=np.int64),
        ~np.isfinite(value),
    )


_Entry = tuple[float, float, float, float, float, int, bool]


def _entry(each: dict[str, Any], name: str) -> _Entry | None:
    step = number(each.get("_stepAvg"))
    size = number(each.get("bucketSize"))
    told = {part: each[name + part] for part in _PARTS if name + part in each}
    empty = all(value is None for value in told.values())
    if step is None or not abs(step) < _FARTHEST or (empty and not size):
        return None
    values = {part: number(value) for part, value in told.items()}
    # A field that this server does not know at all is no sign of anything.
    spoilt = any(value is None or not math.isfinite(value) for value in values.values())
    last = values.get("Last", values.get("Avg"))
    low, high = values.get("Min", last), values.get("Max", last)
    rows = 1 if size is None or not math.isfinite(size) else int(min(max(1.0, size), 2.0**40))
    time = number(each.get("_timestampAvg"))
    return step, _known(time), _known(last), _known(low), _known(high), rows, spoilt


def _known(value: float | None) -> float:
    return math.nan if value is None else value


def stretches(buckets: Buckets, most: int, rows: int) -> tuple[list[Stretch], int]:
    """The stretches to read row by row: both ends, spoilt buckets, outliers; worst first.

    Args:
        buckets: of one name.
        most: suspicious buckets that are looked at.
        rows: rows that may be read in all, besides the two ends.

    Returns:
        The stretches, and how many suspicious buckets are left out.
    """
    n = len(buckets)
    if n == 0:
        return [], 0
    # A bucket beside a spoilt one may hold the first or the last of what spoilt it, unseen.
    spoilt = [
        place
        for first, last in _groups(buckets.spoilt)
        for place in _ends(max(0, first - 1), min(n - 1, last + 1))
    ]
    odd = _oddness(buckets)
    outliers = [int(i) for i in np.argsort(-odd, kind="stable") if odd[i] >= OUTLYING_Z]
    wanted = list(dict.fromkeys([*spoilt, *outliers]))
    chosen: list[int] = []
    for place in wanted[:most]:
        cost = _stretch(buckets, place, place).rows
        if cost <= rows:
            rows -= cost
            chosen.append(place)
    ends = [_end(buckets, place) for place in dict.fromkeys((0, n - 1)) if place not in chosen]
    found = [_stretch(buckets, first, last) for first, last in _runs(sorted(chosen))]
    return [*(end for end in ends if end is not None), *found], len(wanted) - len(chosen)


def _end(buckets: Buckets, place: int) -> Stretch | None:
    """The first or the last bucket's rows; of a large bucket those next to the end."""
    whole = _stretch(buckets, place, place)
    share = _END_ROWS / max(1, whole.rows)
    if share >= 1 or len(buckets) < 3:
        return whole if whole.rows <= 2 * _END_ROWS else None
    width = abs(buckets.step[place] - buckets.step[1 if place == 0 else place - 1])
    cut = 2 * share * width
    if place == 0:
        return Stretch(
            None, math.ceil(max(0.0, buckets.step[0] - width / 2) + cut), _END_ROWS, True
        )
    edge = buckets.step[place] + width / 2
    return Stretch(math.floor(edge - cut), None, _END_ROWS, True)


def shows_lone(buckets: Buckets, exact: Iterable[tuple[Stretch, Points]]) -> bool:
    """Whether this server's buckets were seen to show a single value that is not finite.

    They do where such a value is text, and where buckets of nulls hold fewer such values than rows.
    Buckets of nulls that hold nothing else prove nothing: there was nothing else to show.
    """
    if buckets.told:
        return True
    stand_in = np.rint(buckets.step).astype(np.int64)
    for stretch, points in exact:
        rows = int(buckets.rows[buckets.spoilt & _inside(stand_in, stretch)].sum())
        if len(points) and np.count_nonzero(~np.isfinite(points.value)) < rows:
            return True
    return False


def series_of(buckets: Buckets, exact: Iterable[tuple[Stretch, Points]]) -> Series:
    """The buckets' last values, with the stretches that were read again row by row in place.

    A point that stands for a bucket has the bucket's least and greatest value as low and high; an
    exact row has its own value there.
    """
    stand_in = np.rint(buckets.step).astype(np.int64)
    keep = np.ones(len(buckets), dtype=np.bool_)
    parts: list[Points] = []
    for stretch, points in exact:
        inside = _inside(stand_in, stretch)
        if not len(points):  # nothing came: the buckets are all that is known
            continue
        if not stretch.part:
            keep &= ~inside
        mine = _inside(points.step, stretch)
        parts.append(Points(points.step[mine], points.time[mine], points.value[mine]))
    # A spoilt bucket holds something that is not finite; its value may be a finite neighbour's.
    value = np.where(buckets.spoilt & np.isfinite(buckets.last), np.nan, buckets.last)
    steps = np.concatenate([stand_in[keep], *(part.step for part in parts)])
    times = np.concatenate([buckets.time[keep], *(part.time for part in parts)])
    values = np.concatenate([value[keep], *(part.value for part in parts)])
    lows = np.concatenate([buckets.low[keep], *(part.value for part in parts)])
    highs = np.concatenate([buckets.high[keep], *(part.value for part in parts)])
    order = np.argsort(steps, kind="stable")
    return Series(steps[order], times[order], values[order], lows[order], highs[order], exact=False)


def _stretch(buckets: Buckets, first: int, last: int) -> Stretch:
    """From the mean step of the bucket before to that of the one after: their rows lie between."""
    n = len(buckets)
    after = None if first == 0 else math.floor(buckets.step[first - 1])
    before = None if last == n - 1 else math.ceil(buckets.step[last + 1])
    rows = buckets.rows[max(0, first - 1) : last + 2].sum()
    return Stretch(after, before, int(rows))


def _inside(step: Ints, stretch: Stretch) -> Bools:
    inside = np.ones(step.size, dtype=np.bool_)
    if stretch.after is not None:
        inside &= step > stretch.after
    if stretch.before is not None:
        inside &= step < stretch.before
    return inside


def _oddness(buckets: Buckets) -> Floats:
    """How far each bucket's extremes stand from its neighbours', in their robust deviations."""
    return np.maximum(_outlying(buckets.high, 1.0), _outlying(buckets.low, -1.0))


def _outlying(values: Floats, sign: float) -> Floats:
    n = values.size
    if n < 8:
        return np.zeros(n)
    signed = np.where(np.isfinite(values), values * sign, np.nan)
    width = min(2 * _NEIGHBOURS + 1, n)
    padded = np.pad(signed, width // 2, mode="reflect")[: n + width - 1]
    windows = np.lib.stride_tricks.sliding_window_view(padded, width)
    with np.errstate(all="ignore"):
        centre = _median(windows)
        spread = 1.4826 * _median(np.abs(windows - centre[:, None]))
        floor = 1e-9 + 1e-6 * np.abs(centre)
        z = (signed - centre[:n]) / np.maximum(spread, floor)
    return np.where(np.isfinite(z), z, 0.0)


def _median(windows: Any) -> Floats:
    """The median of each row, NaN left out; NaN where there is nothing."""
    ordered = np.sort(windows, axis=1)  # NaN goes to the end
    held = np.count_nonzero(np.isfinite(ordered), axis=1)
    rows = np.arange(ordered.shape[0])
    middle = (
        ordered[rows, np.maximum(held - 1, 0) // 2] + ordered[rows, held // 2 % ordered.shape[1]]
    ) / 2
    return np.where(held > 0, middle, np.nan)


def _groups(mask: Bools) -> list[tuple[int, int]]:
    return _runs([int(i) for i in np.flatnonzero(mask)])


def _runs(places: Sequence[int]) -> list[tuple[int, int]]:
    """Neighbouring places, ascending, as (first, last)."""
    found: list[tuple[int, int]] = []
    for place in places:
        if found and place == found[-1][1] + 1:
            found[-1] = (found[-1][0], place)
        else:
            found.append((place, place))
    return found


def _ends(first: int, last: int) -> list[int]:
    """All places of a short group; of a long one both ends, where it begins and where it stops."""
    if last - first < 2 * _LONG:
        return list(range(first, last + 1))
    return [first, first + 1, last - 1, last]
