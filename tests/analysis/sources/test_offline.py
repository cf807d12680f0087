"""Runs on disk: what they are, in whatever state their log is."""

import asyncio
import math
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.errors import BadRequest, LogUnreadable, RunNotFound
from analysis.refs import ProjectRef, RunRef
from analysis.run import Run, RunState
from analysis.sources import Effort, OfflineSource, RunQuery, discover, log_of, logs
from analysis.sources.datastore import RecordScan, read_records
from tests.analysis.sources.made_logs import (
    a_config,
    a_record,
    a_row,
    a_sample,
    log_bytes,
    write_log,
)
from tests.runs import RUNS, Recorded, every_run, truth

START = 1_790_000_000.0


def clock_at(seconds: float) -> OfflineSource:
    """A source without paths, as seen so many seconds after the start."""
    return OfflineSource(clock=lambda: datetime.fromtimestamp(START + seconds, UTC))


def a_start(**fields: object) -> Any:
    return a_record(
        "run",
        run_id="made",
        entity="team",
        project="proj",
        display_name="Made",
        start_time=START,
        **fields,
    )


async def read(path: Path, *, after: float = 0.0) -> Run:
    return await clock_at(after).run_at(path)


@every_run
async def test_a_recorded_run_is_what_is_true_of_it(recorded: Recorded) -> None:
    run = await OfflineSource().run_at(recorded.folder)
    assert (run.rows, run.exit_code) == (recorded.rows, recorded.exit_code)
    assert run.state.value == recorded.state
    assert run.ref.project == recorded.project
    assert run.config
    assert run.heartbeat_at is not None
    assert run.keys
    assert not any("sha256" in name or name.endswith("_type") for name in run.keys)


async def test_all_runs_of_a_folder_are_found_and_earlier_parts_are_not() -> None:
    runs = await OfflineSource(RUNS).all()
    assert sorted(Path(run.handle).parent.name for run in runs) == sorted(truth())


async def test_a_run_without_an_exit_record_is_running_for_an_hour_then_crashed(
    tmp_path: Path,
) -> None:
    """By the time of its last record, whenever the file was copied."""
    log = write_log(tmp_path, [a_start(), a_row(0, START + 10, loss=1.0)])
    os.utime(log, (START + 9e6, START + 9e6))
    running, crashed = await read(log, after=10 + 3599), await read(log, after=10 + 3601)
    assert (running.state, crashed.state) == (RunState.RUNNING, RunState.CRASHED)
    assert running.heartbeat_at == datetime.fromtimestamp(START + 10, UTC)
    assert (running.ended_at, crashed.ended_at) == (None, running.heartbeat_at)


@pytest.mark.parametrize(
    ("last", "seconds"),
    [
        (a_sample(START + 50, cpu=3.0), 50),
        (a_record("output_raw", line="x\n", timestamp=START + 60), 60),
        (a_record("output", line="x", timestamp=START + 61), 61),
        (a_record("exit", exit_code=1, runtime=70), 70),
    ],
    ids=["system metrics", "console", "old console", "exit"],
)
async def test_a_record_of_any_kind_is_a_sign_of_life(
    tmp_path: Path, last: Any, seconds: int
) -> None:
    run = await read(write_log(tmp_path, [a_start(), a_row(0, START + 10, loss=1.0), last]))
    assert run.heartbeat_at == datetime.fromtimestamp(START + seconds, UTC)


@pytest.mark.parametrize(
    ("records", "after", "state"),
    [
        ([a_record("exit", exit_code=0)], 0, RunState.FINISHED),
        ([a_record("exit", exit_code=137)], 0, RunState.FAILED),
        ([a_record("exit", exit_code=0, not_complete=True)], 0, RunState.RUNNING),
        ([a_record("preempting")], 0, RunState.PREEMPTING),
        ([a_record("preempting")], 9_000, RunState.PREEMPTED),
        ([a_record("preempting"), a_record("exit", exit_code=1)], 0, RunState.PREEMPTED),
    ],
)
async def test_the_state_follows_from_how_the_log_ends(
    tmp_path: Path, records: list[Any], after: float, state: RunState
) -> None:
    assert (await read(write_log(tmp_path, [a_start(), *records]), after=after)).state is state


async def test_config_comes_from_both_kinds_of_records(tmp_path: Path) -> None:
    start = a_start()
    item = start.run.config.update.add()
    item.key, item.value_json = "lr", "0.1"
    log = write_log(tmp_path, [start, a_config(lr=0.2, seed=7, _wandb={"m": []})])
    assert (await read(log)).config == {"lr": 0.2, "seed": 7}


async def test_media_are_no_curves_and_nested_metrics_are(tmp_path: Path) -> None:
    row = a_row(
        0,
        START,
        **{
            "loss": 1.5,
            "losses.kl": 0.25,
            "table._type": "table-file",
            "table.nrows": 8,
            "deep.image._type": "image-file",
            "deep.image.width": 28,
            "histogram": {"_type": "histogram", "values": [1]},
            "flag": True,
            "phase": "warm",
        },
    )
    source = clock_at(0)
    run = await source.run_at(write_log(tmp_path, [a_start(), row]))
    numeric = {name for name, key in run.keys.items() if key.numeric}
    assert numeric == {"loss", "losses.kl"}
    assert set(run.keys) - numeric == {"table", "deep.image", "histogram", "flag", "phase"}
    history = await source.history(run, [*run.keys, "never logged"], Effort())
    assert {name: float(s.value[0]) for name, s in history.items()} == {
        "loss": 1.5,
        "losses.kl": 0.25,
    }


async def test_numbers_that_are_not_finite_stay_so(tmp_path: Path) -> None:
    rows = [a_row(i, START, loss=v) for i, v in enumerate([1.0, math.nan, math.inf, -math.inf])]
    source = clock_at(0)
    run = await source.run_at(write_log(tmp_path, [a_start(), *rows]))
    series = (await source.history(run, ["loss"], Effort()))["loss"]
    np.testing.assert_array_equal(series.value, [1.0, math.nan, math.inf, -math.inf])
    assert series.exact


async def test_without_a_summary_the_last_values_stand_for_it(tmp_path: Path) -> None:
    rows = [a_row(0, START, loss=2.0, epoch=1), a_row(1, START + 1, loss=1.0)]
    summary = a_record("summary")
    item = summary.summary.update.add()
    item.key, item.value_json = "train_runtime", "12.5"
    run = await read(write_log(tmp_path, [a_start(), *rows, summary]))
    assert {k: run.summary[k] for k in ("loss", "epoch", "train_runtime")} == {
        "loss": 1.0,
        "epoch": 1,
        "train_runtime": 12.5,
    }


async def test_define_metric_gives_the_axis_by_name_and_by_pattern(tmp_path: Path) -> None:
    defined = [
        a_record("metric", name="train/step"),
        a_record("metric", glob_name="train/*", step_metric="train/step"),
        a_record("metric", name="eval/loss", step_metric="epoch"),
    ]
    row = a_row(0, START, **{"train/loss": 1.0, "train/step": 5, "eval/loss": 2.0, "other": 1})
    run = await read(write_log(tmp_path, [a_start(), *defined, row]))
    assert {name: key.step_metric for name, key in run.keys.items()} == {
        "train/loss": "train/step",
        "train/step": None,
        "eval/loss": "epoch",
        "other": None,
    }


async def test_system_metrics_bear_their_prefix(tmp_path: Path) -> None:
    samples = [a_sample(START + i, **{"gpu.0.gpu": 90.0 + i}) for i in range(3)]
    source = clock_at(0)
    run = await source.run_at(write_log(tmp_path, [a_start(), *samples]))
    series = (await source.system(run, Effort()))["system.gpu.0.gpu"]
    assert series.value.tolist() == [90.0, 91.0, 92.0]
    assert series.time.tolist() == [START, START + 1, START + 2]


async def test_the_console_comes_from_the_records_else_from_the_file(tmp_path: Path) -> None:
    printed = a_record("output_raw", line="from records\n", output_type=1, timestamp=START)
    source = clock_at(0)
    with_records = await source.run_at(write_log(tmp_path / "a", [a_start(), printed]))
    without = await source.run_at(write_log(tmp_path / "b", [a_start()]))
    for folder in ("a", "b"):
        (tmp_path / folder / "files").mkdir()
        (tmp_path / folder / "files" / "output.log").write_text("from file\nlast\n")
    assert [line.text for line in await source.console(with_records, 5)] == ["from records"]
    assert [line.text for line in await source.console(without, 1)] == ["last"]


async def test_who_and_where_come_from_the_metadata_beside_the_log(tmp_path: Path) -> None:
    log = write_log(tmp_path, [a_record("run", run_id="made", start_time=START)])
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "wandb-metadata.json").write_text(
        '{"host": "node-1", "username": "ada", "program": "train.py", "args": ["--lr", 1],'
        ' "git": {"commit": "abc123"}}'
    )
    run = await read(log)
    assert (run.host, run.user, run.commit) == ("node-1", "ada", "abc123")
    assert run.command == "train.py --lr 1"
    assert run.ref.entity == "local"


async def test_a_torn_tail_is_normal_while_running_and_said_after_a_kill(tmp_path: Path) -> None:
    data = log_bytes([a_start(), *(a_row(i, START + i, loss=1.0) for i in range(5))])
    log = tmp_path / "run-made.wandb"
    log.write_bytes(data[:-9])
    running, crashed = await read(log, after=60), await read(log, after=9_000)
    assert (running.rows, running.notes_on_data) == (4, ())
    assert (crashed.rows, len(crashed.notes_on_data)) == (4, 1)


async def test_damage_in_the_middle_is_said_and_the_rest_is_read(tmp_path: Path) -> None:
    data = bytearray(log_bytes([a_start(), *(a_row(i, START + i, loss=1.0) for i in range(9))]))
    data[len(data) // 2] ^= 0xFF
    log = tmp_path / "run-made.wandb"
    log.write_bytes(data)
    run = await read(log)
    assert run.rows == 8
    assert run.notes_on_data == ("the log is damaged in one place: about one record lost",)


async def test_a_growing_log_is_read_again_and_an_unchanged_one_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []

    def counted(path: Path) -> RecordScan:
        opened.append(path)
        return read_records(path)

    monkeypatch.setattr(logs, "read_records", counted)
    rows = [a_row(i, START + i, loss=float(i)) for i in range(3)]
    log = write_log(tmp_path, [a_start(), *rows[:1]])
    source = clock_at(0)
    run = await source.run_at(log)
    await asyncio.gather(*(source.history(run, ["loss"], Effort()) for _ in range(5)))
    await source.console(run, 10)
    assert len(opened) == 1
    write_log(tmp_path, [a_start(), *rows])
    history = await source.history(run, ["loss"], Effort(), since_step=1)
    assert history["loss"].value.tolist() == [1.0, 2.0]
    assert len(opened) == 2


async def test_many_who_ask_at_once_have_the_log_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []

    def counted(path: Path) -> RecordScan:
        opened.append(path)
        return read_records(path)

    monkeypatch.setattr(logs, "read_records", counted)
    log = write_log(tmp_path, [a_start()])
    source = clock_at(0)
    await asyncio.gather(*(source.run_at(log) for _ in range(8)))
    assert len(opened) == 1


def test_a_path_means_the_log_that_lies_highest(tmp_path: Path) -> None:
    top = write_log(tmp_path / "run", [a_start()])
    write_log(tmp_path / "run" / "earlier", [a_start()])
    assert log_of(tmp_path / "run") == top
    assert log_of(top) == top
    assert log_of(tmp_path) == top
    assert discover(tmp_path) == [top]


def test_links_to_runs_are_not_counted_twice(tmp_path: Path) -> None:
    first = write_log(tmp_path / "wandb" / "run-1", [a_start()])
    (tmp_path / "wandb" / "latest-run").symlink_to(tmp_path / "wandb" / "run-1")
    assert log_of(tmp_path) == first


@pytest.mark.parametrize("kind", ["absent", "empty", "several", "not a log", "nothing in it"])
async def test_what_is_no_run_is_refused_with_a_sentence(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "place"
    if kind == "several":
        write_log(path / "a", [a_start()])
        write_log(path / "b", [a_start()])
    elif kind != "absent":
        path.mkdir()
    if kind == "not a log":
        (path / "run-x.wandb").write_bytes(b"PNG and more of it")
    if kind == "nothing in it":
        (path / "run-x.wandb").write_bytes(log_bytes([]))
    with pytest.raises(LogUnreadable) as caught:
        await OfflineSource().run_at(path)
    assert caught.value.sentence.endswith(".")
    assert caught.value.exit_code == 3


async def test_a_run_whose_own_record_is_lost_is_named_by_its_file(tmp_path: Path) -> None:
    log = write_log(tmp_path, [a_row(0, START, loss=1.0)], "run-abc123.wandb")
    run = await read(log)
    assert (run.ref.id, run.rows) == ("abc123", 1)
    assert run.notes_on_data == ("the record that names the run is lost",)


async def test_runs_are_asked_for_by_group_and_state() -> None:
    source = OfflineSource(RUNS)
    every = await source.all()
    groups = {run.group for run in every if run.group}
    for group in groups:
        page = await source.runs(
            RunQuery(ProjectRef("demo-team"), filters={"group": group}), curve_keys=["train/loss"]
        )
        assert {run.ref for run in page.runs} == {r.ref for r in every if r.group == group}
        assert set(page.curves) == {run.ref for run in page.runs}
    crashed = RunQuery(ProjectRef("demo-team"), states=frozenset({RunState.CRASHED}))
    assert {run.state for run in (await source.runs(crashed)).runs} == {RunState.CRASHED}
    recent = RunQuery(ProjectRef("demo-team"), active_since=datetime.now(UTC) + timedelta(days=9))
    assert not (await source.runs(recent)).runs
    with pytest.raises(BadRequest):
        await source.runs(RunQuery(ProjectRef("demo-team"), filters={"config.lr": 1}))


async def test_a_run_is_found_by_its_path_and_an_unknown_one_is_not(tmp_path: Path) -> None:
    folder = tmp_path / "one"
    shutil.copytree(RUNS / "killed", folder)
    source = OfflineSource(folder)
    (only,) = await source.all()
    assert await source.run(only.ref) == only
    with pytest.raises(RunNotFound):
        await source.run(RunRef("demo-team", "digits", "other"))
