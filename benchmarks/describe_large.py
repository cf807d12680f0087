"""Describing a run of 1,000,000 steps and 10 metrics: what its transport costs.

The server runs in a process of its own, so that time, memory and the event loop are the client's.

    python benchmarks/describe_large.py [--rows 1000000] [--metrics 10] [--full]
"""

import argparse
import asyncio
import multiprocessing
import resource
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from analysis.refs import RunRef
from analysis.sources import Account, Effort, WandbSource
from analysis.sources.credentials import ApiKey
from bot.demo.wandb import API_KEY, LocalWandb

_TICK_S = 0.001


def serve(pipe: Connection, rows: int, metrics: int) -> None:
    """Serve one long run until the pipe is closed; its address goes through the pipe first."""

    async def run() -> None:
        dice = np.random.default_rng(0)
        fall = np.exp(-np.arange(rows) / (rows / 3))
        columns = {f"train/m{i}": fall + dice.normal(0, 0.03, rows) for i in range(metrics)}
        columns["train/m0"][rows * 2 // 3] = 500.0
        columns["train/m1"][rows // 4] = np.nan
        async with LocalWandb() as server:
            server.add_run("demo", "large", "run", columns=columns, state="finished")
            pipe.send(server.base_url)
            await asyncio.to_thread(pipe.recv)

    asyncio.run(run())


class Watch:
    """The longest time for which the event loop did not come back to a waiting task."""

    def __init__(self) -> None:
        self.longest_s = 0.0

    async def look(self) -> None:
        """Sleep in short ticks, and see how late each of them ends."""
        while True:
            before = time.perf_counter()
            await asyncio.sleep(_TICK_S)
            self.longest_s = max(self.longest_s, time.perf_counter() - before - _TICK_S)


def peak_mb() -> float:
    """The most memory that this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def measure(base_url: str, *, full: bool, say: Callable[[str], Any] = print) -> None:
    account = Account(base_url, base_url, ApiKey(API_KEY))
    watch = Watch()
    looking = asyncio.create_task(watch.look())
    before_mb, started = peak_mb(), time.perf_counter()
    async with WandbSource(account=account, deadline_s=60) as source:
        run = await source.run(RunRef("demo", "large", "run"))
        effort = Effort(deadline_s=600 if full else 60, full=full)
        history = await source.history(run, tuple(run.keys), effort)
        seconds, requests = time.perf_counter() - started, source.requests
    looking.cancel()
    first, second = history["train/m0"], history["train/m1"]
    say(f"rows              {run.rows:,} × {len(history)} metrics")
    say(f"time              {seconds:.2f} s")
    say(f"requests          {requests}")
    say(f"points            {sum(map(len, history.values())):,}")
    say(f"peak memory       {peak_mb():.0f} MB, {peak_mb() - before_mb:.0f} MB more than before")
    say(f"longest block     {watch.longest_s * 1000:.0f} ms of the event loop")
    say(f"spike found at    step {first.step[int(np.argmax(first.value))]:,}")
    say(f"lone NaN found at step {second.step[np.isnan(second.value)].tolist()}")
    for missing in history.missing:
        say(f"missing           {missing.what}: {missing.reason}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--metrics", type=int, default=10)
    parser.add_argument("--full", action="store_true", help="every row")
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=serve, args=(theirs, options.rows, options.metrics))
    server.start()
    try:
        asyncio.run(measure(ours.recv(), full=options.full))
    finally:
        ours.send("end")
        server.join()


if __name__ == "__main__":
    main()
