"""The engine itself, in this process: what is enqueued runs once committed, in order, and stops.

These few tests wait for real queues, at the shortest polls that there are.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from bot.background.engine import Engine
from bot.background.queues import POST, WORK, Pace
from bot.clock import SystemClock
from bot.storage import Database

QUICK = Pace(
    replica_timeout=4.0, poll_scale=0.05, per_second=50.0, keep_jobs=timedelta(seconds=-60)
)


@dataclass
class Shop:
    """An engine whose jobs note what they were given."""

    engine: Engine
    done: list[Any] = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def work(self, args: Mapping[str, Any]) -> None:
        if args.get("fails"):
            raise ZeroDivisionError
        async with self.changed:
            self.done.append(args["n"])
            self.changed.notify_all()

    async def until(self, number: int) -> None:
        async with asyncio.timeout(20), self.changed:
            await self.changed.wait_for(lambda: len(self.done) >= number)

    async def put(self, kind: str, key: str, args: Mapping[str, Any], **more: Any) -> None:
        async with self.engine.database.begin() as connection:
            await self.engine.enqueue(connection, kind, key, args, **more)


@pytest.fixture
async def shop(database: Database) -> AsyncIterator[Shop]:
    engine = Engine(database, SystemClock(), QUICK)
    made = Shop(engine)
    engine.register("work", made.work, WORK)
    engine.register("post", made.work, POST)
    await engine.start()
    yield made
    await engine.stop(1)


async def test_a_job_runs_once_committed_and_once_for_its_name(shop: Shop) -> None:
    """Not when the transaction is rolled back; not twice for one key; not lost with a failure."""
    async with shop.engine.database.begin() as connection:
        await shop.engine.enqueue(connection, "work", "never", {"n": "never"})
        await connection.rollback()
    await shop.put("work", "fails", {"fails": True})
    for _ in range(3):
        await shop.put("work", "once", {"n": "once"})
    await shop.put("work", "later", {"n": "later"}, delay=0.5)
    await shop.put("work", "cancelled", {"n": "cancelled"}, delay=600)
    assert await shop.engine.live(["cancelled", "unknown"]) == {"cancelled"}
    await shop.engine.cancel("cancelled")
    assert await shop.engine.live(["cancelled"]) == frozenset()
    await shop.until(2)
    assert shop.done == ["once", "later"]
    assert shop.engine.ready


async def test_jobs_of_one_channel_run_in_their_order(shop: Shop) -> None:
    """One at a time; another channel does not wait for them."""
    for n in range(5):
        await shop.put("post", f"p{n}", {"n": n}, partition="C1")
    await shop.put("post", "other", {"n": 100}, partition="C2")
    await shop.until(6)
    assert [n for n in shop.done if n < 100] == [0, 1, 2, 3, 4]


async def test_what_waits_survives_a_restart_and_what_has_ended_is_forgotten(
    shop: Shop, database: Database
) -> None:
    """The next process runs it."""
    await shop.put("work", "now", {"n": 1})
    await shop.until(1)
    await shop.put("work", "then", {"n": 2}, delay=2.5)
    await shop.engine.stop(1)
    assert not shop.engine.ready
    following = Engine(database, SystemClock(), QUICK)
    following.register("work", shop.work, WORK)
    following.register("post", shop.work, POST)
    await following.start()
    try:
        assert following.replica != shop.engine.replica
        await shop.until(2)
    finally:
        await following.stop(1)
    assert shop.done == [1, 2]


async def test_a_job_that_waits_is_let_go_at_once_when_the_process_stops(shop: Shop) -> None:
    """Its row is found again by the sweep."""
    nap = asyncio.create_task(shop.engine.sleep(600))
    await asyncio.sleep(0)
    await shop.engine.stop(1)
    assert await nap is False
    assert await shop.engine.sleep(1) is False
    assert await asyncio.to_thread(lambda: "the loop's threads still work")
