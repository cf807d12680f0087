"""Mutes and snoozes."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.storage import Database, mutes
from bot.storage.mutes import Mute
from bot.watching.stored.places import Now
from handlers.watching.ports import Scope, Silence


@dataclass(frozen=True, slots=True)
class StoredSilences:
    """``ports.Silences``."""

    database: Database
    now: Now

    async def in_channel(self, channel: str) -> Sequence[Silence]:
        """Those in force."""
        async with self.database.read() as connection:
            rows = await mutes.in_channel(connection, channel, now=self.now())
        return [
            Silence(one.channel, one.scope, one.subject, one.creator, one.until) for one in rows
        ]

    async def put(self, silence: Silence) -> None:
        """Mutes, or changes the end of a mute."""
        mute = Mute(
            channel=silence.channel,
            scope=silence.scope,
            subject=silence.subject,
            creator=silence.creator,
            created_at=self.now(),
            until=silence.until,
        )
        async with self.database.begin() as connection:
            await mutes.put(connection, mute)

    async def lift(self, channel: str, scope: Scope, subject: str) -> bool:
        """Ends one."""
        async with self.database.begin() as connection:
            return await mutes.remove(connection, channel, scope, subject)
