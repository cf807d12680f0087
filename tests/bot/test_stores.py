"""What Slack's other places remember, and who was told to stop: on both databases."""

import asyncio
from datetime import timedelta

import pytest

from bot.stops import StoredStops
from bot.storage import Database, once
from bot.surface import StoredOpenings, StoredSightings, StoredVotes
from handlers.surface.memory import SHOWN_FOR
from tests.clocks import HandClock
from tests.support.databases import (
    database,
    database_url,
    postgres,
    postgres_or_why,
    sqlite_template,
)

__all__ = ["database", "database_url", "postgres", "postgres_or_why", "sqlite_template"]

LINK = "https://wandb.ai/team/proj/runs/otter"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


async def test_a_link_is_shown_once_in_half_an_hour(database: Database, clock: HandClock) -> None:
    """To all replicas; elsewhere it may be shown."""
    first, second = StoredSightings(database, clock), StoredSightings(database, clock)
    assert await first.claim("C1", LINK)
    assert not await second.claim("C1", LINK)
    assert await second.claim("C2", LINK)
    await clock.advance(SHOWN_FOR.total_seconds())
    assert await second.claim("C1", LINK)


async def test_of_replicas_that_see_a_link_at_once_one_shows_it(
    database: Database, clock: HandClock
) -> None:
    """Also when it was shown long ago: each of them then sees the same old row."""
    replicas = [StoredSightings(database, clock) for _ in range(8)]
    for _ in range(5):
        claims = await asyncio.gather(*(one.claim("C1", LINK) for one in replicas))
        assert sorted(claims) == [False] * 7 + [True]
        await clock.advance(SHOWN_FOR.total_seconds())


async def test_a_link_that_was_not_shown_after_all_is_free_again(
    database: Database, clock: HandClock
) -> None:
    sightings = StoredSightings(database, clock)
    assert await sightings.claim("C1", LINK * 40)  # longer than what is stored of it
    await sightings.release("C1", LINK * 40)
    assert await sightings.claim("C1", LINK * 40)


async def test_a_channel_may_want_no_cards(database: Database, clock: HandClock) -> None:
    sightings = StoredSightings(database, clock)
    assert await sightings.wanted("C1")
    for wanted in (False, True, False):
        await sightings.want("C1", wanted)
        assert await sightings.wanted("C1") is wanted
    assert await sightings.wanted("C2")


async def test_a_later_vote_replaces_the_first(database: Database, clock: HandClock) -> None:
    """One a person, message and detector."""
    votes = StoredVotes(database, clock)
    await votes.cast("U1", "1.0", "team/proj/otter", ["loss_spike", "gpu_idle"], good=True)
    await votes.cast("U1", "1.0", "team/proj/otter", ["gpu_idle"], good=False)
    await votes.cast("U2", "1.0", "team/proj/otter", ["gpu_idle"], good=True)
    async with database.read() as connection:
        counted = {vote.code: (vote.good, vote.bad) for vote in await once.tally(connection)}
    assert counted == {"loss_spike": (1, 0), "gpu_idle": (1, 1)}


async def test_where_somebody_opened_the_home_tab_last(
    database: Database, clock: HandClock
) -> None:
    openings = StoredOpenings(database, clock)
    assert await openings.team_of("U1") is None
    await openings.opened("U1", "T1")
    await openings.opened("U1", "T2")
    assert await openings.team_of("U1") == "T2"


async def test_a_stop_reaches_who_waits_in_the_same_process(
    database: Database, clock: HandClock
) -> None:
    stops = StoredStops(database, clock)
    waiting = asyncio.create_task(stops.wait("thread:1"))
    other = asyncio.create_task(stops.wait("thread:2"))
    if not database.address.sqlite:
        await clock.asleep()
    await asyncio.sleep(0)
    await stops.stop("thread:1")
    await waiting
    assert not other.done()
    other.cancel()


@pytest.mark.postgres
async def test_a_stop_reaches_who_waits_in_another_process(
    database: Database, clock: HandClock
) -> None:
    """Within two seconds; one from before the waiting began is not meant."""
    if database.address.sqlite:
        pytest.skip("a file has one process")
    here, there = StoredStops(database, clock), StoredStops(database, clock)
    await there.stop("thread:1")
    await clock.advance(10)
    waiting = asyncio.create_task(here.wait("thread:1"))
    await clock.asleep()
    await there.stop("thread:10")  # another key that begins alike
    begun = clock.now()
    async with clock.passing():
        await asyncio.sleep(0)
    assert not waiting.done()
    await there.stop("thread:1")
    async with clock.passing():
        await waiting
    assert clock.now() - begun < timedelta(seconds=10)
