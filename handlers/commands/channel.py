"""Bare `/wandb`: what holds in this channel, and buttons for what comes next."""

from collections.abc import AsyncIterator

from handlers import registry
from handlers.conversation.ports import Place
from handlers.registry import Ask, command
from handlers.reply import Reply
from handlers.views import channel as view

STATE = "state"
"""The name under which a bare `/wandb` is found; nobody types it."""


@command(STATE)
async def state(ask: Ask) -> AsyncIterator[Reply]:
    """The channel's default, its watches, and who asks; to the person only."""
    conversation, request = ask.services.conversation, ask.request
    defaults = ask.context.defaults
    place = Place(defaults.entity, defaults.project) if defaults.entity else None
    channel = request.channel
    watches = None
    if conversation.count_watches is not None and channel is not None:
        watches = await conversation.count_watches(channel)
    own = await conversation.preferences.default("user", request.user)
    if channel is not None and request.place != "direct":
        own = await conversation.preferences.default("channel", channel) or own
    message = view.state(
        place=place,
        own=own is not None,
        person=await conversation.accounts.of(request.user),
        watches=watches,
        settings="settings.open" in registry.ACTIONS,
    )
    yield Reply(message, audience="person")
