"""Describing a run in Slack, as people see it."""

from analysis.errors import TimedOut
from bot.demo.slack import LocalSlack, Message
from handlers.views.validate import validate_message
from tests.reports import a_run, broken, examined, healthy
from tests.scenarios.conftest import Bot


async def answered(slack: LocalSlack, where: str, words: str) -> Message:
    """The message whose text holds ``words``, once it is there."""
    found = lambda: [m for m in slack.messages(where) if words in m.text]  # noqa: E731
    return (await slack.until(found))[-1]


async def test_a_broken_loss_is_named_with_its_step(slack: LocalSlack, bot: Bot) -> None:
    """Describing a run whose loss broke says so first, and since when."""
    bot.runs.known["team/proj/broken"] = examined(broken())
    await slack.types("#ml", "ada", "/wandb describe broken")
    report = await answered(slack, "#ml", "not finite")
    assert report.headline == "Loss is not finite since step 100"
    assert report.text == "🔴 calm-broken: Loss is not finite since step 100"
    assert "Lower the learning rate" in report.plain


async def test_the_promise_becomes_the_report_in_place(slack: LocalSlack, bot: Bot) -> None:
    """A “looking” message stands at once and is edited into the report."""
    bot.runs.gate.clear()
    bot.runs.known["team/proj/otter"] = examined(healthy())
    await slack.types("#ml", "ada", "/wandb describe team/proj/otter")
    promise = await answered(slack, "#ml", "Looking at")
    bot.runs.gate.set()
    report = await answered(slack, "#ml", "Loss is improving")
    assert report.ts == promise.ts
    assert len(slack.posts("#ml")) == 1
