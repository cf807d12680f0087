"""Looks for people and on schedule, and what reminders wait for: W&B asked for somebody."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from analysis.describe import describe
from analysis.errors import AnalysisError
from analysis.flight import Flights
from analysis.look import Targets, look
from analysis.looking.report import Look
from analysis.metrics import Overrides
from analysis.refs import ProjectRef, RunRef
from analysis.reports import RunFacts
from analysis.run import Run, RunState
from analysis.sources.base import Effort, RunSource
from analysis.thresholds import DEFAULTS, Thresholds
from analysis.why import why
from bot.storage import Database, watches
from bot.storage.reminders import Reminder
from bot.storage.schedules import Schedule
from bot.watching.stored.places import where_of
from bot.watching.stored.reminders import TIMED
from bot.watching.stored.schedules import briefing_place
from handlers.ports import Clock
from handlers.views.look import Shown

KEPT: Final = timedelta(minutes=2)
"""How long turning a page shows the look that was turned; “Refresh” looks again."""
_MOST: Final = 64
_BRIEFED: Final = 6
_BRIEFING_S: Final = 30.0
_LOST_FOR: Final = timedelta(minutes=30)
"""How long a reminder waits for a run that W&B lost, before it says so."""
_Key = tuple[Targets, float]


@dataclass(slots=True)
class Looks:
    """``handlers.watching.ports.LookAt``; people who ask the same at once share the answer."""

    source: RunSource
    clock: Clock
    deadline_s: float = 10.0
    thresholds: Thresholds = DEFAULTS
    overrides: Overrides = field(default_factory=dict)
    _kept: "OrderedDict[_Key, tuple[Look, datetime]]" = field(default_factory=OrderedDict)
    _flights: "Flights[_Key, Look]" = field(default_factory=Flights)

    async def __call__(self, targets: Targets, *, hours: float, fresh: bool = False) -> Look:
        """Looks, or gives the look of a moment ago."""
        key = (targets, hours)
        known = self._kept.get(key)
        if known is not None and not fresh and self.clock.now() - known[1] < KEPT:
            return known[0]
        found = await self._flights.once(key, lambda: self.ask(targets, hours, self.deadline_s))
        self._kept[key] = (found, self.clock.now())
        self._kept.move_to_end(key)
        if len(self._kept) > _MOST:
            self._kept.popitem(last=False)
        return found

    async def ask(self, targets: Targets, hours: float, deadline_s: float) -> Look:
        """Looks, within so many seconds."""
        return await look(
            self.source,
            targets,
            now=self.clock.now(),
            hours=hours,
            effort=Effort(deadline_s=deadline_s),
            thresholds=self.thresholds,
            overrides=self.overrides,
        )


@dataclass(frozen=True, slots=True)
class Briefer:
    """``ports.BriefingWork``: the looks of a scheduled message."""

    database: Database
    looks: Looks

    async def compose(self, schedule: Schedule, now: datetime) -> Mapping[str, Any]:
        """The looks at the schedule's place, or at everything that its channel watches."""
        place = briefing_place(schedule.args)
        places = [place] if place is not None else await self._watched(schedule.channel)
        told: list[dict[str, Any]] = []
        failed: AnalysisError | None = None
        for where in places[:_BRIEFED]:
            shown = Shown.of(where)
            try:
                found = await self.looks.ask(Targets(where), shown.hours, _BRIEFING_S)
            except AnalysisError as error:
                failed = error
                continue
            told.append({"shown": shown.value, "look": _bounded(found).model_dump(mode="json")})
        if failed is not None and not told:
            raise failed
        return {"looks": told}

    async def _watched(self, channel: str) -> list[ProjectRef]:
        async with self.database.read() as connection:
            here = await watches.in_channel(connection, channel)
        return [where_of(watch.target) for watch in here]


def _bounded(found: Look) -> Look:
    """What a briefing shows; the summary still counts everything."""
    return found.model_copy(
        update={
            "running": found.running[:60],
            "failed": found.failed[:60],
            "finished": found.finished[:60],
            "stopped": found.stopped[:60],
        }
    )


@dataclass(frozen=True, slots=True)
class Waiter:
    """``ports.ReminderWork``: whether what somebody waits for has happened."""

    source: RunSource
    thresholds: Thresholds = DEFAULTS

    async def check(self, reminder: Reminder, now: datetime) -> Mapping[str, Any] | None:
        """The run's end, in facts and one sentence; a time that has come, at once."""
        if reminder.run is None:
            return {}
        run = await self.source.run(RunRef(*reminder.run.split("/")))
        timed = reminder.note.startswith(TIMED)
        if not timed and not _over(run, now):
            return None
        told: dict[str, Any] = {"facts": RunFacts.of(run).model_dump(mode="json")}
        try:
            report = await describe(
                self.source, run, now=now, thresholds=self.thresholds, effort=Effort(deadline_s=8.0)
            )
            told["headline"] = report.headline
            if run.state is RunState.FAILED:
                found = await why(self.source, run, now=now, effort=Effort(deadline_s=8.0))
                told["cause"] = found.report.sentence
        except AnalysisError:
            pass  # that it ended is what was asked for; the rest is told where it comes
        return told


def _over(run: Run, now: datetime) -> bool:
    """Whether it has ended; a run that W&B lost gets half an hour to come back."""
    if run.state is not RunState.CRASHED:
        return run.state.ended
    beat = run.heartbeat_at or run.ended_at
    return beat is None or now - beat > _LOST_FOR
