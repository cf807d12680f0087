"""Describing a run gives the same findings as having watched it to that step."""

import random
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pytest

from analysis.describe import describe
from analysis.findings import Severity
from analysis.history import Floats, History
from analysis.refs import RunRef
from analysis.reports import RunReport
from analysis.watching.asking import SYSTEM_EVERY
from analysis.watching.keeping import Kept
from analysis.watching.tick import clock_of, judge
from benchmarks.synthetic import FAULTY, HEALTHY, Kind, make
from bot.demo.wandb.replay import Replay
from tests.analysis.watching.world import World
from tests.runs import Recorded, every_run

LOOKS = 6
PAUSE_S = SYSTEM_EVERY.total_seconds() + 20.0
"""Between looks: so that the system metrics of each are those of then."""


async def described(world: World, kept: Kept) -> tuple[RunReport, RunReport]:
    """What is said of a run from what is kept of it, and from all that W&B has of it."""
    watched = judge(kept, now=world.now).report
    fresh = await describe(world.source, kept.run.ref, now=clock_of(kept, world.now))
    return watched, fresh


@dataclass
class Compared:
    """Compares look by look.

    While every row is kept, all that is told of a run is the same. Of a longer run buckets of its
    rows are kept: there a finding on the very edge of its threshold may come or go a look sooner or
    later, but not two looks in a row, and not when the run has ended.
    """

    world: World
    edge: frozenset[tuple[str, Severity]] = frozenset()

    async def look(self) -> None:
        assert self.world.last is not None
        [kept] = self.world.last.kept
        watched, fresh = await described(self.world, kept)
        if all(series.exact for series in kept.history.values()):
            assert_all_is_the_same(watched, fresh)
        assert watched.metrics_used == fresh.metrics_used
        told = [
            {(f.code, f.severity) for f in report.findings if f.severity is not Severity.INFO}
            for report in (watched, fresh)
        ]
        apart = frozenset(told[0] ^ told[1])
        assert not apart & self.edge
        assert not (apart and kept.run.state.ended)
        if not apart:
            assert watched.health == fresh.health
        self.edge = apart


def assert_all_is_the_same(watched: RunReport, fresh: RunReport) -> None:
    """Every finding with its words and numbers, and every number of the curves."""
    assert repr(watched.findings) == repr(fresh.findings)
    assert watched.not_checked == fresh.not_checked
    parts = ("loss", "grad_norm", "eval", "progress", "throughput", "config", "headline")
    for part in parts:
        # As text, in which one NaN is like the other.
        assert repr(getattr(watched, part)) == repr(getattr(fresh, part)), part


@every_run
async def test_a_recorded_run_is_watched_from_its_start_to_its_end(
    world: World, recorded: Recorded
) -> None:
    dice = random.Random(recorded.name)
    pauses = [PAUSE_S + dice.uniform(0, 300) for _ in range(LOOKS)]
    replay = Replay.start(
        world.server, recorded.log, lasts_s=sum(pauses[:-1]), entity="demo", project="made"
    )
    await world.look()
    compared = Compared(world)
    for pause in pauses:
        replay.advance(world.seconds[0] + pause)
        await world.look(pause)
        await compared.look()
        if replay.over:
            break
    assert replay.over


@pytest.mark.parametrize("kind", [*HEALTHY, *FAULTY], ids=lambda kind: kind.__name__)
async def test_a_made_run_is_watched_row_by_row(world: World, kind: Kind) -> None:
    """Names of everybody's habits, healthy and faulty, in pieces of random sizes."""
    made = make(kind, seed=11)
    dice = random.Random(kind.__name__)
    pauses = [PAUSE_S + dice.uniform(0, 300) for _ in range(LOOKS)]
    rows, times = by_row(made.history, sum(pauses))
    run = world.server.add_run("demo", "made", "a", config=dict(made.run.config))
    await world.look()
    begun = world.seconds[0]
    compared = Compared(world)
    done, turn = 0, 0.0
    for pause in pauses:
        turn += pause
        cut = int(np.searchsorted(times, turn + 1.0))
        for (step, row), at in zip(rows[done:cut], times[done:cut].tolist(), strict=True):
            run.log(row, step=step, time=begun + at)
        log_system(world, run.name, done, pause)
        done = cut
        await world.look(pause)
        await compared.look()
    assert done == len(rows)


def by_row(history: History, lasts_s: float) -> tuple[list[tuple[int, dict[str, float]]], Floats]:
    """The rows of a history, and their times stretched to so many seconds from 0 on."""
    rows: dict[int, dict[str, float]] = {}
    times: dict[int, float] = {}
    for name, series in history.items():
        for step, at, value in zip(series.step, series.time, series.value, strict=True):
            rows.setdefault(int(step), {})[name] = float(value)
            times[int(step)] = float(at)
    steps = sorted(rows)
    at = np.maximum.accumulate(np.array([times[step] for step in steps]))
    stretched: Floats = (at - at[0]) / max(1.0, at[-1] - at[0]) * lasts_s
    return [(step, rows[step]) for step in steps], stretched


def log_system(world: World, name: str, turn: int, pause: float) -> None:
    """Samples of the hardware: a GPU that mostly waits, and memory that fills."""
    run = world.server.run(f"demo/made/{name}")
    for part in np.linspace(0.1, 1.0, 12):
        use = {"system.gpu.0.gpu": 9.0 + turn % 5, "system.memory_percent": 80.0 + 19.0 * part}
        run.log_system(use, time=world.seconds[0] + float(part) * pause)


async def test_an_idle_gpu_is_told_and_is_over_when_it_works(world: World) -> None:
    """System metrics are asked for now and then, and once more when a run ends."""
    run = world.run("a")
    await world.look()
    log_system(world, "a", 0, 10)
    world.train(run)
    alerts = await world.look(PAUSE_S)
    codes = {alert.code for alert in alerts if alert.kind == "finding"}
    assert {"gpu_idle", "memory_near_limit"} <= codes
    for part in range(40):
        busy = {"system.gpu.0.gpu": 97.0, "system.memory_percent": 40.0}
        run.log_system(busy, time=world.seconds[0] + part)
    world.train(run)
    assert [a for a in await world.look(30) if a.kind == "finding"] == []  # not asked for yet
    run.becomes("finished")
    await world.look(30)
    assert world.last is not None
    [kept] = world.last.kept
    watched, fresh = await described(world, kept)
    assert_all_is_the_same(watched, fresh)


async def test_between_its_turns_a_runs_hardware_is_judged_as_it_was(world: World) -> None:
    """Nothing flickers because it was not asked for."""
    run = world.run("a")
    log_system(world, "a", 0, 10)
    await world.look()
    for _ in range(3):
        world.train(run)
        await world.look()
        assert world.last is not None
        [kept] = world.last.kept
        report = judge(kept, now=world.now).report
        assert "gpu_idle" in {finding.code for finding in report.findings}
        assert kept.system_at is not None
        assert world.now - kept.system_at < SYSTEM_EVERY


async def test_a_name_that_a_run_begins_to_log_is_there_at_once_and_whole(world: World) -> None:
    """An evaluation that comes after an hour is no different from one that was there all along."""
    run = world.run("a")
    run.table.columns.pop("eval/loss")
    run.summary.pop("eval/loss")
    await world.look()
    for turn in range(3):
        for row in range(10):
            more = {"eval/accuracy": 0.5 + turn / 10} if row % 5 == 0 else {}
            run.log({"train/loss": 0.9, **more}, time=world.seconds[0] + row)
        await world.look()
        assert world.last is not None
        [kept] = world.last.kept
        assert len(kept.history["eval/accuracy"]) == 2 * (turn + 1)
        watched, fresh = await described(world, kept)
        assert_all_is_the_same(watched, fresh)


async def test_a_config_that_changes_is_known_within_ten_minutes(world: World) -> None:
    run = world.run("a")
    await world.look()
    run.configure({"max_steps": 10_000})
    for _ in range(21):
        world.train(run)
        await world.look()
    assert world.last is not None
    [kept] = world.last.kept
    assert kept.run.ref == RunRef("demo", "made", "a")
    assert kept.run.config["max_steps"] == 10_000
    assert kept.facts_at is not None
    assert world.now - kept.facts_at < timedelta(minutes=10)
