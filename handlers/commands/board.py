"""The buttons of a board."""

from collections.abc import AsyncIterator

from handlers.commands.look import answered, clicked
from handlers.registry import Ask, action
from handlers.reply import Reply
from handlers.views.board import SHOW_ALL


@action(SHOW_ALL)
async def show_all(ask: Ask) -> AsyncIterator[Reply]:
    """The whole look, in the board's thread: the board itself stays as it is."""
    async for reply in answered(ask, clicked(ask), fresh=True):
        yield reply
