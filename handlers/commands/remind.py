"""`remind me when RUN finishes`, `remind me about RUN in 2h`: a direct message to who asked."""

from collections.abc import AsyncIterator
from datetime import datetime
from zoneinfo import ZoneInfo

from analysis.errors import BadReference, NotFound
from handlers.commands.undo import undoing
from handlers.conversation.ports import Change
from handlers.language.hints import tries_a_time
from handlers.language.intents import Intent
from handlers.registry import Ask, action, command
from handlers.reply import Reply, Topic
from handlers.targets import runs_of
from handlers.views import watches as view
from handlers.watching.moments import moment, tells_moment
from handlers.watching.silencing import channel_of

_KIND, _CANCELLED = "remind", "reminder_cancelled"
_NOTE = 200


@command(Intent.REMIND)
async def remind(ask: Ask) -> AsyncIterator[Reply]:
    """Stores a reminder: when the run ends, or at a time."""
    slots, services = ask.reading.slots, ask.services
    at = await _when(ask)
    if at is None and tries_a_time(ask.request.text):
        raise BadReference(
            "That is no time to remind you at.",
            "Write for example in 30m, at 18:00, tomorrow, or when RUN finishes.",
        )
    refs = await runs_of(ask) if slots.runs or at is None else ()
    ref = refs[0] if refs else None
    if ref is not None and at is None:
        run = await services.conversation.directory.run(ref)
        if run.state.ended:
            yield Reply(view.ended_already(run), remember=Topic("run", (ref.path,)))
            return
    if ref is not None and at is None:
        mine = await services.watching.reminders.of_person(ask.request.user)
        if any(one.run == ref.path and one.waits for one in mine):
            yield Reply(view.waits_already(ref.path), remember=Topic("run", (ref.path,)))
            return
    note = " ".join(ask.request.text.split())[:_NOTE]
    kept = await services.watching.reminders.add(
        ask.request.user, note=note, run=ref.path if ref else None, at=at
    )
    change = Change(_KIND, channel_of(ask), ask.request.user, {"reminder": kept.id})
    token = await services.conversation.undos.offer(change)
    topic = Topic("run", (ref.path,)) if ref else None
    yield Reply(view.will_remind(kept, token, timed=at is not None), remember=topic)


@action(view.FORGET)
async def forget(ask: Ask) -> AsyncIterator[Reply]:
    """The button beside a reminder: takes one's own back."""
    value = ask.request.click.value if ask.request.click else ""
    done = value.isdecimal() and await ask.services.watching.reminders.remove(
        ask.request.user, int(value)
    )
    if not done:
        raise NotFound("That reminder is not there any more.", "See yours: /wandb reminders.")
    change = Change(_CANCELLED, channel_of(ask), ask.request.user, {"reminder": int(value)})
    token = await ask.services.conversation.undos.offer(change)
    yield Reply(view.forgotten(token), audience="person")


async def _when(ask: Ask) -> datetime | None:
    """When to remind; ``None`` for “when it ends”."""
    slots, now = ask.reading.slots, ask.services.clock.now()
    if not tells_moment(slots):
        return None
    manners = await ask.services.watching.subscriptions.manners(channel_of(ask))
    return moment(slots, now, ZoneInfo(slots.timezone or manners.zone))


@undoing(_KIND)
async def _undo(ask: Ask, change: Change) -> str:
    await ask.services.watching.reminders.remove(ask.request.user, int(change.before["reminder"]))
    return "Taken back: I will not remind you."


@undoing(_CANCELLED)
async def _undo_cancelled(ask: Ask, change: Change) -> str:
    await ask.services.watching.reminders.restore(int(change.before["reminder"]))
    return "Taken back: I will remind you."
