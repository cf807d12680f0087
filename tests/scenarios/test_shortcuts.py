"""The message shortcut “Describe this run” and the global “Compare runs…”."""

import pytest

from analysis.errors import RunNotFound
from bot.demo.slack import LocalSlack, Message, Shortcut
from handlers.views.validate import validate_view
from tests.comparisons import clear_win
from tests.reports import examined, healthy
from tests.scenarios.harness import Bot

URL = "https://wandb.ai/team/proj/runs/otter"


@pytest.fixture(autouse=True)
def _installed(slack: LocalSlack, bot: Bot) -> None:
    slack.app.shortcuts = [
        Shortcut("describe_message", "Describe this run", "message"),
        Shortcut("compare_runs", "Compare runs…", "global"),
    ]
    bot.runs.known["team/proj/otter"] = examined(healthy())
    bot.runs.known["team/proj/seal"] = examined(healthy("seal"))


async def posted(slack: LocalSlack, text: str) -> Message:
    message = (await slack.types("#ml", "ada", text)).message
    assert message is not None
    return message


@pytest.mark.parametrize(
    "text", [f"is this fine? {URL}?nw=1", "look at team/proj/otter please", "`team/proj/otter`"]
)
async def test_the_run_of_a_message_is_described_in_its_thread(
    slack: LocalSlack, bot: Bot, text: str
) -> None:
    """A link or a path is enough."""
    message = await posted(slack, text)
    await slack.shortcut("describe_message", "ada", message)
    async with bot.clock.passing():
        await slack.until(
            lambda: any("Loss is improving" in reply.text for reply in slack.thread(message))
        )


async def test_the_bots_own_message_is_about_its_run(slack: LocalSlack, bot: Bot) -> None:
    """What it described before it describes again."""
    await slack.types("#ml", "ada", "/wandb describe otter")
    report = await slack.until(
        lambda: [m for m in slack.messages("#ml") if "improving" in m.text][-1]
    )
    async with bot.clock.passing():
        await bot.listeners.drain(50.0)
    await slack.shortcut("describe_message", "ada", report)
    async with bot.clock.passing():
        await slack.until(
            lambda: any("Loss is improving" in reply.text for reply in slack.thread(report))
        )


async def test_several_runs_are_asked_back(slack: LocalSlack, bot: Bot) -> None:
    """Nothing is guessed."""
    message = await posted(slack, f"{URL} or team/proj/seal")
    await slack.shortcut("describe_message", "ada", message)
    question = await slack.until(lambda: slack.thread(message)[-1])
    assert "calm-otter" in question.plain
    assert "calm-seal" in question.plain


async def test_a_message_without_a_run_says_what_is_missing(slack: LocalSlack, bot: Bot) -> None:
    """To the person only."""
    message = await posted(slack, "lunch?")
    await slack.shortcut("describe_message", "ada", message)
    await slack.until(lambda: any("no run in this message" in m.text for m in _told(slack)))
    assert slack.thread(message) == []


async def test_a_foreign_run_is_refused(slack: LocalSlack, bot: Bot) -> None:
    """The same rule as everywhere."""
    message = await posted(slack, "https://wandb.ai/rivals/secret/runs/x1")
    await slack.shortcut("describe_message", "ada", message)
    await slack.until(lambda: any("not told here" in m.text for m in _told(slack)))
    assert bot.runs.asked == []


async def test_runs_are_compared_from_anywhere(slack: LocalSlack, bot: Bot) -> None:
    """The form searches runs; the answer comes where it says."""
    bot.answers.compared = clear_win()
    await slack.shortcut("compare_runs", "ada")
    form = await slack.until(lambda: slack.view_of("ada"))
    assert validate_view(form.view) == []
    offered = await slack.options(form, "compare.any_runs", "se")
    assert [option["value"] for option in offered] == ["team/proj/seal"]
    slack.fills(form, "compare.any_runs", await slack.options(form, "compare.any_runs", ""))
    await slack.submit(form, {"where": slack.channel("#ml").id})
    await slack.until(lambda: bot.answers.asked)
    asked = bot.answers.asked[0]
    assert asked[:2] == ("compare", ("team/proj/otter", "team/proj/seal"))
    async with bot.clock.passing():
        await slack.until(lambda: slack.messages("#ml"))


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("calm-se", ["team/proj/seal"]),
        ("proj", ["team/proj/otter", "team/proj/seal"]),
        ("proj/ot", ["team/proj/otter"]),
        ("team/proj", ["team/proj/otter", "team/proj/seal"]),
        ("team/proj/seal", ["team/proj/seal"]),
        ("rivals/secret", []),
        ("/", []),
        ("nothing like it", []),
    ],
)
async def test_the_form_finds_runs_by_name_and_by_project(
    slack: LocalSlack, bot: Bot, typed: str, offered: list[str]
) -> None:
    """As people type: a part of a name, a project, a part of a path."""
    await slack.shortcut("compare_runs", "ada")
    form = await slack.until(lambda: slack.view_of("ada"))
    found = await slack.options(form, "compare.any_runs", typed)
    assert sorted(option["value"] for option in found) == offered


async def test_one_run_is_no_comparison(slack: LocalSlack, bot: Bot) -> None:
    """The form stays open and says so."""
    bot.answers.compared = RunNotFound("not asked")
    await slack.shortcut("compare_runs", "ada")
    form = await slack.until(lambda: slack.view_of("ada"))
    slack.fills(form, "compare.any_runs", await slack.options(form, "compare.any_runs", "otter"))
    await slack.submit(form)
    assert form.errors == {"compare.any_runs": "Choose two runs or more."}
    assert bot.answers.asked == []


def _told(slack: LocalSlack) -> list[Message]:
    return [*slack.ephemerals("ada"), *slack.messages("@ada")]
