"""The web page in a real browser: what a person types is answered, what the app shows works."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Page, async_playwright, expect
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.slack import InstalledApp, LocalSlack, Shortcut

Json = dict[str, Any]
CHROMIUM = Path("/usr/bin/chromium")
browser_needed = pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium on this machine")


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def report(state: str) -> list[Json]:
    more = [{"text": plain("eval/loss"), "value": "eval"}, {"text": plain("lr"), "value": "lr"}]
    return [
        {"type": "header", "text": plain(state)},
        {
            "type": "section",
            "text": {
                "type": "mrkdwn",
                "text": "*bold* `code` &lt;script&gt;alert(1)&lt;/script&gt;",
            },
        },
        {
            "type": "container",
            "title": plain("Evidence"),
            "is_collapsible": True,
            "default_collapsed": True,
            "child_blocks": [{"type": "section", "text": plain("hidden until opened")}],
        },
        {
            "type": "actions",
            "block_id": "row",
            "elements": [
                {"type": "button", "action_id": "refresh", "text": plain("Refresh")},
                {"type": "static_select", "action_id": "metric", "options": more},
            ],
        },
        {
            "type": "data_table",
            "caption": "Runs",
            "rows": [
                [{"type": "raw_text", "text": name} for name in ("run", "loss")],
                *(
                    [
                        {"type": "raw_text", "text": f"r{index}"},
                        {"type": "raw_number", "value": value},
                    ]
                    for index, value in enumerate((3, 10, 2))
                ),
            ],
        },
    ]


MODAL: Json = {
    "type": "modal",
    "callback_id": "ask",
    "title": plain("Compare runs"),
    "submit": plain("Compare"),
    "blocks": [
        {
            "type": "input",
            "block_id": "run",
            "label": plain("Run"),
            "element": {"type": "external_select", "action_id": "pick", "min_query_length": 0},
        },
        {
            "type": "input",
            "block_id": "note",
            "label": plain("Note"),
            "element": {"type": "plain_text_input", "action_id": "text"},
        },
    ],
}


def the_app(slack: LocalSlack) -> AsyncApp:
    """A small app that uses what the page must draw."""
    client = AsyncWebClient(token=slack.app.bot_token, base_url=slack.api_url)
    app = AsyncApp(client=client, signing_secret=slack.app.signing_secret)

    @app.command("/wandb")
    async def wandb(ack: Any, command: Json, client: AsyncWebClient) -> None:
        await ack()
        where = command["channel_id"]
        await client.chat_postMessage(channel=where, text="report", blocks=report("Running"))

    @app.action("refresh")
    async def refresh(ack: Any, respond: Any) -> None:
        await ack()
        await respond(text="report", blocks=report("Finished"), replace_original=True)

    @app.action("metric")
    async def metric(ack: Any, respond: Any, action: Json) -> None:
        await ack()
        await respond(text=f"chosen {action['selected_option']['value']}")

    @app.shortcut("compare")
    async def compare(ack: Any, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    @app.options("pick")
    async def pick(ack: Any, payload: Json) -> None:
        names = [name for name in ("alpha", "beta") if payload["value"] in name]
        await ack(options=[{"text": plain(name), "value": name} for name in names])

    @app.view("ask")
    async def ask(ack: Any, view: Json, client: AsyncWebClient, body: Json) -> None:
        values = view["state"]["values"]
        if len(values["note"]["text"]["value"]) < 3:
            await ack(response_action="errors", errors={"note": "Too short"})
            return
        await ack()
        run = values["run"]["pick"]["selected_option"]["value"]
        await client.chat_postMessage(channel=body["user"]["id"], text=f"comparing {run}")

    _agent(app)
    return app


def _agent(app: AsyncApp) -> None:
    """The app's tabs: a home, prompts, a session that can be stopped."""

    @app.event("app_home_opened")
    async def home(event: Json, client: AsyncWebClient) -> None:
        if event["tab"] == "home":
            blocks = [{"type": "header", "text": plain("What needs you")}]
            view = {"type": "home", "blocks": blocks}
            await client.views_publish(user_id=event["user"], view=view)
        else:
            prompts = [{"title": "How are my runs?", "message": "how are my runs"}]
            await client.assistant_threads_setSuggestedPrompts(
                channel_id=event["channel"], prompts=prompts
            )

    @app.event("message")
    async def message(event: Json, client: AsyncWebClient) -> None:
        if event.get("channel_type") == "im":
            where = {"channel_id": event["channel"], "thread_ts": event["ts"]}
            await client.agents_sessions_setStatus(**where, status="processing")

    @app.event("agent_session_stopped")
    async def stopped(event: Json, client: AsyncWebClient) -> None:
        await client.agents_sessions_setStatus(
            channel_id=event["channel"], thread_ts=event["thread_ts"], status="active"
        )
        await client.chat_postMessage(
            channel=event["channel"], thread_ts=event["thread_ts"], text="stopped"
        )


@asynccontextmanager
async def looking(width: int = 1280) -> AsyncIterator[tuple[LocalSlack, Page]]:
    """A workspace with an app in it, and a browser that looks at it."""
    installed = InstalledApp(shortcuts=[Shortcut("compare", "Compare runs…")])
    async with LocalSlack(installed) as slack, async_playwright() as play:
        slack.add_user("ada", real_name="Ada Okafor")
        slack.add_user("ben", real_name="Ben Lindqvist")
        slack.add_channel("ml")
        slack.add_channel("general")
        handler = AsyncSocketModeHandler(the_app(slack), slack.app.app_token)
        await handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt’s own
        browser = await play.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        page = await browser.new_page(viewport={"width": width, "height": 860})
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        await page.goto(slack.base_url)
        try:
            yield slack, page
            assert problems == []
        finally:
            await browser.close()
            await handler.close_async()  # type: ignore[no-untyped-call]  # Bolt’s own


@browser_needed
@pytest.mark.browser
async def test_a_command_typed_in_the_page_is_answered_and_its_blocks_work() -> None:
    """Autocompletion, report, collapsible evidence, button, menu, sortable table."""
    async with looking() as (slack, page):
        box = page.get_by_test_id("composer")
        await box.fill("/wa")
        await page.get_by_test_id("suggestion").first.click()
        await box.press_sequentially("describe x")
        await box.press("Enter")
        message = page.get_by_test_id("message").first
        await expect(message).to_contain_text("Running")
        await expect(message).to_contain_text("<script>alert(1)</script>")
        await expect(message.get_by_text("hidden until opened")).to_be_hidden()
        await message.get_by_text("Evidence").click()
        await expect(message.get_by_text("hidden until opened")).to_be_visible()
        await message.get_by_role("button", name="loss").click()
        column = message.get_by_test_id("data-table").locator("tbody td")
        await expect(column).to_have_text(["2", "3", "10"])
        await message.get_by_test_id("action-metric").click()
        await page.get_by_test_id("select-search").fill("eval")
        await page.get_by_test_id("option-eval").click()
        only = page.get_by_test_id("message").filter(has=page.get_by_test_id("only-you"))
        await expect(only).to_contain_text("chosen eval")
        await message.get_by_test_id("action-refresh").click()
        await expect(message).to_contain_text("Finished")
        await expect(message.get_by_text("hidden until opened")).to_be_visible()
    assert slack.calls_of("chat.postMessage")[0].args["text"] == "report"


@browser_needed
@pytest.mark.browser
async def test_a_modal_opens_searches_complains_and_closes() -> None:
    async with looking() as (slack, page):
        await page.get_by_test_id("shortcuts").click()
        await page.get_by_role("menuitem", name="Compare runs").click()
        await expect(page.get_by_test_id("modal-title")).to_have_text("Compare runs")
        await page.get_by_test_id("action-pick").click()
        await page.get_by_test_id("select-search").fill("bet")
        await page.get_by_test_id("option-beta").click()
        await page.get_by_test_id("action-text").fill("x")
        await page.get_by_test_id("modal-submit").click()
        await expect(page.get_by_test_id("input-error")).to_have_text("Too short")
        await page.get_by_test_id("action-text").fill("long enough")
        await page.get_by_test_id("modal-submit").click()
        await expect(page.get_by_test_id("modal")).to_have_count(0)
    assert slack.last("@ada").text == "comparing beta"


@browser_needed
@pytest.mark.browser
async def test_a_thread_is_read_and_answered_beside_the_channel() -> None:
    async with looking() as (slack, page):
        typed = await slack.types("#ml", "ben", "look at this")
        message = page.get_by_test_id("message").first
        await message.hover()
        await message.get_by_test_id("reply").click()
        await page.get_by_test_id("thread-composer").fill("I see")
        await page.get_by_test_id("thread-composer").press("Enter")
        await expect(page.get_by_test_id("thread")).to_contain_text("I see")
        await expect(page.get_by_test_id("thread-line")).to_contain_text("1 reply")
    assert typed.message is not None
    assert [m.text for m in slack.thread(typed.message)] == ["I see"]


@browser_needed
@pytest.mark.browser
async def test_the_apps_tabs_work_on_a_phone() -> None:
    """Home, then the agent: a suggested prompt, a working status, Stop."""
    async with looking(width=390) as (_, page):
        await page.get_by_role("button", name="Back to channels").click()
        await page.get_by_test_id("open-app").click()
        await expect(page.get_by_test_id("home")).to_contain_text("What needs you")
        await page.get_by_test_id("tab-messages").click()
        await page.get_by_test_id("prompt").click()
        await page.get_by_test_id("stop").click()
        await expect(page.get_by_test_id("messages")).to_contain_text("stopped")
        await expect(page.get_by_test_id("stop")).to_have_count(0)


@browser_needed
@pytest.mark.browser
async def test_an_ephemeral_message_is_seen_by_one_person_only() -> None:
    async with looking() as (slack, page):
        client = AsyncWebClient(token=slack.app.bot_token, base_url=slack.api_url)
        ada, ml = slack.user("ada").id, slack.channel("#ml").id
        await client.chat_postEphemeral(channel=ml, user=ada, text="psst")
        await expect(page.get_by_test_id("messages")).to_contain_text("psst")
        await page.get_by_test_id("me").click()
        await page.get_by_test_id("become-ben").click()
        await expect(page.get_by_test_id("me")).to_contain_text("Ben")
        await expect(page.get_by_test_id("messages")).not_to_contain_text("psst")


async def test_another_page_cannot_act_here() -> None:
    """A request from a foreign origin is refused; unknown assets are not served."""
    async with LocalSlack() as slack, aiohttp.ClientSession() as session:
        slack.add_user("ada")
        slack.add_channel("ml")
        url = f"{slack.base_url}/page/do"
        body = {"what": "type", "channel": "#ml", "user": "ada", "text": "x"}
        async with session.post(url, json=body, headers={"Origin": "http://evil"}) as answer:
            assert answer.status == 403
        async with session.get(f"{slack.base_url}/static/..%2Fpage.py") as answer:
            assert answer.status == 404
        assert slack.messages("#ml") == []
