"""Work is asked once, kept off the loop, bounded, and stopped when nobody waits."""

import asyncio
import threading

import pytest

from analysis.flight import Flights, gather_bounded, off_loop, stoppable


async def test_work_runs_on_another_thread() -> None:
    assert await off_loop(threading.get_ident) != threading.get_ident()


async def test_a_question_under_way_is_not_asked_again() -> None:
    flights: Flights[str, int] = Flights()
    asked = 0
    go = asyncio.Event()

    async def ask() -> int:
        nonlocal asked
        asked += 1
        await go.wait()
        return asked

    waiting = [asyncio.create_task(flights.once("key", ask)) for _ in range(3)]
    await asyncio.sleep(0)
    go.set()
    assert await asyncio.gather(*waiting) == [1, 1, 1]
    assert await flights.once("key", ask) == 2


async def test_one_who_leaves_does_not_take_the_question_along() -> None:
    flights: Flights[str, int] = Flights()
    go, gone = asyncio.Event(), asyncio.Event()

    async def ask() -> int:
        try:
            await go.wait()
        except asyncio.CancelledError:
            gone.set()
            raise
        return 7

    first = asyncio.create_task(flights.once("key", ask))
    second = asyncio.create_task(flights.once("key", ask))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    assert not gone.is_set()
    go.set()
    assert await second == 7


async def test_a_question_that_nobody_waits_for_is_dropped() -> None:
    flights: Flights[str, int] = Flights()
    begun, gone = asyncio.Event(), asyncio.Event()

    async def ask() -> int:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            gone.set()
        return 0

    only = asyncio.create_task(flights.once("key", ask))
    await begun.wait()
    only.cancel()
    await gone.wait()
    with pytest.raises(asyncio.CancelledError):
        await only


async def test_an_error_reaches_all_who_wait() -> None:
    flights: Flights[str, int] = Flights()

    async def ask() -> int:
        await asyncio.sleep(0)
        raise LookupError("no")

    results = await asyncio.gather(
        *(flights.once("key", ask) for _ in range(2)), return_exceptions=True
    )
    assert [type(result) for result in results] == [LookupError, LookupError]


async def test_a_thread_is_told_when_nobody_waits_any_more() -> None:
    begun, ended = threading.Event(), threading.Event()

    def work(stop: threading.Event) -> None:
        begun.set()
        stop.wait(10)
        ended.set()

    task = asyncio.create_task(stoppable(work))
    await off_loop(begun.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await off_loop(ended.wait, 10)


async def test_so_many_at_once_and_the_results_in_order() -> None:
    running = most = 0

    async def work(number: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return number

    found = await gather_bounded([lambda n=n: work(n) for n in range(9)], 3)  # type: ignore[misc]
    assert found == list(range(9))
    assert most == 3


async def test_the_first_error_ends_the_rest() -> None:
    cancelled = asyncio.Event()

    async def waits() -> int:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        return 0

    async def fails() -> int:
        await asyncio.sleep(0)
        raise LookupError("no")

    with pytest.raises(LookupError):
        await gather_bounded([waits, fails], 2)
    assert cancelled.is_set()
