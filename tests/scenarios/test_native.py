"""Slack's own charts and tables, in a workspace that takes them and in one that does not."""

import dataclasses

import numpy as np
import pytest

from analysis.plots.curves import Curve, RunCurves
from bot.demo.slack import LocalSlack, Message
from handlers.views.validate import validate_message
from tests.handlers.views.examples import failures
from tests.reports import examined, healthy
from tests.scenarios.harness import Bot
from tests.scenarios.office import Office, read
from tests.scenarios.test_describe import answered

EPOCHS = np.arange(1.0, 13.0)


def kinds(message: Message) -> set[str]:
    return {str(block["type"]) for block in message.blocks}


def a_short_run(bot: Bot) -> None:
    """Twelve epochs of one loss."""
    found = examined(healthy())
    curves = RunCurves(title="calm-otter", loss=Curve("train/loss", EPOCHS, 2.0 / EPOCHS + 1.0))
    bot.runs.known["team/proj/otter"] = dataclasses.replace(found, curves=curves)


async def test_a_short_run_is_drawn_by_slack(slack: LocalSlack, bot: Bot) -> None:
    """A chart that one can point at; the headline says what it shows."""
    a_short_run(bot)
    await slack.types("#ml", "ada", "/wandb describe otter")
    report = await answered(slack, "#ml", "Loss is improving")
    async with bot.clock.passing():
        await slack.until(lambda: "data_visualization" in kinds(report))
        await bot.listeners.drain(50.0)
    assert "image" not in kinds(report)
    assert not slack.calls_of("chat.update", ok=False)


async def test_a_workspace_without_charts_gets_the_picture(slack: LocalSlack, bot: Bot) -> None:
    """``invalid_blocks`` is answered by sending again without the chart: nothing is lost."""
    slack.unknown_blocks |= {"data_visualization", "data_table", "container", "context_actions"}
    a_short_run(bot)
    await slack.types("#ml", "ada", "/wandb describe otter")
    report = await answered(slack, "#ml", "Loss is improving")
    await slack.until(lambda: slack.files)
    await slack.until(lambda: all(file.processed for file in slack.files.values()))
    async with bot.clock.passing():
        await slack.until(lambda: "image" in kinds(report))
        await bot.listeners.drain(50.0)
    assert "data_visualization" not in kinds(report)
    assert "Loss is improving" in report.headline


@pytest.mark.parametrize("known", [True, False])
async def test_many_failures_are_a_table_or_a_list(
    slack: LocalSlack, bot: Bot, *, known: bool
) -> None:
    """The three most frequent with their buttons; all of them sortable, or as lines."""
    if not known:
        slack.unknown_blocks.add("data_table")
    bot.answers.failed = failures(9)
    await slack.types("#ml", "ada", "/wandb failures")
    shown = await answered(slack, "#ml", "failed in the last 7 days")
    async with bot.clock.passing():
        await bot.listeners.drain(50.0)
    assert ("data_table" in kinds(shown)) is known
    assert "Error number 9" in shown.plain
    assert shown.actions.count("Why?") == (3 if known else 9)
    assert not validate_message({"text": shown.text, "blocks": list(shown.blocks)})


async def test_what_a_workspace_does_not_know_is_not_tried_each_time(
    slack: LocalSlack, bot: Bot
) -> None:
    """One refusal teaches; some hours later Slack is asked again, for it learns as well."""
    slack.unknown_blocks.add("data_table")
    bot.answers.failed = failures(9)

    async def refusals() -> int:
        before = sum(not call.ok for call in slack.calls)
        await slack.types("#ml", "ada", "/wandb failures")
        await slack.settled()
        async with bot.clock.passing():
            await bot.listeners.drain(50.0)
        return sum(not call.ok for call in slack.calls) - before

    assert [await refusals(), await refusals()] == [1, 0]
    await bot.clock.advance(7 * 3600.0)
    slack.unknown_blocks.clear()
    assert await refusals() == 0
    assert "data_table" in kinds((await slack.until(lambda: slack.messages("#ml")))[-1])


async def test_a_long_list_of_runs_is_one_table(here: Office) -> None:
    """All of them in one message: sorted, filtered and paged by the reader; “run 3” works."""
    for place in range(13):
        here.run(f"id{place:02}", hours_ago=place + 1.0, rows=20)
    await here.says("/wandb use demo/vision")
    await here.answer("is the default")
    await here.says("/wandb runs")
    listed = await here.answer("13 runs")
    assert "data_table" in kinds(listed)
    assert "Older" not in listed.actions
    assert "id12" in read(listed)
    await here.slack.click(listed, "runs.open", "ada", value="demo/vision/id02")
    assert "id02 in" in read(await here.answer("id02 in"))


async def test_the_best_runs_are_a_table(here: Office) -> None:
    """With the values as numbers; the first line says the answer."""
    here.run("good", eval_loss=1.1)
    here.run("better", eval_loss=0.7)
    await here.says("/wandb use demo/vision")
    await here.answer("is the default")
    await here.says("/wandb best by eval/loss")
    said = await here.answer("🏆")
    (table,) = (block for block in said.blocks if block["type"] == "data_table")
    assert [row[2]["value"] for row in table["rows"][1:]] == pytest.approx([0.7, 1.1])
    assert said.text == "🏆 Best in demo/vision: better with eval/loss 0.7"
