"""One look at a project, for all the watches that want to know.

The look may run twice (a process dies, another starts again); what it found is stored once: the
transaction that stores it also gives the watches free, and only the tick that holds them may.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from analysis.errors import AnalysisError, RateLimited
from bot.background.outbox import Outbox
from bot.background.ports import Batch, Found, TickWork
from bot.storage import Card, CardKey, Database, Target, alerts, cards, seen, watches
from bot.storage.seen import Memory, RunState
from handlers.ports import Clock

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TickPace:
    """Seconds between looks while W&B does not answer: doubling from the first to the last.

    ``longest_wait_s`` is what W&B may ask for at most (429).
    """

    first_retry_s: float = 30.0
    last_retry_s: float = 300.0
    longest_wait_s: float = 3600.0


@dataclass(frozen=True, slots=True)
class Stored:
    """Reads what was stored of a batch's target (``ports.Seen``)."""

    database: Database
    target: Target
    watch_ids: tuple[int, ...]

    async def open_runs(self) -> Mapping[str, int | None]:
        """Runs that have not ended, and their last step."""
        async with self.database.read() as connection:
            return await seen.open_runs(connection, self.target)

    async def memories(self, runs: Sequence[str]) -> Mapping[str, Memory]:
        """The compacted histories of some runs."""
        async with self.database.read() as connection:
            return await seen.recall(connection, self.target, runs)

    async def states(self, runs: Sequence[str] | None) -> Mapping[tuple[int, str], RunState]:
        """What each watch made of runs."""
        async with self.database.read() as connection:
            return await seen.states(connection, self.watch_ids, runs)


@dataclass(frozen=True, slots=True)
class Tick:
    """Looks, and stores what was found."""

    database: Database
    outbox: Outbox
    work: TickWork
    clock: Clock
    pace: TickPace = TickPace()

    async def run(self, args: Mapping[str, Any]) -> None:
        """The job; ``args`` is ``{"entity", "project", "watches", "token"}``."""
        token: str = args["token"]
        target = Target(args["entity"], args["project"])
        now = self.clock.now()
        async with self.database.read() as connection:
            held = await watches.of_tick(connection, args["watches"], token=token)
            state = await seen.target(connection, target)
        if not held:
            return
        ids = tuple(watch.id for watch in held)
        batch = Batch(target, held, state, Stored(self.database, target, ids), now)
        try:
            found = await self.work.look(batch)
        except AnalysisError as error:
            await self._unreachable(batch, token, error)
            return
        except Exception:  # noqa: BLE001 -- one project's trouble must not stop its next look
            _LOG.exception("the look at %s failed", target.path)
            await self._unreachable(batch, token, None)
            return
        healthy = replace(found.state, unreachable_since=None, failures=0, looked_at=now)
        await self._store(batch, token, replace(found, state=healthy))

    async def _unreachable(self, batch: Batch, token: str, error: AnalysisError | None) -> None:
        since = batch.state.unreachable_since or batch.now
        failures = batch.state.failures + 1
        state = replace(batch.state, unreachable_since=since, failures=failures)
        pause = min(self.pace.first_retry_s * 2 ** min(failures - 1, 10), self.pace.last_retry_s)
        if isinstance(error, RateLimited):
            pause = max(pause, min(error.retry_after_s or 0.0, self.pace.longest_wait_s))
        found = await self.work.unreachable(replace(batch, state=state), since, error)
        await self._store(batch, token, replace(found, state=state, next_in_s=pause))

    async def _store(self, batch: Batch, token: str, found: Found) -> None:
        now = batch.now
        next_at = None if found.next_in_s is None else now + timedelta(seconds=found.next_in_s)
        async with self.database.begin() as connection:
            held = await watches.end_tick(
                connection, [watch.id for watch in batch.watches], token=token, next_at=next_at
            )
            if held:
                await self._effects(connection, batch.target, found, held, now)

    async def _effects(
        self,
        connection: AsyncConnection,
        target: Target,
        found: Found,
        held: frozenset[int],
        now: datetime,
    ) -> None:
        await seen.put_target(connection, target, found.state)
        await seen.remember(connection, target, found.memories)
        await seen.put_states(connection, (s for s in found.states if s.watch_id in held))
        shown: dict[CardKey, Card] = {}
        for change in found.cards:
            if change.watch_id is None or change.watch_id in held:
                shown[change.key] = await self.outbox.show(
                    connection,
                    change.key,
                    change.payload,
                    now=now,
                    watch_id=change.watch_id,
                    parent=await _card(connection, shown, change.thread_of),
                )
        for post in found.posts:
            if post.watch_id in held:
                parent = await _card(connection, shown, post.thread_of)
                what = replace(post.what, parent_id=parent.id) if parent else post.what
                await self.outbox.put(connection, what, now=now)
        for note in found.alerts:
            if note.watch_id in held:
                card = await _card(connection, shown, note.card)
                await alerts.record(
                    connection,
                    key=note.key,
                    watch_id=note.watch_id,
                    run=note.run,
                    kind=note.kind,
                    code=note.code,
                    severity=note.severity,
                    fate=note.fate,
                    payload=note.payload,
                    at=now,
                    card_id=card.id if card else None,
                )
        for key in found.resolved:
            await alerts.resolve(connection, key, at=now)


async def _card(
    connection: AsyncConnection, shown: dict[CardKey, Card], key: CardKey | None
) -> Card | None:
    if key is None:
        return None
    if key not in shown:
        stored = await cards.find(connection, key)
        if stored is None:
            return None
        shown[key] = stored
    return shown[key]
