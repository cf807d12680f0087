"""What is dropped, and when: a chore, once an hour in each process, harmless when repeated."""

from dataclasses import dataclass
from datetime import timedelta

from bot.storage import Database, alerts, cards, mutes, once, outbox, seen, threads
from handlers.ports import Clock


@dataclass(frozen=True, slots=True)
class Keep:
    """How long what is kept after nobody has touched it."""

    messages: timedelta = timedelta(days=30)
    histories: timedelta = timedelta(days=2)
    alerts: timedelta = timedelta(days=90)
    threads: timedelta = timedelta(days=90)
    events: timedelta = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Retention:
    """Drops what has outlived its use."""

    database: Database
    clock: Clock
    keep: Keep = Keep()

    async def run(self) -> None:
        """One round, each table in a transaction of its own."""
        now = self.clock.now()
        async with self.database.begin() as connection:
            await outbox.forget(connection, before=now - self.keep.messages)
        async with self.database.begin() as connection:
            await seen.forget_ended(connection, before=now - self.keep.histories)
        async with self.database.begin() as connection:
            await alerts.forget(connection, before=now - self.keep.alerts)
            await cards.forget(connection, before=now - self.keep.alerts)
        async with self.database.begin() as connection:
            await threads.forget(connection, before=now - self.keep.threads)
            await once.forget(connection, before=now - self.keep.events)
            await mutes.forget(connection, before=now - self.keep.events)
