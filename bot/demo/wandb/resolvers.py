"""Resolvers of everything but ``Run``: the viewer, projects, their runs and sweeps."""

import fnmatch
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from graphql import GraphQLError

from bot.demo.wandb.ask import Ask, Info
from bot.demo.wandb.connections import connection
from bot.demo.wandb.faults import Errors, FaultRaised, Null
from bot.demo.wandb.filters import FilterError, matches, ordered
from bot.demo.wandb.model import LocalProject, LocalRun, LocalSweep, User
from bot.demo.wandb.run_fields import RUN, Resolver, storage_id

PUBLIC_CLIENT = "W&B Public Client"


def _faulty(ask: Ask, path: str) -> bool:
    """Whether a thing is made null by a fault; other faults decide the whole answer."""
    match ask.faults.find(ask.operation, path):
        case None:
            return False
        case Null():
            return True
        case Errors() as errors:
            raise GraphQLError(errors.message)
        case fault:
            raise FaultRaised(fault)


def _chosen(
    ask: Ask, runs: Sequence[LocalRun], filters: str | None, order: str | None = None
) -> list[LocalRun]:
    """The runs that a filter means, in order.

    Raises:
        GraphQLError: for a filter that is no JSON, or that W&B refuses.
    """
    ask.store.settle()
    try:
        wanted = json.loads(filters) if filters else {}
        ignored = ask.store.quirks.ignored_filters
        fitting = [run for run in runs if matches(run, wanted or {}, ignored=ignored)]
    except FilterError as error:
        raise GraphQLError(str(error)) from error
    except ValueError as error:
        raise GraphQLError(f"filters is not JSON: {error}") from error
    return ordered(fitting, order)


def _run_connection(runs: list[LocalRun], **paging: Any) -> dict[str, Any]:
    return {**connection(runs, lambda run: run.path, **paging), "runs": runs}


# --- Query


def _viewer(_root: Any, info: Info) -> User:
    return info.context.account.user


def _project(
    _root: Any, info: Info, name: str | None = None, entity_name: str | None = None
) -> LocalProject | None:
    ask = info.context
    entity = entity_name or ask.account.user.entity or ""
    project = ask.store.projects.get((entity, name or "uncategorized"))
    if project is None or not ask.account.may_read(project.entity, project.name):
        return None
    return None if _faulty(ask, f"{project.entity}/{project.name}") else project


def _projects(
    _root: Any,
    info: Info,
    entity_name: str | None = None,
    first: int | None = None,
    after: str | None = None,
    pattern: str | None = None,
    order: str | None = None,
) -> dict[str, Any] | None:
    ask = info.context
    entity = entity_name or ask.account.user.entity or ""
    if entity not in ask.store.entities:
        return None
    found = [
        project
        for project in ask.store.projects.values()
        if project.entity == entity
        and ask.account.may_read(entity, project.name)
        and (not pattern or fnmatch.fnmatchcase(project.name, pattern.replace("%", "*")))
    ]
    match (order or "").lstrip("+-"):
        case "lastActive" | "last_active":
            found.sort(key=lambda project: project.last_active)
        case "createdAt" | "created_at":
            found.sort(key=lambda project: project.created_at)
        case "name":
            found.sort(key=lambda project: project.name)
        case "":
            pass
        case unknown:
            raise GraphQLError(f"unknown order: {unknown}")
    if (order or "").startswith("-"):
        found.reverse()
    return connection(found, lambda project: project.name, first=first, after=after)


def _entity(_root: Any, info: Info, name: str | None = None) -> Any:
    return _entity_node(name) if name in info.context.store.entities else None


def _entity_node(name: str | None) -> dict[str, Any]:
    return {"id": storage_id("Entity", name or ""), "name": name, "isTeam": True}


def _server_info(_root: Any, info: Info) -> dict[str, Any]:
    names = info.context.store.quirks.features
    return {
        "features": [{"name": name, "isEnabled": True} for name in names],
        "cliVersionInfo": {"max_cli_version": "0.99.0"},
    }


# --- User


def _api_keys(_user: User, info: Info, first: int | None = None) -> dict[str, Any]:
    if not info.context.agent.startswith(PUBLIC_CLIENT):
        raise GraphQLError("apiKeys may be read by first-party clients only")
    return {"edges": []}


def _teams(
    user: User, _info: Info, first: int | None = None, after: str | None = None
) -> dict[str, Any]:
    nodes = [_entity_node(name) for name in user.teams]
    return connection(nodes, lambda node: str(node["name"]), first=first, after=after)


def _user_runs(
    user: User,
    info: Info,
    first: int | None = None,
    after: str | None = None,
    order: str | None = None,
    pattern: str | None = None,
) -> dict[str, Any]:
    ask = info.context
    own = [
        run
        for run in ask.store.runs()
        if run.user == user
        and ask.account.may_read(run.entity, run.project)
        and (not pattern or pattern.strip("%") in run.display_name)
    ]
    runs = _chosen(ask, own, None, order or "-created_at")
    return _run_connection(runs, first=first, after=after)


# --- Project


def _run(project: LocalProject, info: Info, name: str) -> LocalRun | None:
    ask = info.context
    ask.store.settle()
    run = project.runs.get(name)
    return None if run is None or _faulty(ask, run.path) else run


def _runs(
    project: LocalProject,
    info: Info,
    filters: str | None = None,
    order: str | None = None,
    group_keys: Sequence[str] | None = None,
    group_level: int | None = None,
    **paging: Any,
) -> dict[str, Any]:
    runs = _chosen(info.context, list(project.runs.values()), filters, order)
    return _run_connection(runs, most=info.context.store.quirks.max_runs, **paging)


def _run_count(project: LocalProject, info: Info, filters: str | None = None) -> int:
    return len(_chosen(info.context, list(project.runs.values()), filters))


def _sweep(
    project: LocalProject, _info: Info, sweep_name: str | None = None
) -> tuple[LocalProject, LocalSweep] | None:
    sweep = project.sweeps.get(sweep_name or "")
    return None if sweep is None else (project, sweep)


def _sweeps(
    project: LocalProject,
    _info: Info,
    first: int | None = None,
    after: str | None = None,
    filters: str | None = None,
) -> dict[str, Any]:
    pairs = [(project, sweep) for sweep in project.sweeps.values()]
    return connection(pairs, lambda pair: pair[1].name, first=first, after=after)


# --- RunConnection


def _changes(
    page: dict[str, Any], info: Info, current_runs: Sequence[str], last_updated: str
) -> list[dict[str, Any]]:
    """What is new, changed or gone since a time, against the runs that the client has."""
    since = datetime.fromisoformat(last_updated)
    moment = (since if since.tzinfo else since.replace(tzinfo=UTC)).timestamp()
    known = set(current_runs)
    changes: list[dict[str, Any]] = []
    here = set()
    for index, run in enumerate(page["runs"]):
        names = {run.name, storage_id("Run", run.path)}
        here |= names
        if not names & known:
            changes.append({"index": index, "op": "INSERT", "run": run})
        elif run.updated_at > moment:
            changes.append({"index": index, "op": "UPDATE", "run": run})
    changes += [{"index": None, "op": "DELETE", "run": None} for name in known - here]
    return changes


def _deltas(page: dict[str, Any], info: Info, **asked: Any) -> dict[str, Any]:
    order = [storage_id("Run", run.path) for run in page["runs"]]
    return {"order": order, "delta": _changes(page, info, **asked)}


# --- Sweep


def _sweep_field(name: str) -> Resolver:
    def resolve(pair: tuple[LocalProject, LocalSweep], info: Info) -> Any:
        project, sweep = pair
        path = f"{project.entity}/{project.name}/{sweep.name}"
        runs = [run for run in project.runs.values() if run.sweep == sweep.name]
        match name:
            case "id":
                return storage_id("Sweep", path)
            case "config":
                return json.dumps(sweep.config)  # JSON is YAML, which the client reads
            case "createdAt" | "updatedAt" | "heartbeatAt":
                return info.context.iso(sweep.created_at)
            case "runCount":
                return len(runs)
            case "runCountExpected":
                return sweep.expected
            case "bestLoss":
                metric = sweep.config.get("metric", {})
                values = [run.summary.get(metric.get("name")) for run in runs]
                numbers = [v for v in values if isinstance(v, int | float) and v == v]
                best = max if metric.get("goal") == "maximize" else min
                return best(numbers, default=None)
            case _:
                return getattr(sweep, name)

    return resolve


def _sweep_runs(
    pair: tuple[LocalProject, LocalSweep],
    info: Info,
    filters: str | None = None,
    order: str | None = None,
    **paging: Any,
) -> dict[str, Any]:
    project, sweep = pair
    runs = [run for run in project.runs.values() if run.sweep == sweep.name]
    return _run_connection(_chosen(info.context, runs, filters, order), **paging)


RESOLVERS: dict[str, dict[str, Resolver]] = {
    "Query": {
        "viewer": _viewer,
        "project": _project,
        "models": _projects,
        "projects": _projects,
        "entity": _entity,
        "serverInfo": _server_info,
    },
    "User": {
        "id": lambda user, _info: storage_id("User", user.username),
        "name": lambda user, _info: user.name or user.username,
        "admin": lambda _user, _info: False,
        "flags": lambda _user, _info: "{}",
        "apiKeys": _api_keys,
        "teams": _teams,
        "runs": _user_runs,
    },
    "Project": {
        "id": lambda project, _info: storage_id("Project", f"{project.entity}/{project.name}"),
        "internalId": lambda project, _info: str(project.number),
        "entityName": lambda project, _info: project.entity,
        "createdAt": lambda project, info: info.context.iso(project.created_at),
        "lastActive": lambda project, info: info.context.iso(project.last_active),
        "access": lambda _project, _info: "PRIVATE",
        "readOnly": lambda _project, _info: False,
        "isBenchmark": lambda _project, _info: False,
        "user": lambda _project, info: info.context.account.user,
        "runCount": _run_count,
        "run": _run,
        "runs": _runs,
        "sweep": _sweep,
        "sweeps": _sweeps,
        "totalSweeps": lambda project, _info: len(project.sweeps),
    },
    "RunConnection": {
        "totalCount": lambda page, _info: len(page["runs"]),
        "deltas": _deltas,
        "delta": _changes,
    },
    "Run": RUN,
    "Sweep": {
        "id": _sweep_field("id"),
        "name": _sweep_field("name"),
        "displayName": _sweep_field("display_name"),
        "method": _sweep_field("method"),
        "state": _sweep_field("state"),
        "description": lambda _pair, _info: None,
        "bestLoss": _sweep_field("bestLoss"),
        "config": _sweep_field("config"),
        "createdAt": _sweep_field("createdAt"),
        "updatedAt": _sweep_field("updatedAt"),
        "heartbeatAt": _sweep_field("heartbeatAt"),
        "runCount": _sweep_field("runCount"),
        "runCountExpected": _sweep_field("runCountExpected"),
        "runs": _sweep_runs,
    },
}
