"""The processes that share the work: signs of life, and who takes over from the dead."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.rows import to, upsert
from bot.storage.tables import replicas


@dataclass(frozen=True, slots=True)
class Replica:
    """One process, by an id that is new at each start."""

    id: str
    started: datetime
    seen: datetime
    reaped: datetime


async def beat(connection: AsyncConnection, replica: str, *, now: datetime) -> None:
    """A sign of life."""
    values = {"id": replica, "started": now, "seen": now, "reaped": now}
    await upsert(connection, replicas, values, keep=("started", "reaped"))


async def every(connection: AsyncConnection) -> tuple[Replica, ...]:
    """All that are known, dead ones too until they are dropped."""
    return tuple(to(Replica, row) for row in await connection.execute(select(replicas)))


async def claim_dead(
    connection: AsyncConnection, *, own: str, seen_before: datetime, now: datetime
) -> tuple[str, ...]:
    """Claims the dead whose work nobody has looked through lately; one replica gets each."""
    rows = await connection.execute(
        update(replicas)
        .where(
            replicas.c.id != own,
            replicas.c.seen < seen_before,
            replicas.c.reaped < seen_before,
        )
        .values(reaped=now)
        .returning(replicas.c.id)
    )
    return tuple(row.id for row in rows)


async def leave(connection: AsyncConnection, replica: str, *, seen: datetime) -> None:
    """Dates a replica's last sign of life back, so that what it left is taken over at once."""
    await connection.execute(
        update(replicas).where(replicas.c.id == replica).values(seen=seen, reaped=seen)
    )


async def forget(connection: AsyncConnection, *, seen_before: datetime) -> None:
    """Drops the long dead."""
    await connection.execute(delete(replicas).where(replicas.c.seen < seen_before))
