"""Asking W&B about a place: what changed, what ended before the first look, the records so far."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from analysis.alerts.base import Sight
from analysis.describe import report_of
from analysis.errors import AnalysisError
from analysis.flight import gather_bounded
from analysis.history import History
from analysis.looking.fetching import Asking
from analysis.metrics import Overrides
from analysis.records import records
from analysis.refs import ProjectRef
from analysis.reports import RunReport
from analysis.run import Run
from analysis.sources.base import RunSource
from analysis.thresholds import Thresholds
from analysis.watching.changes import Leaders
from analysis.watching.keeping import Kept, Stored
from analysis.watching.tick import Recall, Tick, judge, tick
from bot.background.ports import Batch
from bot.watching import boards
from bot.watching.carried import Carried

_SEED_S: Final = 20.0
_MOST_PLACES: Final = 20
_FORGOTTEN: Final = timedelta(hours=24)
"""How long without a look, until what was the best of a project is asked anew."""


@dataclass(frozen=True, slots=True)
class Seeing:
    """What one look brought, before anybody's settings.

    Attributes:
        kept: runs that live, ended since, or are new.
        seeds: runs that ended before the first look, with their curves.
        ended: reports of runs that ended lately, by path, with their ends.
        gone: runs that are no longer there.
        known: runs that an earlier look saw: what is new of them is not that they started.
    """

    kept: tuple[Kept, ...]
    seeds: Mapping[str, tuple[Run, History]]
    ended: Mapping[str, RunReport]
    gone: tuple[str, ...]
    known: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Eyes:
    """Looks at places.

    Attributes:
        source: W&B.
        overrides: metric names of the operator's own.
    """

    source: RunSource
    overrides: Overrides = field(default_factory=dict)

    async def see(self, batch: Batch, where: ProjectRef, also: Iterable[str]) -> Seeing:
        """What changed since the last look; ``also`` are metrics of people's own rules."""
        since = batch.state.looked_at
        open_runs = await batch.seen.open_runs()
        looked: Tick = await tick(
            self.source,
            where,
            open_runs=open_runs,
            recall=_recall(batch),
            since=since,
            now=batch.now,
            overrides=self.overrides,
            also=also,
        )
        state = Carried.of(batch.state.state)
        known = boards.recent(state.ended, batch.now)
        memories = await batch.seen.memories([path for path, _ in known])
        ended = {
            path: report
            for path, memory in memories.items()
            if (report := boards.restored(memory.facts.get("report") or {})) is not None
        }
        seeds = {} if since is not None else await self._seeds(where, batch.now)
        seen_before = frozenset({*open_runs, *(path for path, _ in state.ended)})
        return Seeing(looked.kept, seeds, ended, looked.gone, seen_before)

    async def carried(self, batch: Batch, sights: Sequence[Sight], where: ProjectRef) -> Carried:
        """What earlier looks left; after none for long, also the records of the place's projects.

        Only the first look pays for them. Where W&B does not tell, the records begin with what is
        seen from now on.
        """
        state, since = Carried.of(batch.state.state), batch.state.looked_at
        if since is not None and batch.now - since < _FORGOTTEN:
            return state
        judged_by: dict[ProjectRef, list[str]] = {where: []} if where.project else {}
        for sight in sights:
            place = ProjectRef(sight.run.ref.entity, sight.run.ref.project)
            names = judged_by.setdefault(place, [])
            names += [each.metric for each in sight.report.eval[:1]]
        asked: list[Callable[[], Awaitable[Leaders]]] = [
            partial(self._records, place, names)
            for place, names in list(judged_by.items())[:_MOST_PLACES]
        ]
        leaders = dict(state.leaders)
        for found in await gather_bounded(asked, 4):
            leaders |= found
        return replace(state, leaders=leaders)

    async def _records(self, place: ProjectRef, judged_by: Sequence[str]) -> Leaders:
        try:
            async with asyncio.timeout(_SEED_S):
                return await records(self.source, place, judged_by)
        except (AnalysisError, TimeoutError):
            return {}

    async def _seeds(self, where: ProjectRef, now: datetime) -> dict[str, tuple[Run, History]]:
        """The runs that ended within the board's hours, at the first look at a place."""
        until = asyncio.get_running_loop().time() + _SEED_S
        since = now - timedelta(hours=boards.HOURS)
        found = await Asking(self.source, since, until, self.overrides).project(where)
        return {
            run.ref.path: (run, found.curves.get(run.ref, History()))
            for run in found.runs
            if run.state.ended and (run.ended_at or run.heartbeat_at or now) >= since
        }

    def judged(self, seeing: Seeing, limits: Thresholds, now: datetime) -> tuple[Sight, ...]:
        """The runs as one watch's thresholds judge them."""
        kept = [
            judge(each, now=now, thresholds=limits, overrides=self.overrides)
            for each in seeing.kept
        ]
        here = {sight.path for sight in kept}
        seeds = [
            Sight(
                run,
                report_of(run, history, now=now, thresholds=limits, overrides=self.overrides),
                history,
            )
            for path, (run, history) in seeing.seeds.items()
            if path not in here
        ]
        return (*kept, *seeds)


def _recall(batch: Batch) -> Recall:
    async def recall(paths: Sequence[str]) -> Mapping[str, Stored]:
        memories = await batch.seen.memories(paths)
        return {path: Stored(memory.facts, memory.history) for path, memory in memories.items()}

    return recall
