"""A look at many runs: what is shown, what is named as missing, and what it costs."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from analysis.errors import NotAuthenticated, ProjectNotFound
from analysis.filters import parse
from analysis.findings import Health
from analysis.look import MOST_PROJECTS, Targets, look
from analysis.looking.report import Look, LookEntry
from analysis.refs import ProjectRef
from analysis.sources import Effort, OfflineSource, WandbSource
from bot.demo.wandb import API_KEY, HISTORY_FIELDS, Errors, LocalRun, LocalWandb, Null, Status, User
from tests.runs import truth

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MADE = Targets(ProjectRef("demo", "made"))
ROWS = 100


@pytest.fixture
async def server() -> AsyncIterator[LocalWandb]:
    async with LocalWandb(clock=NOW.timestamp) as local:
        yield local


@pytest.fixture
async def source(server: LocalWandb) -> AsyncIterator[WandbSource]:
    async with WandbSource(server.base_url, api_key=API_KEY) as opened:
        yield opened


def a_run(server: LocalWandb, name: str, *, ago_h: float = 0.0, project: str = "made",
          broken: bool = False, **more: Any) -> LocalRun:  # fmt: skip
    """A run whose last row was so many hours ago."""
    step = np.arange(ROWS)
    loss = 0.5 + 2.0 * (1.0 + step / 20.0) ** -0.7
    if broken:
        loss[60:] = np.nan
    end = NOW.timestamp() - ago_h * 3600
    return server.add_run(
        "demo", project, name, columns={"train/loss": loss}, created_at=end - ROWS + 1,
        config={"max_steps": 200}, **more,
    )  # fmt: skip


async def looked(source: WandbSource, targets: Targets = MADE, seconds: float = 30.0) -> Look:
    return await look(source, targets, now=NOW, effort=Effort(deadline_s=seconds))


def ids(entries: tuple[LookEntry, ...]) -> list[str]:
    return [entry.run.id for entry in entries]


async def test_what_runs_failed_and_finished(server: LocalWandb, source: WandbSource) -> None:
    a_run(server, "fine")
    a_run(server, "bad", broken=True)
    a_run(server, "failed", state="failed", ago_h=3)
    a_run(server, "lost", state="crashed", ago_h=1)
    a_run(server, "done", state="finished", ago_h=2)
    a_run(server, "killed", state="killed", ago_h=2)
    report = await looked(source)
    assert ids(report.running) == ["bad", "fine"]
    assert ids(report.failed) == ["lost", "failed"]
    assert ids(report.finished) == ["done"]
    assert ids(report.stopped) == ["killed"]
    assert report.sentence == (
        "2 running: 1 critical; 1 failed, 1 lost contact, 1 finished and 1 stopped in the last 24 h"
    )
    assert report.running[0].health is Health.CRITICAL
    assert report.running[1].progress is not None
    assert report.running[1].progress.eta_s == pytest.approx(101, rel=0.05)
    assert report.running[1].heartbeat_age_s == 0.0


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("tag:prod", {"bad", "gone"}),
        ("severity:critical", {"bad"}),
        ("owner:me", {"mine"}),
        ("state:finished or owner:me", {"gone", "mine"}),
        ("config.lr >= 0.01 and not name:b*", {"gone"}),
        ("train/loss < 1.2", {"gone", "mine"}),
        ("group:nothing", set()),
    ],
)
async def test_a_condition_narrows_a_look(
    server: LocalWandb, source: WandbSource, condition: str, found: set[str]
) -> None:
    """By what a run is, its config, its metrics and how it is doing; the counts follow."""
    a_run(server, "bad", broken=True, tags=["prod"]).configure({"lr": 0.1})
    a_run(server, "gone", ago_h=1.0, state="finished", tags=["prod"]).configure({"lr": 0.01})
    a_run(server, "mine", user=User("ada-w", "Ada", "ada@example.com"))
    targets = replace(MADE, condition=parse(condition), me="ada-w")
    seen = await looked(source, targets)
    assert {entry.run.id for entry in seen.entries()} == found
    assert seen.summary.running + seen.summary.finished == len(found)


async def test_a_run_counts_by_when_it_ended(server: LocalWandb, source: WandbSource) -> None:
    """Created long ago and ended an hour ago: shown. Ended two days ago: not."""
    old = a_run(server, "old", state="finished", ago_h=1)
    old.created_at = NOW.timestamp() - 30 * 86_400
    a_run(server, "gone", state="finished", ago_h=48)
    assert ids((await looked(source)).finished) == ["old"]


async def test_a_dead_run_that_w_and_b_still_calls_running_is_shown(
    server: LocalWandb, source: WandbSource
) -> None:
    """However long it has been silent: it is the one to look at."""
    a_run(server, "fine")
    a_run(server, "dead", ago_h=80)
    report = await looked(source)
    assert ids(report.running) == ["dead", "fine"]
    assert report.running[0].findings[0].code == "heartbeat_stalled"
    assert report.running[0].heartbeat_age_s == 80 * 3600


async def test_a_page_of_runs_with_their_curves_is_one_request(
    server: LocalWandb, source: WandbSource
) -> None:
    for i in range(30):
        a_run(server, f"r{i}")
    report = await looked(source)
    assert all(entry.loss is not None for entry in report.running)
    assert len(server.traffic.of("RunsWithCurves")) == 1
    assert len(server.traffic.requests) == 2  # and one, small, for dead ones that count as live


async def test_a_loss_under_a_name_of_its_own_is_found(
    server: LocalWandb, source: WandbSource
) -> None:
    server.add_run("demo", "made", "odd", columns={"my_special_loss": np.linspace(2, 1, 50)})
    [entry] = (await looked(source)).running
    assert entry.loss is not None
    assert entry.loss.metric == "my_special_loss"


async def test_sweeps_and_groups_are_a_line_each(server: LocalWandb, source: WandbSource) -> None:
    for i in range(3):
        a_run(server, f"s{i}", sweep="abc", state="finished" if i else "running")
    for i in range(2):
        a_run(server, f"g{i}", group="night", broken=i == 0)
    a_run(server, "alone", group="one")
    groups = {group.name: group for group in (await looked(source)).groups}
    assert set(groups) == {"abc", "night"}
    assert (groups["abc"].running, groups["abc"].finished) == (1, 2)
    assert groups["night"].health is Health.CRITICAL
    assert groups["night"].runs == ("demo/made/g0", "demo/made/g1")


async def test_a_poisoned_run_is_named_and_the_others_are_shown(
    server: LocalWandb, source: WandbSource
) -> None:
    for i in range(3):
        a_run(server, f"r{i}")
    server.fail(Errors("boom"), path="demo/made/r1", fields=HISTORY_FIELDS)
    entries = {entry.run.id: entry for entry in (await looked(source)).running}
    assert entries["r1"].partial
    assert entries["r1"].loss is None
    assert entries["r0"].loss is not None
    assert entries["r2"].loss is not None


async def test_a_run_that_never_answers_delays_nobody(
    server: LocalWandb, source: WandbSource
) -> None:
    for i in range(3):
        a_run(server, f"r{i}")
    held = server.hold(path="demo/made/r1", fields=HISTORY_FIELDS)
    try:
        report = await looked(source, seconds=4.0)
    finally:
        held.release()
    entries = {entry.run.id: entry for entry in report.running}
    assert entries["r1"].missing[0].reason == "it did not come in time"
    assert entries["r0"].loss is not None
    assert entries["r2"].loss is not None


async def test_a_project_that_cannot_be_read_is_named(
    server: LocalWandb, source: WandbSource
) -> None:
    a_run(server, "fine")
    a_run(server, "hidden", project="secret")
    server.fail(Null(), path="demo/secret")
    report = await looked(source, Targets(ProjectRef("demo"), ("made", "secret")))
    assert ids(report.running) == ["fine"]
    [error] = report.errors
    assert error.what == "demo/secret"
    assert "may not be read" in error.reason
    assert "without a warning" not in report.sentence


async def test_one_project_that_does_not_exist_is_an_error(source: WandbSource) -> None:
    with pytest.raises(ProjectNotFound):
        await looked(source)


async def test_a_refused_key_is_an_error(server: LocalWandb) -> None:
    async with WandbSource(server.base_url, api_key="x" * 40) as source:
        with pytest.raises(NotAuthenticated):
            await looked(source)


async def test_too_many_requests_are_waited_for(server: LocalWandb, source: WandbSource) -> None:
    a_run(server, "fine")
    server.fail(Status(429, retry_after=0), times=2)
    assert ids((await looked(source)).running) == ["fine"]


async def test_the_projects_of_an_entity_in_which_something_happens(
    server: LocalWandb, source: WandbSource
) -> None:
    a_run(server, "fine", project="busy")
    a_run(server, "done", project="lately", state="finished", ago_h=2)
    a_run(server, "old", project="quiet", state="finished", ago_h=100)
    server.add_project("demo", "empty")
    report = await looked(source, Targets(ProjectRef("demo")))
    assert set(report.within) == {"demo/busy", "demo/lately"}
    assert report.errors == ()


async def test_more_projects_than_are_looked_at_are_counted(
    server: LocalWandb, source: WandbSource
) -> None:
    for i in range(MOST_PROJECTS + 3):
        a_run(server, "r", project=f"p{i:02}")
    report = await looked(source, Targets(ProjectRef("demo")), seconds=60)
    assert len(report.within) == MOST_PROJECTS
    assert report.errors[0].reason.startswith("3 more projects have something that runs")
    everything = await looked(source, Targets(ProjectRef("demo"), all_projects=True), seconds=60)
    assert len(everything.running) == MOST_PROJECTS + 3


async def test_nothing_at_all(server: LocalWandb, source: WandbSource) -> None:
    """An entity without projects and a project without runs are no errors."""
    server.add_entity("demo")
    report = await looked(source, Targets(ProjectRef("demo")))
    assert report.sentence == "Nothing is running; nothing ended in the last 24 h"
    server.add_project("demo", "made")
    assert (await looked(source)).sentence == report.sentence


async def test_a_clock_behind_w_and_bs_gives_no_negative_age(
    server: LocalWandb, source: WandbSource
) -> None:
    a_run(server, "fine")
    report = await look(source, MADE, now=NOW - timedelta(hours=1))
    assert report.running[0].heartbeat_age_s == 0.0


async def test_runs_on_disk() -> None:
    """Folders of runs are a source like any other."""
    now = datetime(2030, 1, 1, tzinfo=UTC)
    folders = [recorded.folder for recorded in list(truth().values())[:4]]
    async with OfflineSource(*folders, clock=lambda: now) as disk:
        runs = await disk.all()
        report = await look(
            disk, Targets(ProjectRef(runs[0].ref.entity)), now=now, hours=24 * 3650,
            effort=Effort(deadline_s=50),
        )  # fmt: skip
    assert report.summary.running == 0
    assert len(list(report.entries())) == len(runs)
    assert {entry.run.state for entry in report.failed} <= {"failed", "crashed"}
