"""Runs by name and by question, kept for some seconds: ``handlers.conversation.ports``."""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from analysis.errors import AnalysisError
from analysis.flight import Flights
from analysis.refs import ProjectRef, RunRef
from analysis.run import Run, Viewer
from analysis.sources.base import RunPage, RunQuery
from analysis.sources.wandb import WandbSource
from handlers.ports import Clock

FRESH: Final = timedelta(seconds=20)
FRESH_ENTITY: Final = timedelta(minutes=3)  # whose projects take a request each
STALE: Final = timedelta(minutes=10)
"""How long the names of runs are good enough to read a sentence with, while newer ones come."""
_PAGE: Final = 50
_PLACES: Final = 500
_SEEN: Final = 2_000


@dataclass(frozen=True, slots=True)
class _Kept:
    runs: tuple[Run, ...]
    at: datetime


@dataclass(slots=True)
class Directory:
    """Looks runs up at W&B; bounded in memory.

    Attributes:
        source: Where the runs are.
        clock: Says what is fresh.
    """

    source: WandbSource
    clock: Clock
    _recent: OrderedDict[ProjectRef, _Kept] = field(default_factory=OrderedDict)
    _seen: OrderedDict[RunRef, Run] = field(default_factory=OrderedDict)
    _flights: Flights[ProjectRef, tuple[Run, ...]] = field(default_factory=Flights)
    _refreshing: dict[ProjectRef, "asyncio.Task[None]"] = field(default_factory=dict)
    _home: str | None = None
    _asking: "asyncio.Task[Viewer] | None" = None

    async def home(self) -> str | None:
        """The entity of the bot's own key."""
        if self._home is None:
            # Asked to the end even where nobody waits so long: the next sentence finds it.
            if self._asking is None or self._asking.done():
                self._asking = asyncio.create_task(self.source.viewer(), name="whose key it is")
            self._home = (await asyncio.shield(self._asking)).entity
        return self._home

    async def recent(self, within: ProjectRef) -> tuple[Run, ...]:
        """The newest runs of a place; those of some minutes ago while newer ones are fetched."""
        kept = self._recent.get(within)
        age = None if kept is None else self.clock.now() - kept.at
        if kept is not None and age is not None and age < STALE:
            if age >= (FRESH if within.project else FRESH_ENTITY):
                self._refresh(within)
            return kept.runs
        # Fetched to the end even where nobody waits so long: the next sentence finds it.
        self._refresh(within)
        return await self._flights.once(within, lambda: self._fetch(within))

    async def named(self, within: ProjectRef, name: str) -> tuple[Run, ...]:
        """Runs whose id or display name is, or begins with, ``name``."""
        begins = {"$regex": f"^{re.escape(name)}"}
        filters = {
            "$or": [
                {"name": name},
                {"display_name": name},
                {"display_name": begins},
                {"name": begins},
            ]
        }
        return (await self.page(RunQuery(within, filters=filters, limit=_PAGE))).runs

    async def page(self, query: RunQuery) -> RunPage:
        """The runs that a query means."""
        found = await self.source.runs(query)
        self._note(found.runs)
        return found

    async def run(self, ref: RunRef) -> Run:
        """One run's facts."""
        found = await self.source.run(ref)
        self._note((found,))
        return found

    def seen(self, entity: str) -> Sequence[Run]:
        """Runs that were met lately, the latest first."""
        return [run for ref, run in reversed(self._seen.items()) if ref.entity == entity]

    async def close(self) -> None:
        """Gives up what is still being fetched."""
        tasks: list[asyncio.Task[Any]] = list(self._refreshing.values())
        if self._asking is not None:
            tasks.append(self._asking)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _refresh(self, within: ProjectRef) -> None:
        if within in self._refreshing:
            return

        async def fetch() -> None:
            with suppress(AnalysisError):  # who waits for the answer is told by the same flight
                await self._flights.once(within, lambda: self._fetch(within))

        task = asyncio.create_task(fetch(), name=f"names of {within}")
        self._refreshing[within] = task
        task.add_done_callback(lambda _: self._refreshing.pop(within, None))

    async def _fetch(self, within: ProjectRef) -> tuple[Run, ...]:
        runs = (await self.page(RunQuery(within, limit=_PAGE))).runs
        self._recent[within] = _Kept(runs, self.clock.now())
        self._recent.move_to_end(within)
        if len(self._recent) > _PLACES:
            self._recent.popitem(last=False)
        return runs

    def _note(self, runs: Sequence[Run]) -> None:
        for run in reversed(runs):
            self._seen[run.ref] = run
            self._seen.move_to_end(run.ref)
        while len(self._seen) > _SEEN:
            self._seen.popitem(last=False)
