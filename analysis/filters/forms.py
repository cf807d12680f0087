"""A filter written: as text that is read back, and as JSON that is stored."""

import re
from collections.abc import Mapping
from typing import Any

from analysis.filters.conditions import checked, is_, op_of
from analysis.filters.model import (
    DEEPEST,
    EVERYTHING,
    FIELDS,
    OPS,
    All,
    AnyOf,
    BadFilter,
    Compares,
    Filter,
    Is,
    Not,
)


def text_of(condition: Filter) -> str:
    """A filter as text that ``parse`` reads back; empty for everything."""
    return "" if condition == EVERYTHING else _text(condition)


def _text(condition: Filter) -> str:
    match condition:
        case Is(field=name, value=value):
            return f"{name}:{_quoted(value)}"
        case Compares(of=of, key=key, op=op, value=value):
            named = _quoted(f"config.{key}" if of == "config" else key, strict=True)
            shown = repr(value) if isinstance(value, float) else _quoted(value, always=True)
            return f"{named} {op} {shown}"
        case Not(part=part):
            return f"not {_bracketed(part)}"
        case All(parts=parts):
            return " and ".join(map(_bracketed, parts)) or "()"
        case AnyOf(parts=parts):
            return " or ".join(map(_bracketed, parts))


def _bracketed(part: Filter) -> str:
    text = _text(part)
    return f"({text})" if isinstance(part, All | AnyOf) and part != EVERYTHING else text


def _quoted(value: str, *, strict: bool = False, always: bool = False) -> str:
    plain = re.fullmatch(r"[^\s()<>=!\"':]+" if strict else r"[^\s()<>=!\"']+", value)
    if plain and not always and value.lower() not in ("and", "or", "not", "|", "||", "&", "&&"):
        return value
    # A word may change its quotes within: a double one stands in single ones.
    return '"' + value.replace('"', '"\'"\'"') + '"'


def to_json(condition: Filter) -> dict[str, Any]:
    """Plain JSON; ``{}`` for everything."""
    match condition:
        case Is(field=name, value=value):
            return {"field": name, "value": value}
        case Compares(of=of, key=key, op=op, value=value):
            return {of: key, "op": op, "value": value}
        case Not(part=part):
            return {"not": to_json(part)}
        case All(parts=parts):
            return {"and": [to_json(part) for part in parts]} if parts else {}
        case AnyOf(parts=parts):
            return {"or": [to_json(part) for part in parts]}


def from_json(value: object, depth: int = 0) -> Filter:
    """The filter that ``to_json`` wrote.

    Raises:
        BadFilter: when it is no such JSON.
    """
    if depth > DEEPEST or not isinstance(value, Mapping):
        raise BadFilter("What is stored is no filter.")
    if not value:
        return EVERYTHING
    if "not" in value:
        return Not(from_json(value["not"], depth + 1))
    for key, combine in (("and", All), ("or", AnyOf)):
        parts = value.get(key)
        if isinstance(parts, list) and parts:
            return combine(tuple(from_json(part, depth + 1) for part in parts))
    if value.get("field") in FIELDS and isinstance(value.get("value"), str):
        return is_(str(value["field"]), str(value["value"]))
    op, wanted = value.get("op"), value.get("value")
    if op in OPS and isinstance(wanted, int | float | str) and not isinstance(wanted, bool):
        held = wanted if isinstance(wanted, str) else float(wanted)
        if isinstance(value.get("config"), str):
            return checked(Compares("config", str(value["config"]), op_of(str(op)), held))
        if isinstance(value.get("metric"), str):
            return checked(Compares("metric", str(value["metric"]), op_of(str(op)), held))
    raise BadFilter("What is stored is no filter.")
