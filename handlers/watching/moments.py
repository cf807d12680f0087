"""The moment that a sentence means: a span, a time of day, a day of the week, or two of them."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from analysis.errors import BadReference
from handlers.language.intents import Slots
from handlers.language.times import DAY_NAMES
from handlers.watching.silencing import span

_LONGEST: Final = timedelta(days=365)
_DAY: Final = timedelta(days=1)
_MORNING: Final = time(9)
"""Of a day without a time, as Slack's own reminders have it."""
_SETS: Final = {
    "daily": DAY_NAMES, "weekdays": DAY_NAMES[:5], "weekends": DAY_NAMES[5:]
}  # fmt: skip


def since_of(slots: Slots, now: datetime) -> datetime | None:
    """The moment that “since …” or “in the last … hours” means, UTC; a day begins at midnight."""
    if slots.since:
        try:
            when = datetime.fromisoformat(slots.since)
        except ValueError:
            return None
        return when if when.tzinfo else when.replace(tzinfo=UTC)
    return now - timedelta(hours=slots.hours) if slots.hours else None


def tells_moment(slots: Slots) -> bool:
    """Whether a moment is said at all."""
    return bool(slots.duration or slots.time or slots.days)


def moment(slots: Slots, now: datetime, zone: ZoneInfo) -> datetime:
    """The first moment after ``now`` that fits all that was said.

    “In 2h” counts from now; “tomorrow at 9” (a span of whole days and a time) is that day at that
    time, “Monday at 9” the next Monday, “Monday” its morning, “9:00” when a clock next shows it.

    Args:
        slots: its ``duration``, ``time`` and ``days``, at least one of them.
        now: the clock, UTC.
        zone: whose clock the times are of.

    Raises:
        BadReference: that is no time, or it is more than a year away.
    """
    clock = None if slots.time is None else _clock(slots.time)
    if slots.duration:
        length = span(slots.duration)
        if length is None or length > _LONGEST:
            raise BadReference("That is no time I can count.", "Write for example 30m, 2h or 1d.")
        if clock is None:
            return now + length
        if length % _DAY:
            raise BadReference(
                "I cannot tell when that is: a span and a time of day.",
                "Write one of them, for example 2h or 9:00.",
            )
        return _at(now.astimezone(zone).date() + length, clock, zone, now)
    there = now.astimezone(zone)
    wanted = _weekdays(None if slots.days is None else str(slots.days))
    days = (there.date() + timedelta(days=ahead) for ahead in range(9))
    fitting = (_at(day, clock or _MORNING, zone, now) for day in days if day.weekday() in wanted)
    return next(at for at in fitting if at > now)


def _clock(said: str) -> time:
    hour, _, minute = said.partition(":")
    if not (hour.isdecimal() and minute.isdecimal() and int(hour) < 24 and int(minute) < 60):
        raise BadReference("That is no time of day.", "Write for example 9:00.")
    return time(int(hour), int(minute))


def _at(day: date, clock: time, zone: ZoneInfo, now: datetime) -> datetime:
    return datetime.combine(day, clock, zone).astimezone(now.tzinfo)


def _weekdays(said: str | None) -> frozenset[int]:
    if not said:
        return frozenset(range(7))
    names = _SETS.get(said) or [name.strip() for name in said.split(",")]
    found = frozenset(DAY_NAMES.index(name) for name in names if name in DAY_NAMES)
    if not found:
        raise BadReference("That is no day.", "Write for example tomorrow, monday or 2d.")
    return found
