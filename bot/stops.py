"""Who was told to stop, across replicas: the click may reach another process than the work."""

import asyncio
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import select

from bot.storage import Database, once
from bot.storage.tables import events_seen
from handlers.ports import Clock
from handlers.stopping import LocalStops

_EVERY_S: Final = 1.0
_FIRST_S: Final = 2.0  # before that nobody has seen a button


@dataclass(frozen=True, slots=True)
class StoredStops:
    """``handlers.stopping.Stops`` for several processes on one database.

    A file of SQLite has one process only: there nothing is asked again and again.
    """

    database: Database
    clock: Clock
    _here: LocalStops = field(default_factory=LocalStops)

    async def stop(self, key: str) -> None:
        """Wakes who waits in this process, and leaves word for the others."""
        await self._here.stop(key)
        if self.database.address.sqlite:
            return
        word = f"{_prefix(key)}{secrets.token_hex(4)}"
        async with self.database.begin() as connection:
            await once.first_time(connection, word, now=self.clock.now())

    async def wait(self, key: str) -> None:
        """Returns once somebody says stop, here or in another process."""
        if self.database.address.sqlite:
            await self._here.wait(key)
            return
        here = asyncio.ensure_future(self._here.wait(key))
        elsewhere = asyncio.ensure_future(self._elsewhere(key, self.clock.now()))
        try:
            await asyncio.wait({here, elsewhere}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            here.cancel()
            elsewhere.cancel()
            await asyncio.gather(here, elsewhere, return_exceptions=True)

    async def _elsewhere(self, key: str, since: datetime) -> None:
        await self.clock.sleep(_FIRST_S)
        query = select(events_seen.c.event_id).where(
            events_seen.c.event_id.startswith(_prefix(key), autoescape=True),
            events_seen.c.at >= since,
        )
        while True:
            async with self.database.read() as connection:
                if (await connection.execute(query.limit(1))).first() is not None:
                    return
            await self.clock.sleep(_EVERY_S)


def _prefix(key: str) -> str:
    return f"stop:{key}:"
