"""Updates of one message take turns: never too close together, and the newest content wins."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from handlers.ports import Clock

_KEPT = 2_000


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn that came, or that somebody newer took.

    Attributes:
        current: Whether nothing newer is waiting: only then may something be sent.
        number: Names the content; a repetition of the same content keeps it.
    """

    current: bool
    number: int


@dataclass(slots=True)
class _Line:
    last: datetime | None = None
    newest: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Pace:
    """Turns by key, at least ``every_s`` apart.

    Args:
        clock: Whose time counts.
        every_s: Seconds between two turns of one key.
    """

    def __init__(self, clock: Clock, every_s: float) -> None:
        self._clock = clock
        self._every_s = every_s
        self._lines: OrderedDict[str, _Line] = OrderedDict()

    @asynccontextmanager
    async def turn(
        self, key: str, again: Turn | None = None, *, at_once: bool = False
    ) -> AsyncIterator[Turn]:
        """Waits for this key's turn; it is not current where somebody newer waits or went.

        Args:
            key: What takes turns.
            again: The earlier turn of the same content, when it is sent once more.
            at_once: Without keeping the distance: somebody waits to see that it stopped.
        """
        line = self._line(key)
        if again is None:
            line.newest += 1
        mine = line.newest if again is None else again.number
        async with line.lock:
            if line.newest == mine and line.last is not None:
                due = self._every_s - (self._clock.now() - line.last).total_seconds()
                if due > 0 and not at_once:
                    await self._clock.sleep(due)
            if line.newest != mine:
                yield Turn(current=False, number=mine)
                return
            try:
                yield Turn(current=True, number=mine)
            finally:
                line.last = self._clock.now()

    def _line(self, key: str) -> _Line:
        line = self._lines.setdefault(key, _Line())
        self._lines.move_to_end(key)
        for old in list(self._lines)[: max(0, len(self._lines) - _KEPT)]:
            if not self._lines[old].lock.locked():
                del self._lines[old]
        return line
