"""Messages that live long and are edited in place: boards, runs, groups, alerts.

A card holds the newest content that should be shown (``payload``, ``version``) and what is shown
(``shown``). Content may change as often as it likes: only the newest is ever sent.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.rows import insert_once, to
from bot.storage.tables import cards

KEY = ("channel", "kind", "subject")


@dataclass(frozen=True, slots=True)
class CardKey:
    """Which card: one a channel, kind and subject (a run's path, an alert's key, …)."""

    channel: str
    kind: str
    subject: str


@dataclass(frozen=True, slots=True)
class Card:
    """A long-lived message.

    Attributes:
        parent_id: the card in whose thread it stands.
        ts: the message to edit; none until it is posted.
        thread_ts: where replies go (the message itself, or what took its place).
        generation: how often it was posted anew because somebody deleted it, from 1.
    """

    id: int
    watch_id: int | None
    channel: str
    kind: str
    subject: str
    parent_id: int | None
    payload: Mapping[str, Any]
    version: int
    shown: int
    shown_digest: str | None
    dirty: bool
    ts: str | None
    thread_ts: str | None
    post_to: str | None
    generation: int
    changed_at: datetime
    not_before: datetime
    created_at: datetime

    @property
    def root(self) -> str | None:
        """The ``thread_ts`` for replies under it."""
        return self.thread_ts or self.ts


def digest(payload: Any) -> str:
    """A fingerprint of content: equal content, equal digest."""
    plain = json.dumps(payload, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(plain.encode()).hexdigest()


async def put(
    connection: AsyncConnection,
    key: CardKey,
    payload: Mapping[str, Any],
    *,
    now: datetime,
    watch_id: int | None = None,
    parent_id: int | None = None,
) -> tuple[Card, bool]:
    """Sets what a card should show; whether the card is new (and must be posted)."""
    fresh = await insert_once(
        connection,
        cards,
        {
            "channel": key.channel,
            "kind": key.kind,
            "subject": key.subject,
            "watch_id": watch_id,
            "parent_id": parent_id,
            "payload": dict(payload),
            "version": 1,
            "shown": 0,
            "dirty": False,
            "changed_at": now,
            "not_before": now,
            "created_at": now,
        },
        key=KEY,
    )
    card = await find(connection, key)
    if card is None:
        raise LookupError(f"the card {key} was not stored")
    if not fresh and digest(card.payload) != digest(payload):
        rows = await connection.execute(
            update(cards)
            .where(cards.c.id == card.id)
            .values(
                payload=dict(payload),
                version=cards.c.version + 1,
                dirty=True,
                # The oldest unseen change decides whose turn it is.
                changed_at=case((cards.c.dirty, cards.c.changed_at), else_=now),
            )
            .returning(cards)
        )
        card = to(Card, rows.one())
    return card, fresh


async def get(connection: AsyncConnection, card_id: int) -> Card | None:
    """By number."""
    row = (await connection.execute(select(cards).where(cards.c.id == card_id))).first()
    return to(Card, row) if row else None


async def find(connection: AsyncConnection, key: CardKey) -> Card | None:
    """By channel, kind and subject."""
    query = select(cards).where(
        cards.c.channel == key.channel, cards.c.kind == key.kind, cards.c.subject == key.subject
    )
    row = (await connection.execute(query)).first()
    return to(Card, row) if row else None


async def at(connection: AsyncConnection, channel: str, ts: str) -> Card | None:
    """The card that a message shows, for a button on it."""
    query = select(cards).where(cards.c.channel == channel, cards.c.ts == ts)
    row = (await connection.execute(query)).first()
    return to(Card, row) if row else None


async def of_watch(connection: AsyncConnection, watch_id: int, kind: str) -> tuple[Card, ...]:
    """A watch's cards of one kind."""
    query = select(cards).where(cards.c.watch_id == watch_id, cards.c.kind == kind)
    return tuple(to(Card, row) for row in await connection.execute(query.order_by(cards.c.id)))


async def posted(
    connection: AsyncConnection,
    card_id: int,
    *,
    ts: str,
    thread_ts: str | None,
    channel: str,
    version: int,
) -> None:
    """Notes where a card stands since it was posted, and which version it shows.

    Args:
        connection: of a write transaction.
        card_id: which.
        ts: of the message.
        thread_ts: of the thread that it stands in.
        channel: where it really is (the direct message behind a user's id).
        version: that was rendered.
    """
    await connection.execute(
        update(cards)
        .where(cards.c.id == card_id)
        .values(
            ts=ts,
            thread_ts=thread_ts,
            post_to=channel,
            shown=version,
            shown_digest=None,
            dirty=cards.c.version > version,
        )
    )


async def replies_go_to(connection: AsyncConnection, card_id: int, thread_ts: str) -> None:
    """A reply became a message of its own because the card was deleted: it heads the thread now."""
    await connection.execute(
        update(cards)
        .where(cards.c.id == card_id)
        .values(ts=None, thread_ts=thread_ts, dirty=False, generation=cards.c.generation + 1)
    )


async def deleted(connection: AsyncConnection, card_id: int, *, ts: str | None) -> Card | None:
    """A card's message is gone: it must be posted anew.

    Returns:
        The card with its new generation; ``None`` when somebody else has noticed it before.
    """
    rows = await connection.execute(
        update(cards)
        .where(cards.c.id == card_id, cards.c.ts.is_(None) if ts is None else cards.c.ts == ts)
        .values(ts=None, thread_ts=None, dirty=False, generation=cards.c.generation + 1)
        .returning(cards)
    )
    row = rows.first()
    return to(Card, row) if row else None


async def claim_dirty(
    connection: AsyncConnection, *, now: datetime, hold_until: datetime
) -> Card | None:
    """Takes the card whose change has waited longest, and holds it until ``hold_until``."""
    chosen = (
        select(cards.c.id)
        .where(cards.c.dirty.is_(True), cards.c.ts.is_not(None), cards.c.not_before <= now)
        .order_by(cards.c.changed_at, cards.c.id)
        .limit(1)
    )
    if connection.dialect.name == "postgresql":
        chosen = chosen.with_for_update(skip_locked=True)
    rows = await connection.execute(
        update(cards)
        .where(cards.c.id.in_(chosen.scalar_subquery()), cards.c.not_before <= now)
        .values(not_before=hold_until)
        .returning(cards)
    )
    row = rows.first()
    return to(Card, row) if row else None


async def shown(
    connection: AsyncConnection,
    card: Card,
    *,
    message_digest: str,
    now: datetime,
    not_before: datetime,
) -> None:
    """Notes that a version is shown; what changed in the meantime waits for its own turn."""
    await connection.execute(
        update(cards)
        .where(cards.c.id == card.id, cards.c.ts == card.ts)
        .values(
            shown=card.version,
            shown_digest=message_digest,
            dirty=cards.c.version > card.version,
            changed_at=now,
            not_before=not_before,
        )
    )


async def hold(
    connection: AsyncConnection, card_id: int, *, until: datetime, give_up: bool = False
) -> None:
    """Lets an update wait; or gives it up (the channel is gone) until the content changes."""
    values: dict[str, Any] = {"not_before": until}
    if give_up:
        values["dirty"] = False
    await connection.execute(update(cards).where(cards.c.id == card_id).values(**values))


async def wake(connection: AsyncConnection, channel: str, *, now: datetime) -> None:
    """Lets the edits of a channel that were given up be made after all."""
    await connection.execute(
        update(cards)
        .where(cards.c.channel == channel, cards.c.ts.is_not(None), cards.c.version > cards.c.shown)
        .values(dirty=True, not_before=now)
    )


async def oldest_dirty(connection: AsyncConnection) -> datetime | None:
    """Since when the update that waits longest has waited."""
    query = select(cards.c.changed_at).where(cards.c.dirty.is_(True), cards.c.ts.is_not(None))
    row = (await connection.execute(query.order_by(cards.c.changed_at).limit(1))).first()
    return row.changed_at if row else None


async def forget(connection: AsyncConnection, *, before: datetime) -> int:
    """Drops the cards that nothing has changed for long and no watch holds; how many."""
    done = await connection.execute(
        delete(cards).where(
            cards.c.watch_id.is_(None), cards.c.dirty.is_(False), cards.c.changed_at < before
        )
    )
    return done.rowcount
