"""`watches`, `alerts` and `reminders`: what was set here and by whom, each with a way out."""

from collections.abc import AsyncIterator

from handlers.commands.unwatch import watch_of
from handlers.language.intents import Intent
from handlers.registry import Ask, action, command
from handlers.reply import Reply
from handlers.views import watches as view
from handlers.views.pages import number_of
from handlers.watching.places import must_be_heard
from handlers.watching.silencing import channel_of


@command(Intent.LIST_WATCHES)
async def watches(ask: Ask) -> AsyncIterator[Reply]:
    """What is watched here, who added it, what is muted, and when the briefing comes."""
    yield await _watches(ask, 0)


@action(view.WATCHES_PAGE, keeps=True)
async def turn_watches(ask: Ask) -> AsyncIterator[Reply]:
    """Another page of what is watched here."""
    yield await _watches(ask, _page(ask))


@command("alerts")
async def alerts(ask: Ask) -> AsyncIterator[Reply]:
    """The rules of this channel."""
    yield await _rules(ask, 0)


@action(view.RULES_PAGE, keeps=True)
async def turn_rules(ask: Ask) -> AsyncIterator[Reply]:
    """Another page of the rules."""
    yield await _rules(ask, _page(ask))


@command("reminders")
async def reminders(ask: Ask) -> AsyncIterator[Reply]:
    """What the person who asks waits for; nobody else sees it."""
    yield await _reminders(ask, 0)


@action(view.REMINDERS_PAGE, keeps=True)
async def turn_reminders(ask: Ask) -> AsyncIterator[Reply]:
    """Another page of one's own reminders."""
    yield await _reminders(ask, _page(ask))


@action(view.WHICH_PAGE, keeps=True)
async def turn_which(ask: Ask) -> AsyncIterator[Reply]:
    """Another page of the question which watch should stop."""
    channel = channel_of(ask)
    here = await ask.services.watching.subscriptions.in_channel(channel)
    message = view.listing(here, channel, which=len(here) > 1, page=_page(ask))
    yield Reply(message, audience="person")


@action(view.RESUME)
async def resume(ask: Ask) -> AsyncIterator[Reply]:
    """Lets a watch go on that stopped because the channel could not be posted to."""
    watched = await watch_of(ask)
    channel = await must_be_heard(ask)
    await ask.services.watching.subscriptions.resume(channel)
    yield Reply(view.resumed(watched))


async def _watches(ask: Ask, page: int) -> Reply:
    channel, watching = channel_of(ask), ask.services.watching
    message = view.listing(
        await watching.subscriptions.in_channel(channel),
        channel,
        silences=await watching.silences.in_channel(channel),
        briefings=await watching.schedules.in_channel(channel),
        rules=len(await watching.rules.in_channel(channel)),
        page=page,
    )
    return Reply(message)


async def _rules(ask: Ask, page: int) -> Reply:
    here = await ask.services.watching.rules.in_channel(channel_of(ask))
    return Reply(view.rules(here, page))


async def _reminders(ask: Ask, page: int) -> Reply:
    mine = await ask.services.watching.reminders.of_person(ask.request.user)
    return Reply(view.reminders(mine, page), audience="person")


def _page(ask: Ask) -> int:
    return number_of(ask.request.click.value if ask.request.click else "")
