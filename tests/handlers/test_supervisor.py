"""Work after the acknowledgement is owned, limited and drained."""

import asyncio

import pytest

from handlers.supervisor import Supervisor


async def test_only_so_many_work_at_once() -> None:
    """Further work waits for a free place."""
    supervisor, gate = Supervisor(limit=2), asyncio.Event()
    started: list[int] = []

    async def work(number: int) -> None:
        started.append(number)
        await gate.wait()

    for number in range(5):
        supervisor.start(work(number), f"work {number}")
    for _ in range(5):
        await asyncio.sleep(0)
    assert started == [0, 1]
    gate.set()
    await supervisor.drain(5.0)
    assert started == [0, 1, 2, 3, 4]


async def test_drain_cancels_what_does_not_end() -> None:
    """Shutdown is bounded, for work that waits for a place too."""
    supervisor = Supervisor(limit=1)
    ended: list[str] = []

    async def stuck() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("stuck")

    supervisor.start(stuck(), "one")
    supervisor.start(stuck(), "two")
    await asyncio.sleep(0)
    await supervisor.drain(0.0)
    assert ended == ["stuck"]


async def test_drain_waits_for_what_begins_meanwhile() -> None:
    """Work that hands over to further work is not cut off halfway."""
    supervisor, ended = Supervisor(), asyncio.Event()

    async def second() -> None:
        for _ in range(5):
            await asyncio.sleep(0)
        ended.set()

    async def first() -> None:
        supervisor.start(second(), "second")

    supervisor.start(first(), "first")
    await supervisor.drain(5.0)
    assert ended.is_set()


async def test_an_escaped_error_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing fails silently."""
    supervisor = Supervisor()

    async def broken() -> None:
        raise RuntimeError("boom")

    supervisor.start(broken(), "command 1a2b")
    await supervisor.drain(1.0)
    await asyncio.sleep(0)
    assert "command 1a2b failed" in caplog.text
