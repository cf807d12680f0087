"""What must be said in Slack: the intent, stored in the transaction of the change it tells of.

A row goes ``new → sending → sent``. ``sending`` is committed before the post, ``sent`` (with the
message's ``ts``) after it; so a row that is found in ``sending`` was cut off, and Slack is asked
whether the message stands. ``failed`` means that Slack will never take it; ``coalesced`` that
another row's message tells it too. Each step names the state it comes from (and the attempt): of
two that try, one does it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.rows import chunks, insert_once, to
from bot.storage.tables import outbox

State = Literal["new", "sending", "sent", "failed", "coalesced"]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message that must be posted.

    Attributes:
        key: names the message for ever; the same key is never posted twice.
        channel: a channel, or a person's id for a direct message.
        kind: tells the renderer what ``payload`` is.
        payload: what is to be told (of a card: nothing, the card holds it).
        thread_ts: the thread, where it is known.
        parent_id: the card in whose thread it belongs.
        card_id: the card that this post shows for the first time.
        merge: rows of one channel and thread with the same word here may become one message.
        not_before: hold it until then (quiet hours).
    """

    key: str
    channel: str
    kind: str
    payload: Mapping[str, Any]
    thread_ts: str | None = None
    parent_id: int | None = None
    card_id: int | None = None
    merge: str | None = None
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the outbox; see ``Outgoing`` for the intent.

    Attributes:
        into_id: the row whose message tells this one too.
        channel_id: where the message stands (of a direct message: its conversation).
        ts: the message.
        attempts: posts that were begun.
        lookups: look-ups that Slack did not answer, since the last attempt.
        tickets: jobs that were enqueued for it.
        again: it may have been posted before; Slack could not say.
        plain: Slack refused its blocks, so only the text is sent.
        due_at: when it should be said (later than ``created_at`` where it is held on purpose).
        not_before: when to try next.
        touched_at: when a job last had it in its hands.
    """

    id: int
    key: str
    channel: str
    thread_ts: str | None
    parent_id: int | None
    card_id: int | None
    kind: str
    payload: Mapping[str, Any]
    merge: str | None
    state: State
    into_id: int | None
    channel_id: str | None
    ts: str | None
    attempts: int
    lookups: int
    tickets: int
    again: bool
    plain: bool
    error: str | None
    created_at: datetime
    due_at: datetime
    not_before: datetime
    sending_at: datetime | None
    touched_at: datetime
    done_at: datetime | None


async def put(connection: AsyncConnection, what: Outgoing, *, now: datetime) -> Row | None:
    """Stores the intent; ``None`` when its key was there already (it is being told)."""
    waits = max(what.not_before or now, now)
    fresh = await insert_once(
        connection,
        outbox,
        {
            "key": what.key,
            "channel": what.channel,
            "thread_ts": what.thread_ts,
            "parent_id": what.parent_id,
            "card_id": what.card_id,
            "kind": what.kind,
            "payload": dict(what.payload),
            "merge": what.merge,
            "state": "new",
            "created_at": now,
            "due_at": waits,
            "not_before": waits,
            "touched_at": waits,
        },
        key=("key",),
    )
    return await by_key(connection, what.key) if fresh else None


async def get(connection: AsyncConnection, row_id: int) -> Row | None:
    """By number."""
    return _one(await connection.execute(select(outbox).where(outbox.c.id == row_id)))


async def by_key(connection: AsyncConnection, key: str) -> Row | None:
    """By key."""
    return _one(await connection.execute(select(outbox).where(outbox.c.key == key)))


async def of_card(connection: AsyncConnection, card_id: int) -> Row | None:
    """The newest post of a card."""
    query = select(outbox).where(outbox.c.card_id == card_id).order_by(outbox.c.id.desc())
    return _one(await connection.execute(query.limit(1)))


async def mergeable(
    connection: AsyncConnection, row: Row, *, now: datetime, limit: int
) -> tuple[Row, ...]:
    """Other waiting rows that the same message could tell, oldest first."""
    if row.merge is None:
        return ()
    query = (
        select(outbox)
        .where(
            outbox.c.state == "new",
            outbox.c.channel == row.channel,
            outbox.c.merge == row.merge,
            outbox.c.id != row.id,
            outbox.c.not_before <= now,
            outbox.c.parent_id.is_not_distinct_from(row.parent_id),
            outbox.c.thread_ts.is_not_distinct_from(row.thread_ts),
            outbox.c.card_id.is_(None),
        )
        .order_by(outbox.c.id)
        .limit(limit)
    )
    return tuple(to(Row, found) for found in await connection.execute(query))


class Changed(Exception):
    """Another job was faster; the transaction must be rolled back."""


async def begin_sending(
    connection: AsyncConnection, row: Row, *, now: datetime, merged: Sequence[Row] = ()
) -> None:
    """Takes the row for one post, and ``merged`` into it.

    Raises:
        Changed: any of the rows is no longer as it was read.
    """
    taken = await connection.execute(
        update(outbox)
        .where(
            outbox.c.id == row.id,
            outbox.c.state == row.state,
            outbox.c.attempts == row.attempts,
            outbox.c.lookups == row.lookups,
        )
        .values(
            state="sending",
            attempts=outbox.c.attempts + 1,
            lookups=0,
            sending_at=now,
            touched_at=now,
            again=row.again,
        )
    )
    if taken.rowcount != 1:
        raise Changed
    fresh = [other.id for other in merged if other.state == "new"]
    if not fresh:
        return
    also = await connection.execute(
        update(outbox)
        .where(outbox.c.id.in_(fresh), outbox.c.state == "new")
        .values(state="coalesced", into_id=row.id, done_at=now, touched_at=now)
    )
    if also.rowcount != len(fresh):
        raise Changed


async def merged_into(connection: AsyncConnection, row_id: int) -> tuple[Row, ...]:
    """The rows that this row's message tells too, oldest first."""
    query = select(outbox).where(outbox.c.into_id == row_id).order_by(outbox.c.id)
    return tuple(to(Row, found) for found in await connection.execute(query))


async def sent(
    connection: AsyncConnection, row_id: int, *, channel_id: str, ts: str, now: datetime
) -> bool:
    """The message stands; ``False`` when that was known before."""
    done = await connection.execute(
        update(outbox)
        .where(outbox.c.id == row_id, outbox.c.state == "sending")
        .values(state="sent", channel_id=channel_id, ts=ts, done_at=now, touched_at=now, error=None)
    )
    return done.rowcount == 1


async def back_to_new(
    connection: AsyncConnection,
    row: Row,
    *,
    now: datetime,
    not_before: datetime,
    error: str,
    **also: Any,
) -> None:
    """Nothing was posted: try again at ``not_before``.

    Args:
        connection: of a write transaction.
        row: as it was when it was taken.
        now: the present.
        not_before: when to try again.
        error: Slack's word for why.
        also: other columns to change (``plain``, ``thread_ts``, ``parent_id``).
    """
    await connection.execute(
        update(outbox)
        .where(outbox.c.id == row.id, outbox.c.state == "sending")
        .values(state="new", not_before=not_before, touched_at=now, error=error, **also)
    )


async def cannot_tell(connection: AsyncConnection, row: Row, *, now: datetime, error: str) -> None:
    """A look-up got no answer."""
    await connection.execute(
        update(outbox)
        .where(
            outbox.c.id == row.id,
            outbox.c.state == "sending",
            outbox.c.attempts == row.attempts,
        )
        .values(lookups=row.lookups + 1, touched_at=now, error=error)
    )


async def failed(connection: AsyncConnection, row_id: int, *, error: str, now: datetime) -> None:
    """Slack will never take it."""
    await connection.execute(
        update(outbox)
        .where(outbox.c.id == row_id, outbox.c.state.in_(("new", "sending")))
        .values(state="failed", error=error, done_at=now, touched_at=now)
    )


async def revive(
    connection: AsyncConnection,
    channel: str,
    *,
    errors: Collection[str],
    since: datetime,
    now: datetime,
) -> tuple[Row, ...]:
    """Makes posts of a channel that Slack had refused new again, each with a new number for a job.

    Args:
        connection: of a write transaction.
        channel: that can be posted to again.
        errors: Slack's words for why it could not.
        since: older ones stay as they are.
        now: the present.
    """
    rows = await connection.execute(
        update(outbox)
        .where(
            outbox.c.channel == channel,
            outbox.c.state == "failed",
            outbox.c.error.in_(errors),
            outbox.c.done_at >= since,
        )
        .values(
            state="new",
            attempts=0,
            tickets=outbox.c.tickets + 1,
            not_before=now,
            touched_at=now,
            done_at=None,
        )
        .returning(outbox)
    )
    return tuple(sorted((to(Row, row) for row in rows), key=lambda row: row.id))


async def touch(connection: AsyncConnection, row_id: int, *, at: datetime) -> None:
    """A job has the row in its hands (or, with a time long past, has given it up)."""
    await connection.execute(update(outbox).where(outbox.c.id == row_id).values(touched_at=at))


async def untouched(
    connection: AsyncConnection, *, now: datetime, quiet_since: datetime, limit: int = 200
) -> tuple[Row, ...]:
    """Rows that should be on their way but that no job has touched for long, oldest first."""
    query = (
        select(outbox)
        .where(
            outbox.c.state.in_(("new", "sending")),
            outbox.c.touched_at < quiet_since,
            outbox.c.not_before <= now,
        )
        .order_by(outbox.c.id)
        .limit(limit)
    )
    return tuple(to(Row, row) for row in await connection.execute(query))


async def new_ticket(connection: AsyncConnection, row: Row, *, now: datetime) -> Row | None:
    """A new number for a new job, since the old job's name is used up; one caller gets it."""
    rows = await connection.execute(
        update(outbox)
        .where(
            outbox.c.id == row.id,
            outbox.c.tickets == row.tickets,
            outbox.c.state.in_(("new", "sending")),
        )
        .values(tickets=row.tickets + 1, touched_at=now)
        .returning(outbox)
    )
    return _one(rows)


async def conversation_of(connection: AsyncConnection, person: str) -> str | None:
    """The direct messages with a person, as learned from an earlier post."""
    query = (
        select(outbox.c.channel_id)
        .where(outbox.c.channel == person, outbox.c.channel_id.is_not(None))
        .order_by(outbox.c.id.desc())
        .limit(1)
    )
    row = (await connection.execute(query)).first()
    return row.channel_id if row else None


async def waiting(connection: AsyncConnection, *, now: datetime, channel: str | None = None) -> int:
    """How many rows are due and unsent."""
    query = select(func.count()).where(
        outbox.c.state.in_(("new", "sending")), outbox.c.not_before <= now
    )
    if channel is not None:
        query = query.where(or_(outbox.c.channel == channel, outbox.c.channel_id == channel))
    return int((await connection.execute(query)).scalar_one())


async def oldest_waiting(connection: AsyncConnection, *, now: datetime) -> datetime | None:
    """When the due row that has waited longest became due."""
    query = select(func.min(outbox.c.not_before)).where(
        outbox.c.state.in_(("new", "sending")), outbox.c.not_before <= now
    )
    when: datetime | None = (await connection.execute(query)).scalar_one()
    return when


async def counts(connection: AsyncConnection) -> Mapping[str, int]:
    """Rows by state."""
    query = select(outbox.c.state, func.count()).group_by(outbox.c.state)
    return {row.state: row[1] for row in await connection.execute(query)}


async def last_in_channel(
    connection: AsyncConnection, channel: str, kind: str, *, subject_prefix: str
) -> datetime | None:
    """When a message of a kind, whose key begins so, was last put for a channel (cooling)."""
    query = select(func.max(outbox.c.created_at)).where(
        outbox.c.channel == channel,
        outbox.c.kind == kind,
        outbox.c.key.startswith(subject_prefix, autoescape=True),
    )
    when: datetime | None = (await connection.execute(query)).scalar_one()
    return when


async def forget(connection: AsyncConnection, *, before: datetime, limit: int = 5_000) -> int:
    """Drops rows that were settled before then; how many."""
    old = (
        select(outbox.c.id)
        .where(outbox.c.done_at < before, outbox.c.state.in_(("sent", "failed", "coalesced")))
        .limit(limit)
    )
    ids = [row.id for row in await connection.execute(old)]
    for part in chunks(ids):
        await connection.execute(delete(outbox).where(outbox.c.id.in_(part)))
    return len(ids)


def _one(rows: Any) -> Row | None:
    row = rows.first()
    return to(Row, row) if row else None
