"""The messages tab as a conversation with an agent: prompts, status, steps, Stop, thumbs."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.demo.slack import LocalSlack, Message
from handlers.reply import Posted, Topic
from handlers.surface.memory import KnownVotes
from handlers.views.validate import validate_message
from tests.reports import a_run, broken, examined, healthy
from tests.scenarios.harness import Bot

RUN = "team/proj/otter"


@pytest.fixture(autouse=True)
def _known(bot: Bot) -> None:
    bot.runs.known[RUN] = examined(healthy())
    bot.runs.facts[RUN] = replace(a_run("otter"), rows=50_000)


async def opened(slack: LocalSlack) -> Message:
    """Ada's first message, whose thread is the conversation."""
    message = (await slack.types("@ada", "ada", "hello")).message
    assert message is not None
    await slack.until(lambda: len(slack.messages("@ada")) > 1)
    return message


async def asked(slack: LocalSlack, root: Message, text: str) -> None:
    await slack.types("@ada", "ada", text, thread_ts=root.ts)


def session(slack: LocalSlack, root: Message) -> str:
    key = (slack.dm(slack.user("ada")).id, root.ts)
    return str(slack.sessions.get(key, {}).get("status", ""))


def status(slack: LocalSlack, root: Message) -> str:
    key = (slack.dm(slack.user("ada")).id, root.ts)
    return str(slack.statuses.get(key, {}).get("status", ""))


def ours(slack: LocalSlack, root: Message) -> list[Message]:
    return [message for message in slack.thread(root) if message.from_app]


async def test_opening_the_tab_suggests_what_to_ask(slack: LocalSlack, bot: Bot) -> None:
    """Up to four things, each of which is understood."""
    await slack.opens_home("ada", tab="messages")
    await slack.until(lambda: slack.prompts)
    (offered,) = slack.prompts.values()
    assert offered["prompts"][0]["title"] == "What needs me?"
    assert len(offered["prompts"]) == 4


async def test_the_run_in_sight_is_suggested_first(slack: LocalSlack, bot: Bot) -> None:
    """What was last shown there is offered by name."""
    shown = bot.services.conversation.shown
    channel, user = slack.dm(slack.user("ada")).id, slack.user("ada").id
    await shown.note(channel, user, Topic("run", (RUN,)))
    await slack.opens_home("ada", tab="messages")
    await slack.until(lambda: slack.prompts)
    (offered,) = slack.prompts.values()
    assert offered["prompts"][0] == {"title": "How is otter?", "message": f"describe {RUN}"}


async def test_what_somebody_looks_at_is_this_run(slack: LocalSlack, bot: Bot) -> None:
    """The thread in sight beside the conversation tells which run is meant."""
    report_channel, ts = slack.channel("#ml").id, "1.5"
    await bot.topics.remember(Posted(report_channel, ts), Topic("run", (RUN,)))
    entity = {
        "type": "slack#/types/message_context",
        "value": {"channel_id": report_channel, "message_ts": ts},
    }
    channel, user = slack.dm(slack.user("ada")).id, slack.user("ada").id
    event = {"channel": channel, "user": user, "context": {"entities": [entity]}}
    slack.emit("app_context_changed", {"type": "app_context_changed", **event})
    await slack.settled()
    async with bot.clock.passing():
        await bot.listeners.drain(50.0)
    await slack.types("@ada", "ada", "describe it")
    async with bot.clock.passing():
        await slack.until(lambda: any("improving" in m.text for m in slack.messages("@ada")))


async def test_work_is_shown_and_cleared(slack: LocalSlack, bot: Bot) -> None:
    """While it works there is a status and a Stop button; afterwards neither."""
    root = await opened(slack)
    bot.runs.gate.clear()
    await asked(slack, root, "describe otter")
    await slack.until(lambda: session(slack, root) == "processing")
    await slack.until(lambda: status(slack, root))
    bot.runs.gate.set()
    async with bot.clock.passing():
        await slack.until(lambda: any("improving" in m.text for m in ours(slack, root)))
        await slack.until(lambda: session(slack, root) == "active")
    assert status(slack, root) == ""


async def test_the_status_is_cleared_when_it_fails(slack: LocalSlack, bot: Bot) -> None:
    """An error leaves no spinner."""
    root = await opened(slack)
    bot.runs.known[RUN] = ZeroDivisionError("x")
    await asked(slack, root, "describe otter")
    async with bot.clock.passing():
        await slack.until(lambda: any("went wrong" in m.text for m in ours(slack, root)))
        await slack.until(lambda: session(slack, root) == "active")
    assert status(slack, root) == ""
    assert not any(message.streaming for message in ours(slack, root))


async def test_a_long_answer_grows_by_steps(slack: LocalSlack, bot: Bot) -> None:
    """Steps first, with how far they are; then the report, in the same message."""
    root = await opened(slack)
    bot.runs.gate.clear()
    await asked(slack, root, "describe otter")
    answer = (await slack.until(lambda: [m for m in ours(slack, root) if m.streaming]))[-1]
    assert "Looking the run up" in answer.plain
    await bot.clock.asleep(2)
    await bot.clock.advance(2.0)
    await slack.until(lambda: "Reading its curves" in answer.plain)
    bot.runs.heard[0]("rows read", 14_000, None)
    await bot.clock.asleep()
    await bot.clock.advance(3.0)
    await slack.until(lambda: "fetching 14,000 of 50,000 steps" in answer.plain)
    bot.runs.gate.set()
    async with bot.clock.passing():
        await slack.until(lambda: "Loss is improving" in answer.text)
    assert not answer.streaming
    assert len(ours(slack, root)) == 1
    assert not validate_message({"text": answer.text, "blocks": answer.blocks})


async def test_stop_is_obeyed(slack: LocalSlack, bot: Bot) -> None:
    """The work ends, the message says so, and nothing keeps spinning."""
    root = await opened(slack)
    bot.runs.gate.clear()
    await asked(slack, root, "describe otter")
    answer = (await slack.until(lambda: ours(slack, root)))[-1]
    await slack.until(lambda: session(slack, root) == "processing")
    before = bot.clock.now()
    await slack.stops_session("ada", "@ada", root.ts)
    await slack.until(lambda: "Cancelled" in answer.text)
    await slack.until(lambda: session(slack, root) == "active")
    assert bot.clock.now() - before <= timedelta(seconds=2)
    assert status(slack, root) == ""
    assert not answer.streaming
    assert "in_progress" not in str(answer.blocks)
    bot.runs.gate.set()
    async with bot.clock.passing():
        await bot.listeners.drain(50.0)
    assert "improving" not in answer.text


async def test_stop_while_drawing_leaves_the_report(slack: LocalSlack, bot: Bot) -> None:
    """What is known already stays, without its picture and without a spinner."""
    root = await opened(slack)
    bot.drawn.clear()
    await asked(slack, root, "describe otter")
    answer = (await slack.until(lambda: ours(slack, root)))[-1]
    await bot.clock.asleep(2)
    await bot.clock.advance(1.5)
    await slack.until(lambda: "Drawing the curves" in answer.plain)
    await slack.stops_session("ada", "@ada", root.ts)
    await slack.until(lambda: session(slack, root) == "active")
    async with bot.clock.passing():
        await bot.listeners.drain(50.0)
    assert "Loss is improving" in answer.text
    assert "Drawing" not in answer.plain
    assert "in_progress" not in str(answer.blocks)
    assert not answer.streaming
    assert status(slack, root) == ""


async def test_what_comes_after_a_stop_is_answered(slack: LocalSlack, bot: Bot) -> None:
    """Stop means what was at work, not what is asked next."""
    root = await opened(slack)
    await slack.stops_session("ada", "@ada", root.ts)
    await slack.settled()
    await asked(slack, root, "describe otter")
    async with bot.clock.passing():
        await slack.until(lambda: any("improving" in m.text for m in ours(slack, root)))


@pytest.mark.parametrize("error", ["unknown_method", "not_an_agent", "missing_scope"])
async def test_a_workspace_without_agents_gets_plain_answers(
    slack: LocalSlack, bot: Bot, error: str
) -> None:
    """No streams, sessions, status or prompts: the same answer as everywhere."""
    for method in (
        "chat.startStream",
        "agents.sessions.setStatus",
        "assistant.threads.setStatus",
        "assistant.threads.setSuggestedPrompts",
    ):
        slack.faults.error(method, error, times=None)
    await slack.opens_home("ada", tab="messages")
    root = await opened(slack)
    await asked(slack, root, "describe otter")
    async with bot.clock.passing():
        await slack.until(lambda: any("improving" in m.text for m in ours(slack, root)))
    before = len(slack.calls_of("agents.sessions.setStatus"))
    await asked(slack, root, "describe otter")
    async with bot.clock.passing():
        await slack.until(lambda: sum("improving" in m.text for m in ours(slack, root)) == 2)
    assert len(slack.calls_of("agents.sessions.setStatus")) == before


async def test_thumbs_are_counted_by_detector(slack: LocalSlack, bot: Bot) -> None:
    """One vote a person and message; a later one takes the place of the first."""
    bot.runs.known["team/proj/broken"] = examined(broken())
    await slack.types("#ml", "ada", "/wandb describe broken")
    report = await slack.until(
        lambda: [m for m in slack.messages("#ml") if "not finite" in m.text][-1]
    )
    async with bot.clock.passing():
        await slack.until(lambda: any(b["type"] == "context_actions" for b in report.blocks))
    votes = bot.surface.votes
    assert isinstance(votes, KnownVotes)
    key = (slack.user("ada").id, f"{report.channel}:{report.ts}", "loss_not_finite")
    await slack.click(report, "feedback.vote", "ada", value="positive")
    await slack.until(lambda: any("Counted as right" in m.text for m in slack.ephemerals("ada")))
    assert votes.cast_ == {key: True}
    await slack.click(report, "feedback.vote", "ada", value="negative")
    await slack.until(lambda: any("Counted as wrong" in m.text for m in slack.ephemerals("ada")))
    assert votes.cast_ == {key: False}


async def test_healthy_runs_in_channels_ask_for_no_vote(slack: LocalSlack, bot: Bot) -> None:
    """A channel is asked only about what was found."""
    await slack.types("#ml", "ada", "/wandb describe otter")
    report = await slack.until(
        lambda: [m for m in slack.messages("#ml") if "improving" in m.text][-1]
    )
    assert not any(block["type"] == "context_actions" for block in report.blocks)
