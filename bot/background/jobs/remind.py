"""A reminder: its time has come, or the run that somebody waits for has ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from analysis.errors import AccessError, AnalysisError, NotFound
from bot.background.outbox import Outbox
from bot.background.ports import ReminderWork
from bot.storage import Database, Outgoing, reminders
from bot.storage.reminders import Reminder
from handlers.ports import Clock

KIND = "reminder"
_FIRST_RETRY_S = 60.0
_LAST_RETRY_S = 1_800.0
_GIVE_UP = 200


@dataclass(frozen=True, slots=True)
class Remind:
    """Checks a reminder, and settles it in the transaction of its message."""

    database: Database
    outbox: Outbox
    work: ReminderWork
    clock: Clock

    async def run(self, args: Mapping[str, Any]) -> None:
        """The job; ``args`` is ``{"reminder"}``."""
        async with self.database.read() as connection:
            reminder = await reminders.get(connection, int(args["reminder"]))
        if reminder is None or reminder.done_at is not None or reminder.removed_at is not None:
            return
        now = self.clock.now()
        try:
            payload = await self.work.check(reminder, now)
        except AnalysisError as error:
            if not _hopeless(reminder, error):
                await self._later(reminder)
                return
            payload = {"problem": error.sentence, "next_step": error.next_step}
        if payload is None:
            return  # the sweep has set the next look
        what = Outgoing(
            key=f"reminder:{reminder.id}",
            channel=reminder.channel,
            kind=KIND,
            payload={**payload, "note": reminder.note, "slack_user": reminder.slack_user},
        )
        async with self.database.begin() as connection:
            if await reminders.done(connection, reminder.id, now=now):
                await self.outbox.put(connection, what, now=now)

    async def _later(self, reminder: Reminder) -> None:
        pause = min(_FIRST_RETRY_S * 2 ** min(reminder.failures, 10), _LAST_RETRY_S)
        at = self.clock.now() + timedelta(seconds=pause)
        async with self.database.begin() as connection:
            await reminders.look_again(connection, reminder.id, at=at, failed=True)


def _hopeless(reminder: Reminder, error: AnalysisError) -> bool:
    """Whether waiting longer is of no use: the person should hear so."""
    gone = isinstance(error, NotFound | AccessError) and reminder.failures >= 2
    return gone or reminder.failures >= _GIVE_UP
