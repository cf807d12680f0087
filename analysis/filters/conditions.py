"""One condition from its words, checked: a field that is something, a value that compares."""

import math
import re
from typing import get_args

from analysis.filters.model import (
    ALIASES,
    FIELDS,
    OPS,
    BadFilter,
    Compares,
    Field,
    Filter,
    Is,
    Not,
    Op,
    number_of,
)
from analysis.findings import Severity
from analysis.refs import shorten


def is_(name: str, value: str) -> Is:
    """A field that has a value.

    Raises:
        BadFilter: for an empty value or an unknown severity.
    """
    if not value:
        raise BadFilter(f"“{name}:” lacks its value.")
    if name == "severity":
        value = value.lower()
        if value not in {each.value for each in Severity}:
            raise BadFilter(f"“{shorten(value, 30)}” is no severity.", "info, warning or critical.")
    known: dict[str, Field] = {each: each for each in get_args(Field)}
    return Is(known[name], value)


def comparison(word: str, op: Op, value: str) -> Filter:
    """A configuration value, a metric or a field, compared.

    Raises:
        BadFilter: where the two cannot be compared so.
    """
    name = bare(word)
    low = name.lower()
    if low in ALIASES or low in FIELDS:
        if op in ("==", "!=") or low == "severity":
            found = is_(ALIASES.get(low, low), bare(value))
            if op in ("==", ">="):
                return found
            if op == "!=":
                return Not(found)
        raise BadFilter(f"“{low}” cannot be compared with “{op}”.", f"Write {low}:VALUE.")
    quoted = value[0] in "\"'"
    number = None if quoted else number_of(value)
    wanted: float | str = bare(value) if number is None else number
    if low.startswith("config.") and len(name) > len("config."):
        return checked(Compares("config", name[len("config.") :], op, wanted))
    return checked(Compares("metric", name, op, wanted))


def checked(found: Compares) -> Compares:
    """The comparison itself, if it can ever hold.

    Raises:
        BadFilter: for a text where only numbers compare, and for NaN.
    """
    if isinstance(found.value, str) and (found.of == "metric" or found.op not in ("==", "!=")):
        raise BadFilter(f"“{shorten(found.key)}” must be compared with a number.")
    if isinstance(found.value, float) and math.isnan(found.value):
        raise BadFilter("Nothing compares with NaN.")
    return found


def op_of(text: str) -> Op:
    """The operator that was typed; one equals sign is two."""
    known: dict[str, Op] = {**{op: op for op in OPS}, "=": "=="}
    return known[text]


def bare(text: str) -> str:
    """A word without its quotes, which may stand around any part of it."""
    return re.sub(r"\"([^\"]*)\"|'([^']*)'", lambda m: m[1] if m[1] is not None else m[2], text)
