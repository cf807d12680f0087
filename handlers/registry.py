"""The table of commands and buttons: each file in ``handlers/commands/`` puts its own in.

To add a command, write one file there::

    @command(Intent.WHY)
    async def why(ask: Ask) -> AsyncIterator[Reply]:
        yield Reply(…)

A command yields replies; each takes the place of the one before, in the same message.
"""

import importlib
import pkgutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from handlers.language.intents import Context, Intent, Understanding
from handlers.progress import Tale
from handlers.reply import Reply
from handlers.request import Request
from handlers.services import Services
from handlers.views.run import RunButton


@dataclass(frozen=True, slots=True)
class Ask:
    """A request that was understood, and what answers it.

    Attributes:
        request: Who asks, and where.
        reading: What was understood; of a click, the intent is that of the button's command.
        services: Everything that an answer may use.
        context: What the request was read in: defaults, the thread, who speaks.
        tale: Where the work tells how far it is; shown in the message meanwhile.
    """

    request: Request
    reading: Understanding
    services: Services
    context: Context = field(default_factory=Context)
    tale: Tale = field(default_factory=Tale)


Command = Callable[[Ask], AsyncIterator[Reply]]
Answer = Callable[[Ask], AsyncIterator[Reply]]
Options = Callable[[Request, Services], Awaitable[Mapping[str, Any]]]
Check = Callable[[Request], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Action:
    """What a click does.

    Attributes:
        answer: Yields the replies.
        in_place: Whether they replace the message with the button; else they go into its thread.
        keeps: Whether that message stands until the answer is there, instead of its promises.
    """

    answer: Answer
    in_place: bool = False
    keeps: bool = False


@dataclass(frozen=True, slots=True)
class Modal:
    """What a submitted modal does.

    Attributes:
        answer: Yields the replies.
        check: Errors by input block, shown in the modal at once; it stays open then.
    """

    answer: Answer
    check: Check | None = None


COMMANDS: dict[Intent | str, Command] = {}
_ACT_WITHOUT_ARGUMENTS = frozenset({"unlink", "unwatch", "unmute", "unsnooze"})
ACTIONS: dict[str, Action] = {}
MODALS: dict[str, Modal] = {}
OPTIONS: dict[str, Options] = {}
RUN_BUTTONS: list[RunButton] = []


def command(*intents: Intent | str) -> Callable[[Command], Command]:
    """Registers a command for intents, or for the name of a slash command that shares one."""

    def register(function: Command) -> Command:
        for intent in intents:
            COMMANDS[intent] = function
        return function

    return register


def action(
    action_id: str,
    *,
    in_place: bool = False,
    keeps: bool = False,
    button: RunButton | None = None,
) -> Callable[[Answer], Answer]:
    """Registers what a click does, and its button under every run's report where given one."""

    def register(function: Answer) -> Answer:
        ACTIONS[action_id] = Action(function, in_place or keeps, keeps)
        if button is not None:
            RUN_BUTTONS.append(button)
        return function

    return register


def action_for(action_id: str) -> Action | None:
    """What a click does; what follows a colon only tells buttons of one row apart."""
    return ACTIONS.get(action_id) or ACTIONS.get(action_id.partition(":")[0])


def modal(callback_id: str, *, check: Check | None = None) -> Callable[[Answer], Answer]:
    """Registers what a submitted modal does."""

    def register(function: Answer) -> Answer:
        MODALS[callback_id] = Modal(function, check)
        return function

    return register


def options(action_id: str) -> Callable[[Options], Options]:
    """Registers where the choices of an external select come from."""

    def register(function: Options) -> Options:
        OPTIONS[action_id] = function
        return function

    return register


@cache
def load() -> None:
    """Reads the folder of commands, once, in order of their names."""
    package = importlib.import_module("handlers.commands")
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda module: module.name):
        importlib.import_module(f"{package.__name__}.{module.name}")


def command_for(reading: Understanding) -> Command | None:
    """The command that answers what was understood, where there is one."""
    load()
    # Others say for themselves what they miss; these would act on what was not understood.
    unsure = reading.intent is Intent.CLARIFY and reading.command in _ACT_WITHOUT_ARGUMENTS
    named = COMMANDS.get(reading.command) if reading.command and not unsure else None
    return named or COMMANDS.get(reading.intent)
