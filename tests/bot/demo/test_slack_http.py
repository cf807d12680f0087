"""The real Bolt app behind its HTTP receiver: signatures, challenges, retries."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.slack import LocalSlack

Json = dict[str, Any]
PATH = "/slack/events"


@asynccontextmanager
async def listening(application: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}{PATH}"
    finally:
        await runner.cleanup()


@pytest.fixture
async def slack() -> AsyncIterator[LocalSlack]:
    async with LocalSlack() as workspace:
        workspace.add_user("ada")
        workspace.add_channel("ml")
        yield workspace


def bolt(slack: LocalSlack) -> AsyncApp:
    client = AsyncWebClient(token=slack.app.bot_token, base_url=slack.api_url)
    return AsyncApp(client=client, signing_secret=slack.app.signing_secret)


async def test_commands_buttons_and_events_arrive_signed(slack: LocalSlack) -> None:
    app = bolt(slack)
    heard: list[str] = []

    @app.command("/wandb")
    async def wandb(ack: Any, respond: Any) -> None:
        await ack()
        button = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
        row = {"type": "actions", "elements": [button]}
        await respond(text="pick", blocks=[row])

    @app.action("go")
    async def go(ack: Any) -> None:
        await ack()
        heard.append("go")

    @app.event("app_mention")
    async def mention(event: Json) -> None:
        heard.append(event["text"])

    @app.event("message")
    async def message() -> None:
        """Acknowledged by Bolt."""

    async with listening(app.server(path=PATH).web_app) as url:
        assert await slack.use_http(url)
        typed = await slack.types("#ml", "ada", "/wandb x")
        assert typed.command is not None
        assert typed.command.acked
        shown = (await slack.until(lambda: slack.ephemerals("ada")))[0]
        await slack.click(shown, "Go")
        await slack.types("#ml", "ada", "@bot hi")
        await slack.settled()
    assert heard == ["go", f"<@{slack.app.user_id}> hi"]


async def test_a_forged_or_stale_request_is_refused(slack: LocalSlack) -> None:
    """Bolt checks our signatures, so a wrong or an old one does not pass."""
    body = urlencode({"command": "/wandb", "text": "x"})
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    old = slack.signature(body, at=time.time() - 301)
    forged = {**slack.signature(body), "X-Slack-Signature": "v0=" + "0" * 64}
    async with (
        listening(bolt(slack).server(path=PATH).web_app) as url,
        aiohttp.ClientSession() as session,
    ):
        for headers in (old, forged):
            async with session.post(url, data=body, headers={**form, **headers}) as answer:
                assert answer.status == 401
    assert not await slack.use_http(url)
    assert slack.app.request_url is None


async def test_missed_events_are_retried_with_number_and_reason(slack: LocalSlack) -> None:
    """Three retries unless the answer says no; a command is tried once."""
    seen: list[tuple[str | None, str | None, str]] = []
    headers: Json = {}

    async def broken(request: web.Request) -> web.Response:
        body = await request.text()
        if "challenge" in body:
            return web.Response(text=json.loads(body)["challenge"])
        number = request.headers.get("x-slack-retry-num")
        event = json.loads(body)["event_id"] if body.startswith("{") else "command"
        seen.append((number, request.headers.get("x-slack-retry-reason"), event))
        return web.Response(status=500, headers=headers)

    async def no_wait(seconds: float) -> None:
        """Time does not pass here."""

    slack.sleep = no_wait
    slack.app.events = frozenset({"app_mention"})
    application = web.Application()
    application.router.add_post(PATH, broken)
    async with listening(application) as url:
        assert await slack.use_http(url)
        typed = await slack.types("#ml", "ada", "@bot hi")
        await slack.settled()
        assert [(number, reason) for number, reason, _ in seen] == [
            (None, None),
            ("1", "http_error"),
            ("2", "http_error"),
            ("3", "http_error"),
        ]
        assert len({event for _, _, event in seen}) == 1
        assert typed.events[0].error == "http_error"
        seen.clear()
        headers["x-slack-no-retry"] = "1"
        await slack.types("#ml", "ada", "@bot again")
        await slack.settled()
        assert len(seen) == 1
        await slack.types("#ml", "ada", "/wandb x")
        assert [event for *_, event in seen][1:] == ["command"]
    assert "dispatch_failed" in slack.ephemerals("ada")[0].text


async def test_an_event_can_come_twice(slack: LocalSlack) -> None:
    app = bolt(slack)
    ids: list[str] = []

    @app.event("app_mention")
    async def mention(body: Json) -> None:
        ids.append(body["event_id"])

    slack.app.events = frozenset({"app_mention"})
    async with listening(app.server(path=PATH).web_app) as url:
        assert await slack.use_http(url)
        typed = await slack.types("#ml", "ada", "@bot hi")
        slack.redeliver(typed.events[0])
        await slack.settled()
    assert len(ids) == 2
    assert len(set(ids)) == 1
