"""The menu of a question that was asked back: the choice goes on with what was asked."""

from collections.abc import AsyncIterator

from analysis.errors import NotAllowed
from handlers.conversation.asking import answered
from handlers.conversation.going_on import go_on, is_action
from handlers.registry import Ask, action
from handlers.reply import Reply
from handlers.request import Click
from handlers.views import choices as view


@action(view.PICK, in_place=True)
async def pick(ask: Ask) -> AsyncIterator[Reply]:
    """Answers what was asked, about the chosen run, in the question's place.

    Anybody who may ask may choose for a question; an order is its author's alone.
    """
    click = ask.request.click
    question = await ask.services.conversation.questions.recall(token_of(click))
    place = click.value if click is not None else ""
    known = question is not None and place.isdigit() and int(place) < len(question.choices)
    if question is None or not known:
        yield Reply(view.gone())
        return
    reading = answered(question, question.choices[int(place)])
    if is_action(reading) and question.asker != ask.request.user:
        raise NotAllowed("Only who gave this order can choose its run.", "Ask for it yourself.")
    async for reply in go_on(ask, reading):
        yield reply


@action(view.CANCEL, in_place=True)
async def cancel(_: Ask) -> AsyncIterator[Reply]:
    """Takes the question back."""
    yield Reply(view.settled())


def token_of(click: Click | None) -> str:
    """The question that a menu belongs to: its block is named after it."""
    if click is None:
        return ""
    for block in click.state:
        if block.startswith(view.ASKED):
            return block.removeprefix(view.ASKED)
    return ""
