"""Comparing runs in Slack, as people see it."""

from collections.abc import Iterator
from typing import Any

import pytest

from analysis.errors import NotComparable
from bot.demo.slack import LocalSlack, Message
from handlers.views.validate import validate_message, validate_view
from tests.comparisons import clear_win, one_each
from tests.reports import examined, healthy
from tests.scenarios.harness import Bot
from tests.scenarios.test_describe import answered, has_picture


@pytest.fixture(autouse=True)
def known(bot: Bot) -> None:
    for name in ("alpha", "beta", "gamma"):
        bot.runs.known[f"team/proj/{name}"] = examined(healthy(name))


def valid(message: Message) -> bool:
    return not validate_message({"text": message.text, "blocks": list(message.blocks)})


def tables(message: Message) -> list[Any]:
    return [block for block in message.blocks if block["type"] == "table"]


def buttons(message: Message) -> Iterator[str]:
    for block in message.blocks:
        for element in block.get("elements", []) if block["type"] == "actions" else []:
            yield element["text"]["text"]


async def settled(slack: LocalSlack, bot: Bot, where: str, words: str) -> Message:
    """The answer with its picture."""
    message = await answered(slack, where, words)
    async with bot.clock.passing():
        await slack.until(lambda: has_picture(message))
    assert valid(message)
    return message


async def test_the_verdict_comes_first_and_the_details_in_the_thread(
    slack: LocalSlack, bot: Bot
) -> None:
    """`/wandb compare A B` answers in the channel; every number is in the thread under it."""
    bot.answers.compared = clear_win()
    await slack.types("#ml", "ada", "/wandb compare alpha beta")
    answer = await settled(slack, bot, "#ml", "warm is better")
    assert bot.answers.asked[-1] == ("compare", ("team/proj/alpha", "team/proj/beta"), None, None)
    assert answer.headline == "warm is better"
    assert "High confidence" in answer.plain
    assert len(tables(answer)) == 1
    assert list(buttons(answer)) == ["Full Config Diff", "By Tokens", "By Time", "Swap"]
    details = (await slack.until(lambda: slack.thread(answer)))[0]
    assert "steps/hour" in str(details.blocks)
    assert valid(details)


async def test_a_mention_is_answered_in_its_thread(slack: LocalSlack, bot: Bot) -> None:
    """“@bot compare A and B” gets the short form as a reply, and goes on in the thread."""
    bot.answers.compared = one_each()
    name = slack.user(slack.app.user_id).name
    question = await slack.types("#ml", "ada", f"@{name} compare alpha and beta")
    answer = await settled(slack, bot, "#ml", "Too close to call")
    assert answer.thread_ts == question.ts
    await bot.listeners.drain(50.0)  # the thread's subject is noted after the answer was posted
    bot.answers.compared = one_each(lr=3e-4)
    await slack.types("#ml", "ada", "what about by tokens?", question.ts)
    await slack.until(lambda: len(bot.answers.asked) == 2)
    assert bot.answers.asked[-1] == (
        "compare", ("team/proj/alpha", "team/proj/beta"), None, "tokens"
    )  # fmt: skip


async def test_buttons_update_the_message_in_place(slack: LocalSlack, bot: Bot) -> None:
    """Swap asks again with the sides exchanged; the answer stays one message."""
    bot.answers.compared = clear_win()
    await slack.types("#ml", "ada", "/wandb compare alpha beta")
    answer = await settled(slack, bot, "#ml", "warm is better")
    await slack.click(answer, "compare.again:swap", user="ada")
    await slack.until(lambda: len(bot.answers.asked) == 2)
    assert bot.answers.asked[-1][1] == ("team/proj/beta", "team/proj/alpha")
    await slack.click(answer, "compare.again:config", user="ada")
    async with bot.clock.passing():
        await slack.until(lambda: "Hide Config Diff" in list(buttons(answer)))
    assert [post.ts for post in slack.posts("#ml") if post.thread_ts is None] == [answer.ts]
    assert "depth" in answer.plain


@pytest.mark.parametrize(("button", "axis"), [("By Tokens", "tokens"), ("By Time", "time")])
async def test_another_axis_is_a_button_away(
    slack: LocalSlack, bot: Bot, button: str, axis: str
) -> None:
    """The same runs are compared again by it, in the same message."""
    bot.answers.compared = clear_win()
    await slack.types("#ml", "ada", "/wandb compare alpha beta")
    answer = await settled(slack, bot, "#ml", "warm is better")
    await slack.click(answer, button, user="ada")
    await slack.until(lambda: len(bot.answers.asked) == 2)
    sides = ("team/proj/alpha", "team/proj/beta")
    assert bot.answers.asked[-1] == ("compare", sides, None, axis)
    async with bot.clock.passing():
        await bot.listeners.drain(50.0)
    assert [post.ts for post in slack.posts("#ml") if post.thread_ts is None] == [answer.ts]


async def test_groups_and_several_seeds_are_sides(slack: LocalSlack, bot: Bot) -> None:
    """A side may be a group, or runs joined by commas, as typed."""
    bot.answers.compared = clear_win()
    await slack.types("#ml", "ada", "/wandb compare alpha,beta team/seeds/group:lr0.1 --by time")
    await answered(slack, "#ml", "warm is better")
    assert bot.answers.asked[-1] == (
        "compare", ("alpha,beta", "team/seeds/group:lr0.1"), None, "time"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("compare alpha", "needs two sides"),
        ("compare alpha alpha", "compared with itself"),
        ("compare alpha ./runs/secret", "not the name of a run"),
        ("compare alpha /etc/passwd,beta", "not the name of a run"),
        ("compare alpha other/proj/beta", "not told here"),
        ("compare alpha,beta other/proj/group:x", "not told here"),
    ],
)
async def test_bad_input_gets_a_clear_sentence(
    slack: LocalSlack, bot: Bot, typed: str, said: str
) -> None:
    """What cannot be compared is said to who asked, and nothing is fetched."""
    await slack.types("#ml", "ada", f"/wandb {typed}")
    answer = await answered(slack, "#ml", said)
    assert answer.text
    assert not bot.answers.asked


async def test_what_the_core_refuses_is_told(slack: LocalSlack, bot: Bot) -> None:
    """Too many sides: the core's own sentence reaches the person."""
    bot.answers.compared = NotComparable("9 sides are too many to compare; 8 are possible.")
    await slack.types("#ml", "ada", "/wandb compare alpha beta gamma")
    assert "9 sides are too many" in (await answered(slack, "#ml", "too many")).text


async def test_compare_with_offers_a_searchable_list(slack: LocalSlack, bot: Bot) -> None:
    """The button opens a modal whose list is searched; its answer stands in the run's thread."""
    bot.answers.compared = one_each()
    await slack.types("#ml", "ada", "/wandb describe alpha")
    report = await answered(slack, "#ml", "Loss is improving")
    await slack.click(report, "compare.open", user="ada")
    await slack.until(lambda: slack.stacks.get(slack.user("ada").id))
    modal = slack.view_of("ada")
    assert not validate_view(modal.view)
    offered = await slack.options(modal, "compare.runs", "bet")
    assert [option["value"] for option in offered] == ["team/proj/beta"]
    slack.fills(modal, "compare.runs", offered)
    await slack.submit(modal)
    answer = await settled(slack, bot, "#ml", "Too close to call")
    assert answer.thread_ts == report.ts
    assert bot.answers.asked[-1][1] == ("team/proj/alpha", "team/proj/beta")


async def test_a_workspace_without_native_tables_gets_fixed_width(
    slack: LocalSlack, bot: Bot
) -> None:
    """Where blocks are refused the same numbers come as text."""
    slack.faults.error("chat.update", "invalid_blocks")
    bot.answers.compared = clear_win()
    await slack.types("#ml", "ada", "/wandb compare alpha beta")
    answer = await answered(slack, "#ml", "warm is better")
    assert "✓" in answer.plain
