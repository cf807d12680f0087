"""Work that somebody may stop: cancelled is not failed.

A key names what may be stopped: the request's id, or the thread in which an agent works. Whoever
is told to stop need not be the process that works, so this is a port (``bot/stops.py`` asks the
database beside this process's own memory).
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, Protocol, TypeVar

T = TypeVar("T")
_STEP_S: Final = 1.0


class Stopped(Exception):
    """The person does not want the answer any more."""


class Stops(Protocol):
    """Says stop to those who work at the moment; whoever begins later is not meant."""

    async def stop(self, key: str) -> None:
        """Tells whoever works under this key to stop."""
        ...

    async def wait(self, key: str) -> None:
        """Returns once somebody says stop, within two seconds of it."""
        ...


class LocalStops:
    """``Stops`` for one process."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = {}

    async def stop(self, key: str) -> None:
        """Wakes everybody who waits under the key."""
        for event in self._waiting.get(key, ()):
            event.set()

    async def wait(self, key: str) -> None:
        """Returns once somebody says stop."""
        event = asyncio.Event()
        self._waiting.setdefault(key, set()).add(event)
        try:
            await event.wait()
        finally:
            waiting = self._waiting[key]
            waiting.discard(event)
            if not waiting:
                del self._waiting[key]


@asynccontextmanager
async def stoppable(stops: Stops, keys: Sequence[str]) -> AsyncIterator[None]:
    """The block is left with ``Stopped`` as soon as somebody stops one of the keys.

    Works as ``asyncio.timeout`` does: the task is cancelled inside, and the cancellation ends here.
    """
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("only a task can be stopped")
    open_, said = True, False

    def stop(waiter: "asyncio.Task[None]") -> None:
        nonlocal said
        if open_ and not said and not waiter.cancelled() and waiter.exception() is None:
            said = True
            task.cancel()

    waiters = [asyncio.create_task(stops.wait(key)) for key in keys]
    for waiter in waiters:
        waiter.add_done_callback(stop)
    try:
        yield
    except asyncio.CancelledError:
        # Somebody else may have cancelled as well (shutdown): then that goes on.
        if said and task.uncancel() == 0:
            raise Stopped from None
        raise
    finally:
        open_ = False
        for waiter in waiters:
            waiter.cancel()
        await asyncio.gather(*waiters, return_exceptions=True)


async def whole(step: Coroutine[Any, Any, T]) -> T:
    """A step that a stop does not tear apart: it may end first, within a second.

    A message whose posting is cut off half-way stands in Slack and nobody knows where.
    """
    task = asyncio.ensure_future(step)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        if not task.done():
            await asyncio.wait([task], timeout=_STEP_S)
        task.cancel()
        raise


def session_key(channel: str, thread_ts: str) -> str:
    """The key of an agent's conversation in a thread."""
    return f"session:{channel}:{thread_ts}"
