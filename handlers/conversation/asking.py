"""Asking back: a question that must be answered before the answer can be given.

A command raises ``AskBack``; the dispatcher shows the question, and the choice goes on with what
was asked (``handlers.commands.choose``). The question is kept, so that it outlives a restart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from analysis.run import Run
from handlers.conversation.ports import Question
from handlers.language.intents import Run as Named
from handlers.language.intents import Understanding
from handlers.registry import Ask
from handlers.reply import Message, Reply
from handlers.views import choices as view

MOST_CHOICES = 25
Kind = Literal["which", "none", "who"]


@dataclass(frozen=True, slots=True)
class Doubt:
    """What is not clear.

    Attributes:
        kind: Several runs match (``which``), none does (``none``), or it is not known who “my”
            is (``who``).
        said: The words in doubt, for people; empty where none were said.
        runs: The runs that may be meant, the likeliest first.
        place: Which of the reading's runs it is about.
        names: W&B user names that the person may be, for ``who``.
        more: Whether there are further runs that match.
    """

    kind: Kind
    said: str
    runs: tuple[Run, ...] = ()
    place: int = 0
    names: tuple[str, ...] = ()
    more: bool = False


class AskBack(Exception):
    """The answer needs somebody's choice first.

    Args:
        doubt: What is not clear.
        ask: What was asked, where that is not the request itself (a click that goes on with an
            earlier sentence).
    """

    def __init__(self, doubt: Doubt, ask: Ask | None = None) -> None:
        super().__init__(f"{doubt.kind}: {doubt.said}")
        self.doubt = doubt
        self.ask = ask


async def asked(ask: Ask, doubt: Doubt) -> Reply:
    """The question as a reply; who somebody is, is asked in private."""
    shown = doubt.runs[:MOST_CHOICES]
    question = Question(
        asker=ask.request.user,
        text=ask.request.text[:2_000],
        reading=ask.reading,
        place=doubt.place,
        choices=tuple(run.ref.path for run in shown),
    )
    token = await ask.services.conversation.questions.keep(question)
    if doubt.kind == "who":
        return Reply(view.who(doubt.names, token), audience="person")
    message: Message = view.which(doubt.kind, doubt.said, shown, token, more=doubt.more)
    return Reply(message)


def answered(question: Question, path: str) -> Understanding:
    """What was understood, with the chosen run in its place."""
    reading = question.reading
    return with_runs(reading, _placed(reading.slots.runs or (), question.place, path))


def with_runs(reading: Understanding, runs: Sequence[Named]) -> Understanding:
    """The same reading about other runs."""
    slots = reading.slots.model_copy(update={"runs": tuple(runs)})
    return reading.model_copy(update={"slots": slots})


def _placed(runs: Sequence[Named], place: int, path: str) -> tuple[Named, ...]:
    if not runs:
        return (path,)
    kept = list(runs)
    kept[min(place, len(kept) - 1)] = path
    return tuple(kept)
