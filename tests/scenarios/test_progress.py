"""Work that takes longer than a moment: what it says meanwhile, and how it is cancelled."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import TimedOut
from analysis.reports import MissingPart
from bot.demo.slack import LocalSlack, Message
from handlers.registry import action_for, load
from handlers.standing import standing
from handlers.views.validate import validate_message
from tests.reports import a_run, examined, healthy
from tests.scenarios.harness import Bot
from tests.scenarios.test_describe import answered

RUN = "team/proj/otter"


async def waiting(slack: LocalSlack, bot: Bot, seconds: float = 2.0) -> Message:
    """A description that is at work since so many seconds; its message."""
    bot.runs.gate.clear()
    bot.runs.known[RUN] = examined(healthy())
    bot.runs.facts[RUN] = replace(a_run("otter"), rows=50_000)
    await slack.types("#ml", "ada", "/wandb describe otter")
    promise = await answered(slack, "#ml", "Looking at")
    await bot.clock.asleep(2)
    await bot.clock.advance(seconds)
    await slack.until(lambda: "Cancel" in promise.actions)
    return promise


async def test_a_quick_answer_offers_no_cancel(slack: LocalSlack, bot: Bot) -> None:
    """What is there at once needs neither progress nor a button."""
    bot.runs.known[RUN] = examined(healthy())
    await slack.types("#ml", "ada", "/wandb describe otter")
    report = await answered(slack, "#ml", "Loss is improving")
    assert "Cancel" not in "".join(report.revisions)
    assert "Cancel" not in report.actions


async def test_how_far_it_is_stands_in_the_message(slack: LocalSlack, bot: Bot) -> None:
    """The same message says how many of how many steps were fetched."""
    promise = await waiting(slack, bot)
    bot.runs.heard[0]("rows read", 14_000, None)
    await bot.clock.advance(3.0)
    await slack.until(lambda: "Fetching 14,000 of 50,000 steps" in promise.plain)
    assert len(slack.messages("#ml")) == 1
    assert not validate_message({"text": promise.text, "blocks": promise.blocks})


async def test_progress_is_shown_at_most_every_three_seconds(slack: LocalSlack, bot: Bot) -> None:
    """However often the work tells how far it is."""
    await waiting(slack, bot)
    before = len(slack.calls_of("chat.update"))
    for rows in range(1_000, 40_000, 1_000):
        bot.runs.heard[0]("rows read", rows, None)
        await bot.clock.advance(0.25)
    await bot.clock.asleep()
    assert len(slack.calls_of("chat.update")) - before <= 4


async def test_nothing_is_edited_where_nothing_is_new(slack: LocalSlack, bot: Bot) -> None:
    """A message that would say the same is left alone."""
    await waiting(slack, bot)
    before = len(slack.calls_of("chat.update"))
    await bot.clock.advance(30.0)
    await bot.clock.asleep()
    assert len(slack.calls_of("chat.update")) == before


async def test_cancel_ends_the_work(slack: LocalSlack, bot: Bot) -> None:
    """Who asked cancels: the work ends, the message says so, and nothing is called a failure."""
    promise = await waiting(slack, bot)
    await slack.click(promise, "Cancel", "ada")
    await slack.until(lambda: "Cancelled" in promise.text)
    assert promise.actions == []
    assert slack.ephemerals("ada") == []
    bot.runs.gate.set()
    async with bot.clock.passing():
        await bot.listeners.drain(50.0)
    assert "Loss is improving" not in promise.text


async def test_only_who_asked_cancels(slack: LocalSlack, bot: Bot) -> None:
    """Somebody else is told so, and the work goes on."""
    slack.add_user("bob")
    await slack.invites("#ml", "ada", slack.user("bob").id)
    promise = await waiting(slack, bot)
    await slack.click(promise, "Cancel", "bob")
    await slack.until(lambda: any("Only who asked" in m.text for m in slack.ephemerals("bob")))
    bot.runs.gate.set()
    async with bot.clock.passing():
        report = await answered(slack, "#ml", "Loss is improving")
    assert report.ts == promise.ts
    assert "Cancel" not in report.actions


async def test_cancelling_the_picture_leaves_the_report(slack: LocalSlack, bot: Bot) -> None:
    """What is known stays when only the drawing is cancelled."""
    bot.drawn.clear()
    bot.runs.known[RUN] = examined(healthy())
    await slack.types("#ml", "ada", "/wandb describe otter")
    await answered(slack, "#ml", "Looking at")
    await bot.clock.asleep(2)
    await bot.clock.advance(1.5)
    report = await answered(slack, "#ml", "Loss is improving")
    assert "Drawing the curves" in report.plain
    await slack.click(report, "Cancel", "ada")
    await slack.until(lambda: "Drawing" not in report.plain)
    assert report.text == "🟢 calm-otter: Loss is improving: 1.823, down 43 % since the start"
    assert "Refresh" in report.actions


async def test_a_partial_report_offers_to_fetch_everything(slack: LocalSlack, bot: Bot) -> None:
    """The button fetches without a limit and answers below the report, with progress and Cancel."""
    missing = (MissingPart(what="history", reason="it did not come in time"),)
    bot.runs.known[RUN] = examined(healthy(partial=True, missing=missing))
    bot.runs.facts[RUN] = replace(a_run("otter"), rows=50_000)
    await slack.types("#ml", "ada", "/wandb describe otter")
    report = await answered(slack, "#ml", "Loss is improving")
    bot.runs.gate.clear()
    bot.runs.known[RUN] = examined(healthy(headline="Loss is flat"))
    await slack.click(report, "Fetch Everything", "ada")
    promise = (await slack.until(lambda: slack.thread(report)))[0]
    await bot.clock.asleep(2)
    bot.runs.heard[-1]("rows read", 14_000, None)
    await bot.clock.advance(2.0)
    await slack.until(lambda: "Fetching 14,000 of 50,000 steps" in promise.plain)
    bot.runs.gate.set()
    async with bot.clock.passing():
        await slack.until(lambda: "Loss is flat" in promise.text)
    effort = bot.runs.efforts[-1]
    assert effort is not None
    assert effort.full
    assert "Fetch Everything" not in promise.actions


async def test_full_may_be_asked_for_at_once(slack: LocalSlack, bot: Bot) -> None:
    """`describe RUN --full` has no limit of its own either."""
    bot.runs.known[RUN] = examined(healthy())
    await slack.types("#ml", "ada", "/wandb describe otter --full")
    await answered(slack, "#ml", "Loss is improving")
    effort = bot.runs.efforts[-1]
    assert effort is not None
    assert effort.full


# Buttons that work in place


async def refreshing(slack: LocalSlack, bot: Bot) -> Message:
    """A report whose Refresh is at work since two seconds."""
    bot.runs.known[RUN] = examined(healthy())
    bot.runs.facts[RUN] = replace(a_run("otter"), rows=50_000)
    await slack.types("#ml", "ada", "/wandb describe otter")
    report = await answered(slack, "#ml", "Loss is improving")
    async with bot.clock.passing():
        await slack.until(lambda: any(block["type"] == "image" for block in report.blocks))
        await bot.listeners.drain(50.0)
    bot.runs.gate.clear()
    bot.runs.known[RUN] = examined(healthy(headline="Loss is flat"))
    asked = len(bot.runs.heard)
    await bot.clock.advance(3.0)  # a message is edited every three seconds at most
    await slack.click(report, "Refresh", "ada")
    await bot.clock.asleep(2)
    bot.runs.heard[asked]("rows read", 14_000, None)
    await bot.clock.advance(2.0)
    await slack.until(lambda: "Cancel" in report.actions)
    return report


async def test_a_slow_refresh_says_so_below_what_stands(slack: LocalSlack, bot: Bot) -> None:
    """The old report stays readable, with how far the new one is; then it is replaced."""
    report = await refreshing(slack, bot)
    assert report.headline == "Loss is improving: 1.823, down 43 % since the start"
    assert "Fetching 14,000 of 50,000 steps" in report.plain
    assert any(block["type"] == "image" for block in report.blocks)
    bot.runs.gate.set()
    async with bot.clock.passing():
        await slack.until(lambda: report.headline == "Loss is flat")
        await slack.until(lambda: "Cancel" not in report.actions)
    assert len(slack.messages("#ml")) == 1


async def test_a_cancelled_refresh_leaves_the_report_as_it_was(slack: LocalSlack, bot: Bot) -> None:
    """Nothing is lost but the wait."""
    report = await refreshing(slack, bot)
    before = [action for action in report.actions if action != "Cancel"]
    await slack.click(report, "Cancel", "ada")
    await slack.until(lambda: "Cancel" not in report.actions)
    assert report.headline == "Loss is improving: 1.823, down 43 % since the start"
    assert report.actions == before
    assert "Fetching" not in report.plain


async def test_a_refresh_that_fails_leaves_the_report_as_it_was(
    slack: LocalSlack, bot: Bot
) -> None:
    """Who asked is told why; nobody else loses anything."""
    report = await refreshing(slack, bot)
    bot.runs.known[RUN] = TimedOut("W&B did not answer.")
    bot.runs.gate.set()
    async with bot.clock.passing():
        await slack.until(lambda: slack.ephemerals("ada"))
        await slack.until(lambda: "Cancel" not in report.actions)
    assert report.headline == "Loss is improving: 1.823, down 43 % since the start"


async def test_a_quick_refresh_edits_once(slack: LocalSlack, bot: Bot) -> None:
    """No flicker: what stands is replaced by what is new, and by nothing in between."""
    bot.runs.known[RUN] = examined(healthy())
    await slack.types("#ml", "ada", "/wandb describe otter")
    report = await answered(slack, "#ml", "Loss is improving")
    async with bot.clock.passing():
        await bot.listeners.drain(50.0)
    edits = len(slack.calls_of("chat.update", ok=True))
    bot.runs.known[RUN] = examined(healthy(headline="Loss is flat"))
    await slack.click(report, "Refresh", "ada")
    async with bot.clock.passing():
        await slack.until(lambda: report.headline == "Loss is flat")
        await bot.listeners.drain(50.0)
    assert len(slack.calls_of("chat.update", ok=True)) == edits + 1


@pytest.mark.parametrize(
    "button",
    ["run.refresh", "look.refresh", "look.turn", "look.unfold", "runs.more", "compare.again"],
)
def test_slow_buttons_in_place_keep_what_stands(button: str) -> None:
    """They ask W&B, so they may take long: progress and Cancel stand below the old message."""
    load()
    action = action_for(button)
    assert action is not None
    assert action.keeps


KEYS = st.sampled_from(["type", "text", "elements", "slack_file"])
VALUES = st.none() | st.text() | st.lists(st.integers())


@given(st.lists(st.dictionaries(KEYS, VALUES), max_size=6))
def test_whatever_slack_sends_back_can_be_shown_again_or_not_at_all(told: list[Any]) -> None:
    """What stood in a message is untrusted like everything else."""
    shown = standing({"text": "x", "blocks": told})
    if shown is not None:
        assert not validate_message({"text": shown.text, "blocks": list(shown.blocks)})
