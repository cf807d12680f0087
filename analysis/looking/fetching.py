"""The runs of one project that live or ended lately, with their curves, in the time allowed.

A page of runs with its curves is one request. When that request takes long, one run's history may
be what holds it up: then the runs are asked for without curves as well, and the curves in small
parts that do not wait for each other.
"""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from analysis import metrics
from analysis.errors import AccessError, AnalysisError, NotFound, TimedOut
from analysis.history import History, Missing
from analysis.metrics import Overrides
from analysis.refs import ProjectRef, RunRef
from analysis.run import Run, RunState
from analysis.sources.base import RunPage, RunQuery, RunSource

T = TypeVar("T")

SAMPLES = 300
"""Points a curve: a plot's width, and enough for the detectors of shape."""
MOST_RUNS = 1_000
LIVE = frozenset({RunState.RUNNING, RunState.PREEMPTING, RunState.PENDING})
_PATIENCE_S = 5.0  # for the pages with curves, before the curves are asked for in parts as well
_PART_S = 2.0  # for the curves of a part, before its runs are asked for one by one
_PART = 10
_MOST_SILENT = 50
_KEPT_BACK_S = 0.3  # to take what has come, and judge it
_LATE = Missing("history", "it did not come in time")


@dataclass(frozen=True, slots=True)
class Found:
    """The runs of a project and their curves, as far as they came.

    Attributes:
        runs: live ones, and those that ended since the moment that was asked for.
        curves: by run.
        more: whether there are more runs than were fetched.
    """

    runs: tuple[Run, ...]
    curves: Mapping[RunRef, History]
    more: bool = False


@dataclass(frozen=True, slots=True)
class Asking:
    """What a look asks of each project.

    Attributes:
        source: where the runs are.
        since: ended runs must have ended later, UTC.
        until: the loop's time by which the answer must be there.
        overrides: the user's own metric names.
    """

    source: RunSource
    since: datetime
    until: float
    overrides: Overrides

    @property
    def left(self) -> float:
        """Seconds that are left for asking."""
        return max(0.0, self.until - _KEPT_BACK_S - asyncio.get_running_loop().time())

    @property
    def keys(self) -> tuple[str, ...]:
        """The candidate names of curves, the user's own first."""
        own = [
            name
            for names in self.overrides.values()
            for name in ([names] if isinstance(names, str) else names)
        ]
        return tuple(dict.fromkeys((*own, *metrics.CURVE_CANDIDATES)))

    async def active(self, where: ProjectRef) -> bool:
        """Whether a run of a project lives, or ended since the moment: two small requests.

        Raises:
            AnalysisError: when the project cannot be read.
        """
        lately, live = await self.in_time(
            asyncio.gather(
                self.source.runs(self._lately(where, 1)), self.source.runs(_live(where, 1))
            )
        )
        return bool(lately.runs or live.runs)

    async def project(self, where: ProjectRef) -> Found:
        """The runs of a project.

        Raises:
            AnalysisError: when not even the runs came.
        """
        live = asyncio.ensure_future(self.source.runs(_live(where, _MOST_SILENT)))
        try:
            found = await self._lately_found(where)
            missed = await self._missed(live, found)
        finally:
            live.cancel()
        if missed:
            curves = {**found.curves, **await self._curves(missed)}
            found = replace(found, runs=(*found.runs, *missed), curves=curves)
        return await self._with_own_names(found)

    def _lately(self, where: ProjectRef, limit: int) -> RunQuery:
        return RunQuery(where, active_since=self.since, order="-heartbeat_at", limit=limit)

    async def _missed(self, live: "asyncio.Future[RunPage]", found: Found) -> list[Run]:
        """Live runs that have been silent for longer than the look reaches back."""
        known = {run.ref for run in found.runs}
        try:
            page = await self.in_time(live)
        except AnalysisError:
            return []  # the runs that beat are there; only dead ones could have been added
        return [run for run in page.runs if run.ref not in known]

    async def _lately_found(self, where: ProjectRef) -> Found:
        query = self._lately(where, MOST_RUNS)
        page = asyncio.ensure_future(self.source.runs(query, curve_keys=self.keys, samples=SAMPLES))
        apart: asyncio.Future[Found] | None = None
        try:
            await asyncio.wait({page}, timeout=min(_PATIENCE_S, 0.5 * self.left))
            if not page.done():
                apart = asyncio.ensure_future(self._apart(query))
                waiting: set[asyncio.Future[RunPage] | asyncio.Future[Found]] = {page, apart}
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if page.done():
                error = page.exception()
                if error is None or isinstance(error, AccessError | NotFound):
                    return _found(page.result())
            return await (apart or self._apart(query))
        finally:
            for asked in (page, apart):
                if asked is not None:
                    asked.cancel()

    async def _apart(self, query: RunQuery) -> Found:
        page = await self.in_time(self.source.runs(query))
        return replace(_found(page), curves=await self._curves(page.runs))

    async def _curves(self, runs: Sequence[Run]) -> dict[RunRef, History]:
        """Curves of runs in parts that do not wait for each other; late ones are named as late."""
        parts = [runs[i : i + _PART] for i in range(0, len(runs), _PART)]
        found: dict[RunRef, History] = {
            run.ref: History({}, (_LATE,)) for run in runs if run.rows != 0
        }

        async def one(part: Sequence[Run]) -> None:
            alone = len(part) == 1
            patience = self.left if alone else min(_PART_S, 0.5 * self.left)
            wanted = [(run, metrics.select_keys(run, self.overrides), None) for run in part]
            try:
                async with asyncio.timeout(patience):
                    found.update(await self.source.curves(wanted, SAMPLES))
            except TimeoutError:
                if not alone:
                    await asyncio.gather(*(one([run]) for run in part))
            except AnalysisError as error:
                reason = History({}, (Missing("history", error.sentence),))
                found.update((run.ref, reason) for run in part)

        await asyncio.gather(*(one(part) for part in parts))
        return found

    async def _with_own_names(self, found: Found) -> Found:
        """Curves under names of a run's own, for runs without a loss under a usual one."""
        odd = [
            run
            for run in found.runs
            if run.keys
            and (got := found.curves.get(run.ref)) is not None
            and not got.missing
            and not metrics.losses(list(got))
            and set(metrics.select_keys(run, self.overrides)) - set(got)
        ]
        if not odd or self.left <= 0:
            return found
        return replace(found, curves={**found.curves, **await self._curves(odd)})

    async def in_time(self, call: "asyncio.Future[T] | Coroutine[Any, Any, T]") -> T:
        """An answer, within the time that is left.

        Raises:
            TimedOut: when it did not come.
        """
        try:
            async with asyncio.timeout(self.left):
                return await call
        except TimeoutError:
            raise TimedOut("W&B did not answer in time.") from None


def _live(where: ProjectRef, limit: int) -> RunQuery:
    """Live runs, the longest silent first: those that no time window shows."""
    return RunQuery(where, states=LIVE, order="+heartbeat_at", limit=limit)


def _found(page: RunPage) -> Found:
    return Found(page.runs, page.curves, len(page.runs) >= MOST_RUNS)
