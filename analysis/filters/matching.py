"""Whether a filter holds for a run or an alert."""

import fnmatch
import math
from collections.abc import Callable, Mapping

from analysis.filters.model import (
    All,
    AnyOf,
    Compares,
    Field,
    Filter,
    Is,
    Matter,
    Not,
    Op,
    number_of,
)
from analysis.findings import Severity
from analysis.run import RunState
from analysis.signals import flat_config


def matches(condition: Filter, matter: Matter) -> bool:
    """Whether a filter holds for a run or an alert. What the run lacks never compares."""
    match condition:
        case Is():
            return _IS[condition.field](condition.value, matter)
        case Compares():
            return _compares(condition, matter)
        case Not():
            return not matches(condition.part, matter)
        case All():
            return all(matches(part, matter) for part in condition.parts)
        case AnyOf():
            return any(matches(part, matter) for part in condition.parts)


def _owner(value: str, matter: Matter) -> bool:
    wanted = matter.me if value.lower() == "me" else value
    return wanted is not None and _same(wanted, matter.run.user)


def _state(value: str, matter: Matter) -> bool:
    wanted = RunState.of(value)
    if wanted is RunState.UNKNOWN:
        return _same(value, matter.run.state_text)
    return matter.run.state is wanted


def _severity(value: str, matter: Matter) -> bool:
    return matter.severity.rank >= Severity(value).rank


def _same(wanted: str, actual: str | None) -> bool:
    return actual is not None and actual.casefold() == wanted.casefold()


def _like(pattern: str, *actual: str | None) -> bool:
    folded = pattern.casefold()
    return any(fnmatch.fnmatchcase(text.casefold(), folded) for text in actual if text)


_IS: Mapping[Field, Callable[[str, Matter], bool]] = {
    "owner": _owner,
    "state": _state,
    "tag": lambda value, m: any(_like(value, tag) for tag in m.run.tags),
    "group": lambda value, m: _like(value, m.run.group),
    "sweep": lambda value, m: _like(value, m.run.sweep),
    "name": lambda value, m: _like(value, m.run.name, m.run.ref.id),
    "job": lambda value, m: _like(value, m.run.job_type),
    "project": lambda value, m: _like(value, m.run.ref.project),
    "severity": _severity,
}


def _compares(condition: Compares, matter: Matter) -> bool:
    if condition.of == "config":
        actual = flat_config(matter.run.config).get(condition.key.replace("/", "."))
    else:
        source = matter.run.summary if matter.metrics is None else matter.metrics
        actual = source.get(condition.key)
    if actual is None:
        return False
    wanted = condition.value
    if isinstance(wanted, float):
        number = number_of(actual)
        return number is not None and _ordered(number, condition.op, wanted)
    text = str(actual).casefold()
    if condition.op in ("==", "!="):
        return (text == wanted.casefold()) is (condition.op == "==")
    return False


def _ordered(value: float, op: Op, wanted: float) -> bool:
    equal = math.isclose(value, wanted, rel_tol=1e-12)
    return {
        "<": value < wanted,
        "<=": value <= wanted or equal,
        ">": value > wanted,
        ">=": value >= wanted or equal,
        "==": equal,
        "!=": not equal,
    }[op]
