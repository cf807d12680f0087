"""What the server makes of a run's rows: samples, pages, buckets and the list of keys."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from bot.demo.wandb.columns import Column, Floats, Ints, Table, among, jsonable, pick

NonFinite = Literal["string", "null", "dropped"]


def thin(rows: Ints, samples: int | None, seed: str) -> Ints:
    """At most ``samples`` of the rows: one out of each equal stretch, by chance but repeatably.

    Neither the first nor the last row is promised, as with W&B.
    """
    if samples is None or rows.size <= samples:
        return rows
    if samples <= 0:
        return rows[:0]
    edges = np.arange(samples + 1) * rows.size // samples
    dice = np.random.default_rng(
        int.from_bytes(hashlib.sha256(f"{seed}/{rows.size}/{samples}".encode()).digest()[:8])
    )
    return rows[dice.integers(edges[:-1], edges[1:])]


def sampled(table: Table, spec: Mapping[str, Any], seed: str) -> list[dict[str, Any]]:
    """``sampledHistory``: rows that hold all the spec's keys, thinned."""
    names = list(dict.fromkeys(str(key) for key in spec.get("keys", ())))
    highest = spec.get("maxStep")
    within = table.rows_in(spec.get("minStep"), None if highest is None else highest + 1)
    rows = thin(table.rows_with(names, within), spec.get("samples", 500), seed)
    return table.flat(names, rows) if names else []


def page(
    table: Table, min_step: int | None, max_step: int | None, samples: int | None, seed: str
) -> list[dict[str, Any]]:
    """``history``: every row of a range of steps, the upper end exclusive, thinned."""
    return table.nested(thin(table.rows_in(min_step, max_step), samples, seed))


def history_keys(table: Table, system: Sequence[str] = ()) -> dict[str, Any]:
    """``historyKeys``: names with the counts of their types, and the last step."""
    keys = {name: _key_info(column) for name, column in table.columns.items()}
    for name in system:
        keys[f"system/{name}"] = {"typeCounts": [{"type": "number", "count": 1}]}
    return {"sets": [], "keys": keys, "lastStep": table.last_step}


def _key_info(column: Column) -> dict[str, Any]:
    values = column.values
    if values.dtype != object:
        return {
            "typeCounts": [{"type": "number", "count": column.size}],
            "monotonic": bool(np.all(values[1:] >= values[:-1])),
        }
    counts: dict[str, int] = {}
    for value in values:
        kind = _type_name(value)
        counts[kind] = counts.get(kind, 0) + 1
    return {
        "typeCounts": [{"type": kind, "count": count} for kind, count in counts.items()],
        "monotonic": False,
    }


def _type_name(value: Any) -> str:
    match value:
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case {"_type": str(kind)}:
            return kind
        case list():
            return "list"
        case None:
            return "nil"
        case _:
            return "map"


def buckets(
    table: Table, spec: Mapping[str, Any], *, non_finite: NonFinite, factor: float
) -> list[dict[str, Any]]:
    """``bucketedHistory``: mean, least, greatest and last value of every stretch of the x-axis.

    Args:
        table: the rows (of the history, or of the system metrics).
        spec: ``{"keys", "bins" or "samples", "xAxis"}``, perhaps ``minStep`` and ``maxStep``.
        non_finite: how a bucket that holds NaN or ±Infinity shows it: as strings, as nulls, or
            by leaving these values out (its size still counts them).
        factor: the server may give more buckets than asked for.
    """
    names = [str(key) for key in spec.get("keys", ())]
    axis_rows, axis = _numbers(table, str(spec.get("xAxis", "_step")))
    asked = int(spec.get("bins") or spec.get("samples") or 500)
    columns = {name: _numbers(table, name) for name in names}
    highest = spec.get("maxStep")
    rows = table.rows_in(spec.get("minStep"), None if highest is None else highest + 1)
    held = np.zeros(rows.size, dtype=np.bool_)
    for own_rows, _ in columns.values():
        held |= among(own_rows, rows)
    rows = rows[held & among(axis_rows, rows)]
    if not rows.size:
        return []
    x = pick(axis_rows, axis, rows)
    count = min(max(1, int(asked * factor)), rows.size)
    width = float(x.max() - x.min()) or 1.0
    bucket = np.minimum((x - x.min()) / width * count, count - 1).astype(np.int64)
    shuffled = bool(np.any(np.diff(bucket) < 0))  # an axis that does not ascend with the rows
    made: list[dict[str, Any]] = [
        {"bucketSize": int(size)} for size in np.bincount(bucket, minlength=count)
    ]
    for name in ("_step", "_timestamp", "_runtime"):
        if name in table.columns:
            _mean(made, name, rows, bucket, _numbers(table, name))
    for name, (own_rows, values) in columns.items():
        mine = among(own_rows, rows)
        own, own_bucket = pick(own_rows, values, rows[mine]), bucket[mine]
        if shuffled:
            ranked = np.argsort(own_bucket, kind="stable")
            own, own_bucket = own[ranked], own_bucket[ranked]
        _measure(made, name, own_bucket, own, non_finite)
    return made


def _numbers(table: Table, name: str) -> tuple[Ints, Floats]:
    column = table.columns.get(name)
    return column.numbers() if column else (np.empty(0, np.int64), np.empty(0))


def _mean(
    made: list[dict[str, Any]], name: str, rows: Ints, bucket: Ints, column: tuple[Ints, Floats]
) -> None:
    own_rows, values = column
    mine = among(own_rows, rows)
    own = pick(own_rows, values, rows[mine])
    size = np.bincount(bucket[mine], minlength=len(made))
    total = np.bincount(bucket[mine], weights=own, minlength=len(made))
    for entry, number, sum_ in zip(made, size.tolist(), total.tolist(), strict=True):
        entry[f"{name}Avg"] = sum_ / number if number else None


def _measure(
    made: list[dict[str, Any]],
    name: str,
    bucket: Ints,
    values: Floats,
    non_finite: NonFinite,
) -> None:
    """Add the four values of one name to the buckets; ``bucket`` ascends."""
    for entry in made:
        entry.update(dict.fromkeys(f"{name}{part}" for part in ("Avg", "Min", "Max", "Last")))
    finite = np.isfinite(values)
    spoilt = np.zeros(len(made), dtype=np.bool_)
    if non_finite == "dropped":
        bucket, values = bucket[finite], values[finite]
    else:
        spoilt[bucket[~finite]] = True
    if not values.size:
        return
    starts = np.flatnonzero(np.diff(bucket, prepend=-1))
    with np.errstate(invalid="ignore", over="ignore"):
        sums = np.add.reduceat(values, starts)
        sizes = np.diff(np.append(starts, values.size))
        parts: dict[str, npt.NDArray[np.float64]] = {
            "Avg": sums / sizes,
            "Min": np.minimum.reduceat(values, starts),
            "Max": np.maximum.reduceat(values, starts),
            "Last": values[np.append(starts[1:], values.size) - 1],
        }
    for part, numbers in parts.items():
        for place, number in zip(bucket[starts].tolist(), numbers.tolist(), strict=True):
            hidden = spoilt[place] and non_finite == "null"
            made[place][f"{name}{part}"] = None if hidden else jsonable(number)
