"""`/wandb doctor`: for administrators, told to them alone."""

from pathlib import Path
from typing import Literal

import pytest

from bot import manifest
from bot.demo.slack import InstalledApp, LocalSlack
from bot.demo.wandb import LocalWandb
from tests.clocks import HandClock
from tests.scenarios.office import office, read


@pytest.mark.parametrize("kind", ["member", "admin"])
async def test_only_administrators_are_told(
    kind: Literal["member", "admin"], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An admin sees every check, ephemeral; a member is told who may ask."""
    app = InstalledApp.from_manifest(manifest.load(), handle="bot")
    async with LocalSlack(app) as slack, LocalWandb() as wandb:
        slack.add_user("ada", kind=kind)
        slack.add_channel("ml")
        wandb.add_run("demo", "vision", "a", columns={"loss": [1.0, 0.5]}, state="finished")
        async with office(tmp_path, monkeypatch, slack=slack, wandb=wandb, clock=HandClock()) as it:
            await it.slack.types("#ml", "ada", "/wandb doctor")
            answer = await it.slack.until(lambda: it.slack.ephemerals("ada"), timeout=20)
        text = read(answer[-1])
        assert slack.messages("#ml") == []
        if kind == "member":
            assert "Only administrators" in text
            assert "xoxb" not in text
        else:
            for words in ("Slack scopes", "W&B key", "Migrations", "Engine", "Clock", " ms"):
                assert words in text
