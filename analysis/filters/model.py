"""What a filter is made of: conditions, combined; and what it is held against."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from analysis.errors import BadRequest
from analysis.findings import Severity
from analysis.run import Run

Field = Literal["owner", "state", "tag", "group", "sweep", "name", "job", "project", "severity"]
Op = Literal["<", "<=", ">", ">=", "==", "!="]
FIELDS: tuple[str, ...] = get_args(Field)
DEEPEST = 40
"""Brackets and nots within each other; far beyond what anybody types."""
OPS: tuple[Op, ...] = get_args(Op)
ALIASES = {"user": "owner", "author": "owner", "status": "state", "tags": "tag", "job_type": "job"}


class BadFilter(BadRequest):
    """A filter that cannot be read."""

    default_next_step = (
        "Write conditions such as “owner:me and (state:failed or tag:prod)”, “config.lr >= 1e-3”, "
        "“eval/loss < 0.5” or “severity:critical”."
    )


@dataclass(frozen=True, slots=True)
class Matter:
    """What a filter is held against: a run, and what happened to it.

    Attributes:
        run: as its source told it.
        metrics: last values by name; the run's summary where absent.
        severity: of the alert, or of the run's worst finding.
        me: who asks: the W&B user name that ``owner:me`` means.
    """

    run: Run
    metrics: Mapping[str, Any] | None = None
    severity: Severity = Severity.INFO
    me: str | None = None


@dataclass(frozen=True, slots=True)
class Is:
    """A field that has a value, such as ``state:failed``."""

    field: Field
    value: str


@dataclass(frozen=True, slots=True)
class Compares:
    """A configuration value (``of`` is ``config``) or a metric, compared."""

    of: Literal["config", "metric"]
    key: str
    op: Op
    value: float | str


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a filter."""

    part: "Filter"


@dataclass(frozen=True, slots=True)
class All:
    """Every one of several filters; of none, everything."""

    parts: tuple["Filter", ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of several filters."""

    parts: tuple["Filter", ...]


Filter = Is | Compares | Not | All | AnyOf
EVERYTHING = All()


def is_about_me(condition: Filter) -> bool:
    """Whether a filter asks who “me” is."""
    match condition:
        case Is(field="owner", value=value):
            return value.lower() == "me"
        case Not(part=part):
            return is_about_me(part)
        case All(parts=parts) | AnyOf(parts=parts):
            return any(is_about_me(part) for part in parts)
        case _:
            return False


def number_of(value: object) -> float | None:
    """A value as a number, if it is one or says one."""
    if isinstance(value, bool):
        return None
    try:
        return float(value) if isinstance(value, int | float | str) else None
    except (ValueError, OverflowError):
        return None
