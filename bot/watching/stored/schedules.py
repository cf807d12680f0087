"""Briefings at their times."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.errors import BadRequest
from analysis.refs import ProjectRef
from bot.background.schedules import next_time
from bot.storage import Database
from bot.storage import schedules as schedule_rows
from bot.storage.schedules import Schedule
from bot.watching.stored.places import Now
from handlers.watching.ports import Briefed

BRIEFING = "briefing"


@dataclass(frozen=True, slots=True)
class StoredSchedules:
    """``ports.Schedules``: briefings."""

    database: Database
    now: Now

    async def in_channel(self, channel: str) -> Sequence[Briefed]:
        """A channel's briefings."""
        async with self.database.read() as connection:
            rows = await schedule_rows.in_channel(connection, channel, BRIEFING)
        return [_briefed_of(row) for row in rows]

    async def add(
        self, channel: str, *, cron: str, zone: str, where: ProjectRef | None, creator: str
    ) -> Briefed:
        """Stores one."""
        now = self.now()
        first = next_time(cron, zone, now)
        if first is None:
            raise BadRequest("That time never comes.", "Write for example 9:00 weekdays.")
        async with self.database.begin() as connection:
            made = await schedule_rows.add(
                connection,
                channel=channel,
                kind=BRIEFING,
                cron=cron,
                tz=zone,
                args={"entity": where.entity, "project": where.project} if where else {},
                creator=creator,
                next_at=first,
                now=now,
            )
        return _briefed_of(made)

    async def remove(self, schedule_id: int) -> bool:
        """Ends one."""
        async with self.database.begin() as connection:
            return await schedule_rows.remove(connection, schedule_id, now=self.now())

    async def restore(self, schedule_id: int) -> None:
        """Takes ``remove`` back: it comes at its next time."""
        async with self.database.begin() as connection:
            row = await schedule_rows.get(connection, schedule_id)
            following = next_time(row.cron, row.tz, self.now()) if row else None
            if following is not None:
                await schedule_rows.restore(connection, schedule_id, next_at=following)


def briefing_place(args: Mapping[str, Any]) -> ProjectRef | None:
    """The place of a stored briefing; none for what its channel watches."""
    entity = args.get("entity")
    return ProjectRef(str(entity), args.get("project") or None) if entity else None


def _briefed_of(row: Schedule) -> Briefed:
    return Briefed(
        row.id, row.channel, row.cron, row.tz, briefing_place(row.args), row.creator, row.next_at
    )
