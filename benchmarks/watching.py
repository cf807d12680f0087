"""Requests and time of a tick, and of the same look with ``wandb.Api()`` in the obvious loop.

``python -m benchmarks.watching [--runs 10,100,1000]``

Each running run has 200 rows of two metrics and logs 10 more before each look; the first look at a
project is not counted. The server is a process of its own. A tick counts what ``analysis.watching``
does: asking, keeping (packed and unpacked, as the database holds it), judging, finding the changes.
"""

import argparse
import asyncio
import contextlib
import io
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from analysis.refs import ProjectRef
from analysis.sources import WandbSource
from analysis.watching.changes import Memory, changes
from analysis.watching.keeping import Stored
from analysis.watching.tick import judge, tick

ROWS, NEW, TICKS = 200, 10, 3


@dataclass(frozen=True, slots=True)
class Cost:
    """What one look took."""

    requests: int
    seconds: float


class Server:
    """The local W&B server in its process: it grows the runs and counts what it is asked."""

    def __init__(self, runs: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.watching", "--serve", str(runs)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.address: dict[str, str] = self._answer()

    def ask(self, what: str) -> int:
        """``grow`` logs new rows, ``count`` tells the requests so far."""
        if self._process.stdin is None:
            raise RuntimeError("the server has no input")
        print(what, file=self._process.stdin, flush=True)
        return int(self._answer()["n"])

    def _answer(self) -> dict[str, str]:
        if self._process.stdout is None:
            raise RuntimeError("the server has no output")
        found: dict[str, str] = json.loads(self._process.stdout.readline())
        return found

    def stop(self) -> None:
        """Ends the process."""
        self._process.terminate()
        self._process.wait()


async def serve(runs: int) -> None:
    """The server's side: a line in, a line out."""
    from bot.demo.wandb import API_KEY, LocalWandb

    async with LocalWandb() as server:
        dice = np.random.default_rng(0)

        def values(rows: int, start: int) -> tuple[list[float], list[float]]:
            step = np.arange(start, start + rows)
            loss = 0.5 + 2.0 * (1.0 + step / 50.0) ** -0.7 + dice.normal(0, 0.01, rows)
            return loss.tolist(), np.abs(dice.normal(1.0, 0.1, rows)).tolist()

        made = []
        for number in range(runs):
            loss, norm = values(ROWS, 0)
            columns = {"train/loss": loss, "train/grad_norm": norm}
            made.append(server.add_run("demo", "made", f"r{number}", columns=columns))
        print(json.dumps({"url": server.base_url, "key": API_KEY}), flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            if line.strip() == "grow":
                for run in made:
                    rows = zip(*values(NEW, run.table.size), strict=True)
                    for at_loss, at_norm in rows:
                        run.log({"train/loss": at_loss, "train/grad_norm": at_norm})
            print(json.dumps({"n": len(server.traffic.requests)}), flush=True)


async def our_ticks(server: Server) -> Cost:
    """The median of some ticks."""
    stored: dict[str, Stored] = {}
    memory, since = Memory(), None
    costs: list[Cost] = []

    async def recall(paths: Sequence[str]) -> Mapping[str, Stored]:
        return {path: stored[path] for path in paths if path in stored}

    async with WandbSource(
        server.address["url"], api_key=server.address["key"], deadline_s=120
    ) as source:
        for _ in range(TICKS + 1):
            before = server.ask("grow")
            began, now = time.perf_counter(), datetime.now(UTC)
            look = await tick(
                source, ProjectRef("demo", "made"), open_runs=list(stored), recall=recall,
                since=since, now=now,
            )  # fmt: skip
            stored |= {kept.path: Stored(kept.facts(), kept.packed()) for kept in look.kept}
            sights = [judge(kept, now=now) for kept in look.kept]
            found = changes(memory, sights, now=now, first=since is None)
            memory = Memory({**memory.tracks, **found.tracks}, found.leaders)
            took = time.perf_counter() - began
            costs.append(Cost(server.ask("count") - before, took))
            since = now
    return Cost(
        round(statistics.median(cost.requests for cost in costs[1:])),
        statistics.median(cost.seconds for cost in costs[1:]),
    )


def the_obvious_loop(server: Server) -> Cost:
    """One look with W&B's public client; nothing is judged."""
    os.environ |= {
        "WANDB_BASE_URL": server.address["url"],
        "WANDB_API_KEY": server.address["key"],
        "WANDB_SILENT": "true",
    }
    import wandb
    from wandb.sdk import wandb_setup

    wandb_setup.teardown()
    with contextlib.redirect_stderr(io.StringIO()):
        api = wandb.Api(timeout=120)
        server.ask("grow")
        before, began = server.ask("count"), time.perf_counter()
        for run in api.runs("demo/made", filters={"state": "running"}):
            _ = run.state, run.summary.get("train/loss"), run.config
            run.history(keys=["train/loss", "train/grad_norm"], samples=500, pandas=False)
        took = time.perf_counter() - began
    return Cost(server.ask("count") - before, took)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", default="10,100,1000")
    parser.add_argument("--serve", type=int)
    asked = parser.parse_args()
    if asked.serve is not None:
        asyncio.run(serve(asked.serve))
        return
    print("| running runs | a tick: requests | s | wandb.Api() loop: requests | s |")
    print("|---|---|---|---|---|")
    for runs in map(int, asked.runs.split(",")):
        server = Server(runs)
        try:
            ours, theirs = asyncio.run(our_ticks(server)), the_obvious_loop(server)
        finally:
            server.stop()
        print(
            f"| {runs:,} | {ours.requests:,} | {ours.seconds:.2f} "
            f"| {theirs.requests:,} | {theirs.seconds:.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
