"""Requests and time of a tick, and of the same look with ``wandb.Api()`` in the obvious loop.

``python -m benchmarks.watching [--runs 10,100,1000] [--latency 0,0.1]``

Each running run has 200 rows of two metrics and logs 10 more before each look; the first look at a
project is not counted. The server is a process of its own, on the same machine: without a latency
the way to it takes no time, as it never does in truth. Both look and judge: a tick does what
``analysis.watching`` does (asking, keeping as bytes, judging, finding the changes), the loop reads
each run with W&B's public client and judges it by the same detectors; it finds no changes.
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

from analysis.describe import report_of
from analysis.history import History, Series
from analysis.refs import ProjectRef, RunRef
from analysis.run import Key, Run, RunState
from analysis.sources import WandbSource
from analysis.watching.changes import Memory, changes
from analysis.watching.keeping import Stored
from analysis.watching.tick import judge, tick

ROWS, NEW, TICKS = 200, 10, 3
KEYS = ("train/loss", "train/grad_norm")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one look took: seconds until all was there, and until it was judged."""

    requests: int
    asking_s: float
    seconds: float


class Server:
    """The local W&B server in its process: it grows the runs and counts what it is asked."""

    def __init__(self, runs: int, latency: float) -> None:
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "benchmarks.watching"),
                *("--serve", str(runs), "--latency", str(latency)),
            ],
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


async def serve(runs: int, latency: float) -> None:
    """The server's side: a line in, a line out."""
    from bot.demo.wandb import API_KEY, LocalWandb, Slow

    async with LocalWandb() as server:
        if latency:
            server.fail(Slow(latency))
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
            asked = time.perf_counter() - began
            stored |= {kept.path: Stored(kept.facts(), kept.packed()) for kept in look.kept}
            sights = [judge(kept, now=now) for kept in look.kept]
            found = changes(memory, sights, now=now, first=since is None)
            memory = Memory({**memory.tracks, **found.tracks}, found.leaders)
            took = time.perf_counter() - began
            costs.append(Cost(server.ask("count") - before, asked, took))
            since = now
    return Cost(
        round(statistics.median(cost.requests for cost in costs[1:])),
        statistics.median(cost.asking_s for cost in costs[1:]),
        statistics.median(cost.seconds for cost in costs[1:]),
    )


def the_obvious_loop(server: Server) -> Cost:
    """One look with W&B's public client: each run's facts and curves, judged one by one."""
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
        before, began, judging = server.ask("count"), time.perf_counter(), 0.0
        for run in api.runs("demo/made", filters={"state": "running"}):
            state, summary, config = run.state, dict(run.summary), dict(run.config)
            rows = run.history(keys=list(KEYS), samples=500, pandas=False)
            read = time.perf_counter()
            found = Run(
                RunRef(run.entity, run.project, run.id),
                run.name,
                RunState.of(state),
                created_at=datetime.fromisoformat(run.created_at).replace(tzinfo=UTC),
                heartbeat_at=datetime.now(UTC),
                config=config,
                summary=summary,
                keys=dict.fromkeys(KEYS, Key()),
                rows=len(rows),
            )
            steps = [row["_step"] for row in rows]
            curves = {key: Series.of(steps, [row[key] for row in rows]) for key in KEYS}
            report_of(found, History(curves), now=datetime.now(UTC))
            judging += time.perf_counter() - read
        took = time.perf_counter() - began
    return Cost(server.ask("count") - before, took - judging, took)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", default="10,100,1000")
    parser.add_argument("--latency", default="0", help="seconds of each request's way")
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve is not None:
        asyncio.run(serve(asked.serve, float(asked.latency)))
        return
    print("| running runs | latency ms | a tick: requests | asking s | in all s "
          "| wandb.Api() loop: requests | asking s | in all s |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|")
    for latency in map(float, asked.latency.split(",")):
        for runs in map(int, asked.runs.split(",")):
            server = Server(runs, latency)
            try:
                ours, theirs = asyncio.run(our_ticks(server)), the_obvious_loop(server)
            finally:
                server.stop()
            print(
                f"| {runs:,} | {latency * 1000:.0f} | {ours.requests:,} | {ours.asking_s:.2f} "
                f"| {ours.seconds:.2f} | {theirs.requests:,} | {theirs.asking_s:.2f} "
                f"| {theirs.seconds:.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
