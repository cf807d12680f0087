"""A channel opens to the app again: what it watched goes on, and what waited is told."""

from handlers.events import Happened, event
from handlers.services import Services


@event("member_joined_channel")
async def joined(happened: Happened, services: Services) -> None:
    """The app itself was invited again; whoever else joins is no business of ours."""
    if happened.text("user") == happened.bot_user:
        await _go_on(happened, services)


@event("channel_unarchive")
async def unarchived(happened: Happened, services: Services) -> None:
    """An archived channel came back; where the app is no member of it yet, it waits for that."""
    await _go_on(happened, services)


@event("group_unarchive")
async def private_unarchived(happened: Happened, services: Services) -> None:
    """The same of a private channel."""
    await _go_on(happened, services)


async def _go_on(happened: Happened, services: Services) -> None:
    channel, watching = happened.text("channel"), services.watching
    if channel and await watching.member(channel) is not False:
        await watching.subscriptions.resume(channel)
