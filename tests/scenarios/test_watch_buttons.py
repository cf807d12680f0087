"""Every button of an alert and of a board does what it says, for whoever may press it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.demo.slack import Message
from bot.demo.wandb import LocalRun
from handlers.views.validate import validate_message
from tests.scenarios.watching import House, a_house, a_run

TOO_LATE = 301.0


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    async with a_house(tmp_path, monkeypatch) as house:
        house.slack.add_user("gast", kind="guest")
        house.slack.channel("#ml").members.append(house.slack.user("gast").id)
        yield house


async def a_card(house: House, name: str = "fresh", **more: object) -> LocalRun:
    """#ml watches, and a run that began since then has its card."""
    await house.says("/wandb watch demo/digits")
    await house.tick()
    run = a_run(house, name, **more)
    await house.tick()
    return run


def answer(house: House, under: Message) -> Message:
    """What the bot said last in a message's thread."""
    return house.slack.thread(under)[-1]


async def silences(house: House) -> list[tuple[str, str]]:
    """What is silenced in #ml."""
    channel = house.slack.channel("#ml").id
    here = await house.app.services.watching.silences.in_channel(channel)
    return [(one.scope, one.subject) for one in here]


# The card


async def test_an_alert_has_its_buttons(house: House) -> None:
    """On the card of a run, each in words that say what will happen."""
    await a_card(house)
    assert house.card("fresh").actions == [
        "Open in W&B", "Why?", "Mute This Run", "Mute This Kind Here", "Snooze 4 h",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("button", "held"),
    [
        ("Mute This Run", ("run", "demo/digits/fresh")),
        ("Mute This Kind Here", ("kind", "started")),
        ("Snooze 4 h", ("run", "demo/digits/fresh")),
    ],
)
async def test_a_silence_can_be_taken_back_for_five_minutes(
    house: House, button: str, held: tuple[str, str]
) -> None:
    """Undo lifts it; pressed again it says that this was done; later, that it is too late."""
    await a_card(house)
    card = house.card("fresh")
    await house.click(card, button)
    assert await silences(house) == [held]
    said = answer(house, card)
    assert "No alerts about" in said.text
    await house.click(said, "Undo", "grace")
    assert "only they can undo it" in house.private("grace")
    assert await silences(house) == [held]
    await house.click(said, "Undo")
    assert await silences(house) == []
    await house.click(card, button)
    said = answer(house, card)
    await house.clock.advance(TOO_LATE)
    await house.click(said, "Undo")
    assert "too late to undo that" in house.private()
    assert await silences(house) == [held]


async def test_a_snooze_is_silent_for_four_hours_and_no_longer(house: House) -> None:
    """What fails meanwhile is told by card and board alone; what comes later is told again."""
    run = await a_card(house)
    card = house.card("fresh")
    await house.click(card, "Snooze 4 h")
    replies = len(house.slack.thread(card))
    run.log({"train/loss": float("nan")})
    for _ in range(6):
        run.log({"train/loss": float("nan")})
    await house.tick(2)
    assert len(house.slack.thread(card)) == replies
    assert not house.lines()
    assert "not finite" in house.card("fresh").plain
    await house.clock.advance(timedelta(hours=4).total_seconds())
    run.becomes("failed", exit_code=1)
    await house.tick(2)
    assert "Failed" in answer(house, card).text


async def test_why_is_for_one_person_and_in_a_sweep_names_each_run(house: House) -> None:
    """The rule and its evidence; of a sweep, of its runs' alerts too."""
    run = await a_card(house, sweep="abc")
    run.becomes("failed", exit_code=1)
    await house.tick(2)
    card = house.find("abc")
    before = len(house.channel()) + len(house.slack.thread(card))
    await house.click(card, "Why?", "grace")
    assert len(house.channel()) + len(house.slack.thread(card)) == before
    told = house.private("grace")
    assert "W&amp;B says “failed”" in told
    assert not house.private("ada")


@pytest.mark.parametrize("of", [{"sweep": "abc"}, {"group": "seeds/abc"}])
async def test_a_sweep_is_muted_with_all_of_its_runs(house: House, of: dict[str, str]) -> None:
    """“Mute These Runs” of a sweep's card, or of a group's with a slash in its name."""
    run = await a_card(house, **of)
    card = house.find("abc")
    assert "Mute This Run" not in card.actions
    await house.click(card, "Mute These Runs")
    replies = len(house.slack.thread(card))
    run.becomes("failed", exit_code=1)
    await house.tick(2)
    assert len(house.slack.thread(card)) == replies
    kind, name = next(iter(of.items()))
    assert f"No alerts about `{kind}:{name}`" in house.slack.thread(card)[0].text
    assert "1 failed" in house.find("abc").plain


# The board


async def test_the_boards_pages_open_in_its_thread(house: House) -> None:
    """Show All answers in the board's thread; its pages turn in place, Refresh looks again."""
    for number in range(30):
        a_run(house, f"run-{number:02}")
    await house.says("/wandb watch demo/digits")
    board = house.board()
    assert "… and 18 more lines" in board.plain
    await house.click(board, "Show All", "grace")
    look = answer(house, board)
    assert "page 1 of 3" in look.plain
    for button, page in (("Next", 2), ("Next", 3), ("Previous", 2)):
        await house.click(look, button, "grace")
        look = answer(house, board)
        assert f"page {page} of 3" in look.plain
        assert not validate_message({"text": look.text, "blocks": look.blocks})
    a_run(house, "one-more")
    await house.click(look, "Refresh")
    look = answer(house, board)
    assert "31 running" in look.text
    assert len(house.slack.thread(board)) == 1


async def test_settings_of_a_board_open_the_form(house: House) -> None:
    """The same form as by the command."""
    await house.says("/wandb watch demo/digits")
    await house.click(house.board(), "Settings", "grace")
    assert house.slack.view_of("grace").title == "Alerts Here"


# Who may press, and when


async def test_a_guest_gets_nothing_from_any_button(house: House) -> None:
    """A hidden button is no protection, and neither is a visible one: each asks who pressed it."""
    a_run(house, "going")
    await a_card(house)
    await house.says("/wandb watches")
    listed, board, card = house.find("added by <@"), house.board(), house.card("fresh")
    before = (len(house.channel()), len(house.slack.thread(card)), len(house.slack.thread(board)))
    pressed = 0
    for message in (house.find("I watch"), listed, board, card):
        for button in message.actions:
            if button != "Open in W&B":
                await house.click(message, button, "gast")
                pressed += 1
    after = (len(house.channel()), len(house.slack.thread(card)), len(house.slack.thread(board)))
    assert after == before
    assert house.private("gast").count("Guests are not answered") == 2 * pressed
    assert "fresh" not in house.private("gast")
    assert await silences(house) == []


async def test_buttons_of_an_entity_that_is_no_longer_answered_say_so(house: House) -> None:
    """The operator narrows the list: what stands in the channel tells nothing more."""
    await a_card(house)
    await house.says("/wandb watches")
    listed, board, card = house.find("added by <@"), house.board(), house.card("fresh")
    access = house.app.services.access
    access.settings = access.settings.model_copy(  # type: ignore[attr-defined]
        update={"entities": ("elsewhere",)}
    )
    for message, button in (
        (listed, "Stop"), (board, "Show All"), (board, "Settings"), (card, "Why?"),
        (card, "Mute This Run"), (card, "Snooze 4 h"),
    ):  # fmt: skip
        before = house.private().count("not answered here")
        await house.click(message, button)
        assert house.private().count("not answered here") > before, button
    assert await silences(house) == []
    assert not house.slack.thread(board)


async def test_buttons_of_a_watch_that_is_gone_say_so(house: House) -> None:
    """An old list, an old card: friendly, and without effect."""
    run = await a_card(house)
    await house.says("/wandb watches")
    listed = house.find("added by <@")
    await house.says("/wandb unwatch demo/digits")
    await house.clock.advance(5)
    await house.deliver()
    assert "no longer watched here" in house.find("demo/digits is no longer").plain
    await house.click(listed, "Stop")
    assert "not watched here any more" in house.private()
    await house.click(house.card("fresh"), "Why?")
    assert "Rule:" in house.private()
    run.becomes("failed", exit_code=1)
    await house.tick(2)
    assert "Started" in house.card("fresh").text


async def test_two_people_who_stop_the_same_watch_at_once_do_it_once(house: House) -> None:
    """The second is told that it is done; each Undo is its author's."""
    await house.says("/wandb watch demo/digits")
    await house.says("/wandb watches")
    listed = house.find("added by <@")
    await house.click(listed, "Stop", "grace")
    await house.click(listed, "Stop", "ada")
    assert "not watched here any more" in house.private("ada")
    stopped = house.find("watch") if not house.slack.thread(listed) else answer(house, listed)
    await house.click(stopped, "Undo", "ada")
    assert "only they can undo it" in house.private("ada")
    await house.click(stopped, "Undo", "grace")
    await house.says("/wandb watches")
    assert "1 watch here" in house.channel()[-1].text
