"""Watching put together: the background work of a process, and what commands reach of it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from analysis.sources.base import RunSource
from bot.background.jobs.deliver import Patience
from bot.background.outbox import Outbox
from bot.background.painter import PaintPace
from bot.background.queues import Pace
from bot.background.schedules import SweepPace
from bot.background.service import Background, Paces
from bot.background.service import Work as Jobs
from bot.settings import Settings
from bot.storage import Database
from bot.watching.looks import Briefer, Looks, Waiter
from bot.watching.previews import Previews
from bot.watching.stored import (
    StoredBoards,
    StoredHistory,
    StoredReminders,
    StoredRules,
    StoredSchedules,
    StoredSilences,
    StoredSubscriptions,
)
from bot.watching.work import Work
from handlers.ports import Clock, Sender
from handlers.problems import SlackProblem, Unreachable
from handlers.slack_errors import guarded
from handlers.watching.ports import Membership, Watching
from handlers.watching.render import render

if TYPE_CHECKING:
    from slack_sdk.web.async_client import AsyncWebClient


def paces(settings: Settings) -> Paces:
    """All speeds, as the settings say."""
    return Paces(
        engine=Pace(replica_timeout=settings.engine.replica_timeout),
        sweep=SweepPace(tick_s=settings.watch.tick_s),
        delivery=Patience(late_after_s=settings.watch.late_after_s),
        paint=PaintPace(per_minute=float(settings.watch.updates_per_minute)),
    )


def looks_of(settings: Settings, source: RunSource, clock: Clock) -> Looks:
    """Looks for people and for briefings."""
    return Looks(
        source,
        clock,
        deadline_s=settings.describe.deadline_s,
        thresholds=settings.thresholds,
        overrides=settings.metrics,
    )


def background(
    settings: Settings,
    *,
    database: Database,
    source: RunSource,
    sender: Sender,
    looks: Looks,
    clock: Clock,
) -> Background:
    """The background work of one process; not started yet."""
    tick = Work(
        source,
        database,
        sender,
        thresholds=settings.thresholds,
        overrides=settings.metrics,
        cooling=timedelta(minutes=settings.watch.cooldown_min),
    )
    jobs = Jobs(tick, Briefer(database, looks), Waiter(source, settings.thresholds))
    return Background(
        database=database,
        sender=sender,
        render=render,
        work=jobs,
        clock=clock,
        paces=paces(settings),
    )


def watching(
    *,
    database: Database,
    outbox: Outbox,
    looks: Looks,
    member: Membership,
    clock: Clock,
    cooling: timedelta = timedelta(hours=1),
) -> Watching:
    """What commands reach: subscriptions, mutes, rules, schedules, reminders, looks."""
    now = clock.now
    return Watching(
        look=looks,
        subscriptions=StoredSubscriptions(database, outbox, now),
        silences=StoredSilences(database, now),
        rules=StoredRules(database, now),
        schedules=StoredSchedules(database, now),
        reminders=StoredReminders(database, now),
        history=StoredHistory(database),
        boards=StoredBoards(database, outbox, now),
        member=member,
        preview=Previews(looks.source, database, clock, looks.thresholds, looks.overrides, cooling),
    )


@dataclass(frozen=True, slots=True)
class SlackMembership:
    """``ports.Membership``: Slack is asked, since nobody else knows for sure."""

    web: "AsyncWebClient"

    async def __call__(self, channel: str) -> bool | None:
        """Whether the app is in a conversation."""
        try:
            answer = await guarded(self.web.conversations_info(channel=channel))
        except Unreachable:
            return False
        except SlackProblem:
            return None  # the post itself will tell
        told: dict[str, Any] = answer.get("channel") or {}
        if told.get("is_im") or told.get("is_mpim"):
            return True
        member = told.get("is_member")
        return member if isinstance(member, bool) else None
