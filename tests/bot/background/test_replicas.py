"""Signs of life, and who takes over from the dead."""

from datetime import timedelta

import pytest

from bot.background.replicas import Liveness, beat, claim_all_others, leave, reap
from bot.storage import Database, replicas
from tests.clocks import START

T = 30.0


async def _beats(database: Database, **seen: float) -> None:
    async with database.begin() as connection:
        for name, ago in seen.items():
            await beat(connection, name, now=START - timedelta(seconds=ago))


async def _reaps(database: Database, own: str, later: float = 0) -> tuple[str, ...]:
    async with database.begin() as connection:
        return await reap(connection, own, timeout_s=T, now=START + timedelta(seconds=later))


async def test_only_the_silent_are_taken_over_and_by_one(database: Database) -> None:
    """Of two that look, one gets the dead one; the living are left alone."""
    await _beats(database, me=0, other=29, dead=31)
    assert await _reaps(database, "me") == ("dead",)
    assert await _reaps(database, "other") == ()


async def test_a_dead_one_is_looked_through_again_later(database: Database) -> None:
    """Its first reaper may have died over it."""
    await _beats(database, me=0, dead=31)
    assert await _reaps(database, "me") == ("dead",)
    await _beats(database, me=-31)
    assert await _reaps(database, "me", later=31) == ("dead",)


async def test_the_long_dead_are_forgotten(database: Database) -> None:
    """After many chances to be taken over."""
    await _beats(database, me=0, dead=31)
    await _reaps(database, "me", later=2 * 30)
    assert await _reaps(database, "me", later=21 * 30) != ()
    async with database.read() as connection:
        assert await replicas.every(connection) == ()


async def test_who_leaves_is_taken_over_at_once(database: Database) -> None:
    """A rolling restart waits for nobody."""
    await _beats(database, me=0, leaver=0)
    async with database.begin() as connection:
        await leave(connection, "leaver", timeout_s=T, now=START)
    assert await _reaps(database, "me") == ("leaver",)


async def test_a_process_that_is_alone_takes_over_without_waiting(database: Database) -> None:
    """On a SQLite file, whatever another id left is an earlier life's."""
    await _beats(database, me=0, before=0.5)
    async with database.begin() as connection:
        assert await claim_all_others(connection, "me", now=START) == ("before",)


def test_a_process_stops_posting_at_half_the_time_after_which_others_take_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By a clock that nobody can set; alone, it may be as late as it likes."""
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    life = Liveness("me", T, alone=False, _beat=now)
    alone = Liveness("me", T, alone=True, _beat=now)
    fits = {}
    for now in (114.9, 115.1):
        fits[now] = (life.fit, alone.fit)
    assert fits == {114.9: (True, True), 115.1: (False, True)}
    life.beaten(now)
    assert life.fit
