"""Asking why a run failed, and what fails in a project, as people see it."""

import pytest

from analysis.failures import FailureGroupReport, FailuresReport
from analysis.reports import CauseReport
from analysis.run import RunState
from bot.demo.slack import LocalSlack, Message
from handlers.views.validate import validate_message
from tests.comparisons import explained
from tests.reports import NOW, examined, facts, healthy
from tests.scenarios.harness import Bot
from tests.scenarios.test_describe import answered


def valid(message: Message) -> bool:
    return not validate_message({"text": message.text, "blocks": list(message.blocks)})


async def test_the_cause_comes_first_with_its_lines(slack: LocalSlack, bot: Bot) -> None:
    """`/wandb why RUN` says the cause in one sentence, then quotes the lines that tell."""
    bot.runs.known["team/proj/broken"] = examined(healthy("broken"))
    bot.answers.explained = explained()
    await slack.types("#ml", "ada", "/wandb why broken")
    answer = await answered(slack, "#ml", "pixel_values")
    assert answer.text.startswith("🧭 broken: It stopped with an exception in `train_step`")
    quoted = [block for block in answer.blocks if block["type"] == "rich_text"]
    (told,) = quoted[0]["elements"][0]["elements"]
    assert told["text"].endswith("KeyError: 'pixel_values'")
    assert "Try:" in answer.plain
    assert "sure" in answer.plain
    assert valid(answer)


async def test_a_follow_up_asks_about_the_run_of_the_thread(slack: LocalSlack, bot: Bot) -> None:
    """“Why did it crash?” in the thread of a run needs no name."""
    bot.runs.known["team/proj/broken"] = examined(healthy("broken"))
    bot.answers.explained = explained()
    await slack.types("#ml", "ada", "/wandb describe broken")
    report = await answered(slack, "#ml", "Loss is improving")
    await slack.types("#ml", "ada", "why did it crash?", report.ts)
    answer = await answered(slack, "#ml", "pixel_values")
    assert answer.thread_ts == report.ts
    assert bot.answers.asked[-1] == ("why", "team/proj/broken")


@pytest.mark.parametrize(("state", "offered"), [("failed", True), ("running", False)])
async def test_only_what_ended_badly_offers_why(
    slack: LocalSlack, bot: Bot, state: str, *, offered: bool
) -> None:
    """The button stands under runs that failed, and its answer goes into their thread."""
    report = healthy("broken", run=facts("broken", state=state))
    bot.runs.known["team/proj/broken"] = examined(report)
    bot.answers.explained = explained()
    await slack.types("#ml", "ada", "/wandb describe broken")
    shown = await answered(slack, "#ml", "Loss is improving")
    assert ("run.why" in str(shown.blocks)) is offered
    if offered:
        await slack.click(shown, "run.why", user="ada")
        assert (await answered(slack, "#ml", "pixel_values")).thread_ts == shown.ts


async def test_a_failed_run_names_its_cause_in_the_first_message(
    slack: LocalSlack, bot: Bot
) -> None:
    """Describing a run that failed says why, with the last lines, without being asked."""
    cause = CauseReport(
        cause="python_exception",
        sentence="It stopped with an exception in `train_step` (train.py:88): KeyError: 'x_y'.",
        confidence="high",
        quotes=("loss = model(batch['x_y'])", "KeyError: 'x_y'"),
    )
    state = facts("broken", state="failed")
    report = healthy("broken", run=state, cause=cause)
    bot.runs.known["team/proj/broken"] = examined(report)
    await slack.types("#ml", "ada", "/wandb describe broken")
    shown = await answered(slack, "#ml", "Loss is improving")
    assert "Why: It stopped with an exception" in shown.plain.replace("*", "")
    assert "KeyError: 'x_y'" in shown.plain
    assert valid(shown)


async def test_a_run_that_did_not_fail_is_told_so(slack: LocalSlack, bot: Bot) -> None:
    """“Why” of a finished run has no made-up cause."""
    bot.runs.known["team/proj/fine"] = examined(healthy("fine"))
    bot.answers.explained = explained("step 100 loss 0.2\nDone.\n", RunState.FINISHED)
    await slack.types("#ml", "ada", "/wandb why fine")
    assert (await answered(slack, "#ml", "did not fail")).text.startswith("✅")


def failed(**changes: object) -> FailuresReport:
    group = FailureGroupReport(
        fingerprint="0123456789ab",
        cause="python_exception",
        title="KeyError: 'pixel_values'",
        count=5,
        first_run="team/proj/a1",
        first_at=NOW,
        last_run="team/proj/a5",
        last_at=NOW,
        runs=("team/proj/a1", "team/proj/a5"),
    )
    other = group.model_copy(
        update={"cause": "gpu_oom", "count": 1, "title": "<!channel> OutOfMemoryError"}
    )
    given: dict[str, object] = {
        "entity": "team",
        "project": "vision",
        "days": 7,
        "total": 6,
        "unread": 1,
        "by_cause": {"python_exception": 5, "gpu_oom": 1},
        "groups": (group, other),
        "generated_at": NOW,
    }
    return FailuresReport.model_validate({**given, **changes})


async def test_the_same_error_is_one_line_with_its_count(slack: LocalSlack, bot: Bot) -> None:
    """`/wandb failures PROJECT --days N` groups by error, the most frequent first."""
    bot.answers.failed = failed()
    await slack.types("#ml", "ada", "/wandb failures vision --days 3")
    answer = await answered(slack, "#ml", "failed in the last")
    assert bot.answers.asked[-1] == ("failures", "team/vision", 3.0)
    assert (
        answer.text == "❌ 6 runs of team/vision failed in the last 7 days, 5 with the same error"
    )
    assert "5 ×" in answer.plain
    assert "<!channel>" not in str(answer.blocks)
    assert valid(answer)
    bot.answers.explained = explained()
    bot.runs.known["team/proj/a5"] = examined(healthy("a5"))
    await slack.click(answer, "help.try", user="ada", value="/wandb why team/proj/a5")
    await slack.until(lambda: bot.answers.asked[-1] == ("why", "team/proj/a5"))


async def test_no_failures_is_good_news(slack: LocalSlack, bot: Bot) -> None:
    """Nothing failed: one line."""
    bot.answers.failed = failed(total=0, unread=0, groups=(), by_cause={})
    await slack.types("#ml", "ada", "/wandb failures vision")
    answer = await answered(slack, "#ml", "No run of team/vision failed")
    assert bot.answers.asked[-1] == ("failures", "team/vision", 7.0)
    assert valid(answer)
