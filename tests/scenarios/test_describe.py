"""Describing a run in Slack, as people see it."""

import pytest

from analysis.errors import TimedOut
from bot.demo.slack import LocalSlack, Message
from handlers.views.validate import validate_message
from tests.reports import a_run, broken, examined, healthy
from tests.scenarios.harness import Bot


async def answered(slack: LocalSlack, where: str, words: str) -> Message:
    """The message whose text holds ``words``, once it is there."""

    def found() -> list[Message]:
        everything = [*slack.messages(where), *slack.ephemerals("ada")]
        threads = [reply for parent in slack.messages(where) for reply in slack.thread(parent)]
        return [message for message in [*everything, *threads] if words in message.text]

    return (await slack.until(found))[-1]


def has_picture(message: Message) -> bool:
    return any(block["type"] == "image" for block in message.blocks)


async def test_a_broken_loss_is_named_with_its_step(slack: LocalSlack, bot: Bot) -> None:
    """Describing a run whose loss broke says so first, and since when."""
    bot.runs.known["team/proj/broken"] = examined(broken())
    await slack.types("#ml", "ada", "/wandb describe broken")
    report = await answered(slack, "#ml", "not finite")
    assert report.headline == "Loss is not finite since step 100"
    assert report.text == "🔴 calm-broken: Loss is not finite since step 100"
    assert "Lower the learning rate" in report.plain


async def test_the_promise_becomes_the_report_in_place(slack: LocalSlack, bot: Bot) -> None:
    """A “looking” message stands at once and is edited into the report, picture included."""
    bot.runs.gate.clear()
    bot.runs.known["team/proj/otter"] = examined(healthy())
    await slack.types("#ml", "ada", "/wandb describe team/proj/otter")
    promise = await answered(slack, "#ml", "Looking at")
    bot.runs.gate.set()
    report = await answered(slack, "#ml", "Loss is improving")
    assert report.ts == promise.ts
    assert len(slack.posts("#ml")) == 1
    async with bot.clock.passing():
        await slack.until(lambda: has_picture(report))


async def test_what_is_known_stands_before_the_curves_have_come(
    slack: LocalSlack, bot: Bot
) -> None:
    """After four seconds the run's state is shown, and says that more follows."""
    bot.runs.gate.clear()
    bot.runs.known["team/proj/otter"] = examined(healthy())
    bot.runs.facts["team/proj/otter"] = a_run("otter")
    await slack.types("#ml", "ada", "/wandb describe otter")
    await answered(slack, "#ml", "Looking at")
    await bot.clock.asleep()
    await bot.clock.advance(4.0)
    first = await answered(slack, "#ml", "Running")
    assert "Reading its curves" in first.plain
    bot.runs.gate.set()
    await bot.clock.asleep()
    await bot.clock.advance(3.0)
    report = await answered(slack, "#ml", "Loss is improving")
    assert report.ts == first.ts


async def test_the_report_does_not_wait_for_its_picture(slack: LocalSlack, bot: Bot) -> None:
    """A slow picture follows by an edit of the report that stands already."""
    bot.drawn.clear()
    bot.runs.known["team/proj/otter"] = examined(healthy())
    await slack.types("#ml", "ada", "/wandb describe otter")
    await answered(slack, "#ml", "Looking at")
    await bot.clock.asleep()
    await bot.clock.advance(1.5)
    report = await answered(slack, "#ml", "Loss is improving")
    assert not has_picture(report)
    bot.drawn.set()
    async with bot.clock.passing():
        await slack.until(lambda: has_picture(report))
    assert "Drawing" not in report.plain


async def test_an_unprocessed_picture_never_holds_the_report_back(
    slack: LocalSlack, bot: Bot
) -> None:
    """Slack refuses a file that it has not processed: the text stands first, then the picture."""
    slack.files_may_process.clear()
    bot.runs.known["team/proj/otter"] = examined(healthy())
    await slack.types("#ml", "ada", "/wandb describe otter")
    report = await answered(slack, "#ml", "Loss is improving")
    assert not has_picture(report)
    slack.files_may_process.set()
    async with bot.clock.passing():
        await slack.until(lambda: has_picture(report))


async def test_an_unknown_run_is_told_to_the_asker_only(slack: LocalSlack, bot: Bot) -> None:
    """An error is a kind sentence with a next step, ephemeral, and the promise is taken away."""
    await slack.types("#ml", "ada", "/wandb describe team/proj/nothing")
    problem = await answered(slack, "#ml", "There is no run")
    assert problem.only_for is not None
    assert "Check the spelling" in problem.text
    await slack.until(lambda: not slack.messages("#ml"))


async def test_another_entity_is_refused_before_anything_is_fetched(
    slack: LocalSlack, bot: Bot
) -> None:
    """The allow-list is checked before W&B is asked, and nothing is posted."""
    await slack.types("#ml", "ada", "/wandb describe other/proj/run-1")
    refusal = await answered(slack, "#ml", "are not told here")
    assert refusal.only_for is not None
    assert bot.runs.asked == []
    assert slack.posts("#ml") == []


async def test_paths_on_disk_are_never_read_from_slack(slack: LocalSlack, bot: Bot) -> None:
    """A path is no run here, existing or not, and both are answered alike."""
    for path in ("./README.md", "./no-such-file"):
        await slack.types("#ml", "ada", f"/wandb describe {path}")
        await answered(slack, "#ml", "is not the name of a run")
    assert bot.runs.asked == []


async def test_people_who_may_not_ask_are_refused(slack: LocalSlack, bot: Bot) -> None:
    """A refused person learns why; nothing is fetched."""
    bot.access.refused.add(slack.user("ada").id)
    await slack.types("#ml", "ada", "/wandb describe otter")
    await answered(slack, "#ml", "Guests are not answered")
    assert bot.runs.asked == []


async def test_an_unexpected_failure_says_so_without_a_traceback(
    slack: LocalSlack, bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    """The person gets an id; the log has it too."""
    bot.runs.known["team/proj/otter"] = ZeroDivisionError("secret detail")
    await slack.types("#ml", "ada", "/wandb describe otter")
    problem = await answered(slack, "#ml", "went wrong on our side")
    assert "secret detail" not in problem.text
    assert any(record.exc_info for record in caplog.records)
    await slack.until(lambda: not slack.messages("#ml"))


async def test_an_unreachable_wandb_is_worth_another_try(slack: LocalSlack, bot: Bot) -> None:
    """A time-out is told as one."""
    bot.runs.known["team/proj/otter"] = TimedOut("W&B did not answer within 10 s.")
    await slack.types("#ml", "ada", "/wandb describe otter")
    problem = await answered(slack, "#ml", "did not answer within 10 s")
    assert problem.text == "🕒 W&amp;B did not answer within 10 s. Try again in a minute."


async def test_a_mention_is_answered_in_its_thread(slack: LocalSlack, bot: Bot) -> None:
    """In a channel the answer stands in the thread of the question."""
    bot.runs.known["team/proj/otter"] = examined(healthy())
    name = slack.user(slack.app.user_id).name
    typed = await slack.types("#ml", "ada", f"@{name} describe team/proj/otter")
    report = await answered(slack, "#ml", "Loss is improving")
    assert report.thread_ts == typed.ts
    topic = await bot.topics.about(slack.channel("#ml").id, typed.ts)
    assert topic is not None
    assert topic.runs == ("team/proj/otter",)


async def test_direct_messages_are_answered(slack: LocalSlack, bot: Bot) -> None:
    """In direct messages no mention is needed."""
    bot.runs.known["team/proj/otter"] = examined(healthy())
    await slack.types("@ada", "ada", "describe team/proj/otter")
    report = await answered(slack, "@ada", "Loss is improving")
    assert report.thread_ts is None


async def test_where_the_app_is_no_member_it_answers_by_response_url(
    slack: LocalSlack, bot: Bot
) -> None:
    """Slash commands work there, posts do not: the report comes all the same, with its picture."""
    slack.add_channel("closed", kind="private", bot=False)
    bot.runs.known["team/proj/otter"] = examined(healthy())
    await slack.types("#closed", "ada", "/wandb describe otter")
    await slack.until(lambda: any(file.processed for file in slack.files.values()))
    async with bot.clock.passing():
        report = await answered(slack, "#closed", "Loss is improving")
    assert report.only_for is None
    assert has_picture(report)
    assert len(slack.messages("#closed")) == 1


async def test_refresh_replaces_the_report(slack: LocalSlack, bot: Bot) -> None:
    """The button looks again and edits the same message; no promise is shown in between."""
    bot.runs.known["team/proj/otter"] = examined(healthy())
    await slack.types("#ml", "ada", "/wandb describe otter")
    report = await answered(slack, "#ml", "Loss is improving")
    bot.runs.known["team/proj/otter"] = examined(healthy(headline="Loss is flat"))
    await slack.click(report, "Refresh", "ada")
    async with bot.clock.passing():
        again = await answered(slack, "#ml", "Loss is flat")
    assert again.ts == report.ts
    assert not any("Looking" in str(revision) for revision in report.revisions[2:])


async def test_a_failed_refresh_leaves_the_report(slack: LocalSlack, bot: Bot) -> None:
    """What stands is better than nothing; the person is told what failed."""
    bot.runs.known["team/proj/otter"] = examined(healthy())
    await slack.types("#ml", "ada", "/wandb describe otter")
    report = await answered(slack, "#ml", "Loss is improving")
    bot.runs.known["team/proj/otter"] = TimedOut("W&B did not answer within 10 s.")
    await slack.click(report, "Refresh", "ada")
    problem = await answered(slack, "#ml", "did not answer")
    assert problem.only_for is not None
    assert slack.messages("#ml")[0].headline == report.headline


async def test_an_event_that_comes_twice_is_answered_once(slack: LocalSlack, bot: Bot) -> None:
    """Slack repeats events; the second delivery is dropped by its id."""
    bot.runs.known["team/proj/otter"] = examined(healthy())
    await slack.types("@ada", "ada", "describe team/proj/otter")
    await answered(slack, "@ada", "Loss is improving")
    first = next(e for e in slack.envelopes if e.event.get("text") == "describe team/proj/otter")
    slack.redeliver(first)
    await slack.settled()
    async with bot.clock.passing():
        await bot.listeners.drain(50.0)
    assert bot.runs.asked == ["team/proj/otter"]


async def test_a_lost_answer_is_not_posted_twice(slack: LocalSlack, bot: Bot) -> None:
    """The connection breaks after Slack took the post: it is found again by its metadata."""
    bot.runs.known["team/proj/otter"] = examined(healthy())
    slack.faults.drop("chat.postMessage", "after")
    await slack.types("#ml", "ada", "/wandb describe otter")
    await answered(slack, "#ml", "Loss is improving")
    assert len(slack.posts("#ml")) == 1


async def test_a_short_rate_limit_is_waited_out(slack: LocalSlack, bot: Bot) -> None:
    """Slack asks for two seconds of patience; the answer then comes."""
    bot.runs.known["team/proj/otter"] = examined(healthy())
    slack.faults.rate_limit("chat.postMessage", retry_after=2)
    await slack.types("#ml", "ada", "/wandb describe otter")
    await bot.clock.asleep()
    await bot.clock.advance(2.0)
    await answered(slack, "#ml", "Loss is improving")


async def test_a_workspace_that_knows_no_new_blocks_gets_the_plain_form(
    slack: LocalSlack, bot: Bot
) -> None:
    """``invalid_blocks`` is answered by sending the message again without them."""
    from analysis.reports import NotCheckedReport

    unchecked = (NotCheckedReport(code="gpu_idle", reason="no GPU metrics were logged"),)
    bot.runs.known["team/proj/otter"] = examined(healthy(not_checked=unchecked))
    slack.faults.error("chat.update", "invalid_blocks")
    await slack.types("#ml", "ada", "/wandb describe otter")
    report = await answered(slack, "#ml", "Loss is improving")
    assert not any(block["type"] == "container" for block in report.blocks)
    assert "no GPU metrics" in report.plain


async def test_help_lists_what_is_there(slack: LocalSlack, bot: Bot) -> None:
    """Help goes to the person only, and tells of commands that work."""
    await slack.types("#ml", "ada", "/wandb help")
    message = await answered(slack, "#ml", "how they are doing")
    assert message.only_for is not None
    assert "/wandb describe RUN" in message.plain
    assert not validate_message({"text": message.text, "blocks": list(message.blocks)})
    await slack.types("#ml", "ada", "/wandb help describe")
    await answered(slack, "#ml", "/wandb describe RUN")


async def test_one_that_cannot_be_read_is_named_beside_the_others(
    slack: LocalSlack, bot: Bot
) -> None:
    """The readable ones are answered all the same."""
    bot.runs.known["team/proj/broken"] = examined(broken())
    bot.runs.known["team/proj/gone"] = TimedOut("W&B did not answer in time.")
    await slack.types("#ml", "ada", "/wandb describe broken gone")
    told = await answered(slack, "#ml", "1 run")
    assert "`team/proj/gone`: W&amp;B did not answer in time." in told.plain
