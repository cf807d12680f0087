"""A message as far as a workspace takes it: looks never cost the answer."""

import logging
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from handlers.ports import Clock
from handlers.problems import BadBlocks
from handlers.reply import Message, Posted
from handlers.uploads import without_pictures

Send = Callable[[Message], Awaitable[Posted]]

_REMEMBERED: Final = timedelta(hours=6)  # then Slack is asked again: it may have learned the block
_UNKNOWN: Final = re.compile(r"unsupported (?:block )?type: ?[\"'`]?(\w+)", re.IGNORECASE)
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Shown:
    """What became of a message: where it stands, and whether its pictures are in it."""

    posted: Posted
    pictures: bool


class Degrading:
    """Sends a message, or as much of it as this workspace takes.

    Kinds of block that it called unknown are remembered for some hours, so that not every table
    is refused first and sent again.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._unknown: dict[str, datetime] = {}

    async def send(self, message: Message, send: Send) -> Shown:
        """Sends it by ``send``, plainer with each refusal.

        Blocks that are unknown there go first (``plainer``), pictures that are not processed yet
        wait, and at last the text alone is the message.

        Raises:
            SlackProblem: what ``send`` raises for any other reason than blocks.
        """
        version, pictures = self._known(message), bool(message.images)
        while True:
            try:
                return Shown(await send(version), pictures)
            except BadBlocks as problem:
                level = logging.INFO if about_picture(problem) else logging.WARNING
                _LOG.log(level, "Slack refused blocks: %s", problem)
                if not version.blocks:
                    raise
                self._learn(problem)
                if pictures and about_picture(problem):
                    version, pictures = without_pictures(version), False
                elif version.plainer is not None:
                    version = version.plainer
                else:
                    version, pictures = replace(version, blocks=(), images=()), False

    def _known(self, message: Message) -> Message:
        now = self._clock.now()
        self._unknown = {kind: until for kind, until in self._unknown.items() if until > now}
        plain = message.plainer
        if plain is None or self._unknown.keys().isdisjoint(_kinds(message.blocks)):
            return message
        return plain

    def _learn(self, problem: BadBlocks) -> None:
        until = self._clock.now() + _REMEMBERED
        self._unknown |= dict.fromkeys(_UNKNOWN.findall(problem.detail), until)


def about_picture(problem: BadBlocks) -> bool:
    """Whether Slack has not processed a picture yet."""
    return "slack file" in problem.detail.lower().replace("_", " ")


def _kinds(value: object) -> Iterator[str]:
    """The types of all blocks and elements, however deep."""
    if isinstance(value, Mapping):
        found: Any = value.get("type")
        if isinstance(found, str):
            yield found
        for part in value.values():
            yield from _kinds(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _kinds(part)
