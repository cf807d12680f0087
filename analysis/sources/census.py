"""Which runs of a W&B server live, changed or are new: one request a project."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from analysis.errors import (
    AccessError,
    AnalysisError,
    ConnectionFailed,
    NotFound,
    QueryRefused,
    RateLimited,
    ServerFailed,
    TimedOut,
)
from analysis.flight import gather_bounded
from analysis.refs import ProjectRef, RunRef
from analysis.run import Project, Run
from analysis.sources import graphql
from analysis.sources.answers import Answer
from analysis.sources.base import Census
from analysis.sources.deadline import Deadline, Timing
from analysis.sources.decode import next_page, nodes_of, run_of
from analysis.sources.graphql import Operation
from analysis.sources.many import no_project
from analysis.sources.news import PAGE, Ask

KNOWN_PAGE = 1_000
"""Runs of which only what moves is asked for in one request: some 300 bytes a run."""
_SMALL_PAGE = 100
_MOST = 2_000
_MOST_PROJECTS = 20  # of an entity, beside those of the runs that are known
_PROJECTS_AT_ONCE = 4
_PAGE_S = 30.0
_LIVE = ("running", "preempting", "pending")


@dataclass(frozen=True, slots=True)
class _Page:
    runs: tuple[Run, ...]
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Counting:
    """Asks which runs there are.

    Attributes:
        ask: sends an operation.
        app_url: the web app, for the runs' links.
        projects: lists the projects of an entity.
        timing: the clock.
    """

    ask: Ask
    app_url: str
    projects: Callable[[str], Awaitable[tuple[Project, ...]]]
    timing: Timing

    async def __call__(
        self,
        within: ProjectRef,
        known: Sequence[RunRef],
        named: Sequence[RunRef],
        since: datetime,
    ) -> Census:
        """The runs of a project, or of all projects of an entity."""
        if within.project is not None:
            return await self._project(within.entity, within.project, known, named, since)
        listed = [project.name for project in await self.projects(within.entity)][:_MOST_PROJECTS]
        names = list(dict.fromkeys((*listed, *(ref.project for ref in (*known, *named)))))
        parts = await gather_bounded(
            [partial(self._one_of_several, within.entity, name, known, named, since)
             for name in names],
            _PROJECTS_AT_ONCE,
        )  # fmt: skip
        return Census(
            tuple(run for part in parts for run in part.known),
            tuple(run for part in parts for run in part.others),
            frozenset(name for part in parts for name in part.unread),
        )

    async def _one_of_several(
        self,
        entity: str,
        project: str,
        known: Sequence[RunRef],
        named: Sequence[RunRef],
        since: datetime,
    ) -> Census:
        """A project's census; one project that fails by itself does not hold up the others."""
        try:
            return await self._project(entity, project, known, named, since)
        except NotFound:
            return Census()  # it was deleted meanwhile, and its runs are gone
        except (AccessError, ConnectionFailed, RateLimited):
            raise
        except AnalysisError:
            return Census(unread=frozenset({project}))

    async def _project(
        self,
        entity: str,
        project: str,
        known: Sequence[RunRef],
        named: Sequence[RunRef],
        since: datetime,
    ) -> Census:
        where = ProjectRef(entity, project)
        here = [ref.id for ref in known if ref.project == project]
        wanted = _others(here, [ref.id for ref in named if ref.project == project], since)
        parts = [here[i : i + KNOWN_PAGE] for i in range(0, len(here), KNOWN_PAGE)]
        if not parts:
            return Census(others=await self._pages(graphql.CENSUS_OTHERS, where, wanted, PAGE))
        try:
            first, others = await self._both(where, parts[0], wanted)
        except (TimedOut, ServerFailed, QueryRefused):
            if len(parts[0]) <= _SMALL_PAGE:
                raise
            # Perhaps it was too much for one answer.
            first = await self._known(where, parts[0], _SMALL_PAGE)
            others = await self._pages(graphql.CENSUS_OTHERS, where, wanted, PAGE)
        rest = [run for part in parts[1:] for run in await self._known(where, part, KNOWN_PAGE)]
        ids = set(here)
        return Census((*first, *rest), tuple(run for run in others if run.ref.id not in ids))

    async def _both(
        self, where: ProjectRef, names: Sequence[str], wanted: Mapping[str, Any]
    ) -> tuple[tuple[Run, ...], tuple[Run, ...]]:
        """What moves of the known runs, and the others: one request, unless there are many."""
        filters = _named(names)
        variables = {
            "known": json.dumps(filters),
            "first": len(names),
            "others": json.dumps(wanted),
            "page": PAGE,
        }
        known, others = await self._asked(graphql.CENSUS, where, variables, ("known", "others"))
        if known.after is not None:  # a server that gives less than it is asked for
            more = await self._pages(graphql.CENSUS_KNOWN, where, filters, len(names), known.after)
            known = _Page((*known.runs, *more))
        if others.after is not None:
            more = await self._pages(graphql.CENSUS_OTHERS, where, wanted, PAGE, others.after)
            others = _Page((*others.runs, *more))
        return known.runs, others.runs

    async def _known(self, where: ProjectRef, names: Sequence[str], page: int) -> tuple[Run, ...]:
        return await self._pages(graphql.CENSUS_KNOWN, where, _named(names), page)

    async def _pages(
        self,
        operation: Operation,
        where: ProjectRef,
        filters: Mapping[str, Any],
        page: int,
        after: str | None = None,
    ) -> tuple[Run, ...]:
        found: list[Run] = []
        while len(found) < _MOST:
            variables = {"filters": json.dumps(filters), "first": page, "after": after}
            (came,) = await self._asked(operation, where, variables, ("runs",))
            found += came.runs
            after = came.after
            if after is None:
                break
        return tuple(found)

    async def _asked(
        self,
        operation: Operation,
        where: ProjectRef,
        variables: Mapping[str, Any],
        aliases: tuple[str, ...],
    ) -> tuple[_Page, ...]:
        return await self.ask(
            operation,
            {"entity": where.entity, "project": where.project, **variables},
            Deadline.after(_PAGE_S, self.timing),
            partial(_read, where, aliases, self.app_url),
        )


def _named(names: Sequence[str]) -> Mapping[str, Any]:
    return {"name": {"$in": list(names)}}


def _others(known: Sequence[str], named: Sequence[str], since: datetime) -> Mapping[str, Any]:
    """The runs that live, are new or named, but are not known; by keys that W&B documents."""
    stamp = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    alternatives: list[Mapping[str, Any]] = [
        {"state": {"$in": list(_LIVE)}},
        {"createdAt": {"$gte": stamp}},
    ]
    if named:
        alternatives.append(_named(named))
    either = {"$or": alternatives}
    return {"$and": [either, {"name": {"$nin": list(known)}}]} if known else either


def _read(
    where: ProjectRef, aliases: Sequence[str], app_url: str, answer: Answer
) -> tuple[_Page, ...]:
    """The runs under some aliases of a project, each with the cursor of its next page.

    Raises:
        ProjectNotFound: when the project or its runs are null, and no error says why.
    """
    project = answer.data.get("project")
    if not isinstance(project, Mapping):
        raise answer.error_at("project") or no_project(where)
    pages = []
    for alias in aliases:
        connection = project.get(alias)
        if connection is None:
            raise answer.error_at("project", alias) or no_project(where)
        runs = [
            run_of(node, RunRef(where.entity, str(where.project), name), app_url)
            for node in nodes_of(connection)
            if isinstance(name := node.get("name"), str) and name
        ]
        pages.append(_Page(tuple(runs), next_page(connection)))
    return tuple(pages)
