"""The home tab, as the whole bot draws it."""

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import func, select

from analysis.refs import ProjectRef
from bot.demo.slack import View
from bot.demo.wandb import LocalWandb
from bot.homes import LiveHomes
from bot.storage.tables import METADATA
from handlers.views.validate import validate_view
from tests.clocks import HandClock
from tests.scenarios.office import Office, a_workspace, office
from tests.scenarios.watching import House, a_house, ago


@pytest.fixture
async def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    clock = HandClock()
    async with (
        a_workspace() as slack,
        LocalWandb(clock=lambda: clock.now().timestamp()) as wandb,
        office(tmp_path, monkeypatch, slack=slack, wandb=wandb, clock=clock) as place,
    ):
        yield place


async def home_of(at: Office, words: str, who: str = "ada") -> View:
    """Somebody's home tab, once it says so."""

    def there() -> View | None:
        home = at.slack.home_of(who)
        done = words in home.plain and "Asking" not in home.plain
        return home if done else None

    async with at.clock.passing():
        home = await at.slack.until(there)
    assert home is not None
    assert validate_view(home.view) == []
    return home


async def chosen(at: Office, project: str = "demo/vision", who: str = "ada") -> View:
    """Somebody's home tab after its first step."""
    await at.slack.opens_home(who)
    home = await home_of(at, "Three steps", who)
    await at.slack.click(home, "home.project", value=project)
    return await home_of(at, f"The last day in {project}", who)


async def linked(at: Office) -> None:
    """Ada has said who she is."""
    accounts = at.app.services.conversation.accounts
    await accounts.link(at.slack.user("ada").id, "ada-w", "confirmed")


async def test_the_first_time_there_are_three_steps(at: Office) -> None:
    """Each says what to do, and is done by a button or a list; what is done is ticked off."""
    at.run("otter", state="running")
    at.slack.add_user("owner", email="demo-user@example.com")
    await at.slack.opens_home("owner")
    home = await home_of(at, "Three steps to begin", "owner")
    assert "0 of 3 done" in home.plain
    await at.slack.click(home, "home.project", value="demo/vision")
    home = await home_of(at, "1 of 3 done", "owner")
    assert "otter" in home.plain
    await at.slack.click(home, "I Am demo-user")
    home = await home_of(at, "2 of 3 done", "owner")
    assert "You are `demo-user`" in home.plain
    picker = next(e for b in home.blocks if (e := b.get("accessory", {})) if "confirm" in e)
    assert picker["action_id"] == "home.channel"
    watches = at.app.services.watching.subscriptions
    channel, creator = at.slack.channel("#ml").id, at.slack.user("owner").id
    await watches.add(channel, ProjectRef("demo", "vision"), creator=creator)
    await at.slack.click(home, "Refresh")
    home = await home_of(at, f"<#{channel}>  ·  `demo/vision`", "owner")
    assert "Three steps" not in home.plain


async def test_what_needs_somebody_stands_first(at: Office) -> None:
    """A failed run of one's own comes before the healthy one, with a button that says why."""
    at.run("good", state="running")
    at.run("bad", state="failed")
    await linked(at)
    home = await chosen(at)
    assert "Needs you first" in home.plain
    assert home.plain.index("bad") < home.plain.index("good")
    assert "why demo/vision/bad" in str(home.view["blocks"])


async def test_a_button_answers_in_direct_messages(at: Office) -> None:
    """The home tab has no thread: what a button asks is answered where the person can read it."""
    at.run("bad", state="failed")
    home = await chosen(at)
    await at.slack.click(home, "Look Closer")
    async with at.clock.passing():
        await at.slack.until(lambda: any("bad" in m.plain for m in at.slack.messages("@ada")))


async def test_nothing_to_show_says_what_to_type(at: Office) -> None:
    """Empty parts are no blank space."""
    at.run("old", state="finished", hours_ago=400.0)
    home = await chosen(at)
    assert "/wandb watch demo/vision" in home.plain
    assert "/wandb link NAME" in home.plain


async def test_settings_change_the_default(at: Office) -> None:
    """In a form of their own; the tab follows."""
    at.run("otter", state="running")
    at.run("seal", project="speech", state="running")
    home = await chosen(at)
    await at.slack.click(home, "Settings")
    form = await at.slack.until(lambda: at.slack.view_of("ada"))
    assert validate_view(form.view) == []
    await at.slack.submit(form, {"home.project": "demo/speech"})
    home = await home_of(at, "The last day in demo/speech")
    assert "seal" in home.plain


async def test_a_command_elsewhere_is_seen_at_home(at: Office) -> None:
    """What changes a person's state draws their tab anew."""
    at.run("otter", state="running")
    await linked(at)
    await chosen(at)
    await at.says("/wandb unlink")
    await home_of(at, "Not linked to a W&amp;B user")


async def test_guests_are_told_that_they_are_not_answered(at: Office) -> None:
    """No run is named on their tab."""
    at.run("otter", state="running")
    at.slack.add_user("guest", kind="guest")
    await at.slack.opens_home("guest")
    home = await home_of(at, "not answered", "guest")
    assert "otter" not in home.plain


async def test_a_workspace_without_home_tabs_is_fine(at: Office) -> None:
    """The tab is switched off in the app's settings: nothing fails."""
    at.slack.faults.error("views.publish", "not_enabled", times=None)
    await at.slack.opens_home("ada")
    await at.quiet()
    assert at.slack.homes == {}


# What a tick finds


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """The bot with ada's channel watching demo/digits; one run is well."""
    async with a_house(tmp_path, monkeypatch) as made:
        made.wandb.add_run(
            "demo",
            "digits",
            "otter",
            columns={"train/loss": np.linspace(2.0, 1.0, 30)},
            created_at=ago(made, minutes=10),
        ).heartbeat_at = made.clock.now().timestamp()
        await made.says("/wandb watch demo/digits")
        await made.tick()
        yield made


def drawn(house: House) -> int:
    """How often ada's tab was drawn."""
    ada = house.slack.user("ada").id
    return sum(1 for call in house.slack.calls_of("views.publish") if call.args["user_id"] == ada)


async def at_home(house: House) -> None:
    """Ada opens her tab and chooses her project there."""
    slack = house.slack
    await slack.opens_home("ada")
    async with house.clock.passing():
        await slack.until(lambda: "Three steps" in slack.home_of("ada").plain)
        await slack.click(slack.home_of("ada"), "home.project", value="demo/digits")
        await slack.until(lambda: "🟢" in slack.home_of("ada").plain)
        await house.app.listeners.drain(50.0)


async def test_what_a_tick_finds_is_seen_at_home(house: House) -> None:
    """A run fails: the open tab says so by itself, once."""
    live = LiveHomes(house.app.database, house.clock, house.app.services)
    await live.round()
    assert drawn(house) == 0  # nobody has looked
    await at_home(house)
    assert "Failed" not in house.slack.home_of("ada").plain
    house.wandb.run("demo/digits/otter").becomes("failed", exit_code=1)
    await house.clock.advance(61)
    await house.tick()
    async with house.clock.passing():
        await live.round()
    assert "Failed" in house.slack.home_of("ada").plain
    told = drawn(house)
    await house.clock.advance(61)
    async with house.clock.passing():
        await live.round()
    assert drawn(house) == told  # nothing new


async def test_an_uninstalled_app_keeps_nothing(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """Watches, accounts, what was said: all gone, and the log says how much and what to do."""
    await at_home(house)
    await house.slack.uninstalls()
    await house.slack.settled()
    await house.app.listeners.drain(50.0)
    async with house.app.database.read() as connection:
        left = {
            table.name: (await connection.execute(select(func.count()).select_from(table))).scalar()
            for table in METADATA.sorted_tables
        }
    ours = {"replicas", "budgets"}
    later = {"events_seen"}  # the deliveries that came after it
    assert {name for name, count in left.items() if count} <= ours | later
    assert "stored rows were deleted" in caplog.text
    assert "revoked the bot's token" in caplog.text
