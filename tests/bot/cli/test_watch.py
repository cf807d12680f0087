"""``wandb-bot watch``: what it prints, where, and how it leaves."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from wandb.sdk import wandb_setup

from bot.cli import main
from bot.demo.wandb import API_KEY, LocalWandb, Null, Reset
from tests.runs import truth

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
Run = Callable[..., Coroutine[Any, Any, "Left"]]


class Left:
    """How a command left: exit code, standard output, standard error."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def report(self) -> dict[str, Any]:
        """The JSON that it printed."""
        read: dict[str, Any] = json.loads(self.out)
        return read


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[LocalWandb]:
    async with LocalWandb(clock=NOW.timestamp) as local:
        monkeypatch.setenv("WANDB_BASE_URL", local.base_url)
        monkeypatch.setenv("WANDB_API_KEY", API_KEY)
        monkeypatch.setenv("WANDB_CONFIG_DIR", str(tmp_path))
        monkeypatch.delenv("WANDB_ENTITY", raising=False)
        wandb_setup.teardown()  # it has read another environment
        yield local
        wandb_setup.teardown()


@pytest.fixture
def watch(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("WANDB_BOT_DESCRIBE__DEADLINE_S", "60")

    def call(*args: str) -> int:
        with pytest.raises(SystemExit) as left:
            main(["watch", "--now", NOW.isoformat(), *args])
        return int(left.value.code or 0)

    async def run(*args: str) -> Left:
        code = await asyncio.to_thread(call, *args)
        captured = capsys.readouterr()
        return Left(code, captured.out, captured.err)

    return run


def a_run(server: LocalWandb, name: str, *, broken: bool = False, **more: Any) -> None:
    loss = np.linspace(2.0, 1.0, 60)
    if broken:
        loss[30:] = np.nan
    more.setdefault("project", "made")
    server.add_run("demo", name=name, columns={"train/loss": loss}, **more)


async def test_the_report_as_json(server: LocalWandb, watch: Run) -> None:
    """The contract's shape; non-finite numbers as strings, times in UTC."""
    a_run(server, "fine")
    a_run(server, "bad", broken=True)
    a_run(server, "failed", state="failed")
    left = await watch("demo/made", "--json")
    assert (left.code, left.err) == (0, "")
    report = left.report
    assert {"running": 2, "critical": 1, "warning": 0, "failed": 1, "crashed": 0, "finished": 0,
            "hours": 24.0}.items() <= report["summary"].items()  # fmt: skip
    entry = report["running"][0]
    assert {"run", "health", "headline", "findings", "loss", "progress"} <= set(entry)
    assert entry["run"]["id"] == "bad"
    assert entry["loss"]["current"] == "NaN"
    assert entry["run"]["heartbeat_at"] == "2026-11-20T12:00:00Z"
    assert report["schema_version"] == 1
    assert report["errors"] == []


async def test_the_entity_is_the_keys_own(server: LocalWandb, watch: Run) -> None:
    a_run(server, "fine")
    left = await watch("--json")
    assert left.report["within"] == ["demo/made"]


async def test_a_filter_narrows_it(server: LocalWandb, watch: Run) -> None:
    """`--where` takes what a watch takes; “me” is whose key it is; nonsense is a usage error."""
    for name, tags in (("one", ["prod"]), ("two", [])):
        loss = {"train/loss": np.linspace(2.0, 1.0, 40)}
        at = NOW.timestamp() - 40
        server.add_run("demo", "made", name, columns=loss, created_at=at, tags=tags)
    left = await watch("demo/made", "--where", "tag:prod", "--json")
    assert [entry["run"]["id"] for entry in left.report["running"]] == ["one"]
    mine = await watch("demo/made", "--where", "owner:me", "--json")
    assert mine.code == 0
    wrong = await watch("demo/made", "--where", "tag:(")
    assert wrong.code == 2
    assert "“tag:” lacks its value" in wrong.err


async def test_several_projects_one_of_them_unreadable(server: LocalWandb, watch: Run) -> None:
    """What cannot be read is named, the rest shown: a partial report is fine."""
    a_run(server, "fine")
    a_run(server, "other", project="second")
    server.fail(Null(), path="demo/second")
    left = await watch("demo", "--projects", "made, second", "--json")
    assert left.code == 0
    assert [e["what"] for e in left.report["errors"]] == ["demo/second"]
    assert len(left.report["running"]) == 1


@pytest.mark.parametrize(
    ("args", "broken", "code"), [((), True, 0), (("--fail-on-critical",), True, 1),
                                 (("--fail-on-critical",), False, 0)],
)  # fmt: skip
async def test_fail_on_critical(
    server: LocalWandb, watch: Run, args: tuple[str, ...], broken: bool, code: int
) -> None:
    a_run(server, "r", broken=broken)
    assert (await watch("demo/made", *args)).code == code


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (("demo/none",), 3, "demo/none"),
        (("nobody",), 3, "nobody"),
        (("a/b/c/d",), 2, "not an entity or a project"),
        (("demo", "--projects", ","), 2, "names no project"),
        (("demo", "--projects", "a", "--all-projects"), 2, "exclude each other"),
        (("demo/made", "--projects", "a"), 2, "not both"),
        (("demo", "--hours", "0"), 2, "--hours"),
        (("demo", "--hours", "nan"), 2, "no length of time"),
    ],
)
async def test_what_is_wrong_is_said_on_standard_error(
    server: LocalWandb, watch: Run, args: tuple[str, ...], code: int, words: str
) -> None:
    a_run(server, "r")
    left = await watch(*args)
    assert (left.code, left.out) == (code, "")
    assert words in left.err
    assert "Traceback" not in left.err


async def test_a_refused_key_and_a_server_that_is_away(
    server: LocalWandb, watch: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_run(server, "r")
    monkeypatch.setenv("WANDB_BOT_DESCRIBE__DEADLINE_S", "2")
    server.fail(Reset())
    assert (await watch("demo/made")).code == 5
    server.heal()
    server.accounts.clear()
    assert (await watch("demo/made")).code == 4


async def test_the_text_says_first_what_matters(server: LocalWandb, watch: Run) -> None:
    """The sentence, then the worst run; a sweep is one line, unfolded on demand."""
    a_run(server, "fine")
    a_run(server, "bad", broken=True)
    for i in range(5):
        a_run(server, f"s{i}", sweep="abc")
    left = await watch("demo/made")
    lines = [line.rstrip() for line in left.out.splitlines() if line.strip()]
    assert lines[0] == "7 running: 1 critical; nothing ended in the last 24 h"
    rows = [line for line in lines if line[0] in "✖▲●○"]
    assert rows[0].split()[:2] == ["✖", "bad"]
    assert len(rows) == 3
    assert any("sweep abc" in line and "5 of 5" in line for line in rows)
    unfolded = (await watch("demo/made", "--unfold")).out
    assert all(f"s{i}" in unfolded for i in range(5))
    assert all(len(line) <= 100 for line in left.out.splitlines())


async def test_a_name_cannot_move_the_cursor(server: LocalWandb, watch: Run) -> None:
    a_run(server, "r", display_name="evil\x1b[2J\x07 run")
    out = (await watch("demo/made")).out
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "evil" in out


async def test_no_runs_at_all(server: LocalWandb, watch: Run) -> None:
    server.add_project("demo", "made")
    left = await watch("demo/made")
    assert left.code == 0
    assert left.out.strip() == "Nothing is running; nothing ended in the last 24 h"


async def test_a_folder_on_disk(watch: Run) -> None:
    """Without a server: the runs below a folder."""
    folder = next(iter(truth().values())).folder
    left = await watch(str(folder), "--json", "--hours", "8000")
    assert left.code == 0
    summary = left.report["summary"]
    assert sum(summary[k] for k in ("running", "failed", "crashed", "finished", "stopped")) == 1
