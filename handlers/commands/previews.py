"""The menu of a card under a link: no previews in this channel, and the way back."""

from collections.abc import AsyncIterator

from handlers.registry import Ask, action
from handlers.reply import Reply
from handlers.views import unfurl as view


@action(view.MENU)
async def menu(ask: Ask) -> AsyncIterator[Reply]:
    """Remembers that no previews are wanted here; everybody in the channel may say so."""
    channel = ask.request.channel
    if channel is None or ask.request.click is None or ask.request.click.value != view.NEVER:
        return
    await ask.services.surface.sightings.want(channel, False)
    yield Reply(view.unwanted(channel), audience="person")


@action(view.AGAIN, in_place=True)
async def again(ask: Ask) -> AsyncIterator[Reply]:
    """Previews once more."""
    channel = ask.request.click.value if ask.request.click else ""
    await ask.services.surface.sightings.want(channel or ask.request.channel or "", True)
    yield Reply(view.wanted(), audience="person")
