"""The local W&B server over HTTP: access, pages, live runs, and everything that can go wrong."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from bot.demo.wandb import (
    API_KEY,
    HISTORY_FIELDS,
    Errors,
    LocalWandb,
    Null,
    Reset,
    Slow,
    Status,
    Truncated,
    User,
    empty_body,
    html_page,
)

NOW = 1_767_225_600.0
RUN = """query Describe($n: String!) { project(name: "p", entityName: "e") {
    run(name: $n) { %s } } }"""


class Client:
    """Asks one server, as the product does."""

    def __init__(self, server: LocalWandb, session: aiohttp.ClientSession) -> None:
        self.server = server
        self.session = session

    async def post(self, query: str, key: str = API_KEY, **variables: Any) -> tuple[int, str]:
        """Status and text of an answer."""
        basic = base64.b64encode(f"api:{key}".encode()).decode()
        async with self.session.post(
            f"{self.server.base_url}/graphql",
            json={"query": query, "variables": variables},
            headers={"Authorization": f"Basic {basic}"},
        ) as response:
            return response.status, await response.text()

    async def data(self, query: str, **variables: Any) -> Any:
        """The data of an answer without errors."""
        status, text = await self.post(query, **variables)
        body = json.loads(text)
        assert status == 200
        assert "errors" not in body
        return body["data"]

    async def run(self, fields: str, name: str = "r") -> Any:
        """Fields of a run of e/p."""
        return (await self.data(RUN % fields, n=name))["project"]["run"]


@pytest.fixture
async def server() -> AsyncIterator[LocalWandb]:
    """A server with one run of 100 rows, whose clock stands still until it is set."""
    async with LocalWandb(clock=lambda: NOW) as server:
        server.add_run("e", "p", "r", columns={"loss": [1 / (n + 1) for n in range(100)]})
        yield server


@pytest.fixture
async def client(server: LocalWandb) -> AsyncIterator[Client]:
    """A client of the server."""
    async with aiohttp.ClientSession() as session:
        yield Client(server, session)


# --- access


@pytest.mark.parametrize("key", ["", "x" * 40, API_KEY[:-1]])
async def test_an_unknown_key_is_refused(client: Client, key: str) -> None:
    """Any other key is 401, whatever it asks."""
    status, text = await client.post("{ viewer { username } }", key=key)
    assert status == 401
    assert json.loads(text)["errors"]


async def test_a_key_reads_what_it_may(server: LocalWandb, client: Client) -> None:
    """Projects that a key may not read are null, and are not listed."""
    key = "k" * 40
    server.add_key(key, User("guest", entity="g"), reads=["e/open*"])
    server.add_project("e", "open-one")
    query = (
        '{ a: project(name: "p", entityName: "e") { name } '
        'b: project(name: "open-one", entityName: "e") { name } '
        'models(entityName: "e") { edges { node { name } } } none: models(entityName: "x") '
        "{ edges { node { name } } } viewer { username } }"
    )
    _, text = await client.post(query, key=key)
    assert json.loads(text)["data"] == {
        "a": None,
        "b": {"name": "open-one"},
        "models": {"edges": [{"node": {"name": "open-one"}}]},
        "none": None,
        "viewer": {"username": "guest"},
    }


async def test_first_party_fields_are_refused_to_others(client: Client) -> None:
    """``apiKeys`` is an error beside the rest of the data."""
    _, text = await client.post("{ viewer { username apiKeys { edges { node { id } } } } }")
    body = json.loads(text)
    assert body["data"]["viewer"]["username"] == "demo-user"
    assert body["errors"][0]["path"] == ["viewer", "apiKeys"]


async def test_files_are_served_elsewhere_and_without_the_key(
    server: LocalWandb, client: Client
) -> None:
    """A signed address is another origin; it refuses the key, and a changed signature."""
    server.run("e/p/r").add_file("output.log", "hello\n")
    files = (await client.run("files { edges { node { name directUrl sizeBytes } } }"))["files"]
    url = files["edges"][0]["node"]["directUrl"]
    assert not url.startswith(server.base_url)
    async with client.session.get(url) as response:
        assert await response.text() == "hello\n"
    async with client.session.get(url, headers={"Authorization": "Basic x"}) as response:
        assert response.status == 400
    async with client.session.get(url + "0") as response:
        assert response.status == 403


# --- queries


async def test_an_unknown_field_is_named_as_wandb_names_it(
    server: LocalWandb, client: Client
) -> None:
    """A query that fails validation has W&B's words; a field can be taken away."""
    status, text = await client.post(RUN % "nonsense", n="r")
    assert (status, json.loads(text)["errors"][0]["message"]) == (
        400,
        'Cannot query field "nonsense" on type "Run"',
    )
    server.quirks.missing_fields = frozenset({"Run.bucketedHistory"})
    server.quirks.validation_status = 200
    status, text = await client.post(RUN % "bucketedHistory(specs: [])", n="r")
    assert (status, json.loads(text)["errors"][0]["message"]) == (
        200,
        'Cannot query field "bucketedHistory" on type "Run"',
    )


async def test_answers_are_compressed(server: LocalWandb, client: Client) -> None:
    """A large answer is sent by gzip, and its size on the wire is on record."""
    spec = json.dumps({"keys": ["_step", "loss"], "samples": 100})
    await client.data(
        RUN.replace("$n: String!", "$n: String!, $s: [JSONString!]!") % "sampledHistory(specs: $s)",
        n="r",
        s=[spec],
    )
    request = server.traffic.requests[-1]
    assert (request.operation, request.status, request.fields) == ("Describe", 200, ("project",))
    assert 0 < request.sent < 2_500


async def test_runs_are_paged_by_cursors_that_survive_new_runs(
    server: LocalWandb, client: Client
) -> None:
    """A run that appears between two pages neither repeats nor hides another."""
    for number in range(4):
        server.add_run("e", "p", f"n{number}", created_at=NOW + number)
    query = """query Runs($after: String) { project(name: "p", entityName: "e") {
        runs(first: 2, after: $after, order: "+created_at") {
            edges { node { name } } pageInfo { endCursor hasNextPage } } } }"""
    seen: list[str] = []
    after = None
    while True:
        page = (await client.data(query, after=after))["project"]["runs"]
        seen += [edge["node"]["name"] for edge in page["edges"]]
        server.add_run("e", "p", f"late{len(seen)}", created_at=NOW - 10_000 - len(seen))
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == ["r", "n0", "n1", "n2", "n3"]


async def test_a_bad_filter_is_an_error(client: Client) -> None:
    """``$all`` is refused, with the rest of the answer null."""
    query = """query Runs($f: JSONString) { project(name: "p", entityName: "e") {
        runs(filters: $f) { edges { node { name } } } } }"""
    _, text = await client.post(query, f='{"tags": {"$all": ["x"]}}')
    assert "unknown operator: $all" in json.loads(text)["errors"][0]["message"]


async def test_what_changed_since(server: LocalWandb, client: Client) -> None:
    """``deltas`` names runs that are new, changed or gone."""
    server.add_run("e", "p", "old", created_at=NOW - 9_000, heartbeat_at=NOW - 8_000)
    server.run("e/p/r").log({"loss": 0.0}, time=NOW + 60)
    server.add_run("e", "p", "new", created_at=NOW)
    query = """query Delta { project(name: "p", entityName: "e") { runs { totalCount
        deltas(currentRuns: ["old", "r", "gone"], lastUpdated: "2026-01-01T00:00:30") {
            delta { op run { name } } } } } }"""
    runs = (await client.data(query))["project"]["runs"]
    assert runs["totalCount"] == 3
    found = [(each["op"], (each["run"] or {}).get("name")) for each in runs["deltas"]["delta"]]
    assert sorted(found, key=str) == [("DELETE", None), ("INSERT", "new"), ("UPDATE", "r")]


async def test_console_pages_of_old_and_new_servers(server: LocalWandb, client: Client) -> None:
    """Without the flag, ``first`` is ignored and ``after`` counts back from the end."""
    server.run("e/p/r").print("\n".join("abcdef"))

    async def lines(arguments: str) -> str:
        fields = f"logLines({arguments}) {{ edges {{ node {{ line number }} }} }}"
        edges = (await client.run(fields))["logLines"]["edges"]
        return "".join(edge["node"]["line"] for edge in edges)

    assert await lines("last: 2") == "ef"
    assert await lines("first: 2, useImprovedPagination: true") == "ab"
    assert await lines("first: 2") == "abcdef"
    assert await lines('first: 2, after: "4"') == "ab"
    server.quirks.max_log_lines = 3
    assert await lines("last: 100") == "def"


async def test_system_metrics_have_buckets_of_their_own(server: LocalWandb, client: Client) -> None:
    """``system/NAME`` is bucketed over the events' own time."""
    run = server.run("e/p/r")
    for second in range(10):
        run.log_system({"system.gpu.0.gpu": 90.0 + second}, time=run.created_at + second)
    spec = json.dumps({"keys": ["system/gpu.0.gpu"], "bins": 2})
    query = RUN.replace("$n: String!", "$n: String!, $s: [JSONString!]!")
    data = await client.data(
        query % "bucketedHistory(specs: $s) events(samples: 3)", n="r", s=[spec]
    )
    (made,) = data["project"]["run"]["bucketedHistory"]
    assert max(each["system/gpu.0.gpuMax"] for each in made) == 99.0
    assert len(data["project"]["run"]["events"]) == 3


# --- live runs


async def test_a_live_run_grows(server: LocalWandb, client: Client) -> None:
    """Rows, heartbeats, states and configuration are seen as soon as they are there."""
    run = server.add_run("e", "p", "live", heartbeat_at="null")
    fields = "state heartbeatAt historyLineCount summaryMetrics config exitcode"
    before = await client.run(fields, "live")
    assert (before["heartbeatAt"], before["historyLineCount"]) == (None, 0)
    run.log({"loss": float("inf")}, time=NOW + 5)
    run.configure({"lr": 0.1})
    run.becomes("failed", exit_code=1)
    after = await client.run(fields, "live")
    assert (after["state"], after["exitcode"]) == ("failed", 1)
    assert after["heartbeatAt"] == "2026-01-01T00:00:05.000000"
    assert json.loads(after["summaryMetrics"])["loss"] == "Infinity"
    assert json.loads(after["config"])["lr"] == {"value": 0.1, "desc": None}


async def test_a_silent_run_is_called_crashed_and_may_return(
    server: LocalWandb, client: Client
) -> None:
    """As W&B does it: after minutes without a heartbeat, and not for ever."""
    server.crash_after_s = 300.0
    run = server.run("e/p/r")
    server.clock = lambda: NOW + 301
    assert (await client.run("state"))["state"] == "crashed"
    run.beat(NOW + 302)
    assert (await client.run("state"))["state"] == "running"


# --- faults


async def test_a_rate_limit_passes(server: LocalWandb, client: Client) -> None:
    """429 once, with seconds or a date to wait for, then the answer."""
    server.fail(Status(429, retry_after=1.5), times=1)
    server.fail(Status(429, retry_after=datetime(2026, 1, 1, tzinfo=UTC)), times=1)
    waits = []
    for _ in range(2):
        basic = base64.b64encode(f"api:{API_KEY}".encode()).decode()
        async with client.session.post(
            f"{server.base_url}/graphql",
            json={"query": "{ viewer { id } }"},
            headers={"Authorization": f"Basic {basic}"},
        ) as response:
            waits.append((response.status, response.headers["Retry-After"]))
    assert waits == [(429, "1.5"), (429, "Thu, 01 Jan 2026 00:00:00 GMT")]
    assert (await client.run("name")) == {"name": "r"}
    assert [request.status for request in server.traffic.requests] == [429, 429, 200]


async def test_broken_answers(server: LocalWandb, client: Client) -> None:
    """An HTML page, no body at all, half of the JSON, and a dropped connection."""
    for fault in (html_page(), empty_body(), Truncated(), Reset()):
        server.fail(fault, times=1)
    status, text = await client.post(RUN % "name", n="r")
    assert (status, text[:6]) == (502, "<html>")
    assert await client.post(RUN % "name", n="r") == (200, "")
    _, text = await client.post(RUN % "name", n="r")
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        json.loads(text)
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.post(RUN % "name", n="r")
    assert server.traffic.in_flight == 0
    assert await client.run("name") == {"name": "r"}


async def test_a_poisoned_run_fails_only_where_it_is_asked(
    server: LocalWandb, client: Client
) -> None:
    """Its history is always 500; its metadata and other runs are fine."""
    server.add_run("e", "p", "sick", columns={"loss": [1.0]})
    rule = server.fail(Status(500), path="e/p/sick", fields=HISTORY_FIELDS)
    assert (await client.post(RUN % "history", n="sick"))[0] == 500
    assert await client.run("name state", "sick") == {"name": "sick", "state": "running"}
    assert len((await client.run("history"))["history"]) == 100
    rule.stop()
    assert len((await client.run("history", "sick"))["history"]) == 1


async def test_errors_beside_partial_data(server: LocalWandb, client: Client) -> None:
    """A field of one run is null with an error; the rest of the data stands."""
    server.fail(Errors("history is broken"), path="e/*/r", fields={"history"})
    status, text = await client.post(RUN % "name history", n="r")
    body = json.loads(text)
    assert status == 200
    assert body["data"]["project"]["run"] == {"name": "r", "history": None}
    assert body["errors"] == [
        {"message": "history is broken", "path": ["project", "run", "history"]}
    ]


async def test_things_that_are_suddenly_null(server: LocalWandb, client: Client) -> None:
    """A run, then its project, vanish; healing brings them back."""
    server.fail(Null(), path="e/p/r")
    assert await client.run("name") is None
    server.fail(Null(), path="e/p")
    assert (await client.data(RUN % "name", n="r"))["project"] is None
    server.heal()
    assert await client.run("name") == {"name": "r"}


async def test_a_server_that_never_answers(server: LocalWandb, client: Client) -> None:
    """Only the operation that is meant is held, and it is answered once it is released."""
    held = server.hold(operation="Desc*")
    asked = asyncio.create_task(client.run("name"))
    await held.arrived()
    assert await client.data("query Viewer { viewer { username } }")
    assert not asked.done()
    held.release()
    assert await asked == {"name": "r"}
    assert server.traffic.most_in_flight == 2


async def test_one_run_that_never_answers(server: LocalWandb, client: Client) -> None:
    """A hold on a run's history leaves other runs alone; a client that hangs up ends it."""
    server.add_run("e", "p", "other", columns={"loss": [1.0]})
    held = server.hold(path="e/p/r", fields=HISTORY_FIELDS)
    asked = asyncio.create_task(client.run("history"))
    await held.arrived()
    assert len((await client.run("history", "other"))["history"]) == 1
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)
    await server.traffic.until(lambda traffic: traffic.in_flight == 0)


async def test_a_slow_answer_waits_by_the_given_sleep(server: LocalWandb, client: Client) -> None:
    """The seconds are spent in the server's own ``sleep``, which a test replaces."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    server.sleep = sleep
    server.fail(Slow(30.0), operation="Describe")
    assert await client.run("name") == {"name": "r"}
    assert slept == [30.0]


async def test_too_many_aliases_are_refused(server: LocalWandb, client: Client) -> None:
    """More aliases than the server bears make the whole query invalid."""
    server.quirks.max_aliases = 2
    runs = " ".join(f'r{n}: run(name: "r") {{ name }}' for n in range(3))
    query = f'query Many {{ project(name: "p", entityName: "e") {{ {runs} }} }}'
    status, text = await client.post(query)
    assert (status, "complex" in text) == (400, True)


async def test_waiting_for_a_request(server: LocalWandb, client: Client) -> None:
    """A test can wait until something was asked, without sleeping."""
    waiting = asyncio.create_task(server.traffic.until(lambda t: len(t.of("Describe")) == 2))
    await client.run("name")
    assert not waiting.done()
    await client.run("name")
    await waiting
