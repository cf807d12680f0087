"""compare, why, failures, watch, understand, eval and config on the command line."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.demo.wandb import LocalWandb, Reset, Status
from tests.bot.cli.conftest import Cli
from tests.bot.cli.shapes import COMPARE, WATCH, WHY, differences
from tests.bot.cli.test_describe import STRANGE, no_constants
from tests.bot.few import few_runs
from tests.runs import RUNS

SEEDS = [RUNS / f"lr0.001-seed{seed}" for seed in range(3)]
OTHERS = [RUNS / f"lr0.0001-seed{seed}" for seed in range(3)]


def joined(paths: list[Path]) -> str:
    return ",".join(map(str, paths))


def read(text: str) -> Any:
    return json.loads(text, parse_constant=no_constants)


async def test_compare_is_the_contracts(cli: Cli) -> None:
    """Two sides of three seeds each."""
    found = await cli("compare", joined(SEEDS), joined(OTHERS), "--json")
    report = read(found.out)
    assert found.code == 0
    assert differences(report, COMPARE) == []
    assert report["seeds"] == [3, 3]
    assert len(report["interval"]) == 2


async def test_compare_ranks_more_than_two(cli: Cli) -> None:
    """A third side makes it a ranking."""
    found = await cli("compare", joined(SEEDS), joined(OTHERS), RUNS / "healthy-digits", "--json")
    report = read(found.out)
    assert report["verdict"] in {"ranked", "too_close", "not_comparable"}
    assert isinstance(report["ranking"], list)


async def test_compare_draws(cli: Cli, tmp_path: Path) -> None:
    """The curves over each other, as PNG."""
    file = tmp_path / "both.png"
    found = await cli("compare", SEEDS[0], OTHERS[0], "--plot", file)
    assert found.code == 0
    assert file.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("sides", "code"),
    [(["one"], 2), (["./a.wandb", "./b.wandb"], 3), (["t/p/group:", "t/p/group:x"], 2)],
)
async def test_compare_fails_by_the_same_codes(
    cli: Cli, wandb: LocalWandb, sides: list[str], code: int
) -> None:
    """Usage, not found."""
    (await cli("compare", *sides)).failed_with(code)


@pytest.mark.parametrize(("fault", "code"), [(Status(401), 4), (Reset(), 5)])
@pytest.mark.parametrize(
    "arguments",
    [
        ("compare", "team/proj/a", "team/proj/b"),
        ("why", "team/proj/a"),
        ("failures", "team/proj"),
        ("watch", "team/proj"),
    ],
)
async def test_a_server_that_refuses_or_is_away(
    cli: Cli,
    wandb: LocalWandb,
    clean: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    fault: Any,
    code: int,
) -> None:
    """4 and 5 for every command, one sentence each."""
    clean.setenv("WANDB_BOT_DESCRIBE__DEADLINE_S", "1")
    wandb.fail(fault, times=None)
    (await cli(*arguments)).failed_with(code)


async def test_why_is_the_contracts(cli: Cli) -> None:
    """Of a run that failed and of one that did not."""
    for name, cause in (("hf-oom", "gpu_oom"), ("healthy-digits", "none")):
        found = await cli("why", RUNS / name, "--json")
        report = read(found.out)
        assert found.code == 0
        assert differences(report, WHY) == []
        assert report["cause"] == cause


async def test_why_of_a_log(cli: Cli, tmp_path: Path) -> None:
    """With its exit code; a file that is not there is code 3."""
    log = tmp_path / "train.log"
    log.write_text("step 1\nKilled\n")
    found = await cli("why", "--log", log, "--exit-code", 137, "--json")
    assert read(found.out)["cause"] in {"killed", "host_oom"}
    (await cli("why", "--log", tmp_path / "none.log")).failed_with(3)


@pytest.mark.parametrize("arguments", [(), ("a", "--batch"), ("a", "--log", "b")])
async def test_why_takes_one_thing(cli: Cli, arguments: tuple[str, ...]) -> None:
    """A RUN, a log, or a batch."""
    assert "Give a RUN" in (await cli("why", *arguments)).failed_with(2)


async def test_why_in_a_batch(cli: Cli, clean: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A line in, a line out, in order, by the same id; a bad one does not end it."""
    log = tmp_path / "a.log"
    log.write_text("Traceback (most recent call last):\nValueError: no\n")
    asked = [
        {"id": "one", "file": str(log), "exit_code": 1},
        {"id": 2, "file": str(tmp_path / "none"), "exit_code": None},
        {"id": "three", "file": str(log), "exit_code": None},
    ]
    clean.setattr("sys.stdin", io.StringIO("".join(json.dumps(line) + "\n" for line in asked)))
    found = await cli("why", "--batch")
    told = [read(line) for line in found.out.splitlines()]
    assert [line["id"] for line in told] == ["one", 2, "three"]
    assert ["error" in line for line in told] == [False, True, False]
    for line in told:
        fields = {key: value for key, value in line.items() if key not in {"id", "error"}}
        assert differences(fields, WHY) == []


async def test_failures_of_a_folder(cli: Cli, tmp_path: Path) -> None:
    """Grouped, as JSON and as text."""
    few = few_runs(tmp_path / "runs", "hf-oom", "killed", "out-of-memory")
    found = await cli("failures", few, "--days", 100_000, "--json")
    report = read(found.out)
    assert report["total"] >= 2
    assert report["total"] == sum(group["count"] for group in report["groups"]) + report["unread"]
    assert (await cli("failures", few, "--days", 100_000)).code == 0
    (await cli("failures", few, "--days", 0)).failed_with(2)


async def test_watch_is_the_contracts(cli: Cli, wandb: LocalWandb) -> None:
    """Running, failed, finished, and what could not be read."""
    loss = np.linspace(2, 1, 50)
    wandb.add_run("team", "proj", "live", columns={"loss": loss})
    wandb.add_run("team", "proj", "dead", columns={"loss": loss}, state="failed")
    wandb.add_run("team", "proj", "done", columns={"loss": loss}, state="finished")
    found = await cli("watch", "team/proj", "--json")
    report = read(found.out)
    assert differences(report, WATCH) == []
    assert [entry["run"]["id"] for entry in report["running"]] == ["live"]
    assert [entry["run"]["id"] for entry in report["failed"]] == ["dead"]
    assert report["summary"]["hours"] == 24
    assert (await cli("watch", "team/proj", "--fail-on-critical")).code == 1
    assert (await cli("watch", "team/proj", "--projects", "a", "--all-projects")).code == 2


async def test_control_characters_stay_out_of_every_text(cli: Cli, wandb: LocalWandb) -> None:
    """Names of runs and groups, in tables, headers and captions."""
    loss = np.linspace(2, 1, 50)
    for name, state in (("a", "finished"), ("b", "failed"), ("c", "running")):
        wandb.add_run(
            "team",
            "proj",
            name,
            columns={"loss": loss},
            state=state,
            display_name=STRANGE,
            group=STRANGE,
            config={STRANGE: STRANGE + name},
        )
    for arguments in (
        ("watch", "team/proj"),
        ("compare", "team/proj/a", "team/proj/b"),
        ("why", "team/proj/b"),
        ("failures", "team/proj"),
    ):
        found = await cli(*arguments)
        assert found.code == 0, found.err
        text = found.out + found.err
        assert not [c for c in text if (ord(c) < 32 and c != "\n") or c in "\x7f\x9b\u202e\u200b"]


async def test_understand_is_the_contracts(cli: Cli, clean: pytest.MonkeyPatch) -> None:
    """One sentence, and a batch in order."""
    found = await cli("understand", "did my run finish?", "--json")
    told = read(found.out)
    assert told["intent"] == "did_finish"
    assert set(told) >= {"intent", "slots", "confidence"}
    assert 0 <= told["confidence"] <= 1
    lines = [{"id": 1, "text": "help"}, {"id": "x", "text": "any failures?", "context": {}}]
    clean.setattr("sys.stdin", io.StringIO("\n".join(map(json.dumps, lines))))
    batch = [read(line) for line in (await cli("understand", "--batch")).out.splitlines()]
    assert [(line["id"], line["intent"]) for line in batch] == [(1, "help"), ("x", "watch_now")]


async def test_understand_fails_by_the_same_codes(cli: Cli, tmp_path: Path) -> None:
    """No sentence, no file, a context that is none."""
    (await cli("understand")).failed_with(2)
    (await cli("understand", "x", "--context", tmp_path / "none")).failed_with(2)
    (tmp_path / "bad.json").write_text("[")
    (await cli("understand", "x", "--context", tmp_path / "bad.json")).failed_with(2)


async def test_eval_of_labelled_runs(cli: Cli, tmp_path: Path) -> None:
    """The table, JSON, and a folder that holds no truth."""
    label = {"file": f"{RUNS / 'lr-too-high'}", "must": ["loss_not_finite"], "health": ["critical"]}
    file = next((RUNS / "lr-too-high").glob("*.wandb"))
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / file.name).write_bytes(file.read_bytes())
    label["file"] = f"one/{file.name}"
    (tmp_path / "truth.json").write_text(json.dumps({"one": {**label, "may": ["grad_not_finite"]}}))
    found = await cli("eval", tmp_path)
    assert found.code == 0
    assert "loss_not_finite" in found.out
    assert isinstance(read((await cli("eval", tmp_path, "--json")).out), dict)
    (await cli("eval", tmp_path / "one")).failed_with(3)


async def test_config_prints_every_setting(cli: Cli) -> None:
    """Whole names, whatever the width."""
    from bot.settings_table import rows

    shown = (await cli("config")).out
    assert not [row.variable for row in rows() if row.variable not in shown]


async def test_an_unknown_command_names_the_nearest(cli: Cli) -> None:
    """As a colleague would."""
    assert "describe" in (await cli("descrbe", "x")).failed_with(2)


@pytest.mark.parametrize(
    "words", [["describe"], ["why"], ["watch"], ["failures"], ["compare", str(SEEDS[0])]]
)
async def test_the_home_of_nobody_is_a_wrong_path(cli: Cli, words: list[str]) -> None:
    """A path that no system could resolve is the asker's error, in one sentence."""
    found = await cli(*words, "~nobody-of-that-name/run")
    assert found.code == 2
    assert "is not a path on this machine" in found.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["describe", SEEDS[0], "--plot", "loss.pdf"], 2, "no PNG file"),
        (["compare", *SEEDS[:2], "--plot", "loss"], 2, "no PNG file"),
        (["compare", f"{RUNS}/group:nobodys", SEEDS[0]], 3, "the runs lie below this folder"),
        (["watch", RUNS, "--projects", "nobodys"], 3, "There are: "),
    ],
)
async def test_a_wrong_word_about_runs_on_disk_says_what_is_there(
    cli: Cli, words: list[object], code: int, said: str
) -> None:
    """Before any work, and without a word of keys or servers."""
    told = (await cli(*words)).failed_with(code)
    assert said in told
    assert "key" not in told


async def test_a_wrong_address_of_wandb_says_what_is_allowed(
    cli: Cli, clean: pytest.MonkeyPatch, forgetful: None
) -> None:
    """By the name of the variable, without its value."""
    clean.setenv("WANDB_BASE_URL", "nowhere:secret")
    told = (await cli("describe", "team/proj/a")).failed_with(2)
    assert "Set WANDB_BASE_URL to an address such as" in told
    assert "secret" not in told
