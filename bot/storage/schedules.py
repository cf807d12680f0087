"""What is posted at set times: briefings, by cron in a time zone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.rows import to
from bot.storage.tables import schedules


@dataclass(frozen=True, slots=True)
class Schedule:
    """One schedule of one channel.

    Attributes:
        kind: which job it starts.
        cron: five fields, as cron writes them.
        tz: the zone that the fields are read in.
        next_at: when it is due next.
    """

    id: int
    channel: str
    kind: str
    cron: str
    tz: str
    args: Mapping[str, Any]
    creator: str
    created_at: datetime
    removed_at: datetime | None
    next_at: datetime


async def add(
    connection: AsyncConnection,
    *,
    channel: str,
    kind: str,
    cron: str,
    tz: str,
    args: Mapping[str, Any],
    creator: str,
    next_at: datetime,
    now: datetime,
) -> Schedule:
    """Stores a schedule (``bot.background.schedules.next_time`` computes ``next_at``)."""
    rows = await connection.execute(
        insert(schedules)
        .values(
            channel=channel,
            kind=kind,
            cron=cron,
            tz=tz,
            args=dict(args),
            creator=creator,
            created_at=now,
            next_at=next_at,
        )
        .returning(schedules)
    )
    return to(Schedule, rows.one())


async def get(connection: AsyncConnection, schedule_id: int) -> Schedule | None:
    """By number, removed ones too."""
    query = select(schedules).where(schedules.c.id == schedule_id)
    row = (await connection.execute(query)).first()
    return to(Schedule, row) if row else None


async def in_channel(
    connection: AsyncConnection, channel: str, kind: str | None = None
) -> tuple[Schedule, ...]:
    """A channel's schedules."""
    query = select(schedules).where(
        schedules.c.channel == channel, schedules.c.removed_at.is_(None)
    )
    if kind:
        query = query.where(schedules.c.kind == kind)
    return tuple(
        to(Schedule, row) for row in await connection.execute(query.order_by(schedules.c.id))
    )


async def remove(connection: AsyncConnection, schedule_id: int, *, now: datetime) -> bool:
    """Ends a schedule; whether it was on."""
    done = await connection.execute(
        update(schedules)
        .where(schedules.c.id == schedule_id, schedules.c.removed_at.is_(None))
        .values(removed_at=now)
    )
    return done.rowcount > 0


async def restore(connection: AsyncConnection, schedule_id: int, *, next_at: datetime) -> None:
    """Undoes ``remove``."""
    await connection.execute(
        update(schedules)
        .where(schedules.c.id == schedule_id)
        .values(removed_at=None, next_at=next_at)
    )


async def due(connection: AsyncConnection, *, now: datetime) -> tuple[Schedule, ...]:
    """Those that are due, locked until the transaction ends where the database can."""
    query = (
        select(schedules)
        .where(schedules.c.next_at <= now, schedules.c.removed_at.is_(None))
        .order_by(schedules.c.next_at)
        .limit(500)
    )
    if connection.dialect.name == "postgresql":
        query = query.with_for_update(skip_locked=True)
    return tuple(to(Schedule, row) for row in await connection.execute(query))


async def move_on(
    connection: AsyncConnection, schedule: Schedule, *, next_at: datetime | None, now: datetime
) -> bool:
    """Sets the next time; ``False`` when another replica was faster. None ends the schedule."""
    values: dict[str, Any] = {"next_at": next_at} if next_at else {"removed_at": now}
    done = await connection.execute(
        update(schedules)
        .where(schedules.c.id == schedule.id, schedules.c.next_at == schedule.next_at)
        .values(**values)
    )
    return done.rowcount == 1
