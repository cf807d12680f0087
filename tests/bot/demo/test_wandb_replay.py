"""Recorded runs that happen again, and the story that the demo tells with them."""

import json

import pytest

from bot.demo.story import LIVE, SCENES, seed
from bot.demo.wandb import LocalWandb
from bot.demo.wandb.recorded import recording
from bot.demo.wandb.replay import Replay
from tests.runs import RUNS

NOW = 1_767_225_600.0


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def test_a_replay_logs_what_was_recorded_when_it_is_due() -> None:
    """Half-way through, about half of the rows are there; at the end all, and the state."""
    clock = Clock()
    server = LocalWandb(clock=clock)
    source = recording(RUNS / "out-of-memory")
    replay = Replay.start(server, RUNS / "out-of-memory", lasts_s=1_000.0, entity="demo")
    run = replay.run
    assert (run.state, run.table.size) == ("running", 0)
    sizes = []
    for _ in range(100):
        clock.now += 10
        replay.advance()
        sizes.append(run.table.size)
        assert run.heartbeat_at == clock.now
    assert sizes == sorted(sizes)
    assert 0 < sizes[49] < sizes[99] == len(source.rows)
    assert (run.state, run.exit_code, replay.over) == ("failed", 1, True)
    assert [line.text for line in run.console] == [line.text for line in source.lines]
    logged = run.table.flat(["_step"], run.table.rows_in(None, None))
    assert [row["_step"] for row in logged] == [row["_step"] for _, row in source.rows]


async def test_a_replay_plays_by_the_given_sleep() -> None:
    """It advances until its end, and no further."""
    clock = Clock()
    server = LocalWandb(clock=clock)

    async def sleep(seconds: float) -> None:
        clock.now += seconds

    replay = Replay.start(server, RUNS / "hf-oom", lasts_s=100.0)
    await replay.play(every_s=7.0, sleep=sleep)
    assert NOW + 100 <= clock.now < NOW + 107
    assert replay.run.state == "failed"


def test_a_killed_run_just_falls_silent() -> None:
    """Without an end, the run stays running until the server misses its heartbeats."""
    clock = Clock()
    server = LocalWandb(clock=clock, crash_after_s=300.0)
    replay = Replay.start(server, RUNS / "killed", lasts_s=60.0, ends=False)
    clock.now += 61
    replay.advance()
    assert (replay.over, replay.run.state) == (True, "running")
    clock.now += 400
    server.settle()
    assert replay.run.state == "crashed"


def test_the_story_is_of_today() -> None:
    """Runs of every kind, ended hours ago, and one that is still growing."""
    clock = Clock()
    server = LocalWandb(clock=clock)
    replay = seed(server, RUNS)
    server.settle()
    states = {run.name: run.state for run in server.runs()}
    assert set(states) == {scene.run for scene in SCENES} | {LIVE.run}
    assert set(states.values()) == {"finished", "failed", "crashed", "running"}
    for scene in SCENES:
        run = server.run(f"demo/{scene.project}/{scene.run}")
        assert run.heartbeat_at is not None
        assert run.heartbeat_at == pytest.approx(NOW - scene.ended_h * 3600, abs=0.01)
        assert run.runtime_s == pytest.approx(scene.lasted_h * 3600, abs=0.01)
    before = replay.run.table.size
    clock.now += 60
    replay.advance()
    assert replay.run.table.size > before
    assert json.loads(replay.run.summary_json())["_timestamp"] <= clock.now


def test_a_recorded_run_keeps_its_own_times_and_values_when_it_is_not_moved() -> None:
    """Rows are as they were logged, to the last digit."""
    server = LocalWandb()
    run = server.add_recorded(RUNS / "healthy-digits")
    source = recording(RUNS / "healthy-digits")
    rows = run.table.nested(run.table.rows_in(None, None))
    assert rows == [row for _, row in source.rows]
    assert run.created_at == source.started_at


def test_a_resumed_run_goes_on_counting_its_steps() -> None:
    """Two recordings under one id become one run whose steps ascend, as online."""
    server = LocalWandb()
    run = server.add_recorded(RUNS / "killed", state="crashed")
    before = run.table.size
    server.resume_recorded(run, RUNS / "hf-gpt2")
    steps = run.table.steps
    assert (steps[1:] > steps[:-1]).all()
    assert run.table.size == before + len(recording(RUNS / "hf-gpt2").rows)
    assert (run.state, run.exit_code) == ("finished", 0)
