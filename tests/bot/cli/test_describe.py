"""``wandb-bot describe``: shapes, codes, sentences, and nothing foreign on the terminal."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.demo.wandb import HISTORY_FIELDS, Fault, LocalWandb, Reset, Status, html_page
from tests.bot.cli.conftest import Cli
from tests.bot.cli.shapes import DESCRIBE, differences
from tests.runs import RUNS, Recorded, every_run

STEPS = np.arange(200)
LOSS = 2.0 * np.exp(-STEPS / 50) + 0.3


def add(wandb: LocalWandb, name: str, **more: Any) -> None:
    wandb.add_run("team", "proj", name, columns={"loss": LOSS}, **{"state": "finished", **more})


def no_constants(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


@every_run
async def test_the_json_is_the_contracts(cli: Cli, recorded: Recorded) -> None:
    """For every recorded run; what a run lacks is null, and jq could read it."""
    found = await cli("describe", recorded.folder, "--json")
    assert found.code == 0
    report = json.loads(found.out, parse_constant=no_constants)
    assert differences(report, DESCRIBE) == []
    assert report["health"] in recorded.health


async def test_numbers_that_are_none_are_wandbs_strings(cli: Cli) -> None:
    """``"NaN"`` and ``"Infinity"``, as W&B writes them."""
    found = await cli("describe", RUNS / "lr-too-high", "--json")
    report = json.loads(found.out, parse_constant=no_constants)
    assert report["loss"]["current"] == "NaN"
    assert report["run"]["group"] is None


async def test_several_runs_are_an_array_in_their_order(cli: Cli) -> None:
    """One is an object."""
    names = ["healthy-digits", "lr-too-high"]
    found = await cli("describe", *(RUNS / name for name in names), "--json")
    assert [report["run"]["name"] for report in json.loads(found.out)] == names
    one = await cli("describe", RUNS / names[0], "--json")
    assert isinstance(json.loads(one.out), dict)


async def test_critical_ends_with_1_only_when_asked(cli: Cli) -> None:
    """For scripts: `--fail-on-critical`."""
    broken, fine = RUNS / "lr-too-high", RUNS / "healthy-digits"
    assert (await cli("describe", broken)).code == 0
    assert (await cli("describe", broken, "--fail-on-critical")).code == 1
    assert (await cli("describe", fine, "--fail-on-critical")).code == 0
    assert (await cli("describe", fine, broken, "--fail-on-critical")).code == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Missing argument 'RUN...'"),
        (["a/b/c/d/e"], "not the name of a run"),
        (["ftp://x.example/team/proj/runs/a"], "not a link"),
        (["a", "--nonsense"], "No such option"),
        (["a", "b", "--plot", "x.png"], "--plot takes one RUN."),
        (["a", "--now", "yesterday"], "is not a time"),
        (["a", "--config", "/nowhere.toml"], "not a file"),
    ],
)
async def test_what_cannot_be_understood_ends_with_2(
    cli: Cli, wandb: LocalWandb, arguments: list[str], words: str
) -> None:
    """Usage, names and settings alike."""
    found = await cli("describe", *arguments)
    assert words in found.failed_with(2)


@pytest.mark.parametrize("name", ["team/proj/none", "nobody/proj/none", "./none.wandb"])
async def test_what_is_not_there_ends_with_3(cli: Cli, wandb: LocalWandb, name: str) -> None:
    """In W&B and on disk."""
    found = await cli("describe", name)
    found.failed_with(3)
    assert found.out == ""


async def test_a_link_and_short_names_find_the_same_run(
    cli: Cli, wandb: LocalWandb, clean: pytest.MonkeyPatch
) -> None:
    """All the forms of a RUN."""
    add(wandb, "abc")
    clean.setenv("WANDB_ENTITY", "team")
    clean.setenv("WANDB_PROJECT", "proj")
    link = f"{wandb.base_url}/team/proj/runs/abc?nw=1"
    for form in ("team/proj/abc", "proj/abc", "abc", link):
        found = await cli("describe", form, "--json")
        assert found.code == 0, (form, found.err)
        assert json.loads(found.out)["run"]["id"] == "abc"


@pytest.mark.parametrize("code", [401, 403])
async def test_a_key_that_is_refused_ends_with_4(cli: Cli, wandb: LocalWandb, code: int) -> None:
    """And the sentence says what to set, never the key."""
    add(wandb, "abc")
    wandb.fail(Status(code), times=None)
    sentence = (await cli("describe", "team/proj/abc")).failed_with(4)
    assert "key" in sentence.lower()


async def test_without_a_key_it_ends_with_4(
    cli: Cli, wandb: LocalWandb, clean: pytest.MonkeyPatch
) -> None:
    """`wandb login` is what helps."""
    clean.delenv("WANDB_API_KEY")
    assert "wandb login" in (await cli("describe", "team/proj/abc")).failed_with(4)


@pytest.mark.parametrize("fault", [Reset(), Status(503), html_page()])
async def test_wandb_that_does_not_answer_ends_with_5(
    cli: Cli, wandb: LocalWandb, clean: pytest.MonkeyPatch, fault: Fault
) -> None:
    """Reset, a server error, a proxy's page: within the deadline."""
    clean.setenv("WANDB_BOT_DESCRIBE__DEADLINE_S", "1")
    wandb.fail(fault, times=None)
    (await cli("describe", "team/proj/abc")).failed_with(5)


async def test_of_several_the_highest_code_and_the_rest_is_printed(
    cli: Cli, wandb: LocalWandb
) -> None:
    """One bad name does not hide the others."""
    add(wandb, "good")
    found = await cli("describe", "team/proj/none", "team/proj/good", "--json")
    found.failed_with(3)
    assert [report["run"]["id"] for report in json.loads(found.out)] == ["good"]


async def test_a_partial_report_is_fine(cli: Cli, wandb: LocalWandb) -> None:
    """The facts came, the curves did not: code 0, and it says what is missing."""
    add(wandb, "abc")
    wandb.fail(Status(500), path="team/proj/abc", fields=HISTORY_FIELDS, times=None)
    found = await cli("describe", "team/proj/abc", "--json")
    report = json.loads(found.out)
    assert found.code == 0
    assert report["partial"] is True
    assert report["missing"]
    assert report["loss"] is None


async def test_a_plot_is_a_png(cli: Cli, tmp_path: Path) -> None:
    """Beside the text."""
    file = tmp_path / "curves.png"
    found = await cli("describe", RUNS / "bad-batch", "--plot", file)
    assert found.code == 0
    assert file.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


async def test_a_plot_that_cannot_be_written_is_named(cli: Cli, tmp_path: Path) -> None:
    """By the file, not by a traceback."""
    found = await cli("describe", RUNS / "bad-batch", "--plot", tmp_path / "no" / "x.png")
    assert "cannot be written" in found.failed_with(2)


STRANGE = "a\x1b[31m\x1b]0;pwned\x07b\x00\u202egnirts\u200b[/red][bold]:smile:\r\nEND"


@pytest.mark.parametrize("variable", [None, "NO_COLOR", "FORCE_COLOR"])
async def test_no_control_character_reaches_the_terminal(
    cli: Cli, wandb: LocalWandb, clean: pytest.MonkeyPatch, variable: str | None
) -> None:
    """A run's name, tags and config cannot move the cursor, colour, or break the mark-up."""
    add(
        wandb,
        "abc",
        display_name=STRANGE,
        tags=[STRANGE],
        group=STRANGE,
        config={"model": STRANGE, STRANGE: STRANGE},
    )
    if variable:
        clean.setenv(variable, "1")
    found = await cli("describe", "team/proj/abc")
    assert found.code == 0
    assert "[/red][bold]:smile:" in found.out
    bare = found.out if variable != "FORCE_COLOR" else _without_colours(found.out)
    assert not [c for c in bare if (ord(c) < 32 and c != "\n") or c in "\x7f\x9b\u202e\u200b"]


def _without_colours(text: str) -> str:
    import re

    return re.sub(r"\x1b\[[0-9;]*m", "", text)


async def test_the_answer_comes_first(cli: Cli) -> None:
    """Health, name and headline on the first two lines."""
    found = await cli("describe", RUNS / "lr-too-high")
    first, second = found.out.splitlines()[:2]
    assert first.startswith("✖ critical lr-too-high")
    assert "not finite" in second or "infinite" in second


async def test_now_is_the_clock(cli: Cli) -> None:
    """Same question, same moment, same answer."""
    asked = ("describe", RUNS / "killed", "--json", "--now", "2026-11-24T17:00:00Z")
    assert (await cli(*asked)).out == (await cli(*asked)).out


async def test_damage_in_a_log_is_said_in_the_answer(cli: Cli, tmp_path: Path) -> None:
    """What can be read is read, and the loss is said, to people and to scripts."""
    (recorded,) = (RUNS / "healthy-digits").glob("run-*.wandb")
    data = bytearray(recorded.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 3000] = bytes(3000)
    log = tmp_path / recorded.name
    log.write_bytes(data)
    report = json.loads((await cli("describe", log, "--json")).out)
    assert report["partial"]
    assert [part["what"] for part in report["missing"]] == ["part of the run"]
    assert "the log is damaged in one place" in report["missing"][0]["reason"]
    assert report["health"] == "healthy"
    assert "the log is damaged in one place" in " ".join((await cli("describe", log)).out.split())
