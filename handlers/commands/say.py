"""Buttons that say something: a click on one does what its text would do."""

from collections.abc import AsyncIterator

from handlers.conversation.going_on import said
from handlers.registry import Ask, action
from handlers.reply import Reply
from handlers.views.help import TRY


@action(TRY)
async def say(ask: Ask) -> AsyncIterator[Reply]:
    """Answers the button's text, as if who clicked had typed it."""
    click = ask.request.click
    async for reply in said(ask, click.value if click is not None else ""):
        yield reply
