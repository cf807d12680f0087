"""`help [COMMAND]`, and what is said to a sentence that was not understood."""

from collections.abc import AsyncIterator, Sequence
from typing import Final

from handlers import registry
from handlers.language import COMMANDS, Command
from handlers.language.intents import Intent
from handlers.registry import Ask, command
from handlers.reply import Reply
from handlers.views import help as view

_FIRST: Final = 3


@command(Intent.HELP, Intent.GREETING)
async def show_help(ask: Ask) -> AsyncIterator[Reply]:
    """Says what the app can do, or how one command is used; to the person only."""
    topic = (ask.reading.slots.topic or "").lower().removeprefix("/wandb").strip()
    known = available()
    named = next((entry for entry in known if entry.name == topic), None)
    if named is not None:
        message = view.one(named)
    elif topic:
        message = view.no_such_command(topic, known)
    else:
        message = view.overview(known)
    yield Reply(message, audience="person")


@command(Intent.UNKNOWN, Intent.CLARIFY)
async def not_understood(ask: Ask) -> AsyncIterator[Reply]:
    """Says that the sentence was not understood, and what would be."""
    text = ask.request.text.replace(f"<@{ask.request.bot_user}>", "").strip()
    known = available()
    message = view.not_understood(text, known[:_FIRST]) if text else view.overview(known)
    yield Reply(message, audience="person")


def available() -> Sequence[Command]:
    """The commands of the table that something answers, in the table's order."""
    registry.load()
    return [
        entry
        for entry in COMMANDS.values()
        if entry.intent in registry.COMMANDS or entry.name in registry.COMMANDS
    ]
