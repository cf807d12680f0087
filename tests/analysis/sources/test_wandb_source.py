"""Runs of a W&B server, against a local one."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from analysis.errors import (
    NotAuthenticated,
    ProjectNotFound,
    QueryRefused,
    RunNotFound,
    ServerFailed,
)
from analysis.history import Series
from analysis.refs import ProjectRef, RunRef
from analysis.run import RunState
from analysis.sources import Effort, Limits, OfflineSource, RunQuery, WandbSource
from analysis.sources.deadline import Timing
from bot.demo.wandb import HISTORY_FIELDS, Errors, LocalWandb, Null, Status
from tests.analysis.sources.conftest import Waits, account_of
from tests.runs import Recorded, every_run

BIG = 60_000


def ref_of(name: str, project: str = "made") -> RunRef:
    return RunRef("demo", project, name)


def same(found: Series, expected: Series) -> bool:
    return (
        found.exact
        and np.array_equal(found.step, expected.step)
        and np.array_equal(found.value, expected.value, equal_nan=True)
    )


@every_run
async def test_a_recorded_run_is_the_same_from_the_server_and_from_disk(
    server: LocalWandb, source: WandbSource, recorded: Recorded
) -> None:
    """State, config and every row of every curve; in two requests."""
    served = server.add_recorded(recorded.folder)
    run = await source.run(RunRef("demo", served.project, served.name))
    history = await source.history(run, tuple(run.keys), Effort())
    assert len(server.traffic.requests) == 2
    disk = OfflineSource()
    on_disk = await disk.run_at(recorded.folder)
    expected = await disk.history(on_disk, tuple(on_disk.keys), Effort())
    assert history.keys() == expected.keys()
    assert [name for name in expected if not same(history[name], expected[name])] == []
    assert history.missing == ()
    assert (run.state, run.rows, run.last_step) == (on_disk.state, on_disk.rows, on_disk.last_step)
    assert run.config == on_disk.config
    assert {n: k.numeric for n, k in run.keys.items()} == {
        n: k.numeric for n, k in on_disk.keys.items()
    }


@pytest.mark.parametrize(
    ("null", "sentence"), [("demo/made/one", "There is no run"), ("demo/made", "no project")]
)
async def test_what_is_null_is_not_found(
    server: LocalWandb, source: WandbSource, null: str, sentence: str
) -> None:
    server.add_run("demo", "made", "one", columns={"loss": np.ones(3)})
    server.fail(Null(), path=null)
    with pytest.raises(RunNotFound, match=sentence):
        await source.run(ref_of("one"))


async def test_a_state_that_nobody_knows_breaks_nothing(
    server: LocalWandb, source: WandbSource
) -> None:
    server.add_run("demo", "made", "odd", state="hibernating", heartbeat_at="null")
    run = await source.run(ref_of("odd"))
    assert (run.state, run.state_text) == (RunState.UNKNOWN, "hibernating")
    assert (run.heartbeat_at, run.ended_at) == (None, None)


async def test_an_older_server_is_asked_the_plain_questions_from_then_on(
    server: LocalWandb, source: WandbSource
) -> None:
    server.quirks.missing_fields = frozenset({"Run.host", "Query.projects"})
    server.add_run("demo", "made", "one", host="node-1")
    for _ in range(2):
        assert (await source.run(ref_of("one"))).host is None
        assert [project.name for project in await source.projects("demo")] == ["made"]
    asked = [request.operation for request in server.traffic.requests]
    assert asked == ["Run", "RunPlain", "Projects", "Models", "RunPlain", "Models"]


async def test_a_key_is_known_by_its_viewer(server: LocalWandb, source: WandbSource) -> None:
    assert (await source.viewer()).username == "demo-user"
    server.fail(Null())
    with pytest.raises(NotAuthenticated):
        await source.viewer()


async def test_an_unknown_entity_has_no_projects(server: LocalWandb, source: WandbSource) -> None:
    with pytest.raises(ProjectNotFound):
        await source.projects("nobody")


async def test_the_same_question_at_the_same_time_is_asked_once(
    server: LocalWandb, source: WandbSource
) -> None:
    server.add_run("demo", "made", "one")
    runs = await asyncio.gather(*(source.run(ref_of("one")) for _ in range(5)))
    assert len({run.handle for run in runs}) == 1
    assert len(server.traffic.requests) == 1


async def test_system_metrics_and_console_come_as_they_were_logged(
    server: LocalWandb, source: WandbSource
) -> None:
    made = server.add_run("demo", "made", "one", console=[f"line {i}" for i in range(50)])
    for i in range(4):
        made.log_system({"system.gpu.0.gpu": 10.0 * i}, time=1_000.0 + i)
    run = await source.run(ref_of("one"))
    gpu = (await source.system(run, Effort()))["system.gpu.0.gpu"]
    assert gpu.value.tolist() == [0.0, 10.0, 20.0, 30.0]
    assert gpu.time.tolist() == [1_000.0, 1_001.0, 1_002.0, 1_003.0]
    lines = await source.console(run, 3)
    assert [line.text for line in lines] == ["line 47", "line 48", "line 49"]
    assert [line.number for line in lines] == [47, 48, 49]


# Curves that are too long to fetch whole.


def a_long_run(server: LocalWandb) -> Mapping[str, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """A run of 60,000 steps with a spike, a lone NaN, and a loss that is NaN from a step on."""
    dice = np.random.default_rng(3)
    fall = np.exp(-np.arange(BIG) / 20_000)
    columns = {
        name: fall + dice.normal(0, 0.02, BIG) for name in ("spike", "lone", "broken", "calm")
    }
    columns["spike"][41_234] = 900.0
    columns["lone"][12_345] = np.nan
    columns["broken"][33_333:] = np.nan
    server.add_run("demo", "made", "long", columns=columns, state="finished")
    return columns


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("non_finite", ["string", "null", "dropped"])
async def test_one_bad_step_of_a_long_run_is_found(
    server: LocalWandb, source: WandbSource, non_finite: str, packed: bool
) -> None:
    server.quirks.non_finite = non_finite  # type: ignore[assignment]
    server.quirks.packed_buckets = packed
    columns = a_long_run(server)
    run = await source.run(ref_of("long"))
    history = await source.history(run, tuple(columns), Effort(points=5_000))
    spike = history["spike"]
    assert spike.step[int(np.argmax(spike.value))] == 41_234
    broken = history["broken"]
    assert broken.step[~np.isfinite(broken.value)][0] == 33_333
    assert np.isnan(broken.value[-1])
    for name, values in columns.items():
        series = history[name]
        assert not series.exact
        assert len(series) < BIG
        assert series.value[0] == values[0]
        assert np.array_equal(series.value[-1], values[-1], equal_nan=True)
        assert np.nanmin(series.low) == np.nanmin(values)
    lone = history["lone"]
    found = lone.step[np.isnan(lone.value)].tolist()
    if non_finite == "dropped":  # nothing in a bucket tells: then the report says so
        assert [missing.what for missing in history.missing] == ["single non-finite values"]
    else:
        assert found == [12_345]
        assert history.missing == ()


async def test_without_buckets_samples_say_what_they_may_hide(
    server: LocalWandb, source: WandbSource
) -> None:
    server.quirks.missing_fields = frozenset({"Run.bucketedHistory"})
    columns = a_long_run(server)
    run = await source.run(ref_of("long"))
    history = await source.history(run, tuple(columns), Effort(points=5_000))
    for name, values in columns.items():
        assert np.array_equal(history[name].value[-1], values[-1], equal_nan=True)
        assert not history[name].exact
    assert {f"rows of {name}" for name in columns} <= {m.what for m in history.missing}
    await source.history(run, ["calm"], Effort(points=5_000))
    assert len(server.traffic.of("Buckets")) == 1


async def test_every_row_comes_when_the_user_wants_it(
    server: LocalWandb, source: WandbSource
) -> None:
    columns = a_long_run(server)
    run = await source.run(ref_of("long"))
    told: list[int] = []
    history = await source.history(
        run,
        tuple(columns),
        Effort(points=100, full=True, deadline_s=60),
        progress=lambda _what, done, _all: told.append(done),
    )
    for name, values in columns.items():
        assert history[name].exact
        assert np.array_equal(history[name].value, values, equal_nan=True)
    assert told == sorted(told)
    assert told[-1] == BIG


async def test_names_of_different_rows_keep_all_their_rows(
    server: LocalWandb, source: WandbSource
) -> None:
    rare = np.arange(0, 1_000, 50)
    server.add_run(
        "demo", "made", "one", columns={"loss": np.ones(1_000)}, sparse={"eval": (rare, rare / 2.0)}
    )
    run = await source.run(ref_of("one"))
    history = await source.history(run, ["loss", "eval", "never"], Effort())
    assert {name: len(series) for name, series in history.items()} == {"loss": 1_000, "eval": 20}
    since = await source.history(run, ["loss", "eval"], Effort(), since_step=900)
    assert {name: len(series) for name, series in since.items()} == {"loss": 100, "eval": 2}


async def test_rows_that_came_after_the_run_was_looked_at_are_there_too(
    server: LocalWandb, source: WandbSource
) -> None:
    live = server.add_run("demo", "made", "live", columns={"loss": np.ones(10)}, state="running")
    run = await source.run(ref_of("live"))
    for step in range(10, 3_000):
        live.log({"loss": 2.0}, step=step)
    series = (await source.history(run, ["loss"], Effort()))["loss"]
    assert (len(series), series.exact) == (3_000, True)


# When something of a history fails.


@pytest.fixture
async def quick(server: LocalWandb) -> AsyncIterator[WandbSource]:
    """A source of real time, that gives up soon."""
    limits = Limits(tries=2, first_wait_s=0.01)
    async with WandbSource(account=account_of(server), limits=limits, timing=Timing()) as opened:
        yield opened


async def test_one_poisoned_name_does_not_take_the_others_along(
    server: LocalWandb, quick: WandbSource
) -> None:
    server.add_run("demo", "made", "one", columns={"good": np.ones(9), "fine": np.ones(9)})
    run = await quick.run(ref_of("one"))
    server.fail(Status(500), operation="History", times=3)
    history = await quick.history(run, ["good", "fine"], Effort(deadline_s=5))
    assert sorted(history) == ["fine", "good"]


async def test_a_history_that_never_comes_ends_with_its_deadline(
    server: LocalWandb, quick: WandbSource
) -> None:
    server.add_run("demo", "made", "one", columns={"loss": np.ones(9)})
    run = await quick.run(ref_of("one"))
    server.hold(operation="History")
    started = asyncio.get_running_loop().time()
    with pytest.raises(Exception, match="time allowed"):
        await quick.history(run, ["loss"], Effort(deadline_s=0.3))
    assert asyncio.get_running_loop().time() - started < 5


async def test_nothing_at_all_raises_what_went_wrong(
    server: LocalWandb, source: WandbSource
) -> None:
    server.add_run("demo", "made", "one", columns={"loss": np.ones(9)})
    run = await source.run(ref_of("one"))
    rule = server.fail(Status(500), path="demo/made/one", fields=HISTORY_FIELDS)
    with pytest.raises(ServerFailed):
        await source.history(run, ["loss"], Effort())
    rule.stop()
    server.fail(Errors("too many rows"), path="demo/made/one", fields=HISTORY_FIELDS)
    with pytest.raises(QueryRefused, match="too many rows"):
        await source.history(run, ["loss"], Effort())


# Many runs.


def a_project(server: LocalWandb, count: int, rows: int = 20) -> list[RunRef]:
    for i in range(count):
        server.add_run(
            "demo",
            "made",
            f"run{i:03d}",
            columns={"loss": np.full(rows, float(i))},
            created_at=1_000_000.0 + i,
            state="running" if i % 2 else "finished",
        )
    return [ref_of(f"run{i:03d}") for i in range(count)]


async def test_a_page_of_runs_with_their_curves_is_one_request(
    server: LocalWandb, source: WandbSource
) -> None:
    refs = a_project(server, 50)
    page = await source.runs(
        RunQuery(ProjectRef("demo", "made")), curve_keys=["loss", "train/loss"], samples=100
    )
    assert len(server.traffic.requests) == 1
    assert [run.ref for run in page.runs] == refs[::-1]
    assert page.total == 50
    for place, ref in enumerate(refs):
        assert page.curves[ref]["loss"].value.tolist() == [float(place)] * 20
        assert page.curves[ref]["loss"].exact
        assert "train/loss" not in page.curves[ref]


async def test_runs_are_paged_filtered_and_cut(server: LocalWandb, source: WandbSource) -> None:
    a_project(server, 120)
    within = ProjectRef("demo", "made")
    everything = await source.runs(RunQuery(within))
    assert (len(everything.runs), len(server.traffic.requests)) == (120, 3)
    some = await source.runs(RunQuery(within, limit=60, order="+created_at"))
    assert [run.ref.id for run in some.runs] == [f"run{i:03d}" for i in range(60)]
    running = await source.runs(RunQuery(within, states=frozenset({RunState.RUNNING})))
    assert (len(running.runs), running.total) == (60, 60)


async def test_only_runs_with_a_sign_of_life_since_then_and_no_page_more(
    server: LocalWandb, source: WandbSource
) -> None:
    refs = a_project(server, 120)
    since = datetime.fromtimestamp(1_000_000 + 100, UTC) + timedelta(seconds=19)
    page = await source.runs(RunQuery(ProjectRef("demo", "made"), active_since=since))
    assert {run.ref for run in page.runs} == set(refs[100:])
    assert len(server.traffic.requests) == 1


async def test_an_entity_means_its_projects(server: LocalWandb, source: WandbSource) -> None:
    for project in ("a", "b"):
        server.add_run("demo", project, "one", columns={"loss": np.ones(2)})
    page = await source.runs(RunQuery(ProjectRef("demo")))
    assert {run.ref.project for run in page.runs} == {"a", "b"}
    with pytest.raises(ProjectNotFound):
        await source.runs(RunQuery(ProjectRef("demo", "no such project")))


async def test_new_points_of_many_runs_are_one_request_a_page(
    server: LocalWandb, source: WandbSource
) -> None:
    refs = a_project(server, 60, rows=40)
    runs = (await source.runs(RunQuery(ProjectRef("demo", "made")))).runs
    server.traffic.clear()
    found = await source.curves([(run, ["loss"], 35) for run in runs], samples=10)
    assert len(server.traffic.requests) == 2
    assert set(found) == set(refs)
    assert all(history["loss"].step.tolist() == [35, 36, 37, 38, 39] for history in found.values())


async def test_a_gap_larger_than_the_sample_is_fetched_whole(
    server: LocalWandb, source: WandbSource
) -> None:
    (ref,) = a_project(server, 1, rows=900)
    run = await source.run(ref)
    found = await source.curves([(run, ["loss"], 100)], samples=50)
    assert found[ref]["loss"].step.tolist() == list(range(100, 900))
    assert found[ref]["loss"].exact


@pytest.mark.parametrize("fault", [Status(500), Errors("poisoned")], ids=["500", "errors"])
async def test_one_poisoned_run_never_holds_up_the_others(
    server: LocalWandb, source: WandbSource, fault: Status | Errors
) -> None:
    """The first time the page is split; from then on that run is asked for apart."""
    refs = a_project(server, 30)
    runs = (await source.runs(RunQuery(ProjectRef("demo", "made")))).runs
    server.fail(fault, path="demo/made/run007", fields=HISTORY_FIELDS)
    wanted = [(run, ["loss"], 10) for run in runs]
    for turn in range(2):
        server.traffic.clear()
        found = dict(await source.curves(wanted, samples=50))
        poisoned = found.pop(refs[7])
        assert (len(poisoned), len(poisoned.missing)) == (0, 1)
        assert all(len(history["loss"]) == 10 for history in found.values())
        if turn == 1:
            sizes = sorted(len(request.fields) for request in server.traffic.requests)
            assert set(sizes) == {1, 29}
    server.heal()
    assert len((await source.curves(wanted, samples=50))[refs[7]]["loss"]) == 10


async def test_a_page_whose_curves_fail_still_has_its_runs(
    server: LocalWandb, source: WandbSource
) -> None:
    refs = a_project(server, 12)
    server.fail(Status(500), path="demo/made/run003", fields=HISTORY_FIELDS)
    page = await source.runs(RunQuery(ProjectRef("demo", "made")), curve_keys=["loss"])
    assert {run.ref for run in page.runs} == set(refs)
    assert [ref for ref in refs if not page.curves[ref]] == [refs[3]]


async def test_a_run_that_was_deleted_is_said_to_be_missing(
    server: LocalWandb, source: WandbSource, waits: Waits
) -> None:
    refs = a_project(server, 3)
    runs = [await source.run(ref) for ref in refs]
    server.remove(server.run(refs[1].path))
    found = await source.curves([(run, ["loss"], 0) for run in runs], samples=50)
    assert [len(found[ref]) for ref in refs] == [1, 0, 1]
    assert found[refs[1]].missing
    assert waits.waits == []
