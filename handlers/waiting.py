"""Work in the background of an answer: waited for by the clock, and never left behind."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from typing import Any, Generic, TypeVar

from handlers.ports import Clock

_Result = TypeVar("_Result")


class Work(Generic[_Result]):
    """A task, and how long one is willing to wait for it.

    Args:
        task: At work already.
        clock: Whose seconds count.
    """

    def __init__(self, task: "asyncio.Future[_Result]", clock: Clock) -> None:
        self._task = task
        self._clock = clock

    async def done_within(self, seconds: float) -> bool:
        """Whether it is done, waiting at most ``seconds``; it goes on either way."""
        if self._task.done():
            return True
        alarm = asyncio.ensure_future(self._clock.alarm(seconds))
        both: set[asyncio.Future[Any]] = {self._task, alarm}
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            alarm.cancel()
        return self._task.done()

    async def result(self) -> _Result:
        """What it gives, however long it takes; its exception where it fails."""
        return await self._task


@asynccontextmanager
async def background(work: Awaitable[_Result], clock: Clock) -> AsyncIterator[Work[_Result]]:
    """Starts the work; it is cancelled when the block is left before it is done."""
    task = asyncio.ensure_future(work)
    try:
        yield Work(task, clock)
    finally:
        if not task.done():
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
