"""`undo`, and the Undo button: takes back a change of the last five minutes.

Who can take a kind of change back puts a function into ``UNDOING`` by ``undoing(kind)``.
"""

from collections.abc import AsyncIterator, Awaitable, Callable

from handlers.conversation.ports import Change
from handlers.language.intents import Intent
from handlers.registry import Ask, action, command
from handlers.reply import Message, Reply
from handlers.views import account as view

TakeBack = Callable[[Ask, Change], Awaitable[str]]
"""Takes a change back; says in a plain sentence what holds again."""

UNDOING: dict[str, TakeBack] = {}


def undoing(kind: str) -> Callable[[TakeBack], TakeBack]:
    """Registers how a kind of change is taken back."""

    def register(function: TakeBack) -> TakeBack:
        UNDOING[kind] = function
        return function

    return register


@command(Intent.UNDO)
async def undo(ask: Ask) -> AsyncIterator[Reply]:
    """Takes back what this person changed last, here."""
    channel = ask.request.channel or ask.request.user
    change = await ask.services.conversation.undos.last(channel, ask.request.user)
    yield await _taken_back(ask, change)


@action("undo", in_place=True)
async def undo_this(ask: Ask) -> AsyncIterator[Reply]:
    """Takes back the change that the button stands under; its author's button only."""
    click = ask.request.click
    token = click.value if click is not None else ""
    change = await ask.services.conversation.undos.take(token, ask.request.user)
    if change is None:
        yield Reply(await _why_not(ask, token), audience="person")
        return
    yield await _taken_back(ask, change)


async def _why_not(ask: Ask, token: str) -> Message:
    known = await ask.services.conversation.undos.known(token)
    if known is not None and known.used:
        return view.undone_already()
    if known is not None and known.author != ask.request.user:
        return view.not_yours(known.author)
    return view.too_late()


async def _taken_back(ask: Ask, change: Change | None) -> Reply:
    take_back = UNDOING.get(change.kind) if change is not None else None
    if change is None or take_back is None:
        return Reply(view.nothing_to_undo(), audience="person")
    return Reply(view.done(await take_back(ask, change)))
