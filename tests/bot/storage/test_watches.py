"""Watches: added, changed, removed, paused, claimed."""

from datetime import timedelta

from bot.storage import Database, Target, watches
from tests.clocks import START

LLM = Target("team", "llm")


async def _add(database: Database, channel: str = "C1", target: Target = LLM) -> watches.Watch:
    async with database.begin() as connection:
        return await watches.add(
            connection, channel=channel, target=target, creator="U1", now=START
        )


async def test_watching_twice_is_one_watch_that_keeps_its_creator(database: Database) -> None:
    """The second time only changes what was given."""
    first = await _add(database)
    async with database.begin() as connection:
        second = await watches.add(
            connection, channel="C1", target=LLM, creator="U2", now=START, settings={"kinds": []}
        )
        assert (second.id, second.creator, second.settings) == (first.id, "U1", {"kinds": []})
        assert await watches.in_channel(connection, "C1") == (second,)


async def test_a_removed_watch_can_be_restored_with_its_settings(database: Database) -> None:
    """Undo brings back what there was."""
    watch = await _add(database)
    async with database.begin() as connection:
        await watches.change(connection, watch.id, settings={"cooling": 5})
        assert await watches.remove(connection, watch.id, now=START)
        assert not await watches.remove(connection, watch.id, now=START)
        assert await watches.in_channel(connection, "C1") == ()
        assert await watches.restore(connection, watch.id, now=START)
        (found,) = await watches.in_channel(connection, "C1")
    assert found.settings == {"cooling": 5}


async def test_due_watches_of_a_target_are_claimed_together_and_once(database: Database) -> None:
    """Two sweeps at the same moment: one gets them, and not before their time comes again."""
    ids = [(await _add(database, f"C{number}")).id for number in range(3)]
    await _add(database, "C9", Target("team"))
    async with database.begin() as connection:
        claimed = await watches.claim_due(
            connection, now=START, every_s=30, lease_s=300, token="one"
        )
        assert claimed[LLM] == tuple(ids)
        assert set(claimed) == {LLM, Target("team")}
        assert not await watches.claim_due(
            connection, now=START + timedelta(seconds=31), every_s=30, lease_s=300, token="two"
        )


async def test_only_the_tick_that_holds_a_watch_may_end_it(database: Database) -> None:
    """A look that was given up and one that is repeated both get nothing."""
    watch = await _add(database)
    later = START + timedelta(seconds=301)
    async with database.begin() as connection:
        await watches.claim_due(connection, now=START, every_s=30, lease_s=300, token="slow")
        await watches.claim_due(connection, now=later, every_s=30, lease_s=300, token="fast")
        assert not await watches.of_tick(connection, [watch.id], token="slow")
        assert not await watches.end_tick(connection, [watch.id], token="slow")
        assert await watches.end_tick(connection, [watch.id], token="fast") == {watch.id}
        assert not await watches.end_tick(connection, [watch.id], token="fast")


async def test_a_paused_channel_is_not_looked_at_until_it_is_resumed(database: Database) -> None:
    """The reason is kept for the list of watches."""
    watch = await _add(database)
    async with database.begin() as connection:
        await watches.pause_channel(connection, "C1", reason="is_archived", now=START)
        assert not await watches.claim_due(
            connection, now=START, every_s=30, lease_s=300, token="t"
        )
        paused = await watches.get(connection, watch.id)
        assert paused is not None
        assert (paused.active, paused.paused_reason) == (False, "is_archived")
        assert await watches.resume_channel(connection, "C1", now=START) == 1
        assert await watches.claim_due(connection, now=START, every_s=30, lease_s=300, token="t")


async def test_a_clock_that_was_set_back_does_not_silence_a_watch(database: Database) -> None:
    """A next look far in the future was planned by a wrong clock."""
    await _add(database)
    async with database.begin() as connection:
        ahead = START + timedelta(days=1)
        await watches.claim_due(connection, now=ahead, every_s=30, lease_s=300, token="a")
        (watch,) = await watches.every(connection)
        await watches.end_tick(connection, [watch.id], token="a")
        assert await watches.claim_due(connection, now=START, every_s=30, lease_s=300, token="b")
