"""Stop reaches whoever works, in this process or in another, within two seconds."""

import asyncio

from bot.stops import StoredStops
from bot.storage import Database
from tests.clocks import HandClock
from tests.support.databases import (
    database,
    database_url,
    postgres,
    postgres_or_why,
    sqlite_template,
)

__all__ = ["database", "database_url", "postgres", "postgres_or_why", "sqlite_template"]

MOST_S = 2.0


async def waiting(stops: StoredStops) -> asyncio.Task[None]:
    """Somebody who works, and listens already."""
    work = asyncio.create_task(stops.wait("request"))
    for _ in range(5):
        await asyncio.sleep(0)
    return work


async def test_who_works_here_is_stopped_at_once(database: Database) -> None:
    """No time passes at all."""
    clock = HandClock()
    stops = StoredStops(database, clock)
    work = await waiting(stops)
    before = clock.now()
    await stops.stop("request")
    await asyncio.wait_for(work, 10.0)
    assert clock.now() == before


async def test_who_works_elsewhere_is_stopped_within_two_seconds(database: Database) -> None:
    """The click reached another process; a file of SQLite has one process only."""
    if database.address.sqlite:
        return
    clock = HandClock()
    here, there = StoredStops(database, clock), StoredStops(database, clock)
    work = asyncio.create_task(there.wait("session:D1:1.5"))
    await clock.asleep()
    await clock.advance(30.0)  # it has worked for a while
    await clock.asleep()
    before = clock.now()
    await here.stop("session:D1:1.5")
    async with clock.passing():
        await asyncio.wait_for(work, 10.0)
    assert (clock.now() - before).total_seconds() <= MOST_S


async def test_an_earlier_stop_does_not_mean_what_begins_later(database: Database) -> None:
    """Nor does a stop of something else."""
    clock = HandClock()
    stops = StoredStops(database, clock)
    await stops.stop("request")
    await clock.advance(5.0)
    work = await waiting(stops)
    await stops.stop("other")
    await clock.advance(10.0)
    assert not work.done()
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
