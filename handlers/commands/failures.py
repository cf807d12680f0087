"""`failures [PROJECT] [--days N]`: what failed lately, the same error once with its count."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final

from handlers.language.intents import Intent
from handlers.registry import Ask, command
from handlers.reply import Reply, Topic
from handlers.targets import place_of
from handlers.views import failures as view
from handlers.waiting import background
from handlers.watching.moments import since_of

_DAYS: Final = 7.0
_MOST_DAYS: Final = 365.0


@command(Intent.FAILURES)
async def failures(ask: Ask) -> AsyncIterator[Reply]:
    """Groups a project's failures by their error."""
    services, now = ask.services, ask.services.clock.now()
    within = await place_of(ask)
    work_now = services.failures(within, days=days_of(ask, now))
    async with background(work_now, services.clock) as work:
        yield Reply(view.looking(str(within)), interim=True)
        report = await work.result()
    runs = tuple(group.last_run for group in report.groups)
    topic = Topic("list", runs) if runs else None
    yield Reply(view.message(report, now=services.clock.now()), remember=topic)


def days_of(ask: Ask, now: datetime) -> float:
    """How far back: as said in days, in hours or since a day; a week when not said."""
    slots = ask.reading.slots
    days = _DAYS
    if isinstance(slots.days, int | float) or (slots.days or "").replace(".", "", 1).isdigit():
        days = float(slots.days or _DAYS)
    elif slots.hours:
        days = slots.hours / 24
    elif (since := since_of(slots, now)) is not None:
        days = (now - since).total_seconds() / 86_400
    return min(max(days, 1 / 24), _MOST_DAYS)
