"""A scheduled message: composed when its time has come, put once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from analysis.errors import AnalysisError
from bot.background.outbox import Outbox
from bot.background.ports import BriefingWork
from bot.storage import Database, Outgoing, schedules
from handlers.ports import Clock


@dataclass(frozen=True, slots=True)
class Briefing:
    """Composes and puts a schedule's message."""

    database: Database
    outbox: Outbox
    work: BriefingWork
    clock: Clock

    async def run(self, args: Mapping[str, Any]) -> None:
        """The job; ``args`` is ``{"schedule", "at"}``."""
        async with self.database.read() as connection:
            schedule = await schedules.get(connection, int(args["schedule"]))
        if schedule is None or schedule.removed_at is not None:
            return
        now = self.clock.now()
        try:
            payload = await self.work.compose(schedule, now)
        except AnalysisError as error:
            # A briefing that cannot be made says why, rather than not coming at all.
            payload = {"problem": error.sentence, "next_step": error.next_step}
        due = datetime.fromisoformat(args["at"])
        what = Outgoing(
            key=f"briefing:{schedule.id}:{args['at']}",
            channel=schedule.channel,
            kind=schedule.kind,
            payload={**payload, "due": due.isoformat()},
        )
        async with self.database.begin() as connection:
            await self.outbox.put(connection, what, now=now)
