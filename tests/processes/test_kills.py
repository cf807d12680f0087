"""Real processes are killed at named points; nothing is lost, nothing is told twice.

The long version is ``python -m benchmarks.kills``; this is a sample of it that fits a minute.
"""

import random
from functools import partial
from pathlib import Path

import pytest

from tests.support.kills import House, Toll, freeze, house, kill_at_random
from tests.support.postgres import Server

pytestmark = [pytest.mark.processes, pytest.mark.timeout(180)]


def _clean(toll: Toll) -> None:
    assert (toll.lost, toll.doubled, toll.cards_doubled, toll.again) == (0, 0, 0, 0)
    assert (toll.unsent, toll.failed, toll.orphaned) == (0, 0, 0)
    assert toll.told > 0


def _has_worked(home: House, jobs: int) -> bool:
    return len(home.events("job ")) >= jobs


async def test_one_process_on_sqlite_killed_around_every_commit(tmp_path: Path) -> None:
    """Before and after “sending”, around the post and “sent”, within a tick, within Slack."""
    async with house(f"sqlite:///{tmp_path / 'bot.db'}", tmp_path) as home:
        for point in ("after:effects", "after:taken", "after:post", "after:sent"):
            assert await home.die_at(point), home.errors()
        await home.die_in_slack(carried_out=True)
        await home.die_in_slack(carried_out=False)
        await home.up(home.start())
        await home.drain()
        _clean(await home.count())
        await home.stop()


@pytest.mark.postgres
async def test_three_replicas_on_postgres_killed_at_random_and_frozen(
    postgres: Server, tmp_path: Path
) -> None:
    """What one had in its hands another takes over; who was thought dead ends itself."""
    rng = random.Random(3)
    with postgres.database() as url:
        async with house(url, tmp_path) as home:
            await kill_at_random(home, replicas=3, kills=4, rng=rng, gap_s=1.5)
            frozen = await freeze(home, replicas=3, rng=rng)
            await home.until(lambda: frozen.exitcode is not None, 15)
            assert frozen.exitcode == 75
            home.alive.remove(frozen)
            await home.drain()
            _clean(await home.count())
            await home.stop()


@pytest.mark.postgres
async def test_a_rolling_restart_loses_nothing(postgres: Server, tmp_path: Path) -> None:
    """New replicas come before the old ones go, one by one, while changes flow.

    Nobody dies here: a sign of life has as long as in production, also on a busy machine.
    """
    with postgres.database() as url:
        async with house(url, tmp_path, timeout=20.0) as home:
            old = [home.start() for _ in range(3)]
            for process in old:
                await home.up(process)
            for process in old:
                enough = len(home.events("job ")) + 3
                await home.up(home.start())
                await home.until(partial(_has_worked, home, enough), 30)
                assert await home.retire(process) == 0, home.errors()
            await home.drain()
            toll = await home.count()
            _clean(toll)
            assert toll.ended == 0
            await home.stop()


async def test_a_second_process_on_the_same_file_ends_with_a_sentence(tmp_path: Path) -> None:
    """It would take the first one's work for a dead process's."""
    async with house(f"sqlite:///{tmp_path / 'bot.db'}", tmp_path) as home:
        await home.up(home.start())
        second = home.start()
        await home.until(lambda: second.exitcode is not None, 20)
        assert "Another wandb-bot already serves from bot.db" in home.errors()
        home.alive.remove(second)
        await home.stop()
