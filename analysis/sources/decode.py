"""From W&B's JSON to the core's types; whatever a field holds, nothing here raises."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

import numpy as np

from analysis.history import Floats, Ints, Series
from analysis.redact import redact_name
from analysis.refs import RunRef
from analysis.run import ConsoleLine, Key, Project, Run, RunState, Viewer
from analysis.sources.columns import Columns
from analysis.sources.values import flatten, instant, number, parse_json


@dataclass(frozen=True, slots=True)
class Points:
    """The rows of one name: int64[n] steps, float64[n] Unix seconds, float64[n] values."""

    step: Ints
    time: Floats
    value: Floats

    def __len__(self) -> int:
        return int(self.step.size)

    def series(self, *, exact: bool = True) -> Series:
        """The rows as a series, ascending in step."""
        return Series.of(self.step, self.value, self.time, exact=exact)


def run_of(node: Mapping[str, Any], ref: RunRef, app_url: str) -> Run:
    """A run from the fields of ``graphql.RUN``, of which any may be absent or odd.

    Args:
        node: the object.
        ref: where it was found.
        app_url: the web app, for the link.
    """
    wrapped = _object(node.get("config"))
    summary = _object(node.get("summaryMetrics"))
    state_text = _text(node.get("state")) or ""
    state = RunState.of(state_text)
    beat, created = instant(node.get("heartbeatAt")), instant(node.get("createdAt"))
    user = node.get("user")
    last_step, keys = _keys(node.get("historyKeys"), summary or {}, _axes(wrapped or {}))
    return Run(
        ref=ref,
        name=redact_name(_text(node.get("displayName")) or ref.id),
        state=state,
        state_text=state_text,
        url=url_of(ref, app_url),
        user=_text(user.get("username") or user.get("name")) if isinstance(user, Mapping) else None,
        tags=tuple(tag for tag in _list(node.get("tags")) if isinstance(tag, str)),
        group=_text(node.get("group")),
        sweep=_text(node.get("sweepName")),
        job_type=_text(node.get("jobType")),
        host=_text(node.get("host")),
        commit=_text(node.get("commit")),
        notes=_text(node.get("notes")),
        created_at=created,
        heartbeat_at=beat,
        ended_at=beat if state.ended else None,
        runtime_s=_runtime(summary or {}, created, beat),
        config=_unwrapped(wrapped or {}),
        summary={key: value for key, value in (summary or {}).items() if key != "_wandb"},
        keys=keys,
        last_step=last_step,
        rows=_integer(node.get("historyLineCount")),
        exit_code=_integer(node.get("exitcode")),
        notes_on_data=tuple(
            f"the run's {what} cannot be read"
            for what, found in (("config", wrapped), ("summary", summary))
            if found is None
        ),
        handle=_text(node.get("id")) or "",
    )


def with_summary(run: Run, node: Mapping[str, Any]) -> Run:
    """A run with what its newer summary says; names that are new in it count as logged.

    Args:
        run: as it is known.
        node: the object, with ``summaryMetrics`` and what stands beside it in ``graphql``.
    """
    summary = _object(node.get("summaryMetrics"))
    if not summary:
        return run
    last_step, keys = _keys(None, summary, Axes({}, ()))
    beat = instant(node.get("heartbeatAt")) or run.heartbeat_at
    return replace(
        run,
        summary={key: value for key, value in summary.items() if key != "_wandb"},
        keys=_more_keys(run.keys, keys),
        last_step=run.last_step if last_step is None else last_step,
        rows=_integer(node.get("historyLineCount")),
        heartbeat_at=beat,
        runtime_s=_runtime(summary, run.created_at, beat),
    )


def _more_keys(known: Mapping[str, Key], told: Mapping[str, Key]) -> dict[str, Key]:
    """Known names and those of a newer summary; a name that was text so far may hold numbers."""
    found = dict(known)
    for name, key in told.items():
        before = found.get(name)
        if before is None:
            found[name] = key
        elif key.numeric and not before.numeric:
            found[name] = replace(before, numeric=True)
    return found


def url_of(ref: RunRef, app_url: str) -> str:
    """The run's page in the web app."""
    entity, project, run = (quote(part, safe="") for part in (ref.entity, ref.project, ref.id))
    return f"{app_url}/{entity}/{project}/runs/{run}"


def nodes_of(connection: object) -> Iterator[Mapping[str, Any]]:
    """The nodes of a connection's edges."""
    for edge in _list(connection.get("edges") if isinstance(connection, Mapping) else None):
        node = edge.get("node") if isinstance(edge, Mapping) else None
        if isinstance(node, Mapping):
            yield node


def next_page(connection: object) -> str | None:
    """The cursor of the page after this one, where there is one."""
    info = connection.get("pageInfo") if isinstance(connection, Mapping) else None
    if not isinstance(info, Mapping) or not info.get("hasNextPage"):
        return None
    return _text(info.get("endCursor"))


def points_of(rows: object, names: Sequence[str]) -> Mapping[str, Points]:
    """The columns of a sampled history: for each name the rows where it is a number."""
    found: dict[str, tuple[list[int], list[float], list[float]]]
    found = {name: ([], [], []) for name in names}
    for row in _list(rows):
        step = _integer(row.get("_step")) if isinstance(row, Mapping) else None
        if step is None:
            continue
        time = number(row.get("_timestamp"))
        for name, (steps, times, values) in found.items():
            value = number(_dig(row, name))
            if value is not None:
                steps.append(step)
                times.append(math.nan if time is None else time)
                values.append(value)
    return {
        name: Points(np.array(steps, dtype=np.int64), np.array(times), np.array(values))
        for name, (steps, times, values) in found.items()
    }


def system_of(events: object) -> Columns:
    """System metrics from ``events``: JSON strings, one a sample; other names are left out."""
    columns = Columns()
    for event in _list(events):
        row = _object(event) or {}
        time = number(row.get("_timestamp"))
        values = [
            (name, value)
            for name, raw in flatten(row)
            if name.startswith("system.") and (value := number(raw)) is not None
        ]
        if values:
            columns.add(len(columns), math.nan if time is None else time, values)
    return columns


def console_of(connection: object) -> tuple[ConsoleLine, ...]:
    """The lines of ``logLines``."""
    lines = []
    for node in nodes_of(connection):
        when = instant(node.get("timestamp"))
        place = _integer(node.get("number"))
        lines.append(
            ConsoleLine(
                text=(_text(node.get("line")) or "").rstrip("\r\n"),
                number=-1 if place is None else place,
                error=node.get("level") == "error",
                time=None if when is None else when.timestamp(),
            )
        )
    return tuple(lines)


def viewer_of(node: Mapping[str, Any]) -> Viewer:
    """Whose key it is."""
    entity = _text(node.get("entity"))
    teams = [_text(team.get("name")) for team in nodes_of(node.get("teams"))]
    return Viewer(
        username=_text(node.get("username")) or entity or "",
        entity=entity,
        teams=tuple(team for team in teams if team),
        email=_text(node.get("email")),
    )


def project_of(node: Mapping[str, Any], entity: str) -> Project | None:
    """A project; ``None`` where it has no name."""
    name = _text(node.get("name"))
    if name is None:
        return None
    return Project(
        _text(node.get("entityName")) or entity,
        name,
        instant(node.get("lastActive")),
        _integer(node.get("runCount")),
    )


def _keys(
    told: object, summary: Mapping[str, Any], axes: "Axes"
) -> tuple[int | None, Mapping[str, Key]]:
    """The last step and the logged names; where W&B did not tell them, those of the summary.

    A metric may be logged as NaN only, which W&B counts as text: its last value tells.
    """
    last = {name: value for name, value in flatten(summary) if not name.startswith("_")}
    info = _object(told)
    last_step = _integer((info or {}).get("lastStep"))
    if last_step is None:
        last_step = _integer(summary.get("_step"))
    listed = (info or {}).get("keys")
    if not isinstance(listed, Mapping):
        keys = {
            name: Key(None, number(value) is not None, axes.of(name))
            for name, value in last.items()
        }
        return last_step, keys
    found = {}
    for name, about in listed.items():
        if name.startswith(("_", "system/")):
            continue
        counts = {
            str(each.get("type")): _integer(each.get("count")) or 0
            for each in _list(about.get("typeCounts") if isinstance(about, Mapping) else None)
            if isinstance(each, Mapping)
        }
        numeric = "number" in counts or number(last.get(name)) is not None or not counts
        found[name] = Key(sum(counts.values()) or None, numeric, axes.of(name))
    return last_step, found


@dataclass(frozen=True, slots=True)
class Axes:
    """What ``define_metric`` said: the x-axis by name, and by pattern."""

    by_name: Mapping[str, str | None]
    by_glob: Sequence[tuple[str, str]]

    def of(self, name: str) -> str | None:
        """The x-axis of a name, where one was set."""
        from fnmatch import fnmatchcase

        if name in self.by_name:
            return self.by_name[name]
        for glob, axis in self.by_glob:
            if name != axis and fnmatchcase(name, glob):
                return axis
        return None


def _axes(wrapped: Mapping[str, Any]) -> Axes:
    """The metrics that were defined, as W&B keeps them in the config.

    A list under ``_wandb.value.m`` of protobuf messages by field number: 1 the name, 2 the
    pattern, 4 the x-axis, 5 the place of the x-axis in the list, from 1 (``MetricRecord``).
    """
    own = wrapped.get("_wandb")
    value = own.get("value") if isinstance(own, Mapping) else None
    defined = (
        [m for m in _list((value or {}).get("m")) if isinstance(m, Mapping)]
        if isinstance(value, Mapping)
        else []
    )
    by_name: dict[str, str | None] = {}
    by_glob: list[tuple[str, str]] = []
    for metric in defined:
        axis, place = _text(metric.get("4")), _integer(metric.get("5"))
        if axis is None and place is not None and 1 <= place <= len(defined):
            axis = _text(defined[place - 1].get("1"))
        name, glob = _text(metric.get("1")), _text(metric.get("2"))
        if name is not None:
            by_name[name] = axis
        elif glob is not None and axis is not None:
            by_glob.append((glob, axis))
    return Axes(by_name, by_glob)


def _unwrapped(wrapped: Mapping[str, Any]) -> Mapping[str, Any]:
    """The config's plain values: each stands in ``{"value": …, "desc": …}``."""
    return {
        key: held["value"] if isinstance(held, Mapping) and "value" in held else held
        for key, held in wrapped.items()
        if key != "_wandb"
    }


def _runtime(
    summary: Mapping[str, Any], created: datetime | None, beat: datetime | None
) -> float | None:
    """Seconds of running: W&B's own count, else the time from creation to the last heartbeat."""
    own = summary.get("_wandb")
    told = [own.get("runtime") if isinstance(own, Mapping) else None, summary.get("_runtime")]
    seconds = [s for s in map(number, told) if s is not None and math.isfinite(s)]
    if seconds:
        return max(seconds)
    return (beat - created).total_seconds() if created and beat else None


def _object(value: object) -> dict[str, Any] | None:
    """A JSON object, given as such or as text; ``None`` where it is none (null is empty)."""
    if value is None:
        return {}
    if isinstance(value, str):
        try:
            value = parse_json(value) if value.strip() else {}
        except ValueError:
            return None
    return value if isinstance(value, dict) else None


def _dig(row: Mapping[str, Any], name: str) -> object:
    """A value by its name, whose dots may stand for nested dicts."""
    if name in row or "." not in name:
        return row.get(name)
    found: object = row
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _integer(value: object) -> int | None:
    as_number = number(value)
    if as_number is None or not math.isfinite(as_number) or abs(as_number) >= 2**63:
        return None
    return value if type(value) is int else int(as_number)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
