"""Resolvers of the type ``Run``: what it is, its curves, its console, its files."""

import base64
import hashlib
import json
from collections.abc import Callable, Sequence
from functools import wraps
from operator import attrgetter
from typing import Any

from graphql import GraphQLError

from bot.demo.wandb import curves
from bot.demo.wandb.ask import Ask, Info
from bot.demo.wandb.buckets import buckets
from bot.demo.wandb.connections import connection
from bot.demo.wandb.faults import Errors, FaultRaised, Null
from bot.demo.wandb.filters import iso
from bot.demo.wandb.model import LIVE, Line, LocalRun, StoredFile

Resolver = Callable[..., Any]
RUN: dict[str, Resolver] = {}


def storage_id(kind: str, text: str) -> str:
    """An id as W&B's look: its parts in base64."""
    return base64.b64encode(f"{kind}:v1:{text}".encode()).decode()


def field(name: str) -> Callable[[Resolver], Resolver]:
    """Register the resolver of a field of ``Run``."""

    def register(resolve: Resolver) -> Resolver:
        @wraps(resolve)
        def faulty(run: LocalRun, info: Info, **arguments: Any) -> Any:
            ask: Ask = info.context
            fault = ask.faults.find(ask.operation, run.path, name)
            match fault:
                case None:
                    return resolve(run, ask, **arguments)
                case Null():
                    return None
                case Errors():
                    raise GraphQLError(fault.message)
                case _:
                    raise FaultRaised(fault)

        RUN[name] = faulty
        return resolve

    return register


def _plain(name: str, value: Callable[[LocalRun], Any]) -> None:
    field(name)(lambda run, _ask: value(run))


def _timed(name: str, value: Callable[[LocalRun], float | None]) -> None:
    field(name)(lambda run, ask: ask.iso(value(run)))


for _name, _value in {
    "id": lambda run: storage_id("Run", run.path),
    "displayName": lambda run: run.display_name,
    "systemMetrics": lambda run: run.system_json(),
    "historyLineCount": lambda run: run.table.size,
    "jobType": lambda run: run.job_type,
    "sweepName": lambda run: run.sweep,
    "readOnly": lambda run: False,
    "computeSeconds": lambda run: int(run.runtime_s),
    "exitcode": lambda run: run.exit_code,
    "failed": lambda run: run.state == "failed",
    "running": lambda run: run.state in LIVE,
    "stopped": lambda run: run.state == "killed",
    "shouldStop": lambda run: False,
    "logLineCount": lambda run: len(run.console),
    "fileCount": lambda run: len(run.files),
}.items():
    _plain(_name, _value)
for _name in ("name", "state", "tags", "group", "commit", "notes", "host", "user"):
    _plain(_name, attrgetter(_name))

_timed("createdAt", lambda run: run.created_at)
_timed("heartbeatAt", lambda run: run.heartbeat_at)
_timed("updatedAt", lambda run: run.updated_at)


@field("projectId")
def _project_id(run: LocalRun, ask: Ask) -> int:
    return ask.store.projects[run.entity, run.project].number


@field("project")
def _project(run: LocalRun, ask: Ask) -> Any:
    return ask.store.projects[run.entity, run.project]


@field("config")
def _config(run: LocalRun, ask: Ask, keys: list[str] | None = None) -> str:
    return run.config_json(keys)


@field("summaryMetrics")
def _summary(run: LocalRun, ask: Ask, keys: list[str] | None = None) -> str:
    return run.summary_json(keys)


@field("historyKeys")
def _history_keys(run: LocalRun, ask: Ask) -> dict[str, Any]:
    system = [name for name in run.system.columns if name.startswith("system.")]
    return curves.history_keys(run.table, [name.removeprefix("system.") for name in system])


@field("sampledHistory")
def _sampled(
    run: LocalRun, ask: Ask, specs: Sequence[str], pack_version: int | None = None
) -> list[list[dict[str, Any]]]:
    return [curves.sampled(run.table, _spec(text), f"{run.path}/{text}") for text in specs]


@field("history")
def _history(
    run: LocalRun,
    ask: Ask,
    min_step: int | None = None,
    max_step: int | None = None,
    samples: int | None = None,
) -> list[str]:
    rows = curves.page(run.table, min_step, max_step, samples, run.path)
    return [json.dumps(row) for row in rows]


@field("bucketedHistory")
def _buckets(
    run: LocalRun, ask: Ask, specs: Sequence[str], pack_version: int | None = None
) -> list[Any]:
    made = [_bucketed(run, ask, _spec(text)) for text in specs]
    return [json.dumps(each) for each in made] if ask.store.quirks.packed_buckets else made


def _bucketed(run: LocalRun, ask: Ask, spec: dict[str, Any]) -> list[dict[str, Any]]:
    quirks = ask.store.quirks
    names = [str(name) for name in spec.get("keys", ())]
    if not any(name.startswith("system/") for name in names):
        return buckets(run.table, spec, non_finite=quirks.non_finite, factor=quirks.bucket_factor)
    dotted = {name.replace("system/", "system.", 1): name for name in names}
    made = buckets(
        run.system,
        {"xAxis": "_runtime", **spec, "keys": list(dotted)},
        non_finite=quirks.non_finite,
        factor=quirks.bucket_factor,
    )
    return [
        {
            next((n + k.removeprefix(d) for d, n in dotted.items() if k.startswith(d)), k): v
            for k, v in each.items()
        }
        for each in made
    ]


@field("parquetHistory")
def _parquet(run: LocalRun, ask: Ask, live_keys: Sequence[str]) -> dict[str, Any]:
    # Nothing is ever exported to column files here: all rows are live.
    rows = run.table.rows_in(None, None)
    return {"parquetUrls": [], "liveData": run.table.nested(rows, ["_step", *live_keys])}


@field("events")
def _events(run: LocalRun, ask: Ask, samples: int | None = None) -> list[str]:
    rows = curves.page(run.system, None, None, samples, f"{run.path}/events")
    return [json.dumps({k: v for k, v in row.items() if k != "_step"}) for row in rows]


@field("logLines")
def _log_lines(
    run: LocalRun,
    ask: Ask,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
    use_improved_pagination: bool | None = None,
) -> dict[str, Any]:
    most = ask.store.quirks.max_log_lines
    numbered = list(enumerate(run.console))
    if not use_improved_pagination and last is None:
        # Older servers ignore "first", and count "after" back from the end.
        back = int(after) if after and after.isdigit() else 0
        numbered, after, last = numbered[: len(numbered) - back], None, most
    page = connection(
        numbered,
        lambda item: str(item[0]),
        first=first,
        after=after,
        last=last,
        before=before,
        most=most,
    )
    for edge in page["edges"]:
        edge["node"] = _line(*edge["node"])
    return page


def _line(number: int, line: Line) -> dict[str, Any]:
    return {
        "number": number,
        "timestamp": iso(line.time),
        "level": "error" if line.error else "",
        "label": line.label,
        "line": line.text,
    }


@field("files")
def _files(
    run: LocalRun,
    ask: Ask,
    names: Sequence[str] | None = None,
    first: int | None = None,
    after: str | None = None,
    pattern: str | None = None,
) -> dict[str, Any]:
    found = [file for file in run.files.values() if _wanted(file, names, pattern)]
    page = connection(found, lambda file: file.name, first=first, after=after)
    for edge in page["edges"]:
        edge["node"] = _file(run, ask, edge["node"])
    return page


def _wanted(file: StoredFile, names: Sequence[str] | None, pattern: str | None) -> bool:
    if names:
        return file.name in names
    if not pattern:
        return True
    start, wild, end = pattern.partition("%")
    if not wild:
        return file.name == pattern
    return file.name.startswith(start) and file.name.endswith(end.rpartition("%")[2])


def _file(run: LocalRun, ask: Ask, file: StoredFile) -> dict[str, Any]:
    url = ask.file_url(run, file)
    return {
        "id": storage_id("File", f"{run.path}/{file.name}"),
        "name": file.name,
        "url": lambda _info, upload=False: url,
        "directUrl": url,
        "sizeBytes": len(file.content),
        "mimetype": file.mimetype,
        "updatedAt": ask.iso(run.updated_at),
        "md5": base64.b64encode(hashlib.md5(file.content, usedforsecurity=False).digest()).decode(),
    }


def _spec(text: str) -> dict[str, Any]:
    try:
        spec = json.loads(text)
    except ValueError as error:
        raise GraphQLError(f"invalid history spec: {text[:100]}") from error
    if not isinstance(spec, dict):
        raise GraphQLError(f"invalid history spec: {text[:100]}")
    return spec
