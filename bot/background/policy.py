"""What of all that happened a channel hears, and when. Pure: no clock, no database.

In this order: a kind that is off and what is muted are dropped; quiet hours hold all but critical
for one digest; what is left goes to the runs' threads, all of one run and tick in one message; and
a new critical problem also gets one fresh line in the channel, at most once a cooling period.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from analysis.findings import Severity
from bot.storage.alerts import Fate
from bot.storage.mutes import Mute


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that happened to a run (or a group), as one watch sees it.

    Attributes:
        run: its path, or the group's.
        kind: ``started``, ``finished``, ``failed``, ``stalled``, ``finding``, ``best``, ``rule``, …
        code: of a finding or a rule; else empty.
        episode: which time it happened to this run, from 1.
        opens: whether it is bad news that may get a fresh line in the channel (an end of good
            luck, not its return).
    """

    watch_id: int
    run: str
    kind: str
    severity: Severity
    payload: Mapping[str, Any]
    code: str = ""
    episode: int = 1
    opens: bool = True

    @property
    def key(self) -> str:
        """Names it for ever: the same thing never alerts twice."""
        return f"alert:{self.watch_id}:{self.run}:{self.kind}:{self.code}:{self.episode}"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A time of day at which a channel wants peace, by its own wall clock.

    ``start`` after ``end`` spans midnight; equal ones are no quiet hours.
    """

    start: time
    end: time
    zone: ZoneInfo

    def until(self, now: datetime) -> datetime | None:
        """Their end, if ``now`` is within them; else ``None``."""
        there = now.astimezone(self.zone)
        clock = there.time().replace(tzinfo=None)
        if self.start == self.end:
            return None
        if self.start < self.end:
            within, tomorrow = self.start <= clock < self.end, False
        else:
            within, tomorrow = clock >= self.start or clock < self.end, clock >= self.start
        if not within:
            return None
        day = there.date() + timedelta(days=1 if tomorrow else 0)
        end = datetime.combine(day, self.end, tzinfo=self.zone)
        return end.astimezone(now.tzinfo)


@dataclass(frozen=True, slots=True)
class Manners:
    """How one channel wants to be told.

    Attributes:
        kinds: alert kinds that are on; ``None`` for all.
        quiet: quiet hours.
        cooling: at least so long between two fresh channel lines about one run.
        fresh_lines: whether there are any at all.
    """

    kinds: frozenset[str] | None = None
    quiet: QuietHours | None = None
    cooling: timedelta = timedelta(hours=1)
    fresh_lines: bool = True


@dataclass(frozen=True, slots=True)
class Judged:
    """One alert and what becomes of it; ``why`` says so in words, for “Why?”."""

    alert: Alert
    fate: Fate
    why: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of all alerts of one tick and watch.

    Attributes:
        judged: every alert with its fate, in the order in which they came.
        threads: what goes into each run's thread, as one message.
        fresh: alerts that get a line in the channel, at most one a run.
        held: what waits for the digest, until ``held_until``.
    """

    judged: tuple[Judged, ...] = ()
    threads: Mapping[str, tuple[Alert, ...]] = field(default_factory=dict)
    fresh: tuple[Alert, ...] = ()
    held: tuple[Alert, ...] = ()
    held_until: datetime | None = None


def admit(
    alerts: Sequence[Alert],
    *,
    manners: Manners,
    mutes: Iterable[Mute],
    last_fresh: Mapping[str, datetime],
    now: datetime,
) -> Decision:
    """Decides what a channel hears of one tick.

    Args:
        alerts: of one watch, none of which was told before.
        manners: of the channel.
        mutes: of the channel, those in force.
        last_fresh: when each run last had a fresh line there.
        now: the present.
    """
    active = [mute for mute in mutes if mute.until is None or mute.until > now]
    until = manners.quiet.until(now) if manners.quiet else None
    judged = tuple(_judge(alert, manners, active, until) for alert in alerts)
    posted = [one.alert for one in judged if one.fate == "posted"]
    held = tuple(one.alert for one in judged if one.fate == "held")
    threads: dict[str, list[Alert]] = {}
    for alert in posted:
        threads.setdefault(alert.run, []).append(alert)
    return Decision(
        judged=judged,
        threads={run: tuple(_worst_first(several)) for run, several in threads.items()},
        fresh=tuple(_fresh(threads, manners, last_fresh, now)),
        held=held,
        held_until=until if held else None,
    )


def _judge(
    alert: Alert, manners: Manners, mutes: Sequence[Mute], quiet_until: datetime | None
) -> Judged:
    if manners.kinds is not None and alert.kind not in manners.kinds:
        return Judged(alert, "off", f"alerts of the kind “{alert.kind}” are off here")
    mute = next((mute for mute in mutes if _covers(mute, alert)), None)
    if mute is not None:
        what = {"run": "this run", "channel": "everything here"}.get(mute.scope, mute.subject)
        return Judged(alert, "muted", f"{what} is muted")
    if quiet_until is not None and alert.severity is not Severity.CRITICAL:
        return Judged(alert, "held", "quiet hours")
    return Judged(alert, "posted")


def _covers(mute: Mute, alert: Alert) -> bool:
    subject = {"run": alert.run, "kind": alert.kind, "code": alert.code, "channel": mute.subject}
    return subject[mute.scope] == mute.subject


def _worst_first(alerts: Iterable[Alert]) -> list[Alert]:
    return sorted(alerts, key=lambda alert: -alert.severity.rank)


def _fresh(
    threads: Mapping[str, Sequence[Alert]],
    manners: Manners,
    last_fresh: Mapping[str, datetime],
    now: datetime,
) -> Iterable[Alert]:
    if not manners.fresh_lines:
        return
    for run, alerts in threads.items():
        critical = [one for one in alerts if one.severity is Severity.CRITICAL and one.opens]
        last = last_fresh.get(run)
        # A clock that was set back leaves a last line in the future: it cools nothing.
        cooled = last is None or last > now or now - last >= manners.cooling
        if critical and cooled:
            yield critical[0]


@dataclass(frozen=True, slots=True)
class Episode:
    """One thing that comes and goes (a finding of a run), seen without flicker.

    Attributes:
        open: whether it counts as there.
        number: which time, from 1 once it was first there.
        since: when it began (of the present or the last time).
        streak: looks in a row that contradict ``open``.
    """

    open: bool = False
    number: int = 0
    since: datetime | None = None
    streak: int = 0


def step(
    before: Episode, *, bad: bool, now: datetime, enter: int = 1, leave: int = 3
) -> tuple[Episode, bool]:
    """One more look; the episode after it, and whether that opened or closed it.

    It opens after ``enter`` bad looks in a row and closes after ``leave`` good ones, so that a
    value that dances on a threshold is one alert.
    """
    if bad == before.open:
        return replace(before, streak=0), False
    streak = before.streak + 1
    if streak < (enter if bad else leave):
        return replace(before, streak=streak), False
    if bad:
        return Episode(open=True, number=before.number + 1, since=now), True
    return replace(before, open=False, streak=0), True
