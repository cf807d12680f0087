"""A preview counts what the real policy of that channel posted for the same events."""

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from bot.demo.wandb import LocalRun
from tests.scenarios.watching import House, a_house, ago


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    async with a_house(tmp_path, monkeypatch) as house:
        house.slack.add_channel("other")
        yield house


def a_run(house: House, name: str, **more: object) -> LocalRun:
    """A run that has just begun."""
    return house.wandb.add_run(
        "demo",
        "digits",
        name,
        columns={"train/loss": [2.0, 1.9], "queue/depth": [1.0, 1.0]},
        created_at=ago(house, seconds=2),
        **more,  # type: ignore[arg-type]
    )


async def a_story(house: House) -> None:
    """Eight minutes: two runs that a rule catches, one of them without the tag; one that fails."""
    await house.tick()
    runs = {
        "rule": a_run(house, "rule", tags=["prod"]),
        "fails": a_run(house, "fails", tags=["prod"]),
        "other": a_run(house, "other"),
    }
    for minute in range(8):
        for name, run in runs.items():
            if run.state != "running":
                continue
            deep = 9.0 if name != "fails" and minute == 3 else 1.0
            for loss in np.linspace(1.8 - minute / 10, 1.75 - minute / 10, 10):
                run.log({"train/loss": float(loss), "queue/depth": deep})
        if minute == 5:
            runs["fails"].becomes("failed", exit_code=1)
        await house.tick(2)
    for name in ("rule", "other"):
        runs[name].becomes("finished", exit_code=0)
        runs[name].beat()
    await house.tick(3)


def told(house: House, where: str) -> tuple[int, int]:
    """Messages about runs in a channel, and in its threads."""
    top = [
        m
        for m in house.channel(where)
        if "told in the thread" in m.plain or "|its thread>" in m.plain
    ]
    return len(top), sum(len(house.slack.thread(m)) for m in top)


@pytest.mark.parametrize("flags", ["", "--tag prod"])
async def test_the_count_is_what_the_channel_heard(house: House, flags: str) -> None:
    """Cards, fresh lines, replies: rules and filters of the channel included."""
    await house.says("/wandb alert when queue/depth > 5 in demo/digits")
    await house.says("/wandb alert when queue/depth > 5 in demo/digits", where="#other")
    await house.says(f"/wandb watch demo/digits {flags}")
    await a_story(house)
    top, replies = told(house, "#ml")
    assert (top, replies) == ((4, 5) if not flags else (3, 3))
    await house.says(f"/wandb watch demo/digits {flags} --preview", where="#other")
    found = house.find("would have posted", "#other")
    assert f"{top} messages in the channel" in found.plain
    assert f"{replies} replies in threads" in found.plain


async def test_what_is_muted_for_good_is_not_counted(house: House) -> None:
    """A muted kind is as silent in the preview as it was in the channel."""
    await house.says("/wandb mute --kind started")
    await house.says("/wandb watch demo/digits")
    await a_story(house)
    top, replies = told(house, "#ml")
    await house.says("/wandb watch demo/digits --preview")
    found = house.find("would have posted")
    assert f"{top} messages in the channel" in found.plain
    assert "A run starts" not in found.plain
    assert f"{replies} replies in threads" in found.plain


async def test_the_filters_of_a_watch_that_is_there_hold(house: House) -> None:
    """A preview of a place that is watched already is one of its watch."""
    await house.says("/wandb watch demo/digits --tag prod")
    await a_story(house)
    await house.says("/wandb watch demo/digits --preview")
    assert "tag:prod" in house.find("would have posted").plain
