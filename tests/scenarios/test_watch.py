"""A channel that watches: its board, the cards of its runs, and what is never said twice."""

import numpy as np

from bot.demo.wandb import LocalRun, Status
from handlers.views.validate import validate_message
from tests.scenarios.watching import House, ago

OOM = (
    "Traceback (most recent call last):\n"
    '  File "train.py", line 42, in train\n'
    "    loss.backward()\n"
    "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB"
)


def a_run(house: House, name: str, *, points: int = 40, **more: object) -> LocalRun:
    """A run that is going well, its last row just now."""
    loss = np.linspace(2.0, 1.0, points)
    sparse = {"eval/loss": ([0, points // 2, points - 1], [2.0, 1.5, 1.2])}
    return house.wandb.add_run(
        "demo",
        "digits",
        name,
        columns={"train/loss": loss},
        sparse=sparse,
        created_at=ago(house, seconds=points),
        **more,  # type: ignore[arg-type]
    )


async def test_watching_posts_a_board_and_says_who_asked_for_it(house: House) -> None:
    """`/wandb watch ENTITY/PROJECT` posts the look as a board, and what will come, with Undo."""
    a_run(house, "calm")
    await house.says("/wandb watch demo/digits")
    board = house.board()
    assert board.headline == "Watching demo/digits"
    assert "1 running, without a warning" in board.text
    assert "calm" in board.plain
    told = house.find("I watch")
    assert told.actions == ["Undo", "Settings"]


async def test_a_run_gets_one_card_for_its_whole_life(house: House) -> None:
    """Started, then finished: one message, edited in place; the end also in its thread."""
    await house.says("/wandb watch demo/digits")
    await house.tick()
    run = a_run(house, "fresh")
    await house.tick()
    card = house.card("fresh")
    assert "Started" in card.text
    before = len(house.channel())
    run.becomes("finished", exit_code=0)
    await house.tick(2)
    assert len(house.channel()) == before
    assert house.find("fresh: Finished").ts == card.ts
    replies = house.slack.thread(card)
    assert [reply.text.partition(":")[0] for reply in replies] == ["✅ fresh"]
    assert "eval/loss 1.2" in replies[0].plain


async def test_a_failure_says_why_in_its_first_message(house: House) -> None:
    """A run that fails is told once, with its cause, and gets one fresh line with a link."""
    await house.says("/wandb watch demo/digits")
    await house.tick()
    run = a_run(house, "fresh")
    await house.tick()
    run.print(OOM, error=True)
    run.becomes("failed", exit_code=1)
    await house.tick(3)
    card = house.card("fresh")
    assert "Failed at step 39: it ran out of GPU memory" in card.text
    assert "Halve the batch size" in card.plain
    assert [line.text.startswith("🔴 fresh: Failed") for line in house.lines()] == [True]
    assert len(house.slack.thread(card)) == 1


async def test_what_was_there_before_is_not_told(house: House) -> None:
    """Runs that ran or had ended when watching began stand on the board, and nowhere else."""
    a_run(house, "old", state="finished")
    a_run(house, "going")
    await house.says("/wandb watch demo/digits")
    await house.tick(3)
    assert "old" in house.board().plain
    assert not [m for m in house.channel() if "Started" in m.text or "Finished" in m.text]


async def test_a_lost_run_is_not_called_dead_and_corrected_when_it_returns(house: House) -> None:
    """“Contact lost” stands on the card, and is taken back there when the run beats again."""
    await house.says("/wandb watch demo/digits")
    await house.tick()
    run = a_run(house, "fresh")
    await house.tick()
    run.becomes("crashed")
    await house.tick()
    assert "lost contact" in house.card("fresh").text
    assert "it may come back" in house.card("fresh").plain
    run.becomes("running")
    run.beat()
    await house.tick(2)
    assert "Contact is back" in house.card("fresh").text
    assert [line.text.startswith("✔️ fresh") for line in house.lines()] == [True]
    assert "resolved, lasted" in house.lines()[0].plain


async def test_a_failed_run_that_is_resumed_had_not_ended(house: House) -> None:
    """The card says that it went on, not that the failure was “resolved”."""
    await house.says("/wandb watch demo/digits")
    await house.tick()
    run = a_run(house, "fresh")
    await house.tick()
    run.becomes("failed", exit_code=1)
    await house.tick()
    assert "Failed" in house.card("fresh").text
    run.becomes("running")
    run.log({"train/loss": 0.9})
    run.beat()
    await house.tick(2)
    assert "but it went on" in house.card("fresh").plain
    assert "Failed" not in house.card("fresh").text


async def test_a_deleted_runs_card_says_so_and_nothing_more_is_said(house: House) -> None:
    """Whoever deleted it knows: no new message. But no card says “Running” of what is gone."""
    await house.says("/wandb watch demo/digits")
    await house.tick()
    run = a_run(house, "fresh")
    await house.tick()
    run.becomes("crashed")
    await house.tick()
    card, top = house.card("fresh"), len(house.channel())
    replies = len(house.slack.thread(card))
    house.wandb.remove(run)
    await house.tick(2)
    shown = house.card("fresh")
    assert shown.ts == card.ts
    assert "Deleted in W&amp;B" in shown.text
    assert "Running" not in shown.plain
    assert "it may come back" not in shown.plain
    assert "lost contact" in shown.plain
    assert "until it was deleted" in shown.plain
    assert (len(house.channel()), len(house.slack.thread(shown))) == (top, replies)
    assert "fresh" not in house.board().plain


async def test_a_problem_that_passes_is_resolved_in_place(house: House) -> None:
    """A problem's end edits the card (“lasted …”) and is no second message."""
    await house.says("/wandb watch demo/digits")
    await house.says("/wandb alert when queue/depth > 5 in demo/digits")
    await house.tick()
    run = a_run(house, "fresh")
    await house.tick()
    run.log({"train/loss": 0.9, "queue/depth": 7.0})
    await house.tick()
    card = house.card("fresh")
    assert "Your rule “queue/depth &gt; 5” holds" in card.text
    replies, top = len(house.slack.thread(card)), len(house.channel())
    for _ in range(3):
        run.log({"train/loss": 0.9, "queue/depth": 1.0})
        await house.tick()
    assert "The rule holds no more" in house.card("fresh").plain
    assert "lasted 1 min" in house.card("fresh").plain
    assert len(house.slack.thread(card)) == replies
    assert len(house.channel()) == top


async def test_one_fresh_line_within_the_cooling_period(house: House) -> None:
    """A second critical problem of a run within the hour goes to its thread only."""
    await house.says("/wandb watch demo/digits")
    await house.tick()
    run = a_run(house, "fresh", points=100)
    await house.tick()
    for _ in range(6):
        run.log({"train/loss": float("nan")})
    await house.tick(2)
    run.becomes("failed", exit_code=1)
    await house.tick(2)
    assert len(house.lines()) == 1
    assert "Failed" in house.card("fresh").text
    assert len(house.slack.thread(house.card("fresh"))) == 2


async def test_a_sweep_is_one_card(house: House) -> None:
    """Runs of a sweep share a card that counts them; their news goes into its thread."""
    await house.says("/wandb watch demo/digits")
    await house.tick()
    runs = [a_run(house, f"run-{n}", sweep="abc") for n in range(6)]
    await house.tick()
    cards = [m for m in house.channel() if "abc" in m.text]
    assert len(cards) == 1
    assert "6 runs: 6 running" in cards[0].plain
    for run in runs:
        run.becomes("finished", exit_code=0)
    await house.tick(2)
    await house.tick(2, seconds=400)
    card = next(m for m in house.channel() if m.ts == cards[0].ts)
    assert "6 finished" in card.plain
    assert "best eval/loss 1.2" in card.plain
    assert len([m for m in house.channel() if "abc" in m.text]) == 1
    assert sum("ended" in reply.text for reply in house.slack.thread(card)) == 1


async def test_many_runs_that_begin_at_once_are_one_message(house: House) -> None:
    """The changes of one look are one message."""
    await house.says("/wandb watch demo/digits")
    await house.tick()
    before = len(house.channel())
    for number in range(12):
        a_run(house, f"run-{number}")
    await house.tick()
    assert len(house.channel()) == before + 1
    assert "12 runs" in house.find("12 runs").plain


async def test_wandb_down_is_said_on_the_board_and_nothing_is_cried(house: House) -> None:
    """While W&B does not answer, the board says since when; no run is called stalled."""
    a_run(house, "going")
    await house.says("/wandb watch demo/digits")
    await house.tick()
    top = len(house.channel())
    house.wandb.fail(Status(503))
    await house.tick(2, seconds=120)
    assert "unreachable since" in house.find("Watching demo/digits").plain
    assert len(house.channel()) == top
    house.wandb.heal()
    await house.tick(2, seconds=400)
    assert "unreachable" not in house.find("Watching demo/digits").plain
    assert not [m for m in house.channel() if "stalled" in m.text]


async def test_where_the_app_is_no_member_it_says_so_and_stores_nothing(house: House) -> None:
    """Slash commands work there and posts do not: “invite me”, before anything is kept."""
    await house.says("/wandb watch demo/digits", where="#away")
    assert "/invite @bot" in house.private()
    here = await house.app.services.watching.subscriptions.in_channel(
        house.slack.channel("#away").id
    )
    assert not here


async def test_an_entity_that_is_not_answered_is_refused(house: House) -> None:
    """The allow-list holds for watching too."""
    await house.says("/wandb watch other/project")
    assert "not answered here" in house.private()
    assert not house.channel()


async def test_a_project_that_does_not_exist_is_not_watched(house: House) -> None:
    """A wrong name is said, with what to do, and nothing is stored."""
    await house.says("/wandb watch demo/nothing")
    assert "Check the spelling" in house.private()
    await house.says("/wandb watches")
    assert "Nothing is watched here" in house.find("watched").plain


async def test_every_message_keeps_slacks_limits(house: House) -> None:
    """Boards, cards, replies and lists are blocks that Slack takes."""
    a_run(house, "going")
    await house.says("/wandb watch demo/digits")
    await house.tick()
    run = a_run(house, "fresh")
    await house.tick()
    run.becomes("failed", exit_code=1)
    await house.tick(2)
    for message in house.channel():
        assert not validate_message({"text": message.text, "blocks": message.blocks})


async def test_a_sweep_of_fifty_runs_is_one_card_and_one_end(house: House) -> None:
    """Fifty runs that begin, and end one after another: one card, one “ended”, bounded replies."""
    await house.says("/wandb watch demo/digits")
    await house.tick()
    top = len(house.channel())
    runs = [a_run(house, f"run-{n:02}", points=6, sweep="abc") for n in range(50)]
    await house.tick()
    card = house.find("abc")
    assert "50 runs: 50 running" in card.plain
    for first in (0, 25):
        for run in runs[first : first + 25]:
            run.becomes("finished", exit_code=0)
        await house.tick()
    await house.tick(2, seconds=400)
    assert len(house.channel()) == top + 1
    assert "50 finished" in house.find("abc").plain
    replies = house.slack.thread(card)
    assert len(replies) == 3  # two looks at which runs ended, and the end of the sweep
    assert sum("Sweep abc ended" in reply.plain for reply in replies) == 1


async def test_a_run_that_a_filter_lets_in_late_did_not_start_then(house: House) -> None:
    """A watch of failed runs tells of the failure; that the run “started” would be untrue."""
    await house.says("/wandb watch demo/digits --state failed")
    await house.tick()
    run = a_run(house, "fresh")
    await house.tick()
    assert not [m for m in house.channel() if "fresh" in m.text]
    run.becomes("failed", exit_code=1)
    await house.tick(2)
    card = house.card("fresh")
    assert "Failed" in card.text
    assert "Started" not in card.plain


async def test_a_filter_that_is_widened_brings_no_old_news(house: House) -> None:
    """Runs that were there before are on the board from now on, and are not told as new."""
    await house.says("/wandb watch demo/digits --tag prod")
    await house.tick()
    a_run(house, "other")
    await house.tick()
    await house.says("/wandb settings")
    channel = house.slack.channel("#ml").id
    here = await house.app.services.watching.subscriptions.in_channel(channel)
    await house.app.services.watching.subscriptions.filter(here[0].id, "")
    await house.tick(2)
    assert "other" in house.board().plain
    assert not [m for m in house.channel() if "other:" in m.text]


async def test_only_a_linked_owner_is_mentioned_and_only_where_it_is_asked_for(
    house: House,
) -> None:
    """Ada's run fails: she is named once mentions are on; not for what she stopped herself."""
    ada = house.slack.user("ada").id
    people = house.app.services.conversation.accounts
    await people.link(ada, "demo-user", "email")
    subscriptions = house.app.services.watching.subscriptions
    channel = house.slack.channel("#ml").id
    await house.says("/wandb watch demo/digits")
    await house.tick()
    for name, mentions in (("quiet", False), ("called", True)):
        manners = await subscriptions.manners(channel)
        await subscriptions.behave(channel, manners.model_copy(update={"mentions": mentions}))
        failing, killed = a_run(house, name), a_run(house, f"{name}-by-hand")
        await house.tick()
        failing.becomes("failed", exit_code=1)
        killed.becomes("killed")
        await house.tick(2)
        card = house.card(name)
        told = [m for m in (card, *house.lines(), *house.slack.thread(card)) if name in m.text]
        assert sum(f"<@{ada}>" in m.text for m in told) == mentions
        by_hand = house.card(f"{name}-by-hand")
        told = [by_hand, *house.slack.thread(by_hand)]
        assert not [m for m in told if f"<@{ada}>" in m.text + m.plain]
