"""What a channel does not want to hear: mutes, and snoozes (mutes with an end)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import delete, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.rows import to, upsert
from bot.storage.tables import mutes

Scope = Literal["run", "kind", "code", "channel"]


@dataclass(frozen=True, slots=True)
class Mute:
    """One silence: of a run, an alert kind, a finding's code, or of everything.

    Attributes:
        subject: the run's path, the kind, the code; empty for the whole channel.
        until: its end; none for “until unmuted”.
    """

    channel: str
    scope: Scope
    subject: str
    creator: str
    created_at: datetime
    until: datetime | None
    id: int = 0


async def put(connection: AsyncConnection, mute: Mute) -> None:
    """Mutes, or changes the end of a mute."""
    values = {
        "channel": mute.channel,
        "scope": mute.scope,
        "subject": mute.subject,
        "creator": mute.creator,
        "created_at": mute.created_at,
        "until": mute.until,
    }
    await upsert(connection, mutes, values, key=("channel", "scope", "subject"))


async def in_channel(
    connection: AsyncConnection, channel: str, *, now: datetime
) -> tuple[Mute, ...]:
    """What is muted there now."""
    query = select(mutes).where(
        mutes.c.channel == channel, or_(mutes.c.until.is_(None), mutes.c.until > now)
    )
    return tuple(to(Mute, row) for row in await connection.execute(query.order_by(mutes.c.id)))


async def remove(connection: AsyncConnection, channel: str, scope: Scope, subject: str) -> bool:
    """Ends a mute or a snooze; whether there was one."""
    done = await connection.execute(
        delete(mutes).where(
            mutes.c.channel == channel, mutes.c.scope == scope, mutes.c.subject == subject
        )
    )
    return done.rowcount > 0


async def clear(connection: AsyncConnection, channel: str) -> int:
    """Ends all of them; how many."""
    done = await connection.execute(delete(mutes).where(mutes.c.channel == channel))
    return done.rowcount


async def forget(connection: AsyncConnection, *, before: datetime) -> int:
    """Drops those that ended long ago."""
    done = await connection.execute(delete(mutes).where(mutes.c.until < before))
    return done.rowcount
