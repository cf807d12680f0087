"""Going on: from a choice, a button or a link to the command that answers."""

from collections.abc import AsyncIterator
from dataclasses import replace

from handlers import registry
from handlers.conversation.asking import AskBack
from handlers.language.intents import ACTIONS, Intent, Understanding
from handlers.registry import Ask
from handlers.reply import Reply


async def go_on(ask: Ask, reading: Understanding) -> AsyncIterator[Reply]:
    """The replies to a reading, as if it had been said by who clicked."""
    further = replace(ask, reading=reading)
    command = registry.command_for(reading) or registry.COMMANDS[Intent.UNKNOWN]
    try:
        async for reply in command(further):
            yield reply
    except AskBack as back:
        raise AskBack(back.doubt, back.ask or further) from None


async def said(ask: Ask, text: str) -> AsyncIterator[Reply]:
    """The replies to a text, as if who clicked had typed it after ``/wandb``."""
    reading = ask.services.understand(text, ask.context)
    spoken = replace(ask, request=replace(ask.request, text=text))
    async for reply in go_on(spoken, reading):
        yield reply


def is_action(reading: Understanding) -> bool:
    """Whether it changes something that is stored."""
    return reading.intent in ACTIONS
