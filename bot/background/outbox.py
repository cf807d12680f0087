"""Putting messages: the row, and the job that delivers it, in the caller's transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.background.notes import EVENT_TYPE
from bot.background.ports import Enqueue
from bot.storage import Card, CardKey, Database, Outgoing, cards, outbox
from bot.storage.outbox import Row
from handlers.problems import Unreachable

DELIVER = "deliver"


@dataclass(frozen=True, slots=True)
class Outbox:
    """Stores what must be said and sees to it that it is said."""

    engine: Enqueue

    async def put(
        self, connection: AsyncConnection, what: Outgoing, *, now: datetime
    ) -> Row | None:
        """Says ``what`` once the transaction is committed; ``None`` when that key is known."""
        row = await outbox.put(connection, what, now=now)
        if row:
            await self._job(connection, row, now=now)
        return row

    async def show(
        self,
        connection: AsyncConnection,
        key: CardKey,
        payload: Mapping[str, Any],
        *,
        now: datetime,
        watch_id: int | None = None,
        parent: Card | None = None,
    ) -> Card:
        """Sets what a card shows: posted when it is new, else edited when its turn comes."""
        card, fresh = await cards.put(
            connection,
            key,
            payload,
            now=now,
            watch_id=watch_id,
            parent_id=parent.id if parent else None,
        )
        if fresh:
            await self.post_card(connection, card, now=now)
        return card

    async def post_card(
        self, connection: AsyncConnection, card: Card, *, now: datetime
    ) -> Row | None:
        """Posts a card that does not stand in Slack (yet, or any more)."""
        what = Outgoing(
            key=f"card:{card.id}:{card.generation}",
            channel=card.channel,
            kind=card.kind,
            payload={},
            card_id=card.id,
            parent_id=card.parent_id,
            thread_ts=card.thread_ts,
        )
        return await self.put(connection, what, now=now)

    async def revive(
        self, connection: AsyncConnection, channel: str, *, since: datetime, now: datetime
    ) -> int:
        """Says after all what could not be said while a channel was closed; how many messages."""
        rows = await outbox.revive(
            connection, channel, errors=Unreachable.codes, since=since, now=now
        )
        for row in rows:
            await self._job(connection, row, now=now)
        await cards.wake(connection, channel, now=now)
        return len(rows)

    async def sweep(self, database: Database, *, now: datetime, quiet_s: float) -> int:
        """New jobs for rows that no job has touched for ``quiet_s`` and that have none."""
        async with database.read() as connection:
            rows = await outbox.untouched(
                connection, now=now, quiet_since=now - timedelta(seconds=quiet_s)
            )
        live = await self.engine.live([job_key(row) for row in rows])
        begun = 0
        async with database.begin() as connection:
            for row in rows:
                if job_key(row) in live:
                    await outbox.touch(connection, row.id, at=now)
                elif fresh := await outbox.new_ticket(connection, row, now=now):
                    await self._job(connection, fresh, now=now)
                    begun += 1
        return begun

    async def confirm(
        self,
        connection: AsyncConnection,
        *,
        channel: str,
        ts: str,
        thread_ts: str | None,
        metadata: Mapping[str, Any],
        now: datetime,
    ) -> bool:
        """Takes the app's own message event as the proof that a message stands.

        Args:
            connection: of a write transaction.
            channel: where it stands.
            ts: of the message.
            thread_ts: its thread.
            metadata: the event's ``message.metadata``.
            now: the present.

        Returns:
            Whether that settled a delivery.
        """
        if metadata.get("event_type") != EVENT_TYPE:
            return False
        key = (metadata.get("event_payload") or {}).get("key")
        row = await outbox.by_key(connection, key) if isinstance(key, str) else None
        if row is None or row.state != "sending":
            return False
        return await settle(
            connection, row, channel_id=channel, ts=ts, thread_ts=thread_ts, version=None, now=now
        )

    async def _job(self, connection: AsyncConnection, row: Row, *, now: datetime) -> None:
        await self.engine.enqueue(
            connection,
            DELIVER,
            job_key(row),
            {"row": row.id},
            delay=max(0.0, (row.not_before - now).total_seconds()),
            partition=row.channel,
        )


def job_key(row: Row) -> str:
    """The name of the job that delivers a row now."""
    return f"alert:{row.id}:{row.tickets}"


async def settle(
    connection: AsyncConnection,
    row: Row,
    *,
    channel_id: str,
    ts: str,
    thread_ts: str | None,
    version: int | None,
    now: datetime,
) -> bool:
    """Notes that a row's message stands, and of a card, where.

    ``version`` is what the message shows of the card; ``None`` when that is not known, so that
    the card is edited once more.
    """
    if not await outbox.sent(connection, row.id, channel_id=channel_id, ts=ts, now=now):
        return False
    if row.card_id is not None:
        await cards.posted(
            connection,
            row.card_id,
            ts=ts,
            thread_ts=thread_ts,
            channel=channel_id,
            version=version or 0,
        )
    return True
