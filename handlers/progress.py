"""What an answer is doing meanwhile: told by whoever works, shown in the message itself.

From two seconds on a message that is not the answer yet says what is being done, with a button to
cancel; it is edited at most every three seconds, and only where there is something new to say.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from handlers.ports import Clock
from handlers.problems import SlackProblem
from handlers.reply import Reply
from handlers.views import progress as view
from handlers.views.progress import Doing

FIRST: Final = timedelta(seconds=2)
EVERY: Final = timedelta(seconds=3)
_BUTTON_FROM: Final = timedelta(seconds=1.5)  # a message that comes then has its button at once
_LOG: Final = logging.getLogger(__name__)


@dataclass(slots=True)
class Tale:
    """What is being done now. One for each answer; the core's ``Progress`` is its ``tell``.

    Attributes:
        doing: The newest word.
        total: How much there is in all, where the core does not say but the asker knows.
    """

    doing: Doing = field(default_factory=Doing)
    total: int | None = None

    def tell(self, phrase: str, done: int, total: int | None) -> None:
        """Takes note of how far the work is."""
        self.doing = Doing(phrase, done, total or self.total)


Show = Callable[[Reply], Awaitable[None]]


class Teller:
    """Shows replies, and what is being done while the next one is awaited.

    Args:
        show: Brings a reply to Slack.
        clock: Whose seconds count.
        tale: What is being done.
        token: What the button to cancel carries.
    """

    def __init__(self, show: Show, clock: Clock, tale: Tale, token: str) -> None:
        self._show = show
        self._clock = clock
        self._tale = tale
        self._token = token
        self._began = clock.now()
        self._due = self._began + FIRST
        self._shown = 0
        self._current: Reply | None = None
        self._said: Doing | None = None
        self._waiting = asyncio.Event()
        self._turn = asyncio.Lock()

    @property
    def last(self) -> Reply | None:
        """The reply that stands there as a promise, if one does."""
        return self._current

    async def show(self, reply: Reply) -> None:
        """Shows a reply in the place of the one before."""
        async with self._turn:
            # A finished answer, and what one person is told, has nothing to cancel.
            promise = reply.interim and reply.audience != "person"
            self._current = reply if promise else None
            self._said = None
            self._waiting.clear()
            if not (promise and reply.kept):  # what stands there already is not sent again
                await self._send(reply, promise=promise)
            if promise:
                self._waiting.set()

    @asynccontextmanager
    async def telling(self) -> AsyncIterator[None]:
        """Tells what is being done for as long as the block lasts."""
        task = asyncio.create_task(self._tell())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _tell(self) -> None:
        while True:
            await self._waiting.wait()
            await self._clock.sleep((self._due - self._clock.now()).total_seconds())
            async with self._turn:
                if self._current is None or self._clock.now() < self._due:
                    continue
                if self._said == self._tale.doing:
                    self._due = self._clock.now() + EVERY
                    continue
                try:
                    await self._send(self._current, promise=True)
                except SlackProblem as problem:
                    _LOG.info("progress could not be shown: %s", problem.code)

    async def _send(self, reply: Reply, *, promise: bool) -> None:
        now = self._clock.now()
        if promise and now - self._began >= _BUTTON_FROM:
            self._said = self._tale.doing
            otherwise = reply.step if reply.kept else ""
            message = view.with_progress(reply.message, self._said, self._token, otherwise)
            reply = replace(reply, message=message, doing=view.words(self._said))
        try:
            await self._show(reply)
        finally:
            self._shown += 1
            self._due = self._next(self._clock.now())

    def _next(self, now: datetime) -> datetime:
        """The first edit may come soon after the post; edits keep their distance."""
        return now + (FIRST if self._shown == 1 else EVERY)
