"""The thumbs under a report: how a person judges what the detectors found, counted by detector."""

from collections.abc import AsyncIterator

from analysis.errors import BadReference
from handlers.registry import Ask, action
from handlers.reply import Reply
from handlers.views import feedback as view


@action(view.ACTION)
async def vote(ask: Ask) -> AsyncIterator[Reply]:
    """Counts the judgement; a second one of the same person takes the place of the first."""
    request = ask.request
    told = view.read(request.click.value if request.click else "")
    if told is None or request.message_ts is None:
        raise BadReference("That button is too old.", "Ask for the run again.")
    message = f"{request.channel}:{request.message_ts}"
    await ask.services.surface.votes.cast(
        request.user, message, told.run, told.codes, good=told.good
    )
    yield Reply(view.thanks(told), audience="person")
