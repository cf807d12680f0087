"""Kill processes at every named point and at random, and count alerts that were lost or doubled.

``python -m benchmarks.kills [--random N] [--rounds N] [--only sqlite,one,three] [--seed N]``

For each arrangement (SQLite with one process; PostgreSQL with one and with three) every named
point is hit ``--rounds`` times and ``--random`` further kills come at random moments; on
PostgreSQL with three, one process is also frozen for twice the time-out. A row of the table is
printed as each arrangement ends; the exit code is 1 when anything was lost, doubled or left.
"""

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.support import postgres
from tests.support.kills import NAMED_POINTS, House, Toll, freeze, house, kill_at_random

SLACK_POINTS = ("slack:carried out", "slack:lost")
ARRANGEMENTS = {"sqlite": 1, "one": 1, "three": 3}


async def named(home: House, rounds: int, rng: random.Random) -> None:
    """Every named point, ``rounds`` times."""
    for _ in range(rounds):
        for point in (*NAMED_POINTS, *SLACK_POINTS):
            if point in SLACK_POINTS:
                await home.die_in_slack(carried_out=point.endswith("out"))
            else:
                await home.die_at(point, nth=rng.randint(1, 3))


async def measure(
    url: str, folder: Path, *, replicas: int, rounds: int, kills: int, seed: int
) -> Toll:
    """One arrangement."""
    rng = random.Random(seed)
    async with house(url, folder, timeout=5.0) as home:
        if replicas == 1:
            await named(home, rounds, rng)
        await kill_at_random(home, replicas=replicas, kills=kills, rng=rng)
        if replicas > 1:
            await freeze(home, replicas=replicas, rng=rng)
        await home.drain(120.0)
        toll = await home.count()
        if not toll.clean:
            print(home.errors(), file=sys.stderr)
        await home.stop()
    return toll


def row(name: str, toll: Toll) -> str:
    """One line of the table."""
    waits = toll.take_over_s
    took = f"{statistics.median(waits):.1f} / {waits[-1]:.1f}" if waits else "–"
    return (
        f"{name:22} {toll.kills:6} {toll.freezes:8} {toll.ended:6} {toll.told:7} "
        f"{toll.interrupted:11} {toll.lost:5} {toll.doubled:8} {toll.again:6} "
        f"{toll.unsent + toll.failed:7} {toll.orphaned:9} {took:>14}"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Measures, prints, says whether all is well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--random", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--only", default=",".join(ARRANGEMENTS))
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(argv)
    print(
        f"{'arrangement':22} {'kills':>6} {'freezes':>8} {'ended':>6} {'alerts':>7} "
        f"{'interrupted':>11} {'lost':>5} {'doubled':>8} {'again':>6} "
        f"{'unsent':>7} {'orphaned':>9} {'taken over s':>14}",
        flush=True,
    )
    clean = True
    for name in options.only.split(","):
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            if name == "sqlite":
                url = f"sqlite:///{folder / 'bot.db'}"
            else:
                url = stack.enter_context(stack.enter_context(postgres.server()).database())
            toll = asyncio.run(
                measure(
                    url,
                    folder,
                    replicas=ARRANGEMENTS[name],
                    rounds=options.rounds,
                    kills=options.random,
                    seed=options.seed,
                )
            )
        title = "SQLite, 1" if name == "sqlite" else f"PostgreSQL, {ARRANGEMENTS[name]}"
        print(row(title, toll), flush=True)
        clean = clean and toll.clean
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())
