"""What channels watch, and how they want to be told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from analysis import filters as conditions
from analysis.errors import BadRequest
from analysis.refs import ProjectRef
from bot.background.outbox import Outbox
from bot.storage import Database, Watch, cards, people
from bot.storage import watches as watch_rows
from bot.watching.stored.places import (
    MANNERS,
    ONLY_RULES,
    Now,
    board_key,
    stored_filter,
    target_of,
    watched_of,
)
from handlers.watching.manners import Manners
from handlers.watching.ports import Watched

_MOST_HERE = 50
_TOLD_AFTER = timedelta(hours=24)
"""How old a message may be that a channel hears once it is open again."""


@dataclass(frozen=True, slots=True)
class StoredSubscriptions:
    """``ports.Subscriptions``."""

    database: Database
    outbox: Outbox
    now: Now

    async def in_channel(self, channel: str) -> Sequence[Watched]:
        """What a channel watches."""
        async with self.database.read() as connection:
            return [watched_of(one) for one in await watch_rows.in_channel(connection, channel)]

    async def of_creator(self, user: str) -> Sequence[Watched]:
        """What a person lets channels watch."""
        async with self.database.read() as connection:
            return [watched_of(one) for one in await watch_rows.by_creator(connection, user)]

    async def find(self, channel: str, where: ProjectRef) -> Watched | None:
        """A channel's watch of a place."""
        async with self.database.read() as connection:
            found = await watch_rows.find(connection, channel=channel, target=target_of(where))
        return watched_of(found) if found else None

    async def add(
        self, channel: str, where: ProjectRef, *, creator: str, filters: str | None = None
    ) -> Watched:
        """Starts watching; a board of an earlier time is left where it stands."""
        target, now = target_of(where), self.now()
        async with self.database.begin() as connection:
            here = await watch_rows.in_channel(connection, channel)
            before = await watch_rows.find(connection, channel=channel, target=target, removed=True)
            if len(here) >= _MOST_HERE and (before is None or before.removed_at is not None):
                raise BadRequest(
                    f"This channel watches {_MOST_HERE} places already.",
                    "Stop one of them first: /wandb watches.",
                )
            me = await self._me(connection, creator)
            watch = await watch_rows.add(
                connection,
                channel=channel,
                target=target,
                creator=creator,
                now=now,
                filters=None if filters is None else stored_filter(filters, me),
                settings=(await self._manners(connection, channel)).stored(),
            )
            if before is not None and before.removed_at is not None:
                await self._new_board(connection, watch, now)
        return watched_of(watch)

    async def remove(self, watch_id: int) -> bool:
        """Stops watching; the board says so."""
        now = self.now()
        async with self.database.begin() as connection:
            watch = await watch_rows.get(connection, watch_id)
            if watch is None or not await watch_rows.remove(connection, watch_id, now=now):
                return False
            await self._board_says(connection, watch, stopped=True)
        return True

    async def restore(self, watch_id: int) -> bool:
        """Takes ``remove`` back."""
        now = self.now()
        async with self.database.begin() as connection:
            done = await watch_rows.restore(connection, watch_id, now=now)
            watch = await watch_rows.get(connection, watch_id)
            if done and watch is not None:
                await self._board_says(connection, watch, stopped=False)
        return done

    async def resume(self, channel: str) -> int:
        """Lets paused watches go on, and tells what could not be told since yesterday."""
        now = self.now()
        async with self.database.begin() as connection:
            count = await watch_rows.resume_channel(connection, channel, now=now)
            if count:
                await self.outbox.revive(connection, channel, since=now - _TOLD_AFTER, now=now)
        return count

    async def manners(self, channel: str) -> Manners:
        """How a channel wants to be told."""
        async with self.database.read() as connection:
            return await self._manners(connection, channel)

    async def behave(self, channel: str, manners: Manners) -> None:
        """Sets that, for what is watched there and what will be."""
        stored, now = manners.stored(), self.now()
        async with self.database.begin() as connection:
            await people.prefer(connection, "channel", channel, MANNERS, stored, now=now)
            for watch in await watch_rows.in_channel(connection, channel):
                kept = {key: watch.settings[key] for key in (ONLY_RULES,) if key in watch.settings}
                await watch_rows.change(connection, watch.id, settings={**stored, **kept})

    async def check_filters(self, text: str) -> None:
        """Raises where a filter cannot be read."""
        conditions.parse(text)

    async def filter(self, watch_id: int, text: str) -> None:
        """Changes a watch's filters; “me” stays who it was."""
        async with self.database.begin() as connection:
            watch = await watch_rows.get(connection, watch_id)
            if watch is not None:
                me = await self._me(connection, watch.creator)
                filters = stored_filter(text, watch.filters.get("me") or me)
                await watch_rows.change(connection, watch_id, filters=filters)

    async def _manners(self, connection: AsyncConnection, channel: str) -> Manners:
        stored = await people.preference(connection, "channel", channel, MANNERS)
        return Manners.read(stored or {})

    async def _me(self, connection: AsyncConnection, slack_user: str) -> str | None:
        account = await people.account(connection, slack_user)
        return account.wandb_user if account else None

    async def _board_says(
        self, connection: AsyncConnection, watch: Watch, *, stopped: bool
    ) -> None:
        key = board_key(watch.channel, watch.id)
        card = await cards.find(connection, key)
        if card is not None:
            payload = {**card.payload, "stopped": stopped}
            await self.outbox.show(connection, key, payload, now=self.now(), watch_id=watch.id)

    async def _new_board(self, connection: AsyncConnection, watch: Watch, now: datetime) -> None:
        """The board of a watch that lives again is posted anew, where people see it."""
        card = await cards.find(connection, board_key(watch.channel, watch.id))
        if card is None or card.ts is None:
            return
        gone = await cards.deleted(connection, card.id, ts=card.ts)
        if gone is not None:
            payload = {**gone.payload, "stopped": False}
            card, _ = await cards.put(
                connection, board_key(watch.channel, watch.id), payload, now=now, watch_id=watch.id
            )
            await self.outbox.post_card(connection, replace(card), now=now)


@dataclass(frozen=True, slots=True)
class StoredBoards:
    """``ports.Boards``."""

    database: Database
    outbox: Outbox
    now: Now

    async def show(self, watched: Watched, payload: Mapping[str, Any]) -> None:
        """Sets what a board shows; it is posted where it is new."""
        async with self.database.begin() as connection:
            key = board_key(watched.channel, watched.id)
            await self.outbox.show(connection, key, payload, now=self.now(), watch_id=watched.id)
