"""W&B's Mongo-like filters and its orders, over the runs of a project."""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from bot.demo.wandb.model import LocalRun

Condition = Callable[[Any], bool]
_ABSENT = object()
_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
}


class FilterError(ValueError):
    """A filter that W&B refuses; the message is what its server would say."""


def iso(time: float | None, *, naive: bool = True) -> str | None:
    """A time as W&B writes it: UTC, as a rule without a designator of the zone."""
    if time is None:
        return None
    text = datetime.fromtimestamp(time, UTC).isoformat(timespec="microseconds")
    return text.removesuffix("+00:00") + ("" if naive else "Z")


def matches(run: LocalRun, filters: Any, *, ignored: frozenset[str] = frozenset()) -> bool:
    """Whether a run fits a filter.

    Args:
        run: the run.
        filters: the filter's JSON.
        ignored: keys in snake case that this server does not know, and takes for always true.

    Raises:
        FilterError: for an unknown operator or a malformed filter.
    """
    if not isinstance(filters, Mapping):
        raise FilterError(f"invalid filter: {filters!r}")
    return all(_one(run, key, wanted, ignored) for key, wanted in filters.items())


def _one(run: LocalRun, key: str, wanted: Any, ignored: frozenset[str]) -> bool:
    match key:
        case "$and" | "$or" | "$nor":
            if not isinstance(wanted, Sequence) or isinstance(wanted, str):
                raise FilterError(f"{key} needs a list")
            found = [matches(run, each, ignored=ignored) for each in wanted]
            return {"$and": all(found), "$or": any(found), "$nor": not any(found)}[key]
        case "$not":
            return not matches(run, wanted, ignored=ignored)
        case _ if key.startswith("$"):
            raise FilterError(f"unknown operator: {key}")
        case _ if _snake(key) in ignored:
            return True
        case _:
            return _holds(value_of(run, key), wanted)


def _holds(value: Any, wanted: Any) -> bool:
    if not (isinstance(wanted, Mapping) and any(str(key).startswith("$") for key in wanted)):
        return _equal(value, wanted)
    return all(_operator(value, name, operand) for name, operand in wanted.items())


def _operator(value: Any, name: str, operand: Any) -> bool:
    match name:
        case "$eq":
            return _equal(value, operand)
        case "$ne":
            return not _equal(value, operand)
        case "$in" | "$nin":
            found = _among(value, operand)
            return found if name == "$in" else not found
        case "$gt" | "$gte" | "$lt" | "$lte":
            return any(_compares(each, name, operand) for each in _each(value))
        case "$exists":
            return (value is not _ABSENT and value is not None) == bool(operand)
        case "$regex":
            try:
                pattern = re.compile(operand)
            except re.error as error:
                raise FilterError(f"invalid regular expression: {error}") from error
            return any(
                isinstance(each, str) and bool(pattern.search(each)) for each in _each(value)
            )
        case "$not":
            return not _holds(value, operand)
        case _:
            raise FilterError(f"unknown operator: {name}")


def _among(value: Any, operand: Any) -> bool:
    if isinstance(value, str):  # the names of a thousand runs are looked through by the interpreter
        return value in operand
    return any(_equal(value, each) for each in operand)


def _each(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _equal(value: Any, wanted: Any) -> bool:
    if value is _ABSENT:
        return wanted is None
    if isinstance(value, list) and not isinstance(wanted, list):
        return wanted in value
    if isinstance(value, bool) != isinstance(wanted, bool):
        return False
    return bool(value == wanted)


def _compares(value: Any, name: str, operand: Any) -> bool:
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (value, operand))
    if not numbers and not (isinstance(value, str) and isinstance(operand, str)):
        return False
    if not numbers:
        times = (_moment(value), _moment(operand))
        value, operand = (value, operand) if None in times else times
    return bool(_COMPARISONS[name](value, operand))


def _moment(text: str) -> float | None:
    """Unix seconds of an ISO time, which is UTC without a designator."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


@lru_cache(maxsize=1024)
def _snake(key: str) -> str:
    return re.sub(r"(?<=[a-z])([A-Z])", r"_\1", key).lower()


_PLAIN: dict[str, Callable[[LocalRun], Any]] = {
    "created_at": lambda run: iso(run.created_at),
    "heartbeat_at": lambda run: iso(run.heartbeat_at),
    "updated_at": lambda run: iso(run.updated_at),
    "display_name": lambda run: run.display_name,
    "duration": lambda run: run.runtime_s,
    "group": lambda run: run.group,
    "host": lambda run: run.host,
    "job_type": lambda run: run.job_type,
    "name": lambda run: run.name,
    "state": lambda run: run.state,
    "sweep": lambda run: run.sweep,
    "tags": lambda run: run.tags,
    "username": lambda run: run.user.username if run.user else None,
}
_PLAIN["user.username"] = _PLAIN["username"]


def value_of(run: LocalRun, key: str) -> Any:
    """The value that a filter's or an order's key means."""
    head, _, rest = key.partition(".")
    match head:
        case "config":
            return _dig(run.config, rest.removesuffix(".value"))
        case "summary_metrics" | "summaryMetrics":
            return _dig(run.summary, rest)
        case "tags" if rest:
            return rest in run.tags
        case "keys_info":
            name = rest.removeprefix("keys.")
            return {} if name in run.table.columns else _ABSENT
        case _:
            known = _PLAIN.get(_snake(key))
            return known(run) if known else _ABSENT


def _dig(tree: Any, path: str) -> Any:
    """A value by its dotted path; a name may hold dots itself."""
    if not isinstance(tree, Mapping):
        return _ABSENT
    if path in tree:
        return tree[path]
    for cut in (i for i, char in enumerate(path) if char == "."):
        if path[:cut] in tree:
            found = _dig(tree[path[:cut]], path[cut + 1 :])
            if found is not _ABSENT:
                return found
    return _ABSENT


def ordered(runs: Sequence[LocalRun], order: str | None) -> list[LocalRun]:
    """The runs in an order such as ``-created_at`` or ``+summary_metrics.loss``.

    Runs without the value come last, equal ones as they were made.
    """
    found = sorted(runs, key=lambda run: (run.created_at, run.number))
    for part in reversed((order or "+created_at").split(",")):
        key = part.strip().lstrip("+-")
        down = part.strip().startswith("-")
        keyed = [(run, value_of(run, key)) for run in found]
        held = [pair for pair in keyed if _rank(pair[1]) is not None]
        lacking = [run for run, value in keyed if _rank(value) is None]
        held.sort(key=lambda pair: _rank(pair[1]) or (0, 0.0), reverse=down)
        found = [run for run, _ in held] + lacking
    return found


def _rank(value: Any) -> tuple[int, Any] | None:
    match value:
        case bool():
            return (0, int(value))
        case int() | float() if value == value:
            return (1, value)
        case str():
            return (2, value)
        case _:
            return None
