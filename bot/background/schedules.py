"""The sweep: what is due becomes jobs, claimed and enqueued in one transaction.

A chore of each process: whoever comes first claims. Times that people set are cron lines in a time
zone; a time that does not exist on the night the clocks go forward fires at the change, one that
exists twice fires once.
"""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.ext.asyncio import AsyncConnection

from analysis.errors import BadRequest
from bot.background.outbox import Outbox
from bot.background.ports import Enqueue
from bot.storage import Database, reminders, schedules, watches
from handlers.ports import Clock

TICK = "tick"
REMIND = "remind"
BRIEFING = "briefing"


class BadSchedule(BadRequest):
    """A cron line or a time zone that cannot be read."""

    default_next_step = "Write for example `9:00 Europe/Berlin weekdays`."


def next_time(cron: str, zone: str, after: datetime) -> datetime | None:
    """The next time of a five-field cron line in a zone, in UTC; ``None`` when there is none.

    Raises:
        BadSchedule: the line or the zone cannot be read.
    """
    from cronsim import CronSim, CronSimError

    try:
        there = after.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError):
        raise BadSchedule(f"There is no time zone “{zone}”.") from None
    try:
        return next(CronSim(cron, there)).astimezone(UTC)
    except CronSimError:
        raise BadSchedule(f"“{cron}” is not a schedule.") from None
    except StopIteration:
        return None


@dataclass(frozen=True, slots=True)
class SweepPace:
    """Periods of the sweep.

    Attributes:
        tick_s: seconds between two looks at a project.
        lease_s: after which a look that has not ended is given up.
        batch: watches in one job.
        reminder_s: seconds between two looks at a run that somebody waits for.
        quiet_s: after which an outbox row that no job has touched gets a new one.
    """

    tick_s: float = 30.0
    lease_s: float = 300.0
    batch: int = 50
    reminder_s: float = 60.0
    quiet_s: float = 180.0


@dataclass(frozen=True, slots=True)
class Sweep:
    """Claims what is due."""

    database: Database
    engine: Enqueue
    outbox: Outbox
    clock: Clock
    pace: SweepPace = SweepPace()

    async def run(self) -> int:
        """One sweep over everything; how many jobs were begun."""
        now = self.clock.now()
        async with self.database.begin() as connection:
            begun = await self.ticks(connection, now)
            begun += await self.briefings(connection, now)
            begun += await self.reminders(connection, now)
        return begun + await self.outbox.sweep(self.database, now=now, quiet_s=self.pace.quiet_s)

    async def ticks(self, connection: AsyncConnection, now: datetime) -> int:
        """A job for up to ``batch`` due watches of one target."""
        token = uuid.uuid4().hex
        due = await watches.claim_due(
            connection,
            now=now,
            every_s=self.pace.tick_s,
            lease_s=self.pace.lease_s,
            token=token,
        )
        begun = 0
        for target, ids in due.items():
            for at in range(0, len(ids), self.pace.batch):
                part = ids[at : at + self.pace.batch]
                await self.engine.enqueue(
                    connection,
                    TICK,
                    f"ticks:{target.path}:{part[0]}:{token}",
                    {
                        "entity": target.entity,
                        "project": target.project,
                        "watches": part,
                        "token": token,
                    },
                )
                begun += 1
        return begun

    async def briefings(self, connection: AsyncConnection, now: datetime) -> int:
        """A job for each schedule that is due; times missed while nothing ran are one."""
        begun = 0
        for schedule in await schedules.due(connection, now=now):
            following = next_time(schedule.cron, schedule.tz, max(now, schedule.next_at))
            if not await schedules.move_on(connection, schedule, next_at=following, now=now):
                continue
            at = schedule.next_at.isoformat()
            await self.engine.enqueue(
                connection,
                BRIEFING,
                f"briefing:{schedule.id}:{at}",
                {"schedule": schedule.id, "at": at},
            )
            begun += 1
        return begun

    async def reminders(self, connection: AsyncConnection, now: datetime) -> int:
        """A job for each reminder whose time has come, or whose run must be looked at."""
        due = await reminders.claim_due(connection, now=now, again_s=self.pace.reminder_s)
        for reminder in due:
            await self.engine.enqueue(
                connection,
                REMIND,
                f"reminder:{reminder.id}:{int(now.timestamp())}",
                {"reminder": reminder.id},
            )
        return len(due)
