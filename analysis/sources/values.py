"""What W&B writes for a number, a time, and a value that is none."""

import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

_WORDS = {
    "NaN": math.nan,
    "Infinity": math.inf,
    "-Infinity": -math.inf,
}


def number(value: object) -> float | None:
    """A logged value as a number; ``None`` for text, booleans, dicts and the rest.

    W&B writes non-finite numbers as ``"NaN"``, ``"Infinity"``, ``"-Infinity"``. An integer that no
    float can hold becomes the largest one: it was finite when it was logged.
    """
    if isinstance(value, float):
        return value
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        try:
            return float(value)
        except OverflowError:
            return sys.float_info.max if value > 0 else -sys.float_info.max
    if isinstance(value, str):
        return _WORDS.get(value)
    return None


ObjectHook = Callable[[dict[str, Any]], Any]


def parse_json(text: str | bytes, *, object_hook: ObjectHook | None = None) -> Any:
    """Read a JSON text of W&B, bare ``NaN`` and ``Infinity`` included.

    Integers of thousands of digits (which Python refuses to read) become floats.

    Raises:
        ValueError: when it is not JSON, or nested too deeply to read.
    """
    try:
        return json.loads(text, object_hook=object_hook)
    except RecursionError:
        raise ValueError("The JSON is nested too deeply.") from None
    except json.JSONDecodeError:
        raise
    except ValueError:
        return json.loads(text, object_hook=object_hook, parse_int=_integer)


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) < 4000 else float(digits)


def instant(value: object) -> datetime | None:
    """A time of W&B in UTC: ISO text (without a zone it is UTC) or Unix seconds."""
    try:
        if isinstance(value, str):
            when = datetime.fromisoformat(value.strip())
            return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
        seconds = number(value)
        if seconds is not None and math.isfinite(seconds) and seconds > 0:
            return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def flatten(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Names and values of a row, nested dicts joined by dots as W&B joins them.

    A dict with a ``_type`` (media, a table, a histogram) is one value.
    """
    for key, inner in value.items():
        name = f"{prefix}.{key}" if prefix else key
        if isinstance(inner, Mapping) and "_type" not in inner:
            yield from flatten(inner, name)
        else:
            yield name, inner
