"""`briefing 9:00 Europe/Berlin weekdays`: a look at all runs on schedule; `briefing off`."""

from collections.abc import AsyncIterator
from typing import Final

from analysis.errors import BadReference, NotFound
from analysis.refs import ProjectRef
from handlers.commands.undo import undoing
from handlers.conversation.ports import Change
from handlers.language.intents import Intent, Slots
from handlers.registry import Ask, action, command
from handlers.reply import Reply
from handlers.targets import may_read
from handlers.views import watches as view
from handlers.watching.places import must_be_heard, typed_of, where_of
from handlers.watching.ports import Briefed
from handlers.watching.silencing import channel_of

_ON, _OFF = "briefing", "briefing_off"
_DAYS: Final = {"daily": "*", "weekdays": "1-5", "weekends": "0,6"}
_NAMES: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_HELP: Final = "Write for example /wandb briefing 9:00 Europe/Berlin weekdays."


@command(Intent.BRIEFING)
async def briefing(ask: Ask) -> AsyncIterator[Reply]:
    """Sets the channel's briefing, in place of an earlier one of the same place."""
    slots = ask.reading.slots
    if slots.off:
        yield await _off(ask)
        return
    if not slots.time and typed_of(ask):
        raise BadReference("I could not read when.", _HELP)
    if not slots.time:
        yield Reply(view.briefings(await _here(ask)), audience="person")
        return
    channel = await must_be_heard(ask)
    watching = ask.services.watching
    where: ProjectRef | None = None
    if slots.entity or slots.projects or not await watching.subscriptions.in_channel(channel):
        where = await where_of(ask)
        await may_read(ask, where.entity)
    manners = await watching.subscriptions.manners(channel)
    cron, zone = cron_of(slots), slots.timezone or manners.zone
    replaced = [one.id for one in await _here(ask) if one.where == where]
    made = await watching.schedules.add(
        channel, cron=cron, zone=zone, where=where, creator=ask.request.user
    )
    for schedule_id in replaced:
        await watching.schedules.remove(schedule_id)
    change = Change(_ON, channel, ask.request.user, {"made": made.id, "replaced": replaced})
    token = await ask.services.conversation.undos.offer(change)
    yield Reply(view.briefing_set(made, token))


@action(view.BRIEFING_OFF)
async def off(ask: Ask) -> AsyncIterator[Reply]:
    """The button that ends the briefings."""
    yield await _off(ask)


async def _off(ask: Ask) -> Reply:
    here = await _here(ask)
    if not here:
        raise NotFound("There is no briefing here.", _HELP)
    for one in here:
        await ask.services.watching.schedules.remove(one.id)
    change = Change(_OFF, channel_of(ask), ask.request.user, {"ended": [one.id for one in here]})
    return Reply(view.briefing_ended(await ask.services.conversation.undos.offer(change)))


async def _here(ask: Ask) -> list[Briefed]:
    return list(await ask.services.watching.schedules.in_channel(channel_of(ask)))


def cron_of(slots: Slots) -> str:
    """The cron line of a time of day and its days.

    Raises:
        BadReference: that is no time, or these are no days.
    """
    hour, _, minute = (slots.time or "").partition(":")
    if not (hour.isdecimal() and minute.isdecimal() and int(hour) < 24 and int(minute) < 60):
        raise BadReference("That is no time of day.", _HELP)
    said = str(slots.days or "daily")
    days = _DAYS.get(said)
    if days is None:
        names = [name for name in said.split(",") if name in _NAMES]
        if not names or len(names) != len(said.split(",")):
            raise BadReference("I do not know these days.", _HELP)
        days = ",".join(str(_NAMES.index(name)) for name in names)
    return f"{int(minute)} {int(hour)} * * {days}"


@undoing(_ON)
async def _undo_on(ask: Ask, change: Change) -> str:
    schedules = ask.services.watching.schedules
    await schedules.remove(int(change.before["made"]))
    for schedule_id in change.before["replaced"]:
        await schedules.restore(int(schedule_id))
    return "Taken back: the briefing is as it was."


@undoing(_OFF)
async def _undo_off(ask: Ask, change: Change) -> str:
    for schedule_id in change.before["ended"]:
        await ask.services.watching.schedules.restore(int(schedule_id))
    return "Taken back: the briefing comes again."
