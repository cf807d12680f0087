"""The “Why?” button of an alert: which rule fired, on what evidence; for who clicks only."""

from collections.abc import AsyncIterator

from analysis.alerts.base import label_of
from analysis.errors import BadReference
from handlers.registry import Ask, action
from handlers.reply import Reply
from handlers.targets import may_read
from handlers.views import alert as view
from handlers.watching.silencing import channel_of


@action(view.WHY)
async def why(ask: Ask) -> AsyncIterator[Reply]:
    """Shows the rules and the evidence of a run's alerts here, the newest first."""
    subject = ask.request.click.value if ask.request.click else ""
    if subject.count("/") < 2:
        raise BadReference("That button is too old.", "Ask /wandb describe RUN instead.")
    await may_read(ask, subject.split("/")[0])
    told = await ask.services.watching.history.of_subject(channel_of(ask), subject)
    yield Reply(view.why(told, label_of(subject)), audience="person")
