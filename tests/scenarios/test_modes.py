"""The whole process in both modes: over Socket Mode, and behind Slack's signed HTTP requests."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import numpy as np
import pytest
from wandb.sdk import wandb_setup

from bot.app import running
from bot.demo.slack import LocalSlack, Message
from bot.demo.wandb import API_KEY, LocalWandb
from bot.settings import load
from tests.scenarios.office import read


@asynccontextmanager
async def serving(
    mode: str, folder: Path, environment: pytest.MonkeyPatch
) -> AsyncIterator[tuple[LocalSlack, str]]:
    """A workspace whose app is served in this mode, and the address of its HTTP side."""
    async with LocalSlack() as slack, LocalWandb() as wandb:
        slack.add_user("ada")
        slack.add_channel("ml")
        for name, level in (("otter", 0.5), ("heron", 0.9)):
            loss = 3.0 * np.exp(-np.arange(300) / 40.0) + level
            wandb.add_run("demo", "digits", name, columns={"train/loss": loss}, state="finished")
        wandb_setup.teardown()  # the package keeps the settings of its first use for the process
        for name, value in {
            "WANDB_BASE_URL": wandb.base_url,
            "WANDB_API_KEY": API_KEY,
            "WANDB_DIR": str(folder),
            "WANDB_CONFIG_DIR": str(folder / "wandb"),
            "SLACK_APP_TOKEN": slack.app.app_token if mode == "socket" else "",
            "SLACK_SIGNING_SECRET": "" if mode == "socket" else slack.app.signing_secret,
        }.items():
            environment.setenv(name, value)
        for name in ("WANDB_ENTITY", "WANDB_PROJECT"):
            environment.delenv(name, raising=False)
        settings = load(
            slack_bot_token=slack.app.bot_token,
            slack_api_url=slack.api_url,
            database_url=f"sqlite:///{folder / 'bot.db'}",
            port=0,
        )
        async with running(settings) as (_, port):
            address = f"http://127.0.0.1:{port}"
            if mode == "http":
                assert await slack.use_http(f"{address}/slack/events")
            else:
                await slack.connected()
            yield slack, address


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_a_day_in_either_mode(
    mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commands, mentions, buttons, options of a menu and forms all arrive and are answered."""
    async with serving(mode, tmp_path, monkeypatch) as (slack, address):
        typed = await slack.types("#ml", "ada", "/wandb describe demo/digits/otter")
        assert typed.command is not None
        assert typed.command.acked
        report = await slack.until(
            lambda: [m for m in said(slack) if "otter" in read(m) and "compare.open" in actions(m)]
        )

        await slack.click(report[-1], "compare.open", "ada")
        await slack.until(lambda: slack.stacks.get(slack.user("ada").id))
        form = slack.view_of("ada")
        offered = await slack.options(form, "compare.runs", "her")
        assert [option["value"] for option in offered] == ["demo/digits/heron"]
        slack.fills(form, "compare.runs", offered)
        await slack.submit(form)
        await slack.until(lambda: [m for m in said(slack) if "is better" in m.text])

        await slack.types("#ml", "ada", f"@{slack.app.handle} did demo/digits/heron finish?")
        await slack.until(lambda: [m for m in said(slack) if "Yes, " in m.text])

        await slack.opens_home("ada")
        await slack.until(lambda: slack.homes[slack.user("ada").id])

        async with aiohttp.ClientSession() as session:
            async with session.get(f"{address}/readyz") as answer:
                assert answer.status == 200
            async with session.post(f"{address}/slack/events", data=b"{}") as answer:
                assert answer.status == (404 if mode == "socket" else 401)
        assert all(envelope.acked for envelope in slack.envelopes)


async def test_a_forged_or_old_request_reaches_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what Slack signed within five minutes is heard."""
    async with serving("http", tmp_path, monkeypatch) as (slack, address):
        command = {"command": "/wandb", "text": "watches", "user_id": "U1", "channel_id": "C1"}
        body = urlencode(command)
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        forged = {**slack.signature(body), "X-Slack-Signature": "v0=" + "0" * 64}
        nonsense = {**slack.signature(body), "X-Slack-Request-Timestamp": "yesterday"}
        stale = slack.signature(body, at=time.time() - 301)
        calls = len(slack.calls)
        async with aiohttp.ClientSession() as session:
            for headers in (forged, nonsense, stale, {}):
                url = f"{address}/slack/events"
                async with session.post(url, data=body, headers=form | headers) as answer:
                    assert answer.status == 401
        await slack.settled()
        assert len(slack.calls) == calls


def said(slack: LocalSlack) -> list[Message]:
    """What stands in the channel and its threads."""
    return [m for top in slack.messages("#ml") for m in (top, *slack.thread(top))]


def actions(message: Message) -> str:
    """The buttons of a message, as Slack got them."""
    return json.dumps(message.blocks)
