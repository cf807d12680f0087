"""What goes wrong between here and a W&B server, each in its own class and words."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from analysis.errors import (
    AnalysisError,
    BadResponse,
    ConnectionFailed,
    FieldUnknown,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    QueryRefused,
    RateLimited,
    ServerFailed,
    TimedOut,
)
from analysis.sources import Account, Limits, graphql
from analysis.sources.answers import Answer, failure, read_answer, retry_after
from analysis.sources.credentials import ApiKey
from analysis.sources.deadline import Deadline
from analysis.sources.graphql import Operation
from analysis.sources.transport import Transport
from bot.demo.wandb import (
    API_KEY,
    Errors,
    Fault,
    LocalWandb,
    Reset,
    Slow,
    Status,
    Truncated,
    empty_body,
    html_page,
)
from tests.analysis.sources.conftest import Waits, account_of


async def ask(
    server: LocalWandb,
    waits: Waits,
    *,
    operation: Operation = graphql.VIEWER,
    account: Account | None = None,
    seconds: float = 600.0,
    limits: Limits | None = None,
) -> Answer:
    account = account or account_of(server)
    async with Transport(account, limits or Limits(tries=4), waits.timing) as transport:
        return await transport.ask(
            operation, {}, Deadline.after(seconds, waits.timing), lambda answer: answer
        )


@pytest.mark.parametrize(
    ("fault", "kind", "tries"),
    [
        (Status(401), NotAuthenticated, 1),
        (Status(403), NotAllowed, 1),
        (Status(404), NotFound, 1),
        (html_page(404), BadResponse, 1),
        (Status(429), RateLimited, 4),
        (Status(500), ServerFailed, 4),
        (html_page(502), ServerFailed, 4),
        (Status(503, retry_after=3), ServerFailed, 4),
        (Status(302), BadResponse, 1),
        (Status(422), QueryRefused, 1),
        (html_page(200), BadResponse, 2),
        (empty_body(), BadResponse, 2),
        (Truncated(0.6), BadResponse, 2),
        (Errors("cost limit exceeded", partial=False), QueryRefused, 1),
        (Errors("permission denied", partial=False), NotAllowed, 1),
        (Reset(), ConnectionFailed, 4),
    ],
    ids=repr,
)
async def test_each_failure_has_its_class_its_sentence_and_its_number_of_tries(
    server: LocalWandb, waits: Waits, fault: Fault, kind: type[AnalysisError], tries: int
) -> None:
    server.fail(fault)
    with pytest.raises(AnalysisError) as caught:
        await ask(server, waits)
    assert type(caught.value) is kind
    assert len(server.traffic.requests) == tries
    assert caught.value.sentence.endswith((".", "”."))
    assert API_KEY not in str(caught.value)
    assert "Traceback" not in str(caught.value)


async def test_a_failure_that_passes_is_not_noticed(server: LocalWandb, waits: Waits) -> None:
    server.fail(Status(503), times=2)
    server.fail(Reset(), times=1)
    assert (await ask(server, waits)).data
    assert waits.waits == [0.5, 1.0, 2.0]  # the dice show the longest: twice as long each time


async def test_a_refused_connection_says_so(waits: Waits) -> None:
    async with LocalWandb() as gone:
        account = account_of(gone)
    with pytest.raises(ConnectionFailed, match="refuses the connection"):
        await ask(gone, waits, account=account)


@pytest.mark.parametrize("url", ["http://nowhere.invalid", "http://user:hidden@nowhere.invalid"])
async def test_an_address_that_leads_nowhere_says_so_without_its_credentials(
    waits: Waits, url: str
) -> None:
    with pytest.raises(ConnectionFailed) as caught:
        await ask(LocalWandb(), waits, account=Account(url, "", ApiKey(API_KEY)))
    assert "hidden" not in str(caught.value)


async def test_no_key_is_said_before_anything_is_sent(server: LocalWandb, waits: Waits) -> None:
    with pytest.raises(NotAuthenticated):
        await ask(server, waits, account=Account(server.base_url, ""))
    assert not server.traffic.requests


@pytest.mark.parametrize("as_date", [False, True])
async def test_the_wait_that_the_server_asks_for_is_kept(
    server: LocalWandb, waits: Waits, as_date: bool
) -> None:
    when = datetime.now(UTC) + timedelta(seconds=7)
    server.fail(Status(429, retry_after=when if as_date else 7), times=1)
    await ask(server, waits)
    (wait,) = waits.waits
    assert (5 if as_date else 7) <= wait <= 8.5


async def test_a_wait_longer_than_the_deadline_is_not_begun(
    server: LocalWandb, waits: Waits
) -> None:
    server.fail(Status(429, retry_after=60))
    with pytest.raises(RateLimited) as caught:
        await ask(server, waits, seconds=10)
    assert caught.value.retry_after_s == 60
    assert waits.waits == []


async def test_the_wait_that_one_is_told_all_keep(server: LocalWandb, waits: Waits) -> None:
    """Back-off is per host: who comes meanwhile sends nothing, and knows how long it takes."""
    server.fail(Status(429, retry_after=60), times=1)
    async with Transport(account_of(server), Limits(), waits.timing) as transport:

        async def viewer(seconds: float) -> Answer:
            deadline = Deadline.after(seconds, waits.timing)
            return await transport.ask(graphql.VIEWER, {}, deadline, lambda answer: answer)

        with pytest.raises(RateLimited):
            await viewer(10)
        waits.now += 20
        with pytest.raises(RateLimited) as caught:
            await viewer(10)
        assert caught.value.retry_after_s == 40
        assert len(server.traffic.requests) == 1
        await viewer(600)
        assert waits.waits == [40.5]
        await viewer(10)
        assert waits.waits == [40.5]


async def test_a_host_that_is_down_is_tried_once_by_each_until_it_answers(
    server: LocalWandb, waits: Waits
) -> None:
    fault = server.fail(Status(503))
    async with Transport(account_of(server), Limits(tries=4), waits.timing) as transport:

        async def viewer() -> int:
            before = len(server.traffic.requests)
            deadline = Deadline.after(600, waits.timing)
            with suppress(ServerFailed):
                await transport.ask(graphql.VIEWER, {}, deadline, lambda answer: answer)
            return len(server.traffic.requests) - before

        assert [await viewer() for _ in range(5)] == [4, 4, 4, 1, 1]
        fault.stop()
        assert await viewer() == 1
        server.fail(Status(503), times=2)
        assert await viewer() == 3


async def test_all_tries_together_keep_the_deadline(server: LocalWandb, waits: Waits) -> None:
    server.fail(Status(500))
    start = waits.now
    with pytest.raises(ServerFailed):
        await ask(server, waits, seconds=3, limits=Limits(tries=50))
    assert waits.now - start <= 3


async def test_a_server_that_never_answers_is_given_up(server: LocalWandb, waits: Waits) -> None:
    server.hold()
    with pytest.raises(TimedOut):
        await ask(server, waits, limits=Limits(tries=2, try_s=0.05))
    assert len(server.traffic.requests) == 2


async def test_how_long_the_host_takes_is_known_from_its_last_good_answer(
    server: LocalWandb, waits: Waits
) -> None:
    """A failure and the waits between two tries say nothing about that."""
    server.sleep = waits.sleep
    server.fail(Status(503), times=1)
    server.fail(Slow(7.0))
    async with Transport(account_of(server), Limits(tries=4), waits.timing) as transport:
        deadline = Deadline.after(600.0, waits.timing)
        await transport.ask(graphql.VIEWER, {}, deadline, lambda answer: answer)
        assert transport.requests == 2
        assert transport.answered_in_s == 7.0
    assert len(waits.waits) == 2  # the server's, and that between the two tries


async def test_a_cancelled_question_is_taken_back(server: LocalWandb, waits: Waits) -> None:
    held = server.hold()
    question = asyncio.ensure_future(ask(server, waits))
    await held.arrived()
    question.cancel()
    with pytest.raises(asyncio.CancelledError):
        await question
    await server.traffic.until(lambda traffic: traffic.in_flight == 0)


@pytest.mark.parametrize("status", [200, 400])
async def test_a_field_that_the_server_lacks_is_told_apart(
    server: LocalWandb, waits: Waits, status: int
) -> None:
    server.quirks.missing_fields = frozenset({"User.email"})
    server.quirks.validation_status = status
    with pytest.raises(FieldUnknown):
        await ask(server, waits)
    assert len(server.traffic.requests) == 1


async def test_data_beside_errors_is_kept(server: LocalWandb, waits: Waits) -> None:
    server.fail(Errors("one part failed"))
    answer = await ask(server, waits)
    assert answer.data["viewer"]["username"] == "demo-user"
    assert answer.errors


async def test_the_key_follows_no_redirect(waits: Waits) -> None:
    """The other host hears nothing, and the answer is an error."""
    seen: list[str] = []

    async def elsewhere(request: web.Request) -> web.Response:
        seen.append(request.path)
        return web.json_response({"data": {"viewer": None}})

    async def redirect(request: web.Request) -> web.Response:
        raise web.HTTPTemporaryRedirect(f"http://127.0.0.1:{other.addresses[0][1]}/graphql")

    other = await _serve(elsewhere)
    first = await _serve(redirect)
    try:
        url = f"http://127.0.0.1:{first.addresses[0][1]}"
        with pytest.raises(BadResponse, match="elsewhere"):
            await ask(LocalWandb(), waits, account=Account(url, url, ApiKey(API_KEY)))
    finally:
        await first.cleanup()
        await other.cleanup()
    assert seen == []


async def _serve(handler: object) -> web.AppRunner:
    app = web.Application()
    app.router.add_post("/graphql", handler)  # type: ignore[arg-type]
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner


async def test_questions_are_named_packed_and_few_at_once(server: LocalWandb, waits: Waits) -> None:
    async with Transport(account_of(server), Limits(at_once=3), waits.timing) as transport:
        deadline = Deadline.after(60, waits.timing)
        await asyncio.gather(
            *(transport.ask(graphql.VIEWER, {}, deadline, len_of) for _ in range(12))
        )
    assert server.traffic.most_in_flight <= 3
    assert {request.operation for request in server.traffic.requests} == {"Viewer"}
    assert "gzip" in server.traffic.requests[0].headers["Accept-Encoding"]


def len_of(answer: Answer) -> int:
    return len(answer.data)


def test_a_date_in_retry_after_is_understood() -> None:
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert retry_after({"Retry-After": "Tue, 24 Nov 2026 12:00:09 GMT"}, now) == 9
    assert retry_after({"Retry-After": "Tue, 24 Nov 2026 11:00:00 GMT"}, now) == 0
    assert retry_after({"Retry-After": "soon"}, now) is None
    assert retry_after({"RateLimit-Remaining": "0", "RateLimit-Reset": "12"}, now) == 12
    assert retry_after({"RateLimit-Remaining": "900", "RateLimit-Reset": "12"}, now) is None


def test_a_secret_in_a_servers_message_is_taken_out() -> None:
    body = b'{"errors": [{"message": "bad header Authorization: Basic YXBpOmxvY2FsLXNlY3JldA=="}]}'
    with pytest.raises(QueryRefused) as caught:
        read_answer(body)
    assert "YXBpOmxvY2Fs" not in str(caught.value)
    assert "YXBpOmxvY2Fs" not in str(failure(400, {}, body, "host"))
