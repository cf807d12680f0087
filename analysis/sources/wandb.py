"""Runs on a W&B server."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from importlib import import_module
from types import TracebackType
from typing import Any, Self, TypeVar

from analysis.errors import (
    FieldUnknown,
    NotAuthenticated,
    NotFound,
    ProjectNotFound,
    RunNotFound,
)
from analysis.flight import Flights, off_loop
from analysis.history import History
from analysis.refs import Defaults, ProjectRef, RunRef
from analysis.run import ConsoleLine, Project, Run, Viewer
from analysis.sources import graphql
from analysis.sources.answers import Answer
from analysis.sources.base import Asked, Census, Effort, News, Progress, RunPage, RunQuery
from analysis.sources.census import Counting
from analysis.sources.credentials import Account, find_account
from analysis.sources.deadline import Deadline, Timing
from analysis.sources.decode import (
    console_of,
    next_page,
    nodes_of,
    project_of,
    run_of,
    system_of,
    viewer_of,
)
from analysis.sources.graphql import Operation
from analysis.sources.histories import Reader
from analysis.sources.many import Many
from analysis.sources.news import Aliases
from analysis.sources.specs import Fetcher
from analysis.sources.transport import Limits, Transport

T = TypeVar("T")

_PROJECTS_PAGE = 100
_MOST_PROJECTS = 1_000
_SYSTEM_SAMPLES = 1_000
_OTHER_HOSTS = ("https://wandb.ai", "https://forge.coreweave.com/wandb")
"""Web addresses of W&B's cloud, which is one deployment under two names."""


class WandbSource:
    """Runs on a W&B server, as a source.

    Args:
        base_url: another server than the one that W&B's own settings name.
        api_key: another key than the one that the ``wandb`` package finds.
        account: server and key, where they are known already.
        deadline_s: seconds for a question that has no effort of its own.
        limits: how hard the server may be asked.
        timing: the clock; a test's own.
    """

    def __init__(
        self,
        base_url: str | None = None,
        *,
        api_key: str | None = None,
        account: Account | None = None,
        deadline_s: float = 10.0,
        limits: Limits | None = None,
        timing: Timing | None = None,
    ) -> None:
        self._base_url, self._api_key, self._account = base_url, api_key, account
        self._deadline_s = deadline_s
        self._limits = limits or Limits()
        self._timing = timing or Timing()
        self._transport: Transport | None = None
        self._opening = asyncio.Lock()
        self._flights: Flights[object, Any] = Flights()
        self._lacks: set[str] = set()  # operations and fields that this server does not know
        self._suspects: set[RunRef] = set()  # runs whose curves failed the last time

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._transport is not None:
            await self._transport.__aexit__(kind, error, trace)
            self._transport = None

    @property
    def requests(self) -> int:
        """Requests that were sent so far, tries included."""
        return self._transport.requests if self._transport else 0

    async def account(self) -> Account:
        """The server and the key, found without asking the server."""
        return (await self._open()).account

    async def defaults(self, *, ask: bool = True) -> Defaults:
        """What completes an incomplete name: W&B's settings, else the key's own entity.

        Args:
            ask: whether the server is asked for that entity where the settings name none.
        """
        account = await self.account()
        entity = account.entity
        if entity is None and ask:
            entity = (await self.viewer()).entity
        hosts = dict.fromkeys((account.app_url, *_also(account.app_url)))
        return Defaults(entity, account.project, tuple(hosts))

    async def run(self, ref: RunRef) -> Run:
        """State, times, config, summary and logged names of one run."""
        found: Run = await self._flights.once(("run", ref), lambda: self._run(ref))
        return found

    async def _run(self, ref: RunRef) -> Run:
        app_url = (await self.account()).app_url
        return await self._either(
            graphql.RUN,
            graphql.RUN_PLAIN,
            _names(ref),
            self._deadline(),
            lambda answer: run_of(_run_in(ref, answer), ref, app_url),
            _no_run(ref),
        )

    async def history(
        self,
        run: Run,
        keys: Sequence[str],
        effort: Effort,
        *,
        since_step: int | None = None,
        progress: Progress | None = None,
    ) -> History:
        """The curves of ``keys``; see ``analysis.sources.histories``."""
        deadline = Deadline.after(effort.deadline_s, self._timing)

        async def ask(
            operation: Operation,
            variables: Mapping[str, Any],
            within: Deadline,
            read: Callable[[object], T],
        ) -> T:
            return await self._of_run(run.ref, operation, variables, within, read)

        fetcher = Fetcher(ask, deadline, progress)
        reader = Reader(fetcher, run, effort, graphql.BUCKETS.name not in self._lacks)
        try:
            return await reader.read(keys, since_step)
        finally:
            if not reader.has_buckets:
                self._lacks.add(graphql.BUCKETS.name)

    async def system(self, run: Run, effort: Effort) -> History:
        """System metrics, sampled by the server where there are many."""
        deadline = Deadline.after(effort.deadline_s, self._timing)
        wanted = {"samples": effort.points if effort.full else _SYSTEM_SAMPLES}
        columns = await self._of_run(run.ref, graphql.SYSTEM, wanted, deadline, system_of)
        series = await off_loop(columns.series, columns.names)
        thinned = len(columns) >= wanted["samples"]
        return History({n: replace(s, exact=not thinned) for n, s in series.items()})

    async def console(self, run: Run, last: int) -> tuple[ConsoleLine, ...]:
        """The last lines; the server gives fewer than asked for where it caps them."""
        if last <= 0:
            return ()
        wanted = {"last": last}
        lines = await self._of_run(run.ref, graphql.CONSOLE, wanted, self._deadline(), console_of)
        return lines[-last:]

    async def runs(
        self, query: RunQuery, *, curve_keys: Sequence[str] = (), samples: int = 100
    ) -> RunPage:
        """The runs that a query means, a request a page of 50, curves included."""
        return await (await self._many()).runs(query, tuple(curve_keys), samples)

    async def curves(
        self, runs: Iterable[tuple[Run, Sequence[str], int | None]], samples: int
    ) -> Mapping[RunRef, History]:
        """New points of many runs, an alias a run, a request a page of 50."""
        return await (await self._many()).curves(list(runs), samples)

    async def census(
        self,
        within: ProjectRef,
        *,
        known: Sequence[RunRef],
        named: Sequence[RunRef],
        since: datetime,
    ) -> Census:
        """Which runs there are, for one who knows some: one request a project."""
        transport = await self._open()
        ask = Counting(transport.ask, transport.account.app_url, self.projects, self._timing)
        return await ask(within, known, named, since)

    async def news(self, asked: Sequence[Asked]) -> Mapping[RunRef, News]:
        """New points of many runs with facts of theirs, an alias a run, a request a page of 50."""
        return await self._aliases(await self._open())(asked)

    async def projects(self, entity: str) -> tuple[Project, ...]:
        """Projects of an entity, the most recently active first where the server tells."""
        deadline = self._deadline()
        found: list[Project] = []
        after: str | None = None
        while len(found) < _MOST_PROJECTS:
            variables = {"entity": entity, "first": _PROJECTS_PAGE, "after": after}
            page, after = await self._either(
                graphql.PROJECTS,
                graphql.MODELS,
                variables,
                deadline,
                partial(_projects_read, entity),
                _no_entity(entity),
            )
            found += page
            if after is None:
                break
        return tuple(found)

    async def viewer(self) -> Viewer:
        """Whose key this is."""
        found: Viewer = await self._flights.once("viewer", self._viewer)
        return found

    async def _viewer(self) -> Viewer:
        transport = await self._open()
        return await transport.ask(graphql.VIEWER, {}, self._deadline(), _viewer_read)

    def _deadline(self) -> Deadline:
        return Deadline.after(self._deadline_s, self._timing)

    async def _open(self) -> Transport:
        async with self._opening:
            if self._transport is None:
                account = self._account or await find_account(self._base_url, self._api_key)
                await off_loop(import_module, "aiohttp")  # a quarter of a second, the first time
                self._transport = Transport(account, self._limits, self._timing)
            return self._transport

    async def _many(self) -> Many:
        transport = await self._open()
        return Many(
            ask=transport.ask,
            app_url=transport.account.app_url,
            news=self._aliases(transport),
            projects=self.projects,
            timing=self._timing,
        )

    def _aliases(self, transport: Transport) -> Aliases:
        return Aliases(
            ask=transport.ask,
            app_url=transport.account.app_url,
            history=self.history,
            timing=self._timing,
            suspects=self._suspects,
            lacks=self._lacks,
            answers_in=lambda: transport.answered_in_s,
        )

    async def _of_run(
        self,
        ref: RunRef,
        operation: Operation,
        variables: Mapping[str, Any],
        deadline: Deadline,
        read: Callable[[object], T],
    ) -> T:
        """Ask for one field of a run; ``read`` makes what is wanted of its value."""
        transport = await self._open()
        try:
            return await transport.ask(
                operation,
                {**_names(ref), **variables},
                deadline,
                lambda answer: read(_field_in(ref, answer)),
            )
        except NotFound:
            raise _no_run(ref) from None

    async def _either(
        self,
        rich: Operation,
        plain: Operation,
        variables: Mapping[str, Any],
        deadline: Deadline,
        read: Callable[[Answer], T],
        none: NotFound,
    ) -> T:
        """Ask the richer question; the plain one where the server lacks a field of it.

        Raises:
            NotFound: ``none``, where the server answers with its own 404.
        """
        transport = await self._open()
        try:
            if rich.name not in self._lacks:
                try:
                    return await transport.ask(rich, variables, deadline, read)
                except FieldUnknown:
                    self._lacks.add(rich.name)
            return await transport.ask(plain, variables, deadline, read)
        except NotFound as error:
            raise (none if type(error) is NotFound else error) from None


def _names(ref: RunRef) -> dict[str, str]:
    return {"entity": ref.entity, "project": ref.project, "run": ref.id}


def _run_in(ref: RunRef, answer: Answer) -> Mapping[str, Any]:
    """The run of an answer.

    Raises:
        RunNotFound: when it or its project is null, and no error says why.
    """
    project = answer.data.get("project")
    run = project.get("run") if isinstance(project, Mapping) else None
    if isinstance(run, Mapping):
        return run
    error = answer.error_at("project")
    if error is not None:
        raise error
    if not isinstance(project, Mapping):
        raise RunNotFound(f"There is no project “{ref.entity}/{ref.project}”.")
    raise _no_run(ref)


def _field_in(ref: RunRef, answer: Answer) -> object:
    """The last field of the run that was asked for, which is the one that matters.

    Raises:
        AnalysisError: when it is null because of an error.
    """
    values = tuple(_run_in(ref, answer).values())
    value = values[-1] if values else None
    error = answer.error_at("project", "run")
    if value is None and error is not None:
        raise error
    return value


def _projects_read(entity: str, answer: Answer) -> tuple[list[Project], str | None]:
    """The projects of a page and the cursor of the next one."""
    page = next(iter(answer.data.values()), None)
    if page is None:
        raise _no_entity(entity)
    found = [p for node in nodes_of(page) if (p := project_of(node, entity)) is not None]
    return found, next_page(page)


def _viewer_read(answer: Answer) -> Viewer:
    node = answer.data.get("viewer")
    if not isinstance(node, Mapping):
        raise NotAuthenticated("W&B does not know the key that is set.")
    return viewer_of(node)


def _no_entity(entity: str) -> ProjectNotFound:
    return ProjectNotFound(f"There is no entity “{entity}”, or it may not be read.")


def _no_run(ref: RunRef) -> RunNotFound:
    return RunNotFound(f"There is no run “{ref}”.")


def _also(app_url: str) -> tuple[str, ...]:
    """The other name of W&B's cloud, whose old links are still about."""
    return _OTHER_HOSTS if app_url.rstrip("/") in _OTHER_HOSTS else ()
