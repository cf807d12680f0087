"""`watches`, `alerts` and `reminders`: what was set here and by whom, each with a way out."""

from collections.abc import AsyncIterator

from handlers.commands.unwatch import watch_of
from handlers.language.intents import Intent
from handlers.registry import Ask, action, command
from handlers.reply import Reply
from handlers.views import watches as view
from handlers.watching.places import must_be_heard
from handlers.watching.silencing import channel_of


@command(Intent.LIST_WATCHES)
async def watches(ask: Ask) -> AsyncIterator[Reply]:
    """What is watched here, who added it, what is muted, and when the briefing comes."""
    channel, watching = channel_of(ask), ask.services.watching
    here = await watching.subscriptions.in_channel(channel)
    message = view.listing(
        here,
        channel,
        silences=await watching.silences.in_channel(channel),
        briefings=await watching.schedules.in_channel(channel),
        rules=len(await watching.rules.in_channel(channel)),
    )
    yield Reply(message)


@command("alerts")
async def alerts(ask: Ask) -> AsyncIterator[Reply]:
    """The rules of this channel."""
    yield Reply(view.rules(await ask.services.watching.rules.in_channel(channel_of(ask))))


@command("reminders")
async def reminders(ask: Ask) -> AsyncIterator[Reply]:
    """What the person who asks waits for; nobody else sees it."""
    mine = await ask.services.watching.reminders.of_person(ask.request.user)
    yield Reply(view.reminders(mine), audience="person")


@action(view.RESUME)
async def resume(ask: Ask) -> AsyncIterator[Reply]:
    """Lets a watch go on that stopped because the channel could not be posted to."""
    watched = await watch_of(ask)
    channel = await must_be_heard(ask)
    await ask.services.watching.subscriptions.resume(channel)
    yield Reply(view.resumed(watched))
