"""What the machinery of a tick costs apart from W&B: claim, job, states, one transaction.

``python -m benchmarks.ticks [--watches 10,100,1000] [--rounds N] [--database URL]``

For each number of watches, all of one project with one run each that changed: seconds from the
sweep to the end of the last tick's transaction, with an alert for none and for one in fifty.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from analysis.errors import AnalysisError
from bot.background.jobs.tick import Tick
from bot.background.outbox import Outbox
from bot.background.ports import Batch, CardChange, Found, Post
from bot.background.schedules import TICK, Sweep
from bot.storage import CardKey, Outgoing, Target, open_database, watches
from bot.storage.seen import Memory, RunState
from tests.support.jobs import NotedJobs

TARGET = Target("team", "llm")
HISTORY = bytes(16_000)


class HandedTime:
    """A clock that is set before each round."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def now(self) -> datetime:
        """The set time."""
        return self.at

    async def sleep(self, seconds: float) -> None:
        """Not at all."""

    async def alarm(self, seconds: float) -> None:
        """Not at all."""


@dataclass(frozen=True, slots=True)
class Changed:
    """Each watch's run has a new history and state; one in ``one_in`` an alert."""

    one_in: int

    async def look(self, batch: Batch) -> Found:
        """Reads what there is, gives back as much."""
        runs = [f"team/llm/{watch.id}" for watch in batch.watches]
        await batch.seen.memories(runs)
        await batch.seen.states(runs)
        posts: list[Post] = []
        cards: list[CardChange] = []
        for watch in batch.watches:
            if self.one_in and watch.id % self.one_in == 0:
                key = CardKey(watch.channel, "run", str(watch.id))
                cards.append(CardChange(key, {"at": batch.now.isoformat()}, watch.id))
                what = Outgoing(f"{watch.id}:{batch.now}", watch.channel, "alert", {})
                posts.append(Post(what, watch.id, thread_of=key))
        return Found(
            batch.state,
            memories=tuple(Memory(run, 1, False, {}, HISTORY, batch.now) for run in runs),
            states=tuple(
                RunState(watch.id, run, {"open": {}}, False, batch.now)
                for watch, run in zip(batch.watches, runs, strict=True)
            ),
            cards=tuple(cards),
            posts=tuple(posts),
        )

    async def unreachable(
        self, batch: Batch, since: datetime, error: AnalysisError | None
    ) -> Found:
        """Never happens here."""
        raise AssertionError(error)


async def measure(url: str, number: int, one_in: int, rounds: int) -> list[float]:
    """Seconds of each round."""
    database, clock, jobs = await open_database(url), HandedTime(), NotedJobs()
    async with database.begin() as connection:
        for place in range(number):
            await watches.add(
                connection, channel=f"C{place}", target=TARGET, creator="U", now=clock.at
            )
    box = Outbox(jobs)
    tick, sweep = Tick(database, box, Changed(one_in), clock), Sweep(database, jobs, box, clock)
    took = []
    for _ in range(rounds + 1):
        clock.at += timedelta(seconds=31)
        began = time.perf_counter()
        jobs.jobs.clear()
        await sweep.run()
        for job in jobs.of(TICK):
            args: Mapping[str, Any] = job.args
            await tick.run(args)
        took.append(time.perf_counter() - began)
    await database.close()
    return took[1:]


def main(argv: Sequence[str] | None = None) -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--watches", default="10,100,1000")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--database", default="")
    options = parser.parse_args(argv)
    print(f"{'watches':>8} {'alerts':>8} {'median s':>9} {'ms a watch':>11}")
    for number in map(int, options.watches.split(",")):
        for one_in in (0, 50):
            with tempfile.TemporaryDirectory() as folder:
                url = options.database or f"sqlite:///{Path(folder) / 'bot.db'}"
                took = asyncio.run(measure(url, number, one_in, options.rounds))
            middle = statistics.median(took)
            name = f"1 in {one_in}" if one_in else "none"
            print(f"{number:8} {name:>8} {middle:9.3f} {middle / number * 1000:11.2f}", flush=True)


if __name__ == "__main__":
    main()
