"""The Cancel button of a message that is not the answer yet: for who asked, and nobody else."""

from collections.abc import AsyncIterator

from handlers.registry import Ask, action
from handlers.reply import Reply
from handlers.views import progress as view


@action(view.CANCEL)
async def cancel(ask: Ask) -> AsyncIterator[Reply]:
    """Says stop to whoever works on the answer, in this process or another."""
    request, _, asker = (ask.request.click.value if ask.request.click else "").partition(":")
    if ask.request.user != asker:
        yield Reply(view.not_yours(), audience="person")
        return
    await ask.services.stops.stop(request)
