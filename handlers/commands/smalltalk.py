"""Greetings and thanks: short, and never to people who greet each other."""

from collections.abc import AsyncIterator

from handlers.conversation.suggest import suggestions
from handlers.language.intents import Intent
from handlers.registry import Ask, command
from handlers.reply import Reply
from handlers.views import help as view


@command(Intent.GREETING)
async def greet(ask: Ask) -> AsyncIterator[Reply]:
    """Greets back, with three things to begin with."""
    yield Reply(view.greeting(suggestions(ask.reading, "", ask.context)))


@command(Intent.THANKS)
async def welcome(_: Ask) -> AsyncIterator[Reply]:
    """A word is enough."""
    yield Reply(view.welcome())
