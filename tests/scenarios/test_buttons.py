"""Every button, menu and form of reports, lists, cards under links and the home tab is pressed."""

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from bot.demo.slack import Message
from bot.demo.wandb import LocalWandb
from handlers.views.validate import validate_message, validate_view
from tests.clocks import HandClock
from tests.scenarios.office import Office, a_workspace, office, read
from tests.scenarios.watching import House, a_house, ago


@pytest.fixture
async def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    """Four runs of ada's: one goes on, one failed, two ended; the channel's project is set."""
    clock = HandClock()
    async with (
        a_workspace() as slack,
        LocalWandb(clock=lambda: clock.now().timestamp()) as wandb,
        office(tmp_path, monkeypatch, slack=slack, wandb=wandb, clock=clock) as place,
    ):
        slack.app.unfurl_domains.append("127.0.0.1")
        place.run("otter", state="running")
        place.run("bad", state="failed")
        place.run("seal", eval_loss=1.2, rows=100)
        place.run("orca", eval_loss=1.4)
        accounts = place.app.services.conversation.accounts
        await accounts.link(slack.user("ada").id, "ada-w", "confirmed")
        await place.says("/wandb use demo/vision")
        await place.answer("is the default")
        await place.quiet()
        yield place


async def after(here: Office, message: Message, button: str, value: str | None = None) -> str:
    """What is new or changed, once ada has pressed a button and the bot is done."""
    before = {m.ts: read(m) for m in here.everything()}
    await here.slack.click(message, button, "ada", value=value)
    await here.quiet()
    shown = [m for m in here.everything() if before.get(m.ts) != read(m)]
    assert shown, f"nothing came of {button}"
    for one in shown:
        assert not validate_message({"text": one.text, "blocks": list(one.blocks)})
    return "\n".join(read(one) for one in shown)


@pytest.mark.parametrize(
    ("asked", "words", "button", "expected"),
    [
        ("/wandb describe otter", "otter in", "Refresh", "otter in"),
        ("/wandb describe bad", "bad in", "Why?", "bad in vision"),
        ("/wandb why bad", "bad in vision", "Describe", "bad in demo/vision"),
        ("/wandb why bad", "bad in vision", "Failures of Project", "failed in the last"),
        ("/wandb failures", "failed in the last", "Why?", "bad in vision"),
        ("/wandb compare seal orca", "A: seal", "Swap", "A: orca"),
        ("/wandb compare seal orca", "A: seal", "By Time", "By Step"),
        ("/wandb compare seal orca", "A: seal", "Full Config Diff", "Hide Config Diff"),
        ("/wandb use demo/vision", "is the default", "Only for Me", "for you"),
    ],
)
async def test_buttons_of_answers(
    here: Office, asked: str, words: str, button: str, expected: str
) -> None:
    """Each does what it says, in messages that Slack takes."""
    await here.says(asked)
    message = await here.answer(words)
    await here.quiet()
    assert expected in await after(here, message, button)


async def test_a_metric_offers_to_describe_its_run(here: Office) -> None:
    """The answer to a question about one run leads to all of it."""
    await here.asks("show train/loss of otter")
    message = await here.answer("train/loss")
    await here.quiet()
    assert "otter in demo/vision" in await after(here, message, "Describe")


async def test_a_list_opens_a_run(here: Office) -> None:
    """By its menu, in the list's thread."""
    await here.says("/wandb runs")
    message = await here.answer("4 runs")
    told = await after(here, message, "runs.open", "demo/vision/seal")
    assert "seal in demo/vision" in told


async def test_a_question_can_be_taken_back(here: Office) -> None:
    """Never mind is an answer too."""
    here.run("twin-a", name="twin one")
    here.run("twin-b", name="twin two")
    await here.says("/wandb describe twin")
    question = await here.answer("twin")
    assert "Never mind" in await after(here, question, "Never Mind")


async def test_pages_turn_back_as_well(here: Office) -> None:
    """Where tables are not known, a list has pages."""
    here.slack.unknown_blocks.add("data_table")
    for place in range(12):
        here.run(f"id{place:02}", hours_ago=place + 5.0, rows=20)
    await here.says("/wandb runs")
    message = await here.answer("16 runs")
    assert "16. " in await after(here, message, "Older")
    assert "1. " in await after(here, message, "Newer")


async def test_the_form_of_compare_with_compares(here: Office) -> None:
    """It searches, takes several runs and an axis, and answers in the report's thread."""
    await here.says("/wandb describe otter")
    message = await here.answer("otter in")
    await here.quiet()
    await here.slack.click(message, "Compare With…", "ada")
    form = await here.slack.until(lambda: here.slack.view_of("ada"))
    assert form is not None
    assert validate_view(form.view) == []
    options = await here.slack.options(form, "compare.runs", "se")
    here.slack.fills(form, "compare.runs", options)
    await here.slack.submit(form)
    answer = await here.answer("A: otter")
    assert answer.thread_ts == message.ts


@pytest.mark.parametrize(
    ("path", "button", "expected"),
    [
        ("demo/vision/runs/otter", "Describe", "otter in demo/vision"),
        ("demo/vision/runs/otter", "Watch This Run", "from now on"),
        ("demo/vision", "Look Now", "1 running"),
        ("demo", "Look Now", "1 running"),
    ],
)
async def test_buttons_of_cards_under_links(
    here: Office, path: str, button: str, expected: str
) -> None:
    """What one would do next, from somebody's link."""
    typed = await here.slack.types("#ml", "ada", f"see {here.wandb.base_url}/{path}")
    message = typed.message
    assert message is not None
    async with here.clock.passing():
        await here.slack.until(lambda: message.unfurls)
    await here.quiet()
    assert expected in await after(here, message, button)


async def at_home(here: Office, words: str = "The last day in demo/vision") -> None:
    """Ada's home tab says so, and the bot is done."""

    def there() -> bool:
        plain = here.slack.home_of("ada").plain
        return words in plain and "Asking" not in plain

    async with here.clock.passing():
        await here.slack.until(there)
    await here.quiet()
    assert validate_view(here.slack.home_of("ada").view) == []


async def presses(here: Office, button: str, value: str | None = None) -> str:
    """What the bot says after ada pressed something on her home tab."""
    before = {m.ts: read(m) for m in here.everything()}
    await here.slack.click(here.slack.home_of("ada"), button, value=value)
    await here.quiet()
    return "\n".join(read(m) for m in here.everything() if before.get(m.ts) != read(m))


@pytest.mark.parametrize(
    ("button", "expected"),
    [
        ("Why", "bad in vision"),
        ("All My Runs", "4 runs of ada-w"),
        ("Look Closer", "1 running"),
        ("Recent Failures", "failed in the last"),
        ("What Can You Do?", "What I can do"),
    ],
)
async def test_buttons_of_the_home_tab(here: Office, button: str, expected: str) -> None:
    """They say what one would type, and are answered where the person can read it."""
    await at_home_of_ada(here)
    assert expected in await presses(here, button)


async def at_home_of_ada(here: Office) -> None:
    """Ada has chosen her project."""
    await here.slack.opens_home("ada")
    await at_home(here, "Three steps")
    await here.slack.click(here.slack.home_of("ada"), "home.project", value="demo/vision")
    await at_home(here)


async def test_who_one_is_can_be_forgotten_at_home(here: Office) -> None:
    """The link is gone, and the tab says so."""
    await at_home_of_ada(here)
    await presses(here, "Forget Who I Am")
    await at_home(here, "Not linked to a W&amp;B user")


# What begins a watch needs the task engine too


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """The bot with its jobs in one's hand; one run goes on."""
    async with a_house(tmp_path, monkeypatch) as made:
        made.slack.app.unfurl_domains.append("127.0.0.1")
        run = made.wandb.add_run(
            "demo", "digits", "otter", columns={"train/loss": np.linspace(2.0, 1.0, 30)},
            created_at=ago(made, minutes=10),
        )  # fmt: skip
        run.heartbeat_at = made.clock.now().timestamp()
        yield made


async def test_a_look_can_become_a_watch(house: House) -> None:
    """“Watch Here” under a look of a place that is not watched."""
    await house.says("/wandb watch demo/digits --once")
    look = house.find("1 running")
    await house.click(look, "Watch Here")
    await house.deliver()
    assert told(house, look, "from now on")


@pytest.mark.parametrize(
    ("path", "button"),
    [("demo/digits/runs/otter", "Watch This Run"), ("demo/digits", "Watch Project")],
)
async def test_a_card_under_a_link_can_become_a_watch(house: House, path: str, button: str) -> None:
    """In the channel where the link was posted."""
    typed = await house.slack.types("#ml", "ada", f"see {house.wandb.base_url}/{path}")
    message = typed.message
    assert message is not None
    async with house.clock.passing():
        await house.slack.until(lambda: message.unfurls)
    await house.click(message, button)
    await house.deliver()
    assert told(house, message, "from now on")


def told(house: House, about: Message, words: str) -> bool:
    """Whether the channel, or the thread of a message, was told."""
    return any(words in m.plain for m in (*house.channel(), *house.slack.thread(about)))


async def test_a_channel_is_set_to_watch_from_home_and_stopped(house: House) -> None:
    """The third step, then the list of what channels watch, with its Stop."""
    slack, channel = house.slack, house.slack.channel("#ml").id

    async def home(words: str) -> None:
        async with house.clock.passing():
            await slack.until(lambda: words in slack.home_of("ada").plain)
            await house.app.listeners.drain(50.0)

    await slack.opens_home("ada")
    await home("Three steps")
    await slack.click(slack.home_of("ada"), "home.project", value="demo/digits")
    await home("The last day in demo/digits")
    await slack.click(slack.home_of("ada"), "home.channel", value=channel)
    await home(f"<#{channel}>")
    await slack.click(slack.home_of("ada"), "Stop")
    await home("None yet")
    said = next(m for m in slack.messages("@ada") if "no longer watch" in m.text)
    assert f"<#{channel}>" in said.text
    await house.click(said, "Undo")
    await home(f"<#{channel}>")
