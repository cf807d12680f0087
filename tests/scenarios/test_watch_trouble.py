"""Bad times of a watch: what somebody does to its channel and messages, and what W&B does."""

from bot.demo.slack import Message
from bot.demo.wandb import Status
from handlers.views.validate import validate_message
from tests.scenarios.watching import House, a_run


async def watching(house: House) -> None:
    """#ml watches, and its first look is over."""
    await house.says("/wandb watch demo/digits")
    await house.tick()


async def paused(house: House) -> list[str | None]:
    """Why each watch of #ml is paused."""
    channel = house.slack.channel("#ml").id
    here = await house.app.services.watching.subscriptions.in_channel(channel)
    return [one.paused for one in here]


def posts(house: House) -> int:
    """How often Slack was asked to post."""
    return len(house.slack.calls_of("chat.postMessage"))


async def settled(house: House, before: int) -> None:
    """Waits until an event was handled that no message answers."""
    async with house.clock.passing():
        await house.slack.until(lambda: house._heard() > before)
        await house.app.listeners.drain(50.0)
        await house.work()
        await house.app.background.painter.round()


# The channel


async def test_an_archived_channel_is_left_alone_and_goes_on_when_it_is_back(house: House) -> None:
    """Archived: paused, nothing more is tried; back again: what waited is told, late, once."""
    await watching(house)
    await house.slack.archives("#ml", "ada")
    a_run(house, "fresh")
    await house.tick()
    assert await paused(house) == ["is_archived"]
    tried = posts(house)
    await house.tick(4)
    assert posts(house) == tried
    assert not [m for m in house.channel() if "fresh" in m.text]
    before = house._heard()
    await house.slack.unarchives("#ml", "ada")
    await settled(house, before)
    assert await paused(house) == [None]
    await house.tick(2)
    assert "Started" in house.card("fresh").text
    assert "fresh" in house.board().plain


async def test_a_bot_that_was_removed_goes_on_when_it_is_invited_again(house: House) -> None:
    """Removed: paused with the reason; invited: the board and the card are right again."""
    await watching(house)
    run = a_run(house, "fresh")
    await house.tick()
    await house.slack.removes("#ml", "ada")
    run.becomes("failed", exit_code=1)
    await house.tick(3)
    assert await paused(house) == ["not_in_channel"]
    before = house._heard()
    await house.slack.invites("#ml", "ada")
    await settled(house, before)
    assert await paused(house) == [None]
    await house.tick(2)
    card = house.card("fresh")
    assert "Failed" in card.text
    assert [reply.text.partition(":")[0] for reply in house.slack.thread(card)] == ["❌ fresh"]
    assert len(house.lines()) == 1
    assert "Failed" in house.board().plain


async def test_somebody_else_who_joins_changes_nothing(house: House) -> None:
    """Only the app's own joining lets a paused channel go on."""
    await watching(house)
    await house.slack.archives("#ml", "ada")
    a_run(house, "fresh")
    await house.tick()
    house.slack.channel("#ml").members.remove(house.slack.user("grace").id)
    await house.slack.invites("#ml", "ada", "grace")
    async with house.clock.passing():
        await house.slack.settled()
        await house.app.listeners.drain(50.0)
    assert await paused(house) == ["is_archived"]


async def test_a_paused_watch_goes_on_by_its_button_or_by_watching_again(house: House) -> None:
    """Where Slack's event was missed, “Go On” in the list does it, and so does the command."""
    await watching(house)
    for again in ("button", "command"):
        house.slack.channel("#ml").archived = True
        a_run(house, f"during-{again}")
        await house.tick()
        assert await paused(house) == ["is_archived"]
        house.slack.channel("#ml").archived = False
        if again == "button":
            await house.says("/wandb watches")
            listed = house.find("Paused: the channel was archived")
            await house.click(listed, "Go On")
        else:
            await house.says("/wandb watch demo/digits")
        assert await paused(house) == [None]
        await house.tick()
        assert "Started" in house.card(f"during-{again}").text


# Messages that somebody deletes


async def test_a_deleted_board_comes_back_once(house: House) -> None:
    """The board is posted anew with the next change, and edited in place from then on."""
    await watching(house)
    await house.slack.deletes(house.board())
    assert not [m for m in house.channel() if "updated in place" in m.plain]
    a_run(house, "fresh")
    await house.tick(2)
    board = house.board()
    assert "fresh" in board.plain
    a_run(house, "later")
    await house.tick(2)
    assert house.board().ts == board.ts
    assert "later" in house.board().plain
    assert len([m for m in house.channel() if "updated in place" in m.plain]) == 1


async def test_a_deleted_card_comes_back_with_the_next_thing_there_is_to_say(house: House) -> None:
    """One new thread, with the card and the news in it; nothing is said twice."""
    await watching(house)
    run = a_run(house, "fresh")
    await house.tick()
    await house.slack.deletes(house.card("fresh"))
    await house.tick(2)
    assert not [m for m in house.channel() if "fresh:" in m.text]
    run.becomes("finished", exit_code=0)
    await house.tick(3)
    told = [m for m in everything(house) if "fresh: Finished" in m.text]
    assert len([m for m in house.channel() if "fresh: Finished" in m.text]) == 1
    assert len(told) == 2  # the news, and the card that shows it
    assert len({m.thread_ts or m.ts for m in told}) == 1


def everything(house: House) -> list[Message]:
    """All messages of #ml, those in threads too."""
    return [m for top in house.channel() for m in (top, *house.slack.thread(top))]


# Slack asks for patience


async def test_a_rate_limit_delays_and_loses_nothing(house: House) -> None:
    """429 while the news of a look go out: all of it arrives, once each."""
    await watching(house)
    runs = [a_run(house, name) for name in ("one", "two")]
    await house.tick()
    house.slack.faults.rate_limit("chat.postMessage", retry_after=30, times=3)
    house.slack.faults.rate_limit("chat.update", retry_after=20, times=2)
    for run in runs:
        run.becomes("failed", exit_code=1)
    await house.tick(8)
    for name in ("one", "two"):
        card = house.card(name)
        assert "Failed" in card.text
        assert len(house.slack.thread(card)) == 1
    assert len(house.lines()) == 1
    assert "2 failed" in house.board().plain


# W&B


async def test_a_refused_key_is_told_once_and_corrected_when_it_works(house: House) -> None:
    """It does not pass by itself: one message with what to do, and no run is called stalled."""
    run = a_run(house, "going")
    await watching(house)
    top = len(house.channel())
    house.wandb.fail(Status(401))
    await house.tick(2, seconds=61)
    assert len(house.channel()) == top
    assert "Not looked at since" in house.find("Watching demo/digits").plain
    await house.tick(5, seconds=301)
    told = house.find("I cannot look at `demo/digits`")
    assert "No alerts come meanwhile" in told.plain
    assert "WANDB_API_KEY" in told.plain
    assert len(house.channel()) == top + 1
    house.wandb.heal()
    for _ in range(12):
        run.log({"train/loss": 1.0})
        await house.tick()
    again = [m for m in house.channel() if "look at `demo/digits`" in m.text]
    assert [m.ts for m in again] == [told.ts]
    assert "again. For" in again[0].text
    assert not [m for m in house.channel() if "heartbeat" in m.text]
    assert "Not looked at" not in house.board().plain
    for message in house.channel():
        assert not validate_message({"text": message.text, "blocks": message.blocks})


async def test_an_entity_that_vanished_is_told_once(house: House) -> None:
    """The project is gone, or closed to the key: W&B answers both alike, and so does the bot."""
    a_run(house, "going")
    await watching(house)
    house.wandb.remove_entity("demo")
    await house.tick(8, seconds=301)
    told = [m for m in house.channel() if "I cannot look at `demo/digits`" in m.text]
    assert ["Check the spelling" in m.plain for m in told] == [True]
    assert "Not looked at since" in house.find("Watching demo/digits").plain
    assert not [m for m in house.channel() if "stalled" in m.text.lower()]


async def test_an_outage_that_passes_is_said_on_the_board_alone(house: House) -> None:
    """However long it takes, nothing is posted; afterwards what happened meanwhile is told."""
    run = a_run(house, "going")
    await watching(house)
    top = len(house.channel())
    house.wandb.fail(Status(503))
    await house.tick(6, seconds=301)
    assert len(house.channel()) == top
    assert "W&amp;B unreachable since" in house.board().plain
    run.becomes("finished", exit_code=0)
    house.wandb.heal()
    await house.tick(3, seconds=301)
    assert "going: Finished" in house.channel()[-1].text
    assert len(house.channel()) == top + 1


async def test_a_run_that_always_fails_holds_up_no_other(house: House) -> None:
    """Its curves never come; the others are told as ever."""
    a_run(house, "broken")
    await watching(house)
    house.wandb.fail(Status(500), path="demo/digits/broken", fields={"sampledHistory", "history"})
    run = a_run(house, "fresh")
    await house.tick()
    run.becomes("failed", exit_code=1)
    await house.tick(2)
    assert "Failed" in house.card("fresh").text
    assert not [m for m in house.channel() if "broken:" in m.text]


async def test_a_clock_that_jumps_wakes_nobody_and_stops_nothing(house: House) -> None:
    """A day ahead and back: no run is called stalled, and what happens later is told."""
    run = a_run(house, "going")
    await watching(house)
    top = len(house.channel())
    house.clock._now = house.clock.now().replace(day=house.clock.now().day + 1)
    run.beat()
    await house.tick()
    house.clock._now = house.clock.now().replace(day=house.clock.now().day - 1)
    await house.tick(3)
    assert len(house.channel()) == top
    run.becomes("finished", exit_code=0)
    await house.tick(3)
    assert "going: Finished" in house.channel()[-1].text
