"""The whole process, task engine and all, on a SQLite file: a watch from its command to its end."""

import asyncio
from pathlib import Path

import numpy as np
import pytest
from wandb.sdk import wandb_setup

from bot.app import running
from bot.demo.slack import LocalSlack, Message
from bot.demo.wandb import API_KEY, LocalWandb, Traffic
from bot.settings import load


async def test_a_run_is_told_from_its_start_to_its_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Started and failed each arrive once: one card, one reply, one line in the channel."""
    async with LocalSlack() as slack, LocalWandb() as wandb:
        slack.add_user("ada")
        slack.add_channel("ml")
        wandb.add_project("demo", "digits")
        for name, value in {
            "WANDB_BASE_URL": wandb.base_url,
            "WANDB_API_KEY": API_KEY,
            "WANDB_DIR": str(tmp_path),
            "WANDB_CONFIG_DIR": str(tmp_path / "wandb"),
            "WANDB_BOT_WATCH__TICK_S": "1",
        }.items():
            monkeypatch.setenv(name, value)
        for name in ("WANDB_ENTITY", "WANDB_PROJECT"):
            monkeypatch.delenv(name, raising=False)
        wandb_setup.teardown()  # the package keeps the settings of its first use for the process
        settings = load(
            slack_bot_token=slack.app.bot_token,
            slack_app_token=slack.app.app_token,
            slack_api_url=slack.api_url,
            database_url=f"sqlite:///{tmp_path / 'bot.db'}",
            port=0,
        )

        def told(words: str) -> list[Message]:
            return [message for message in slack.messages("#ml") if words in message.text]

        async with running(settings) as (app, _):
            await slack.connected()
            await slack.types("#ml", "ada", "/wandb watch demo/digits")
            await slack.until(lambda: told("Nothing is running"), timeout=20)
            async with asyncio.timeout(20):
                await wandb.traffic.until(_looked)
            run = wandb.add_run(
                "demo", "digits", "fresh", columns={"train/loss": np.linspace(2, 1, 30)}
            )
            await slack.until(lambda: told("fresh: Started"), timeout=20)
            run.becomes("failed", exit_code=1)
            await slack.until(lambda: told("🔴 fresh: Failed"), timeout=30)
            await slack.until(lambda: told("❌ fresh: Failed"), timeout=30)
            card = told("❌ fresh: Failed")[0]
            await slack.until(lambda: slack.thread(card), timeout=20)
            assert len([m for m in slack.messages("#ml") if "fresh" in m.text]) == 2
            assert len(slack.thread(card)) == 1
            assert app.background.engine.ready


def _looked(traffic: Traffic) -> bool:
    """Whether a tick has been there: only a tick asks by when runs were created."""
    return any("createdAt" in str(request.variables) for request in traffic.requests)
