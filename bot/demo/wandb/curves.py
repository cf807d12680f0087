"""What the server makes of a run's rows: samples, pages and the list of keys."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bot.demo.wandb.columns import Column, Ints, Table


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
    if "keys" not in table.cache:
        table.cache["keys"] = {name: _key_info(each) for name, each in table.columns.items()}
    keys = dict(table.cache["keys"])
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
