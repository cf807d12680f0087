"""How many messages a watch would have made: the core replays, the real policy decides.

What is told of each replayed look goes through ``telling.tell``, as at a real tick, with cards
that are only remembered here; so the count is of what would really have been posted.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from analysis import filters as conditions
from analysis.alerts.base import Alert
from analysis.errors import AnalysisError
from analysis.metrics import Overrides
from analysis.preview import Replaying, Told, preview
from analysis.records import records
from analysis.refs import ProjectRef
from analysis.run import Run
from analysis.sources.base import RunSource
from analysis.thresholds import DEFAULTS, Thresholds
from analysis.watching.changes import Leaders
from bot.storage import Database, mutes, rules
from bot.watching.judged import Listener
from bot.watching.limits import limits_of
from bot.watching.rules import OwnRules
from bot.watching.telling import tell
from bot.watching.wanted import Wanted
from handlers.ports import Clock
from handlers.watching.manners import Manners

DAYS = 7.0
_RECORDS_S = 5.0


@dataclass(slots=True)
class Audience:
    """A channel that only counts: ``analysis.preview.Admit`` by the real policy.

    Attributes:
        listener: how the channel wants to be told.
        filter: the watch's, asked of each run, and of each alert for its severity.
        own: people's own rules in the channel.
        channel: messages in the channel itself: cards, fresh lines, bundles, digests.
        thread: replies.
    """

    listener: Listener
    filter: Wanted = field(default_factory=Wanted)
    own: OwnRules = field(default_factory=OwnRules)
    channel: int = 0
    thread: int = 0
    _runs: dict[str, Run] = field(default_factory=dict)
    _cards: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _digests: set[datetime] = field(default_factory=set)

    def wanted(self, run: Run) -> bool:
        """Whether the watch is about a run."""
        self._runs[run.ref.path] = run
        return self.filter.run(run)

    def hears(self, alerts: Sequence[Alert], now: datetime) -> Told:
        """Counts what one look says."""
        passed = [
            alert
            for alert in self.own.admitted(alerts)
            if self.filter.alert(alert, self._runs.get(alert.subject))
        ]
        told = tell(self.listener, passed, self._cards, now=now)
        new = sum(change.key.subject not in self._cards for change in told.cards)
        self._cards |= {change.key.subject: change.payload for change in told.cards}
        replies = sum(post.thread_of is not None for post in told.posts)
        held = {post.what.not_before for post in told.posts if post.what.not_before is not None}
        digests = held - self._digests
        self._digests |= held
        bundles = sum(
            post.thread_of is None and post.what.not_before is None for post in told.posts
        )
        lines = 1 if told.lines else 0
        here = new + lines + bundles + len(digests)
        self.channel += here
        self.thread += replies
        said = {note.key for note in told.notes if note.fate == "posted"}
        heard = tuple(a for a in passed if a.key(self.listener.watch_id) in said)
        return Told(heard, here + replies, lines)


@dataclass(frozen=True, slots=True)
class Previews:
    """``handlers.watching.ports.PreviewOf``."""

    source: RunSource
    database: Database
    clock: Clock
    thresholds: Thresholds = DEFAULTS
    overrides: Overrides = field(default_factory=dict)
    cooling: timedelta = timedelta(hours=1)

    async def __call__(
        self,
        where: ProjectRef,
        *,
        channel: str,
        filters: str,
        manners: Manners,
        person: str | None,
    ) -> Mapping[str, Any]:
        """The counts of the last seven days."""
        now = self.clock.now()
        async with self.database.read() as connection:
            own = OwnRules.about(where, await rules.in_channel(connection, channel))
            silent = await mutes.in_channel(connection, channel, now=now)
        # What is only snoozed was heard in the last days; what is muted will not be.
        muted = [mute for mute in silent if mute.until is None]
        listener = Listener(0, channel, manners, muted, cooling=self.cooling)
        audience = Audience(listener, Wanted(conditions.parse(filters), person), own)
        settings = Replaying(
            now=now,
            days=DAYS,
            thresholds=limits_of(self.thresholds, manners),
            overrides=self.overrides,
            rules=own.rules,
            wanted=audience.wanted,
            leaders=await self._leaders(where, now - timedelta(days=DAYS)),
        )
        found = await preview(self.source, where, settings, audience.hears)
        counted = audience.channel + audience.thread
        scale = found.messages / counted if counted else 1.0
        here = round(audience.channel * scale)
        return {
            "days": round(found.days),
            "runs": found.runs,
            "channel": here,
            "thread": found.messages - here,
            "by_kind": found.counts,
            "estimate": found.sentence.partition(". ")[2] if found.estimated else "",
        }

    async def _leaders(self, where: ProjectRef, before: datetime) -> Leaders:
        """The records that stood when the days began; none where that is not told in time."""
        if where.project is None:
            return {}
        try:
            async with asyncio.timeout(_RECORDS_S):
                return await records(self.source, where, before=before)
        except (AnalysisError, TimeoutError):
            return {}
