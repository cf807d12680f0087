"""`mute`, `snooze` and their ends; and the buttons of alerts that do the same."""

import re
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from analysis.alerts.base import is_group
from analysis.errors import BadReference, NotFound
from analysis.refs import shorten
from handlers.commands.undo import undoing
from handlers.conversation.ports import Change
from handlers.language.intents import Intent
from handlers.registry import Ask, action, command
from handlers.reply import Reply
from handlers.targets import may_read, run_of_path, runs_of
from handlers.views import silence as view
from handlers.watching.manners import KINDS
from handlers.watching.moments import moment, tells_moment
from handlers.watching.places import flags_of, typed_of
from handlers.watching.ports import Silence
from handlers.watching.silencing import KIND, channel_of, heard, restored, silenced

_USUAL: Final = timedelta(hours=4)
_SPAN: Final = re.compile(r"[-+]?\d[\d.:e]*[a-z]*$|until$", re.IGNORECASE)
"""What was meant for a span or a time of day, and was not read as one."""


@command(Intent.MUTE)
async def mute(ask: Ask) -> AsyncIterator[Reply]:
    """No alerts about runs here any more."""
    kind = flags_of(ask).get("kind")
    if kind is not None:
        if kind not in KINDS:
            raise BadReference(
                f"There is no kind of alert “{shorten(kind)}”.", f"There are: {', '.join(KINDS)}."
            )
        yield await silenced(ask, [kind], until=None, scope="kind")
        return
    yield await silenced(ask, await _paths(ask), until=None)


@command(Intent.SNOOZE)
async def snooze(ask: Ask) -> AsyncIterator[Reply]:
    """No alerts about runs for a while; about anything here, where no run was named."""
    slots = ask.reading.slots
    if not tells_moment(slots) and any(map(_SPAN.match, typed_of(ask).split())):
        raise BadReference("That is no time to snooze for.", "Write for example 30m, 2h or 1d.")
    until = await _until(ask)
    if slots.runs:
        yield await silenced(ask, await _paths(ask), until=until)
    else:
        yield await silenced(ask, [""], until=until, scope="channel")


@command(Intent.UNMUTE)
async def unmute(ask: Ask) -> AsyncIterator[Reply]:
    """Alerts about runs again; everything that is muted here, where none was named."""
    yield await _lifted(ask, "muted", [one for one in await _here(ask) if one.until is None])


@command(Intent.UNSNOOZE)
async def unsnooze(ask: Ask) -> AsyncIterator[Reply]:
    """Ends the snoozes of runs; every snooze here, where none was named."""
    yield await _lifted(ask, "snoozed", [one for one in await _here(ask) if one.until is not None])


@action(view.MUTE_RUN)
async def mute_this(ask: Ask) -> AsyncIterator[Reply]:
    """The button under an alert: this run, until somebody unmutes it."""
    yield await silenced(ask, [await _subject(ask)], until=None)


@action(view.SNOOZE_RUN)
async def snooze_this(ask: Ask) -> AsyncIterator[Reply]:
    """The button under an alert: this run, for four hours."""
    until = ask.services.clock.now() + _USUAL
    yield await silenced(ask, [await _subject(ask)], until=until)


@action(view.MUTE_KIND)
async def mute_kind(ask: Ask) -> AsyncIterator[Reply]:
    """The button under an alert: alerts of this kind, in this channel."""
    kind = ask.request.click.value if ask.request.click else ""
    if kind not in KINDS:
        raise BadReference("That button is too old.", "Write /wandb settings to choose alerts.")
    yield await silenced(ask, [kind], until=None, scope="kind")


@undoing(KIND)
async def _undo(ask: Ask, change: Change) -> str:
    return await restored(ask, change)


async def _paths(ask: Ask) -> list[str]:
    return [ref.path for ref in await runs_of(ask)]


async def _subject(ask: Ask) -> str:
    """The run (or group) that a button is about; who clicks may read its entity."""
    value = ask.request.click.value if ask.request.click else ""
    if is_group(value):
        await may_read(ask, value.split("/")[0])
        return value
    return (await run_of_path(ask, value)).path


async def _here(ask: Ask) -> Sequence[Silence]:
    return await ask.services.watching.silences.in_channel(channel_of(ask))


async def _lifted(ask: Ask, what: str, all_of_it: Sequence[Silence]) -> Reply:
    """Ends the silences of the runs that were named, mutes and snoozes alike; else all of one sort.

    Raises:
        NotFound: there is none.
    """
    if ask.reading.slots.runs:
        paths = set(await _paths(ask))
        named = [one for one in await _here(ask) if one.scope == "run" and one.subject in paths]
        if not named:
            raise NotFound("That run is neither muted nor snoozed here.", "Its alerts come.")
        return await heard(ask, named)
    if not all_of_it:
        raise NotFound(f"Nothing is {what} here.", "See what is: /wandb watches.")
    return await heard(ask, all_of_it)


async def _until(ask: Ask) -> datetime:
    """The end of a snooze, by the channel's clock; four hours where none was said.

    Raises:
        BadReference: that is no time, or too far away.
    """
    slots, now = ask.reading.slots, ask.services.clock.now()
    if not tells_moment(slots):
        return now + _USUAL
    if slots.days == "weekends":  # a weekend is slept through, not slept until
        slots = slots.model_copy(update={"days": "mon"})
    manners = await ask.services.watching.subscriptions.manners(channel_of(ask))
    return moment(slots, now, ZoneInfo(slots.timezone or manners.zone))
