"""Which runs there are, for one who knows some of them: one request a project."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from analysis.errors import NotAuthenticated, ProjectNotFound
from analysis.refs import ProjectRef, RunRef
from analysis.sources import WandbSource
from analysis.sources.base import Asked, Census
from bot.demo.wandb import Errors, LocalRun, LocalWandb, Status

MADE = ProjectRef("demo", "made")
LATER = datetime.now(UTC) + timedelta(days=1)
"""A time after which no run of these tests was created."""


def add(server: LocalWandb, name: str, project: str = "made", **more: Any) -> RunRef:
    columns = {"loss": [1.0, 0.5]}
    run: LocalRun = server.add_run("demo", project, name, columns=columns, **more)
    return RunRef(run.entity, run.project, run.name)


async def taken(
    source: WandbSource,
    *known: RunRef,
    within: ProjectRef = MADE,
    named: tuple[RunRef, ...] = (),
    since: datetime = LATER,
) -> Census:
    return await source.census(within, known=known, named=named, since=since)


def ids(census: Census) -> tuple[set[str], set[str]]:
    return {run.ref.id for run in census.known}, {run.ref.id for run in census.others}


async def test_known_runs_bring_what_moves_and_others_all(
    server: LocalWandb, source: WandbSource
) -> None:
    known = [add(server, "lives", config={"lr": 1.0}), add(server, "over", state="finished")]
    add(server, "new", config={"lr": 2.0})
    add(server, "old", state="finished")
    census = await taken(source, *known)
    assert ids(census) == ({"lives", "over"}, {"new"})
    assert [request.operation for request in server.traffic.requests] == ["Census"]
    (new,) = census.others
    assert (new.config, dict(new.summary)["loss"], set(new.keys)) == ({"lr": 2.0}, 0.5, {"loss"})
    assert all(not run.config and not run.summary and run.rows == 2 for run in census.known)


async def test_what_ended_is_read_when_it_is_new_or_named(
    server: LocalWandb, source: WandbSource
) -> None:
    at = datetime.now(UTC)
    add(server, "old", state="failed", created_at=at.timestamp() - 9_000)
    add(server, "short", state="finished", created_at=at.timestamp())
    named = add(server, "named", state="crashed", created_at=at.timestamp() - 9_000)
    census = await taken(source, named=(named,), since=at - timedelta(hours=1))
    assert ids(census) == (set(), {"short", "named"})


async def test_many_known_runs_are_one_request(server: LocalWandb, source: WandbSource) -> None:
    known = [add(server, f"r{number}") for number in range(130)]
    census = await taken(source, *known)
    assert len(census.known) == 130
    assert len(server.traffic.requests) == 1


async def test_a_server_that_gives_less_than_is_asked_for_is_asked_on(
    server: LocalWandb, source: WandbSource
) -> None:
    server.quirks.max_runs = 20
    known = [add(server, f"r{number}") for number in range(50)]
    others = {add(server, f"n{number}").id for number in range(45)}
    census = await taken(source, *known)
    assert ids(census) == ({ref.id for ref in known}, others)
    names = [request.operation for request in server.traffic.requests]
    assert sorted(names) == ["Census", *["CensusKnown"] * 2, *["CensusOthers"] * 2]


async def test_what_is_too_much_for_one_answer_comes_in_pages(
    server: LocalWandb, source: WandbSource
) -> None:
    known = [add(server, f"r{number}") for number in range(250)]
    server.fail(Status(502), operation="Census")
    census = await taken(source, *known)
    assert ids(census) == ({ref.id for ref in known}, set())
    pages = server.traffic.of("CensusKnown")
    assert len(pages) == 3


async def test_all_projects_of_an_entity_those_of_known_runs_too(
    server: LocalWandb, source: WandbSource
) -> None:
    known = add(server, "a", "one")
    add(server, "b", "two")
    census = await taken(source, known, within=ProjectRef("demo"))
    assert ids(census) == ({"a"}, {"b"})


async def test_a_project_that_fails_by_itself_holds_up_no_other(
    server: LocalWandb, source: WandbSource
) -> None:
    """Of its runs nothing is known: they are not gone."""
    known = [add(server, "a", "bad"), add(server, "b", "good")]
    server.fail(Errors("boom"), path="demo/bad")
    census = await taken(source, *known, within=ProjectRef("demo"))
    assert ids(census) == ({"b"}, set())
    assert census.unread == {"bad"}


async def test_what_is_not_there_or_refused_is_an_error(
    server: LocalWandb, source: WandbSource
) -> None:
    known = add(server, "a")
    with pytest.raises(ProjectNotFound, match="demo/elsewhere"):
        await taken(source, within=ProjectRef("demo", "elsewhere"))
    with pytest.raises(ProjectNotFound, match="nobody"):
        await taken(source, within=ProjectRef("nobody"))
    server.accounts.clear()
    with pytest.raises(NotAuthenticated):
        await taken(source, known)


async def test_facts_come_beside_new_points_as_far_as_they_are_asked_for(
    server: LocalWandb, source: WandbSource
) -> None:
    ref = add(server, "a", config={"lr": 1.0}, exit_code=3)
    (run,) = (await taken(source, ref)).known
    server.run(ref.path).log({"loss": 0.25, "acc": 0.9})
    server.run(ref.path).log_system({"system.gpu.0.gpu": 50.0})
    found = {}
    for facts in ("", "summary", "all", "end"):
        asked = Asked(run, ["loss"], 2, 10, facts, system=5 if facts == "all" else 0)
        found[facts] = (await source.news([asked]))[ref]
        assert found[facts].history["loss"].value.tolist() == [0.25]
    assert [len(found[facts].run.summary) > 0 for facts in found] == [False, True, True, True]
    assert [bool(found[facts].run.config) for facts in found] == [False, False, True, True]
    assert [found[facts].run.exit_code for facts in found] == [None, None, None, 3]
    assert set(found["summary"].run.keys) == {"loss", "acc"}
    assert found["summary"].run.rows == 3
    assert found[""].system is None
    assert found["all"].system is not None
    assert list(found["all"].system) == ["system.gpu.0.gpu"]


async def test_a_server_without_exit_codes_is_asked_for_them_once(
    server: LocalWandb, source: WandbSource
) -> None:
    server.quirks.missing_fields = frozenset({"Run.exitcode"})
    ref = add(server, "a", state="failed", config={"lr": 1.0})
    run = await source.run(ref)
    server.traffic.clear()
    for _ in range(2):
        news = (await source.news([Asked(run, ["loss"], 0, 10, "end")]))[ref]
        assert news.run.config == {"lr": 1.0}
    assert [request.status for request in server.traffic.of("News")] == [400, 200, 200]
