"""What people asked to be reminded of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.storage import Database
from bot.storage import reminders as reminder_rows
from bot.watching.stored.places import (
    Now,
)
from handlers.watching.ports import Reminded

TIMED = "\u23f0"
"""Begins the note of a reminder about a run that comes at a time, not at the run's end."""


@dataclass(frozen=True, slots=True)
class StoredReminders:
    """``ports.Reminders``."""

    database: Database
    now: Now

    async def of_person(self, user: str) -> Sequence[Reminded]:
        """What a person waits for."""
        async with self.database.read() as connection:
            return [_reminded_of(row) for row in await reminder_rows.of_person(connection, user)]

    async def add(
        self, user: str, *, note: str, run: str | None = None, at: datetime | None = None
    ) -> Reminded:
        """Stores one; it comes as a direct message."""
        timed = f"{TIMED}{note}" if run and at else note
        async with self.database.begin() as connection:
            made = await reminder_rows.add(
                connection,
                slack_user=user,
                channel=user,
                note=timed,
                now=self.now(),
                run=run,
                at=at,
            )
        return _reminded_of(made)

    async def remove(self, user: str, reminder_id: int) -> bool:
        """Takes back one's own."""
        async with self.database.begin() as connection:
            return await reminder_rows.remove(
                connection, reminder_id, slack_user=user, now=self.now()
            )

    async def restore(self, reminder_id: int) -> None:
        """Undoes ``remove``."""
        async with self.database.begin() as connection:
            await reminder_rows.restore(connection, reminder_id)


def _reminded_of(row: reminder_rows.Reminder) -> Reminded:
    timed = row.note.startswith(TIMED)
    waits = row.run is not None and not timed
    return Reminded(row.id, row.run, row.note.removeprefix(TIMED), row.next_at, waits)
