"""What is kept of a run between two looks comes back as it was, or the run is read anew."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from analysis.history import History, Series
from analysis.refs import RunRef
from analysis.run import Key, Run, RunState
from analysis.watching.compact import pack
from analysis.watching.keeping import Kept, Stored, restored
from bot.demo.wandb import HISTORY_FIELDS, Errors
from tests.analysis.watching.world import World

REF = RunRef("team", "llm", "a/b")
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

words = st.text(max_size=12)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
times = st.none() | st.integers(0, 4 * 10**15).map(
    lambda us: datetime.fromtimestamp(0, UTC) + timedelta(microseconds=us)
)
numbers = st.floats(allow_nan=False) | st.integers() | words


@st.composite
def runs(draw: st.DrawFn) -> Run:
    state = draw(st.sampled_from(RunState))
    return Run(
        ref=REF,
        name=draw(words),
        state=state,
        state_text=draw(words),
        user=draw(st.none() | words),
        tags=tuple(draw(st.lists(words, max_size=3))),
        group=draw(st.none() | words),
        created_at=draw(times),
        heartbeat_at=draw(times),
        ended_at=draw(times),
        runtime_s=draw(st.none() | st.floats(0, 1e9)),
        config=draw(st.dictionaries(words, plain, max_size=4)),
        summary=draw(st.dictionaries(words, numbers, max_size=4)),
        keys=draw(st.dictionaries(words, st.builds(Key, st.none() | st.integers(0), st.booleans(),
                                                   st.none() | words), max_size=4)),
        last_step=draw(st.none() | st.integers(0)),
        rows=draw(st.none() | st.integers(0)),
        exit_code=draw(st.none() | st.integers(-255, 255)),
        notes_on_data=tuple(draw(st.lists(words, max_size=2))),
    )  # fmt: skip


@given(runs(), st.lists(words, unique=True, max_size=3), times)
def test_a_run_comes_back_as_it_was(run: Run, names: list[str], when: datetime | None) -> None:
    curve = Series.of([1, 2, 5], [0.5, float("nan"), 0.25], [1.0, 2.0, 3.0])
    kept = Kept(run, History({"loss": curve}), names=tuple(names), facts_at=when,
                system=History({"system.gpu.0.gpu": curve}), system_at=when)  # fmt: skip
    again = restored(REF, Stored(kept.facts(), kept.packed()))
    assert again is not None
    assert again.run == run
    assert (again.names, again.facts_at, again.system_at) == (kept.names, when, when)
    assert again.beat_before == run.heartbeat_at
    assert again.history["loss"].value.tobytes() == curve.value.tobytes()
    assert again.system is not None
    assert list(again.system) == ["system.gpu.0.gpu"]
    assert again.packed() == kept.packed()


def test_what_weighs_most_in_a_summary_is_not_kept() -> None:
    """Media, histograms and long texts: no judgement reads them, and each look would store them."""
    heavy: dict[str, Any] = {
        "loss": 0.5,
        "min": {"loss": 0.1},
        "hist": {"_type": "histogram", "values": [1] * 10_000},
        "rows": list(range(10_000)),
        "text": "x" * 100_000,
    }
    run = Run(REF, "a", RunState.RUNNING, summary=heavy)
    kept = Kept(run, History())
    again = restored(REF, Stored(kept.facts(), kept.packed()))
    assert again is not None
    assert dict(again.run.summary) == {"loss": 0.5, "min": {"loss": 0.1}}
    assert len(kept.packed()) < 2_000


def test_bytes_that_cannot_be_read_are_nothing() -> None:
    """Those of an older release too: the run is read anew."""
    kept = Kept(Run(REF, "a", RunState.RUNNING), History())
    facts, data = kept.facts(), kept.packed()
    for broken in (b"", data[:-1] if kept.system else data[:12], pack(History()), b"kept1" * 9):
        assert restored(REF, Stored(facts, broken)) is None
    assert restored(REF, Stored({}, data)) is None


async def test_runs_that_an_older_release_kept_are_read_anew(world: World) -> None:
    run = world.run("a")
    await world.look()
    path = "demo/made/a"
    world.stored[path] = Stored({"whole": True, "state": "running", "rows": 100}, pack(History()))
    world.train(run)
    assert await world.look() == ()
    assert world.last is not None
    (kept,) = world.last.kept
    assert (len(kept.history["train/loss"]), kept.whole) == (130, True)


async def test_a_run_that_went_back_is_read_anew(world: World) -> None:
    """Rewound and trained again, it has another past."""
    run = world.run("a", rows=100)
    await world.look()
    shorter = world.run("b", rows=60)
    run.table, run.summary = shorter.table, shorter.summary
    world.server.remove(shorter)
    await world.look()
    assert world.last is not None
    (kept,) = world.last.kept
    assert (kept.last_step, kept.run.rows) == (59, 60)


async def test_a_run_whose_points_failed_is_asked_for_the_same_again(world: World) -> None:
    run = world.run("a")
    await world.look()
    world.train(run)
    world.server.fail(Errors("boom"), path="demo/made/a", fields=HISTORY_FIELDS)
    await world.look()
    world.server.heal()
    await world.look()
    assert world.last is not None
    (kept,) = world.last.kept
    assert kept.history["train/loss"].step.tolist() == list(range(130))


async def test_many_runs_cost_a_request_a_page_of_fifty_and_one(world: World) -> None:
    """And nothing but the one where nothing moved."""
    runs = [world.run(f"r{number}", rows=3) for number in range(120)]
    for _ in range(12):  # until each run's hardware was asked for
        await world.look()
    world.server.traffic.clear()
    await world.look()
    assert [request.operation for request in world.server.traffic.requests] == ["Census"]
    for run in runs:
        world.train(run, seconds=5)
    world.server.traffic.clear()
    await world.look()
    asked = [request.operation for request in world.server.traffic.requests]
    assert asked == ["Census", "News", "News", "News"]
