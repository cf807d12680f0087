"""`help [COMMAND]`, and what is said to a sentence that was not understood."""

from collections.abc import AsyncIterator, Sequence
from html import unescape

from handlers import registry
from handlers.commands.channel import state
from handlers.conversation.suggest import suggestions
from handlers.language import COMMANDS, Command
from handlers.language.grammar import without_slash
from handlers.language.intents import Intent
from handlers.language.text import normal
from handlers.registry import Ask, command
from handlers.reply import Reply
from handlers.views import help as view


@command(Intent.HELP)
async def show_help(ask: Ask) -> AsyncIterator[Reply]:
    """Says what the app can do, or how one command is used; to the person only.

    A bare `/wandb` shows what holds in the channel instead.
    """
    if ask.request.kind == "command" and not ask.request.text.strip():
        async for reply in state(ask):
            yield reply
        return
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
    text = unescape(ask.request.text).replace(f"<@{ask.request.bot_user}>", "").strip()
    problem = ask.reading.problem
    line = without_slash(normal(text)) or text
    named = _named(line) if ask.request.kind == "command" or problem else None
    if named is not None:
        yield Reply(view.misread(text, named, problem), audience="person")
        return
    if not text:
        yield Reply(view.overview(available()), audience="person")
        return
    nearest = suggestions(ask.reading, text, ask.context)
    sure = ask.reading.intent is Intent.CLARIFY
    yield Reply(view.not_understood(text, nearest, half=sure), audience="person")


def _named(text: str) -> Command | None:
    """The command that a slash command begins with: then that is what was meant."""
    word = text.split(maxsplit=1)[0].lower() if text else ""
    return next((entry for entry in available() if entry.name == word), None)


def available() -> Sequence[Command]:
    """The commands of the table that something answers, in the table's order."""
    registry.load()
    return [
        entry
        for entry in COMMANDS.values()
        if entry.intent in registry.COMMANDS or entry.name in registry.COMMANDS
    ]
