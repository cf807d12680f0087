"""Work in flight: off the event loop, asked once, bounded, and stopped when nobody waits.

Decoding a large answer or a large file takes the processor for longer than an event loop may be
held. Such work runs on a small executor that all of the package shares.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from threading import Event
from typing import Any, Generic, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
K = TypeVar("K", bound=Hashable)

# Decoding holds the interpreter's lock most of the time: more threads would not decode faster, and
# each that waits for the lock lets the event loop wait longer.
_WORKERS = 3


@cache
def _executor() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_WORKERS, thread_name_prefix="analysis")


async def off_loop(fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call ``fn`` on a thread and wait for it without holding the event loop.

    A cancelled wait leaves a call that has begun to its end; see ``stoppable`` for long ones.
    """
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_executor(), lambda: fn(*args, **kwargs))


async def stoppable(fn: Callable[[Event], T]) -> T:
    """Call ``fn`` on a thread; when the wait is cancelled, the event that it was given is set.

    Args:
        fn: looks at the event now and then, and returns or raises early once it is set.
    """
    stop = Event()
    try:
        return await off_loop(fn, stop)
    except asyncio.CancelledError:
        stop.set()
        raise


class Flights(Generic[K, T]):
    """Questions that are being answered; one that is asked again meanwhile joins the first.

    A question is dropped (its task cancelled) when nobody waits for it any more.
    """

    def __init__(self) -> None:
        self._tasks: dict[K, asyncio.Task[T]] = {}
        self._waiting: dict[K, int] = {}

    async def once(self, key: K, ask: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The answer to ``key``, asked with ``ask`` unless that is already under way."""
        task = self._tasks.get(key)
        if task is None:
            task = asyncio.create_task(ask())
            self._tasks[key] = task
            self._waiting[key] = 0
        self._waiting[key] += 1
        try:
            return await asyncio.shield(task)
        finally:
            self._leave(key, task)

    def _leave(self, key: K, task: "asyncio.Task[T]") -> None:
        if self._tasks.get(key) is not task:
            return
        self._waiting[key] -= 1
        if task.done() or self._waiting[key] == 0:
            del self._tasks[key], self._waiting[key]
            task.cancel()


async def gather_bounded(work: "list[Callable[[], Awaitable[T]]]", limit: int) -> list[T]:
    """The results of all of ``work``, in order, with at most ``limit`` of them at once.

    The first error cancels the rest and is raised.
    """
    gate = asyncio.Semaphore(limit)

    async def one(ask: Callable[[], Awaitable[T]]) -> T:
        async with gate:
            return await ask()

    tasks = [asyncio.ensure_future(one(ask)) for ask in work]
    try:
        return list(await asyncio.gather(*tasks))
    except BaseException:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(BaseException):
                await task
        raise
