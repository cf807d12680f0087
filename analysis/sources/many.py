"""Many runs of a W&B server at once: pages of runs, with their curves where those are wanted."""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from analysis.errors import (
    AccessError,
    AnalysisError,
    ConnectionFailed,
    NotFound,
    ProjectNotFound,
    RateLimited,
)
from analysis.flight import gather_bounded
from analysis.history import History
from analysis.refs import ProjectRef, RunRef
from analysis.run import Project, Run, RunState
from analysis.sources import graphql
from analysis.sources.answers import Answer
from analysis.sources.base import Asked, RunPage, RunQuery
from analysis.sources.deadline import Deadline, Timing
from analysis.sources.decode import next_page, nodes_of, run_of
from analysis.sources.news import PAGE, Aliases, Ask, history_of
from analysis.sources.specs import Spec

_PAGE_S = 30.0  # seconds for a page, with all that it takes to get around a run that fails
_PATIENCE_S = 8.0  # after which a page is asked for in parts as well
_MOST_PROJECTS = 20  # of an entity, when no project is named

Wanted = tuple[Run, Sequence[str], int | None]
"""A run, the names whose points are wanted, and the step to start from."""


@dataclass(frozen=True, slots=True)
class Many:
    """Asks for many runs in few requests.

    Attributes:
        ask: sends an operation.
        app_url: the web app, for the runs' links.
        news: asks for the curves of runs by themselves.
        projects: lists the projects of an entity.
        timing: the clock.
    """

    ask: Ask
    app_url: str
    news: Aliases
    projects: Callable[[str], Awaitable[tuple[Project, ...]]]
    timing: Timing

    # Runs of a project or an entity.

    async def runs(self, query: RunQuery, keys: tuple[str, ...], samples: int) -> RunPage:
        """The runs that a query means, with sampled curves of ``keys`` where there are any."""
        if query.within.project is not None:
            return await self._of_project(query, query.within.project, keys, samples)
        entity = query.within.entity
        names = [project.name for project in await self.projects(entity)][:_MOST_PROJECTS]
        pages = await gather_bounded(
            [partial(self._of_project, query, name, keys, samples) for name in names], 4
        )
        runs = sorted((r for page in pages for r in page.runs), key=_order(query), reverse=True)
        totals = [page.total for page in pages if page.total is not None]
        curves = {ref: curve for page in pages for ref, curve in page.curves.items()}
        return RunPage(
            tuple(runs[: query.limit]), sum(totals) if len(totals) == len(pages) else None, curves
        )

    async def _of_project(
        self, query: RunQuery, project: str, keys: tuple[str, ...], samples: int
    ) -> RunPage:
        runs: list[Run] = []
        curves: dict[RunRef, History] = {}
        total: int | None = None
        after: str | None = None
        while len(runs) < query.limit:
            first = min(PAGE, query.limit - len(runs))
            page, after = await self._page(query, project, keys, samples, first, after)
            total = page.total
            recent, more = _active(page.runs, query.active_since)
            runs += recent
            curves |= {run.ref: page.curves[run.ref] for run in recent if run.ref in page.curves}
            if after is None or not more:
                break
        if query.active_since is not None:
            total = None
            if "created_at" in query.order:
                runs.sort(key=_order(query), reverse=query.order.startswith("-"))
        return RunPage(tuple(runs), total, curves)

    async def _page(
        self,
        query: RunQuery,
        project: str,
        keys: tuple[str, ...],
        samples: int,
        first: int,
        after: str | None,
    ) -> tuple[RunPage, str | None]:
        """A page of runs, and the cursor of the next one.

        Where it fails with its curves, it is asked for without them, and the curves apart.
        """
        where = ProjectRef(query.within.entity, project)
        variables = {
            "entity": where.entity,
            "project": project,
            "filters": json.dumps(_filters(query)),
            "order": "-heartbeat_at" if query.active_since is not None else query.order,
            "first": first,
            "after": after,
        }
        deadline = Deadline.after(_PAGE_S, self.timing)
        if keys:
            specs = [Spec((key,), samples).text for key in keys]
            within = deadline.sooner(_PATIENCE_S / _PAGE_S)
            try:
                return await self.ask(
                    graphql.RUNS_WITH_CURVES,
                    {**variables, "specs": specs},
                    within,
                    partial(_page_read, where, keys, samples, self.app_url),
                )
            except (AccessError, NotFound, ConnectionFailed, RateLimited):
                raise
            except AnalysisError:
                deadline = Deadline.after(_PAGE_S, self.timing)
        page, after = await self.ask(
            graphql.RUNS,
            variables,
            deadline,
            partial(_page_read, where, (), samples, self.app_url),
        )
        if not keys:
            return page, after
        wanted = [(run, _logged(run, keys), None) for run in page.runs]
        return replace(page, curves=await self.curves(wanted, samples)), after

    # Curves of runs.

    async def curves(self, wanted: Sequence[Wanted], samples: int) -> Mapping[RunRef, History]:
        """New points of many runs; a gap larger than the sample is fetched whole."""
        asked = [Asked(run, keys, since, samples) for run, keys, since in wanted]
        return {ref: news.history for ref, news in (await self.news(asked)).items()}


def _filters(query: RunQuery) -> Mapping[str, Any]:
    known = sorted(state.value for state in query.states if state is not RunState.UNKNOWN)
    if not known or len(known) != len(query.states):
        return dict(query.filters)
    states = {"state": {"$in": known}}
    return {"$and": [dict(query.filters), states]} if query.filters else states


def _active(runs: Iterable[Run], since: datetime | None) -> tuple[list[Run], bool]:
    """The runs with a sign of life since then, and whether there may be more on the next page.

    They come ordered by heartbeat; a run that has none yet counts from its creation.
    """
    found = []
    for run in runs:
        if since is None or (run.heartbeat_at or run.created_at or since) >= since:
            found.append(run)
        elif run.heartbeat_at is not None:
            return found, False
    return found, True


def _order(query: RunQuery) -> Callable[[Run], float]:
    by_beat = query.order.endswith("heartbeat_at")

    def time(run: Run) -> float:
        when = run.heartbeat_at if by_beat else run.created_at
        return when.timestamp() if when else 0.0

    return time


def _logged(run: Run, keys: Sequence[str]) -> tuple[str, ...]:
    return tuple(key for key in keys if key in run.keys) if run.keys else tuple(keys)


def no_project(where: ProjectRef) -> ProjectNotFound:
    """What a project that is null without an error stands for."""
    return ProjectNotFound(f"There is no project “{where}”, or it may not be read.")


def _page_read(
    where: ProjectRef, keys: tuple[str, ...], samples: int, app_url: str, answer: Answer
) -> tuple[RunPage, str | None]:
    """The runs of a page and the cursor of the next one.

    Raises:
        ProjectNotFound: when the project or its runs are null, and no error says why.
    """
    project = answer.data.get("project")
    if not isinstance(project, Mapping):
        raise answer.error_at("project") or no_project(where)
    connection = project.get("runs")
    if connection is None:
        raise answer.error_at("project", "runs") or ProjectNotFound(
            f"The runs of “{where}” may not be read."
        )
    runs, curves = [], {}
    for place, node in enumerate(nodes_of(connection)):
        name = node.get("name")
        if not isinstance(name, str) or not name:
            continue
        run = run_of(node, RunRef(where.entity, str(where.project), name), app_url)
        runs.append(run)
        if keys:
            error = answer.error_at("project", "runs", "edges", str(place), "node")
            curves[run.ref] = history_of(node.get("sampledHistory"), keys, samples, error)
    total = project.get("runCount")
    page = RunPage(tuple(runs), total if isinstance(total, int) else None, curves)
    return page, next_page(connection)
