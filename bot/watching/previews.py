"""How many messages a watch would have made: the core replays, the real policy decides.

What is told of each replayed look goes through ``telling.tell``, as at a real tick, with cards
that are only remembered here; so the count is of what would really have been posted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from analysis import filters as conditions
from analysis.alerts.base import Alert
from analysis.filters import Filter, Matter
from analysis.findings import Severity
from analysis.metrics import Overrides
from analysis.preview import Replaying, Told, preview
from analysis.refs import ProjectRef
from analysis.run import Run
from analysis.sources.base import RunSource
from analysis.thresholds import DEFAULTS, Thresholds
from bot.watching.limits import limits_of
from bot.watching.telling import Listener, tell
from handlers.ports import Clock
from handlers.watching.manners import Manners

DAYS = 7.0


@dataclass(slots=True)
class Audience:
    """A channel that only counts: ``analysis.preview.Admit`` by the real policy.

    Attributes:
        listener: how the channel wants to be told.
        condition: the watch's filter, asked of each alert for its severity.
        me: whom “me” means in it.
        channel: messages in the channel itself: cards, fresh lines, bundles, digests.
        thread: replies.
    """

    listener: Listener
    condition: Filter = conditions.EVERYTHING
    me: str | None = None
    channel: int = 0
    thread: int = 0
    _runs: dict[str, Run] = field(default_factory=dict)
    _cards: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _digests: set[datetime] = field(default_factory=set)

    def wanted(self, run: Run) -> bool:
        """Whether the watch is about a run."""
        self._runs[run.ref.path] = run
        return conditions.matches(
            self.condition, Matter(run, severity=Severity.CRITICAL, me=self.me)
        )

    def hears(self, alerts: Sequence[Alert], now: datetime) -> Told:
        """Counts what one look says."""
        passed = [alert for alert in alerts if self._passes(alert)]
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

    def _passes(self, alert: Alert) -> bool:
        run = self._runs.get(alert.subject)
        if run is None or not alert.opens:
            return True
        return conditions.matches(self.condition, Matter(run, severity=alert.severity, me=self.me))


@dataclass(frozen=True, slots=True)
class Previews:
    """``handlers.watching.ports.PreviewOf``."""

    source: RunSource
    clock: Clock
    thresholds: Thresholds = DEFAULTS
    overrides: Overrides = field(default_factory=dict)
    cooling: timedelta = timedelta(hours=1)

    async def __call__(
        self, where: ProjectRef, *, filters: str, manners: Manners, person: str | None
    ) -> Mapping[str, Any]:
        """The counts of the last seven days."""
        listener = Listener(0, "preview", manners, cooling=self.cooling)
        audience = Audience(listener, conditions.parse(filters), person)
        settings = Replaying(
            now=self.clock.now(),
            days=DAYS,
            thresholds=limits_of(self.thresholds, manners),
            overrides=self.overrides,
            wanted=audience.wanted,
        )
        found = await preview(self.source, where, settings, audience.hears)
        counted = audience.channel + audience.thread
        scale = found.messages / counted if counted else 1.0
        channel = round(audience.channel * scale)
        return {
            "days": round(found.days),
            "runs": found.runs,
            "channel": channel,
            "thread": found.messages - channel,
            "by_kind": found.counts,
            "estimate": found.sentence.partition(". ")[2] if found.estimated else "",
        }
