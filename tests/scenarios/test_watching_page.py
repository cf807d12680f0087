"""The page about watching: every command that it shows is understood and does something."""

import re
from pathlib import Path

import numpy as np
import pytest

from handlers.watching.manners import KINDS
from tests.scenarios.watching import House, a_house, ago

PAGE = Path(__file__).parents[2] / "docs" / "watching.md"
TROUBLE = ("⚠️", "🔎", "💥", "🕒", "I do not understand", "Did you mean")


def commands() -> list[str]:
    """The lines of the page’s blocks, then what its sentences name, in order."""
    page = PAGE.read_text("utf-8")
    blocks = re.findall(r"^```text\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    shown = [line for block in blocks for line in block.splitlines() if line.strip()]
    return list(dict.fromkeys([*shown, *re.findall(r"`(/wandb [^`]+)`", page)]))


async def test_every_command_of_the_page_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Typed in the order in which a reader would."""
    async with a_house(tmp_path, monkeypatch, WANDB_BOT_ACCESS__ENTITIES="acme") as house:
        house.wandb.add_project("acme", "vision")
        house.wandb.add_run(
            "acme",
            "vision",
            "calm-otter-1",
            columns={"train/loss": np.linspace(2.0, 1.0, 40)},
            created_at=ago(house, seconds=40),
            tags=["prod"],
        )
        await house.says("/wandb use acme/vision")
        assert len(commands()) > 25
        for line in commands():
            before = said(house)
            await house.says(line)
            if house.slack.stacks:
                house.slack.stacks.clear()  # the form is open: that is its answer
                continue
            new = [text for text in said(house) if text not in before] or said(house)[-1:]
            bad = [text for text in new if any(sign in text for sign in TROUBLE)]
            assert not bad, f"{line}: {bad}"


def said(house: House) -> list[str]:
    """All that stands in #ml, or was told to Ada alone."""
    alone = [message.plain for message in house.slack.ephemerals("ada")]
    return [message.plain for message in house.channel()] + alone


def test_every_kind_of_alert_has_its_row() -> None:
    """As settings offer them."""
    page = PAGE.read_text("utf-8")
    assert [kind for kind in KINDS if f"| `{kind}` |" not in page] == []
