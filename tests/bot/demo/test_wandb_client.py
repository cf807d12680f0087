"""The real ``wandb.Api`` is the judge of the local server: it must see what was recorded."""

import asyncio
import json
import math
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from analysis.sources.datastore import read_records
from bot.demo.wandb import API_KEY, LocalSweep, LocalWandb
from tests.runs import RUNS, truth

pytestmark = [pytest.mark.processes, pytest.mark.timeout(180)]

ASKED = {"healthy-digits": "train/loss", "lr-too-high": "train/loss", "hf-gpt2": "eval/loss"}
Answers = dict[str, Any]


def plain(value: Any) -> Any:
    """A value as W&B's JSON has it."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def rows_of(name: str) -> list[dict[str, Any]]:
    """The rows as they stand in the file, read without any of the server's code."""
    rows = []
    for record in read_records(truth()[name].log):
        if record.WhichOneof("record_type") == "history":
            items = record.history.item
            rows.append({i.nested_key[0]: plain(json.loads(i.value_json)) for i in items})
    return rows


def paths() -> dict[str, str]:
    """Where the runs stand on the server."""
    return {name: f"demo/{truth()[name].project}/{name}" for name in ASKED}


async def conversation(home: Path) -> Answers:
    """Serve the runs to the client's process, and take what it prints."""
    async with LocalWandb() as server:
        for name in ASKED:
            server.add_recorded(RUNS / name, name=name, tags=["one", "two"])
        server.add_sweep(
            "demo", "made", LocalSweep("sw1", config={"metric": {"name": "loss"}}, expected=2)
        )
        for name, loss in {"bad": 2.0, "good": 1.0}.items():
            server.add_run("demo", "made", name, columns={"loss": [3.0, loss]}, sweep="sw1")
        live = server.run(paths()["hf-gpt2"])
        live.log_system({"system.gpu.0.gpu": 93.0, "system.cpu": 11.5}, time=live.created_at + 30)
        folders = ("WANDB_DIR", "WANDB_CONFIG_DIR", "WANDB_CACHE_DIR", "WANDB_DATA_DIR", "HOME")
        environment = {k: v for k, v in os.environ.items() if not k.startswith("WANDB_")}
        environment |= dict.fromkeys(folders, str(home))
        environment |= {"WANDB_BASE_URL": server.base_url, "WANDB_API_KEY": API_KEY}
        client = await asyncio.create_subprocess_exec(
            sys.executable,
            str(Path(__file__).with_name("wandb_client.py")),
            *paths().values(),
            *ASKED.values(),
            env=environment,
            cwd=home,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, errors = await client.communicate()
        assert client.returncode == 0, errors.decode()[-3000:]
        answers: Answers = json.loads(out.splitlines()[-1])
        return answers


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """One conversation with the real client serves all tests."""
    return asyncio.run(conversation(tmp_path_factory.mktemp("wandb")))


@pytest.mark.parametrize("name", ASKED)
def test_every_row_is_scanned(answers: Answers, name: str) -> None:
    """``scan_history()`` gives each recorded row, NaN included."""
    assert answers[paths()[name]]["scan"] == rows_of(name)
    assert answers[paths()[name]]["last_step"] == rows_of(name)[-1]["_step"]


@pytest.mark.parametrize("name", ASKED)
def test_history_with_keys_gives_the_rows_that_hold_them(answers: Answers, name: str) -> None:
    """``history(keys=…)`` and ``scan_history(keys=…)`` give the recorded values of a key."""
    key = ASKED[name]
    held = [{"_step": r["_step"], key: r[key]} for r in rows_of(name) if key in r]
    assert answers[paths()[name]]["sampled"] == held
    assert answers[paths()[name]]["scan_keys"] == held
    thinned = answers[paths()[name]]["thinned"]
    assert len(thinned) == min(20, len(held))
    assert all(row in held for row in thinned)


@pytest.mark.parametrize("name", ASKED)
def test_what_a_run_says_of_itself(answers: Answers, name: str) -> None:
    """State, configuration, summary, keys and tags are those of the record."""
    said, rows = answers[paths()[name]], rows_of(name)
    assert (said["state"], said["tags"]) == (truth()[name].state, ["one", "two"])
    assert said["summary"]["_step"] == rows[-1]["_step"]
    key = ASKED[name]
    assert said["summary"][key] == [row[key] for row in rows if key in row][-1]
    assert set(said["keys"]) >= set(rows[0])
    assert "_wandb" not in said["config"]
    assert said["config"]


def test_values_of_the_configuration_arrive(answers: Answers) -> None:
    """Numbers and words of the run record, and of the Trainer's config records."""
    assert answers[paths()["healthy-digits"]]["config"]["opt"] == "adam"
    assert answers[paths()["lr-too-high"]]["config"]["lr"] == 50
    assert answers[paths()["hf-gpt2"]]["config"]["vocab_size"] == 800


@pytest.mark.parametrize("name", ASKED)
def test_the_console_is_read_forwards_and_backwards(answers: Answers, name: str) -> None:
    """``console_logs()`` gives ``output.log``, in pages; ``last=4`` its end, numbered."""
    lines = (RUNS / name / "files" / "output.log").read_text().removesuffix("\n").split("\n")
    said = answers[paths()[name]]
    assert said["log"] == lines
    numbered = list(enumerate(lines))[-4:]
    assert said["tail"] == [[number, line] for number, line in numbered]
    assert said["stamped"] == [True]


def test_files_are_listed_and_downloaded(answers: Answers) -> None:
    """The signed address is fetched without the key, which it would refuse."""
    log = RUNS / "healthy-digits" / "files" / "output.log"
    said = answers[paths()["healthy-digits"]]
    assert said["files"] == {"output.log": log.stat().st_size}
    assert answers["download"] == log.read_text()


def test_runs_are_paged_filtered_and_ordered(answers: Answers) -> None:
    """Pages of one run each, in order; a filter's operators; configurations within a page."""
    assert answers["count"] == 2
    assert sorted(answers["order"]) == ["healthy-digits", "lr-too-high"]
    assert answers["filtered"] == ["lr-too-high"]
    assert sorted(answers["page_configs"]) == [0.001, 50]


def test_system_metrics_are_a_stream_of_their_own(answers: Answers) -> None:
    """``history(stream="system")`` gives the names as the host sends them."""
    (row,) = answers[paths()["hf-gpt2"]]["system"]
    assert row["system.gpu.0.gpu"] == 93.0
    assert row["_runtime"] == pytest.approx(30.0)


def test_projects_sweeps_and_the_viewer(answers: Answers) -> None:
    """An entity's projects, a sweep with its best run, and whose key it is."""
    assert answers["projects"] == ["code-lm", "digits", "made"]
    state, runs, best = answers["sweep"]
    assert (state, sorted(runs), best) == ("FINISHED", ["bad", "good"], "good")
    assert answers["viewer"] == ["demo-user", "demo"]


def test_a_run_that_is_not_there_is_not_found(answers: Answers) -> None:
    """The client's own words for a null run."""
    assert "Could not find run" in answers["missing"]
