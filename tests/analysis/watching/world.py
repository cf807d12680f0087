"""A project that is watched: a local W&B server, a clock, and what a tick stores."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np

from analysis.alerts.base import Alert
from analysis.refs import ProjectRef
from analysis.rules import Rule
from analysis.sources import WandbSource
from analysis.watching.changes import Memory, changes
from analysis.watching.keeping import Stored
from analysis.watching.tick import Tick, judge, tick
from analysis.watching.tracks import Track
from bot.demo.wandb import API_KEY, LocalRun, LocalWandb

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TICK_S = 30.0
OPEN = ("running", "preempting", "pending", "crashed", "unknown")


@dataclass
class World:
    """Drives ticks by hand; what is kept passes through its stored form each time."""

    server: LocalWandb
    source: WandbSource
    seconds: list[float]
    stored: dict[str, Stored] = field(default_factory=dict)
    memory: Memory = field(default_factory=Memory)
    since: datetime | None = None
    rules: dict[str, Rule] = field(default_factory=dict)
    last: Tick | None = None

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds[0], UTC)

    async def look(self, after: float = TICK_S) -> tuple[Alert, ...]:
        """One tick, so many seconds later; the alerts."""
        first = self.since is None
        if not first:
            self.seconds[0] += after
        self.last = await tick(
            self.source,
            ProjectRef("demo", "made"),
            open_runs=[p for p, s in self.stored.items() if s.facts["state"] in OPEN],
            recall=self._recall,
            since=self.since,
            now=self.now,
        )
        self.stored |= {k.path: Stored(k.facts(), k.packed()) for k in self.last.kept}
        for path in self.last.gone:
            del self.stored[path]
        sights = [judge(kept, now=self.now) for kept in self.last.kept]
        found = changes(self.memory, sights, now=self.now, rules=self.rules, first=first)
        tracks = {**self.memory.tracks, **found.tracks}
        again = {path: Track.from_json(track.to_json()) for path, track in tracks.items()}
        assert again == tracks
        self.memory = Memory(again, found.leaders)
        self.since = self.now
        return found.alerts

    async def _recall(self, paths: Sequence[str]) -> Mapping[str, Stored]:
        return {path: self.stored[path] for path in paths if path in self.stored}

    def run(self, name: str, rows: int = 100, **more: Any) -> LocalRun:
        """A healthy running run with a row a second until now."""
        falling = dict(zip(("train/loss", "eval/loss"), curves(rows), strict=True))
        born = self.seconds[0] - rows
        return self.server.add_run("demo", "made", name, columns=falling, created_at=born, **more)

    def train(self, run: LocalRun, seconds: float = TICK_S, **values: float) -> None:
        """A row a second for so long, from now on; ``values`` replace those of the last rows."""
        rows = run.table.size + np.arange(int(seconds))
        loss, held_out = curves(int(rows[-1]) + 1)
        for place, row in enumerate(rows):
            made = {"train/loss": float(loss[row]), "eval/loss": float(held_out[row])}
            at = self.seconds[0] + place + 1
            run.log({**made, **{k.replace("_", "/", 1): v for k, v in values.items()}}, time=at)


def curves(rows: int) -> Iterator[np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """A training and an evaluation loss that fall, with a little noise that never changes."""
    step = np.arange(rows, dtype=np.float64)
    noise = np.random.default_rng(7).normal(0.0, 0.01, max(rows, 10_000))[:rows]
    yield 0.5 + 2.0 * (1.0 + step / 50.0) ** -0.7 + noise
    yield 0.6 + 2.0 * (1.0 + step / 50.0) ** -0.7 + noise[::-1] / 10


@asynccontextmanager
async def a_world() -> AsyncIterator[World]:
    seconds = [START.timestamp()]
    async with (
        LocalWandb(clock=lambda: seconds[0]) as server,
        WandbSource(server.base_url, api_key=API_KEY) as source,
    ):
        yield World(server, source, seconds)


def told(alerts: Sequence[Alert]) -> list[str]:
    """Alerts in short: ``r0 finding loss_not_finite 1``, a closed one with an ``x``."""
    parts = [
        (a.subject.rpartition("/")[2], a.kind, a.code, str(a.episode), "" if a.opens else "x")
        for a in alerts
    ]
    return [" ".join(part for part in each if part) for each in parts]
