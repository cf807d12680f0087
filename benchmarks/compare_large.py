"""Comparing two runs of 100,000 steps from a local W&B server: time, requests, the verdict.

The server runs in a process of its own, so that time and requests are the client's.

    python -m benchmarks.compare_large [--rows 100000]
"""

import argparse
import asyncio
import multiprocessing
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

import numpy as np

from analysis.comparing.compare import compare
from analysis.comparing.loading import Loader
from analysis.comparing.sides import parse_side
from analysis.refs import Defaults
from analysis.sources import Account, Effort, WandbSource
from analysis.sources.credentials import ApiKey
from benchmarks.describe_large import Watch
from bot.demo.wandb import API_KEY, LocalWandb

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from analysis.sources.base import RunSource

RUNS = (("slow", 0.6), ("quick", 0.5))


def serve(pipe: Connection, rows: int) -> None:
    """Serve two long runs until the pipe is closed; the address goes through the pipe first."""

    async def run() -> None:
        dice = np.random.default_rng(0)
        fall = 3.0 * np.exp(-np.arange(rows) / (rows / 8))
        at = np.arange(0, rows, max(1, rows // 200))
        async with LocalWandb() as server:
            for name, level in RUNS:
                columns = {
                    "train/loss": fall + level + dice.normal(0, 0.05, rows),
                    "train/grad_norm": np.exp(dice.normal(0, 0.3, rows)),
                }
                evals = fall[at] + level + 0.1 + dice.normal(0, 0.005, at.size)
                server.add_run(
                    "demo",
                    "large",
                    name,
                    columns=columns,
                    sparse={"eval/loss": (at, evals)},
                    state="finished",
                )
            pipe.send(server.base_url)
            await asyncio.to_thread(pipe.recv)

    asyncio.run(run())


async def measure(base_url: str) -> None:
    account = Account(base_url, base_url, ApiKey(API_KEY))
    watch = Watch()
    looking = asyncio.create_task(watch.look())
    async with WandbSource(account=account, deadline_s=60) as source:

        @asynccontextmanager
        async def opened() -> "AsyncIterator[RunSource]":
            yield source

        sides = [parse_side(f"demo/large/{name}", Defaults()) for name, _ in RUNS]
        reports = []
        for number in (1, 2, 3):
            before, started = source.requests, time.perf_counter()
            loader = Loader(opened, datetime.now(UTC), Effort(deadline_s=60))
            reports.append(await compare(loader, sides))
            seconds = time.perf_counter() - started
            requests = source.requests - before
            print(f"comparison {number}      {seconds:.2f} s, {requests} requests")
    looking.cancel()
    print(f"longest block     {watch.longest_s * 1000:.0f} ms of the event loop")
    print(f"verdict           {reports[-1].verdict}: {reports[-1].reason}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=serve, args=(theirs, options.rows))
    server.start()
    try:
        asyncio.run(measure(ours.recv()))
    finally:
        ours.send("end")
        server.join()


if __name__ == "__main__":
    main()
