"""``bucketedHistory``: every point of a run counts, in as many buckets as one likes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from bot.demo.wandb.columns import Floats, Ints, Table, among, jsonable, pick

NonFinite = Literal["string", "null", "dropped"]
_AXES = ("_step", "_timestamp", "_runtime")


@dataclass(frozen=True, slots=True)
class _Layout:
    """Which bucket each row falls into; the same for all names that are logged in every row.

    Attributes:
        rows: int64[n], ascending.
        bucket: int64[n], of each row.
        shuffled: whether the buckets do not ascend with the rows, as on an axis that falls.
        base: size and mean places of each bucket.
    """

    rows: Ints
    bucket: Ints
    shuffled: bool
    base: tuple[dict[str, Any], ...]


def buckets(
    table: Table, spec: Mapping[str, Any], *, non_finite: NonFinite, factor: float
) -> list[dict[str, Any]]:
    """Mean, least, greatest and last value of every stretch of the x-axis.

    Args:
        table: the rows (of the history, or of the system metrics).
        spec: ``{"keys", "bins" or "samples", "xAxis"}``, perhaps ``minStep`` and ``maxStep``.
        non_finite: how a bucket that holds NaN or ±Infinity shows it: as strings, as nulls, or
            by leaving these values out (its size still counts them).
        factor: the server may give more buckets than asked for.
    """
    columns = {str(name): _numbers(table, str(name)) for name in spec.get("keys", ())}
    count = max(1, int(int(spec.get("bins") or spec.get("samples") or 500) * factor))
    axis = str(spec.get("xAxis", "_step"))
    low, high = spec.get("minStep"), spec.get("maxStep")
    rows = table.rows_in(low, None if high is None else high + 1)
    held = np.zeros(rows.size, dtype=np.bool_)
    for own_rows, _ in columns.values():
        held |= among(own_rows, rows)
    if bool(held.all()):
        key = ("buckets", axis, count, low, high)
        if key not in table.cache:
            table.cache[key] = _lay_out(table, axis, rows, count)
        layout: _Layout = table.cache[key]
    else:
        layout = _lay_out(table, axis, rows[held], count)
    made = [dict(each) for each in layout.base]
    for name, (own_rows, values) in columns.items():
        mine = among(own_rows, layout.rows)
        own, bucket = pick(own_rows, values, layout.rows[mine]), layout.bucket[mine]
        if layout.shuffled:
            order = np.argsort(bucket, kind="stable")
            own, bucket = own[order], bucket[order]
        _measure(made, name, bucket, own, non_finite)
    return made


def _numbers(table: Table, name: str) -> tuple[Ints, Floats]:
    column = table.columns.get(name)
    return column.numbers() if column else (np.empty(0, np.int64), np.empty(0))


def _lay_out(table: Table, axis: str, rows: Ints, count: int) -> _Layout:
    axis_rows, places = _numbers(table, axis)
    rows = rows[among(axis_rows, rows)]
    x = pick(axis_rows, places, rows)
    finite = np.isfinite(x)
    rows, x = rows[finite], x[finite]
    if not rows.size:
        return _Layout(rows, rows, False, ())
    count = min(count, rows.size)
    width = float(x.max() - x.min()) or 1.0
    bucket = np.minimum((x - x.min()) * (count / width), count - 1).astype(np.int64)
    base: list[dict[str, Any]] = [
        {"bucketSize": size} for size in np.bincount(bucket, minlength=count).tolist()
    ]
    for name in _AXES:
        own_rows, values = _numbers(table, name)
        mine = among(own_rows, rows)
        size = np.bincount(bucket[mine], minlength=count)
        total = np.bincount(bucket[mine], pick(own_rows, values, rows[mine]), minlength=count)
        for entry, number, sum_ in zip(base, size.tolist(), total.tolist(), strict=True):
            entry[f"{name}Avg"] = sum_ / number if number else None
    return _Layout(rows, bucket, bool(np.any(bucket[1:] < bucket[:-1])), tuple(base))


def _measure(
    made: list[dict[str, Any]],
    name: str,
    bucket: Ints,
    values: Floats,
    non_finite: NonFinite,
) -> None:
    """Add the four values of one name to the buckets; ``bucket`` ascends."""
    for entry in made:
        entry.update(dict.fromkeys((f"{name}Avg", f"{name}Min", f"{name}Max", f"{name}Last")))
    finite = np.isfinite(values)
    spoilt = np.zeros(len(made), dtype=np.bool_)
    if non_finite == "dropped":
        bucket, values = bucket[finite], values[finite]
    else:
        spoilt[bucket[~finite]] = True
    if not values.size:
        return
    starts = np.flatnonzero(np.append(True, bucket[1:] != bucket[:-1]))
    ends = np.append(starts[1:], values.size)
    with np.errstate(invalid="ignore", over="ignore"):
        parts: dict[str, npt.NDArray[np.float64]] = {
            "Avg": np.add.reduceat(values, starts) / (ends - starts),
            "Min": np.minimum.reduceat(values, starts),
            "Max": np.maximum.reduceat(values, starts),
            "Last": values[ends - 1],
        }
    for part, numbers in parts.items():
        for place, number in zip(bucket[starts].tolist(), numbers.tolist(), strict=True):
            hidden = spoilt[place] and non_finite == "null"
            made[place][f"{name}{part}"] = None if hidden else jsonable(number)
