"""Reminders: at a time, or when a run ends."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.rows import to
from bot.storage.tables import reminders


@dataclass(frozen=True, slots=True)
class Reminder:
    """One reminder for one person.

    Attributes:
        channel: where it is posted (the person's id for a direct message).
        run: the run whose end it waits for; none for a reminder at a time.
        note: what the person said.
        next_at: the time; of a run's reminder, when to look next.
    """

    id: int
    slack_user: str
    channel: str
    run: str | None
    note: str
    created_at: datetime
    next_at: datetime
    failures: int
    done_at: datetime | None
    removed_at: datetime | None


async def add(
    connection: AsyncConnection,
    *,
    slack_user: str,
    channel: str,
    note: str,
    now: datetime,
    run: str | None = None,
    at: datetime | None = None,
) -> Reminder:
    """Stores a reminder: at a time, or (``run``) from now on until the run ends."""
    rows = await connection.execute(
        insert(reminders)
        .values(
            slack_user=slack_user,
            channel=channel,
            run=run,
            note=note,
            created_at=now,
            next_at=at or now,
        )
        .returning(reminders)
    )
    return to(Reminder, rows.one())


async def get(connection: AsyncConnection, reminder_id: int) -> Reminder | None:
    """By number."""
    query = select(reminders).where(reminders.c.id == reminder_id)
    row = (await connection.execute(query)).first()
    return to(Reminder, row) if row else None


async def of_person(connection: AsyncConnection, slack_user: str) -> tuple[Reminder, ...]:
    """What a person still waits for."""
    query = select(reminders).where(
        reminders.c.slack_user == slack_user,
        reminders.c.done_at.is_(None),
        reminders.c.removed_at.is_(None),
    )
    return tuple(
        to(Reminder, row) for row in await connection.execute(query.order_by(reminders.c.id))
    )


async def remove(
    connection: AsyncConnection, reminder_id: int, *, slack_user: str, now: datetime
) -> bool:
    """Takes back one's own reminder; whether there was one."""
    done = await connection.execute(
        update(reminders)
        .where(
            reminders.c.id == reminder_id,
            reminders.c.slack_user == slack_user,
            reminders.c.done_at.is_(None),
            reminders.c.removed_at.is_(None),
        )
        .values(removed_at=now)
    )
    return done.rowcount > 0


async def restore(connection: AsyncConnection, reminder_id: int) -> None:
    """Undoes ``remove``."""
    await connection.execute(
        update(reminders).where(reminders.c.id == reminder_id).values(removed_at=None)
    )


async def claim_due(
    connection: AsyncConnection, *, now: datetime, again_s: float
) -> tuple[Reminder, ...]:
    """Claims those that are due, and sets the next look in case this one is lost."""
    chosen = (
        select(reminders.c.id)
        .where(
            reminders.c.next_at <= now,
            reminders.c.done_at.is_(None),
            reminders.c.removed_at.is_(None),
        )
        .order_by(reminders.c.next_at)
        .limit(500)
    )
    if connection.dialect.name == "postgresql":
        chosen = chosen.with_for_update(skip_locked=True)
    rows = await connection.execute(
        update(reminders)
        .where(reminders.c.id.in_(chosen.scalar_subquery()))
        .values(next_at=now + timedelta(seconds=again_s))
        .returning(reminders)
    )
    return tuple(to(Reminder, row) for row in rows)


async def done(connection: AsyncConnection, reminder_id: int, *, now: datetime) -> bool:
    """Settles a reminder, in the transaction of its message; ``False`` when it was settled."""
    settled = await connection.execute(
        update(reminders)
        .where(
            reminders.c.id == reminder_id,
            reminders.c.done_at.is_(None),
            reminders.c.removed_at.is_(None),
        )
        .values(done_at=now)
    )
    return settled.rowcount == 1


async def look_again(
    connection: AsyncConnection, reminder_id: int, *, at: datetime, failed: bool
) -> None:
    """Sets when to look next."""
    values: dict[str, Any] = {"next_at": at}
    values["failures"] = reminders.c.failures + 1 if failed else 0
    await connection.execute(
        update(reminders).where(reminders.c.id == reminder_id).values(**values)
    )
