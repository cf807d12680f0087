"""Talking with the bot about runs: it understands, asks back, remembers, and says which run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from analysis.refs import ProjectRef
from bot.demo.slack import Message, Shortcut
from bot.demo.wandb import LocalWandb, Status
from handlers.views.validate import validate_message
from tests.clocks import HandClock
from tests.scenarios.office import ADA, BOB, Office, a_workspace, office, read


async def uses_vision(here: Office) -> None:
    """The channel's default is demo/vision from now on."""
    await here.says("/wandb use demo/vision")
    await here.answer("is the default")
    # As after the start: whose key it is, and the names, are known. The clock here leaves no time.
    await here.app.services.conversation.directory.home()
    await here.app.services.conversation.directory.recent(ProjectRef("demo", "vision"))


def sound(message: Message) -> bool:
    """Whether Slack would take the message, and it says something to those who hear it."""
    return bool(message.text) and not validate_message(
        {"text": message.text, "blocks": list(message.blocks)}
    )


async def test_a_run_is_found_by_its_name(here: Office) -> None:
    """The display name is enough where the channel has a default project."""
    here.run("a1b2c3d4", name="calm-otter-1")
    await uses_vision(here)
    await here.asks("did calm-otter-1 finish?")
    said = await here.answer("Yes, ")
    assert "calm-otter-1" in read(said)
    assert "finished" in said.text
    assert sound(said)


async def test_a_run_that_still_runs_is_not_finished(here: Office) -> None:
    """The answer says how far it is and how long is left."""
    here.run("live", state="running")
    await uses_vision(here)
    await here.says("/wandb did live finish")
    said = await here.answer("step 199 of 400")
    assert said.text.startswith("▶️ No, ")


async def test_how_long_is_left(here: Office) -> None:
    """At its pace of a step a second, 201 steps take about three minutes."""
    here.run("live", state="running")
    await uses_vision(here)
    await here.says("/wandb how long left for live?")
    said = await here.answer("left for")
    assert "3 min 21 s" in read(said)
    assert sound(said)


async def test_a_lost_run_is_not_called_dead(here: Office) -> None:
    """W&B's “crashed” is told as contact lost."""
    here.run("gone", state="crashed")
    await uses_vision(here)
    await here.says("/wandb did gone finish")
    said = await here.answer("lost contact")
    assert "may come back" in read(said)


async def test_my_run_asks_once_who_i_am_and_goes_on(here: Office) -> None:
    """Without a link a button asks, in private; the click answers the question itself."""
    here.run("mine", user=ADA)
    await uses_vision(here)
    await here.asks("did my run finish")
    question = await here.answer("Who are you on W&B")
    assert question.only_for == here.slack.user("ada").id
    await here.slack.click(question, "ada-w", "ada")
    said = await here.answer("Yes, ")
    assert "mine" in read(said)
    await here.asks("is my last run done?", where="#other")
    await here.quiet()
    assert sum("Who are you" in m.text for m in here.everything()) == 0
    assert sum("Yes, " in m.text for m in here.everything()) == 2


async def test_who_does_not_want_to_be_asked_is_not(here: Office) -> None:
    """“Don’t ask again” is remembered; the way back is told."""
    here.run("mine")
    await uses_vision(here)
    await here.asks("did my run finish")
    question = await here.answer("Who are you on W&B")
    await here.slack.click(question, "Don’t Ask Again", "ada")
    await here.answer("will not ask again")
    await here.asks("did my run finish")
    said = await here.answer("I do not know who you are")
    assert "/wandb link" in read(said)
    assert not said.actions


async def test_a_name_that_nothing_proves_is_confirmed_in_private(here: Office) -> None:
    """The person sees the newest run of that user before saying yes."""
    here.run("hers", user=BOB, name="bobs-run")
    await uses_vision(here)
    await here.says("/wandb link bob-w")
    question = await here.answer("Are you")
    assert question.only_for == here.slack.user("ada").id
    assert "bobs-run" in read(question)
    await here.slack.click(question, "Yes, That Is Me", "ada")
    await here.answer("You are bob-w on W&B")
    await here.says("/wandb unlink")
    await here.answer("Forgotten")


async def test_an_equal_e_mail_proves_the_account(here: Office) -> None:
    """The address in Slack is that of the key's own user: nothing need be confirmed."""
    await here.slack.types("#ml", "owner", "/wandb link demo-user")
    await here.slack.until(lambda: here.slack.ephemerals("owner"))
    said = here.slack.ephemerals("owner")[-1]
    assert "e-mail proves it" in read(said)
    person = await here.app.services.conversation.accounts.of(here.slack.user("owner").id)
    assert person is not None
    assert person.proof == "email"


async def test_several_matches_are_asked_back(here: Office) -> None:
    """A menu of what matches; the choice answers the original question in its place."""
    here.run("r1", name="sweep-lr-1", eval_loss=1.0)
    here.run("r2", name="sweep-lr-2", eval_loss=1.2)
    await uses_vision(here)
    await here.asks("did sweep-lr finish?")
    question = await here.answer("Which run do you mean")
    assert sound(question)
    await here.slack.click(question, "which.pick", "ada", value="0")
    said = await here.answer("Yes, ")
    assert said.ts == question.ts
    assert "Which run" not in read(said)


async def test_a_misspelt_name_offers_the_nearest(here: Office) -> None:
    """Nothing is guessed where no name fits: the nearest are offered."""
    here.run("r1", name="gentle-badger-7")
    await uses_vision(here)
    await here.says("/wandb describe gentle-bear-9")
    question = await here.answer("I know no run")
    assert "gentle-badger-7" in read(question) or "gentle-badger-7" in str(question.blocks)


async def test_run_three_of_the_list(here: Office) -> None:
    """A numbered list makes “run 3” work, in its thread and in the channel."""
    for place in range(5):
        here.run(f"id{place}", name=f"run-number-{place}", hours_ago=place + 1.0)
    await uses_vision(here)
    await here.says("/wandb runs")
    listed = await here.answer("5 runs in demo/vision")
    assert "1. ✅ run-number-0" in read(listed)
    assert sound(listed)
    await here.says("/wandb describe run 3")
    assert "run-number-2" in read(await here.answer("run-number-2 in"))


async def test_several_runs_are_described_in_one_message(here: Office) -> None:
    """Each with its verdict; “run 2” is the second from then on."""
    here.run("alpha")
    here.run("beta", state="failed")
    await uses_vision(here)
    await here.asks("describe alpha and beta")
    told = await here.answer("2 runs: 1 critical, 1 healthy")
    assert sound(told)
    lines = read(told)
    assert lines.index("1. 🟢 alpha") < lines.index("2. 🔴 beta")
    await here.quiet()
    await here.says("/wandb describe run 1")
    assert "alpha in" in read(await here.answer("alpha in"))


async def test_a_name_behind_a_run_that_is_no_run_is_a_metric(here: Office) -> None:
    """`plot RUN METRIC`, where the metric is of nobody's list."""
    here.run("alpha")
    await uses_vision(here)
    await here.says("/wandb plot alpha zeta_q9")
    assert "no run" not in read(await here.answer("alpha logs no zeta_q9"))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/wandb describe", "Which run do you mean?"),
        ("/wandb remind me", "Which run do you mean?"),
        ("/wandb why alpha beta", "Which run do you mean?"),
        ('/wandb describe "Lora sweep 7"', "no run “Lora sweep 7”"),
    ],
)
async def test_what_is_not_said_is_asked_in_plain_words(
    here: Office, line: str, words: str
) -> None:
    """No “it” that nobody wrote, and a name in quotes is a name."""
    here.run("alpha")
    here.run("beta", state="failed")
    await uses_vision(here)
    await here.says(line)
    await here.answer(words)


@pytest.mark.parametrize(
    ("said", "offered"),
    [
        ("I don't want notifications from alpha any more", "Mute alpha"),
    ],
)
async def test_who_has_had_enough_is_offered_the_end_of_it(
    here: Office, said: str, offered: str
) -> None:
    """Nothing is changed by a sentence that may be a remark; a button does it."""
    here.run("alpha")
    await uses_vision(here)
    await here.asks(said)
    assert offered in read(await here.answer("Did you mean one of these?"))


async def test_failed_runs_since_a_day(here: Office) -> None:
    """State, time and owner narrow a list; the title says what was asked for."""
    here.run("old", state="failed", hours_ago=80.0)
    here.run("new", state="failed", hours_ago=3.0)
    here.run("fine", hours_ago=3.0)
    await uses_vision(here)
    await here.asks("failed runs since yesterday")
    listed = await here.answer("failed run")
    assert "new" in read(listed)
    assert "fine" not in read(listed)
    assert "1. ❌ new" in read(listed)
    assert "2." not in read(listed)


async def test_a_long_list_turns_its_pages(here: Office) -> None:
    """Where tables are not known: ten lines, “Older” shows the next in the same message."""
    here.slack.unknown_blocks.add("data_table")
    for place in range(13):
        here.run(f"id{place:02}", hours_ago=place + 1.0, rows=20)
    await uses_vision(here)
    await here.says("/wandb runs")
    listed = await here.answer("13 runs")
    await here.slack.click(listed, "Older", "ada")
    turned = await here.answer("11. ")
    assert turned.ts == listed.ts
    assert "13. ✅ id12" in read(turned)


async def test_the_best_run_by_a_metric(here: Office) -> None:
    """The lowest evaluation loss wins, and the answer says by what."""
    here.run("good", eval_loss=1.1)
    here.run("better", eval_loss=0.7)
    here.run("worse", eval_loss=1.6)
    await uses_vision(here)
    await here.asks("best run by eval loss")
    said = await here.answer("🏆")
    assert said.text == "🏆 Best in demo/vision: better with eval/loss 0.7"
    assert sound(said)


async def test_the_curve_of_a_metric(here: Office) -> None:
    """The value, its course and a picture; the words are matched to what the run logs."""
    here.run("otter")
    await uses_vision(here)
    await here.asks("loss curve of otter")
    said = await here.answer("train/loss of otter")
    assert "falling" in read(said)

    def drawn() -> bool:
        newest = [m for m in here.everything() if m.ts == said.ts]
        return any(block["type"] == "image" for message in newest for block in message.blocks)

    async with here.clock.passing():
        assert await here.slack.until(drawn)


async def test_a_metric_that_is_not_logged(here: Office) -> None:
    """What is not there is said, with the nearest names."""
    here.run("otter")
    await uses_vision(here)
    await here.says("/wandb plot otter --metric eval/lossy_thing")
    said = await here.answer("logs no eval/lossy_thing")
    assert "eval/loss" in read(said)


async def test_a_thread_keeps_its_run(here: Office) -> None:
    """A follow-up in the thread needs neither a mention nor a name."""
    here.run("otter")
    await uses_vision(here)
    parent = await here.asks("did otter finish?")
    await here.answer("Yes, ")
    await here.quiet()  # what a thread is about is noted after the answer was posted
    await here.says("and the gradients?", thread=parent)
    said = await here.answer("train/grad_norm of otter")
    assert said.thread_ts == parent


async def test_talk_in_a_thread_is_left_alone(here: Office) -> None:
    """What people say to each other there is not answered, not even with an apology."""
    here.run("otter")
    await uses_vision(here)
    parent = await here.asks("did otter finish?")
    await here.answer("Yes, ")
    before = len(here.everything())
    for talk in ("nice, thanks all", "I will have lunch", "we should not stop watching alpha yet"):
        await here.says(talk, who="bob", thread=parent)
    await here.quiet()
    assert len(here.everything()) == before


async def test_threads_outlive_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new process still knows what a thread is about, and which events were handled."""
    clock = HandClock()
    async with a_workspace() as slack, LocalWandb(clock=lambda: clock.now().timestamp()) as wandb:
        async with office(tmp_path, monkeypatch, slack=slack, wandb=wandb, clock=clock) as first:
            first.run("otter")
            await uses_vision(first)
            parent = await first.asks("did otter finish?")
            await first.answer("Yes, ")
            asked = next(e for e in slack.envelopes if "did otter finish" in str(e.event))
        async with office(tmp_path, monkeypatch, slack=slack, wandb=wandb, clock=clock) as second:
            before = len(second.everything())
            slack.redeliver(asked)
            await second.quiet()
            assert len(second.everything()) == before
            await second.says("still going?", thread=parent)
            await second.answer("Yes, ")
            await second.quiet()
            assert len(second.everything()) == before + 1


async def test_a_default_can_be_taken_back(here: Office) -> None:
    """Undo restores what held before; it is its author's alone."""
    here.run("otter")
    here.run("other", project="audio")
    await uses_vision(here)
    await here.says("/wandb use demo/audio")
    said = await here.answer("demo/audio is the default")
    await here.slack.click(said, "Undo", "bob")
    await here.answer("only they can undo it")
    await here.slack.click(said, "Undo", "ada")
    await here.answer("the default here is demo/vision again")


async def test_a_default_that_does_not_exist_is_not_stored(here: Office) -> None:
    """A project that W&B does not have is refused."""
    here.run("otter")
    await here.says("/wandb use demo/nothing")
    await here.answer("There is no project")
    preferences = here.app.services.conversation.preferences
    assert await preferences.default("channel", here.slack.channel("#ml").id) is None


async def test_other_entities_are_refused_before_anything_is_asked(here: Office) -> None:
    """The allow-list comes first, whatever the question."""
    here.wandb.add_run("secret", "p", "hidden")
    before = {request.operation for request in here.wandb.traffic.requests}
    for text in (
        "/wandb use secret/p",
        "/wandb runs secret/p",
        "/wandb best secret/p",
        "/wandb plot secret/p/hidden",
        "/wandb did secret/p/hidden finish",
    ):
        await here.says(text)
        await here.quiet()
    asked = here.wandb.traffic.requests
    assert not [r for r in asked if "secret" in str(r.variables)], before
    assert sum("not answered here" in m.text for m in here.everything()) == 5


async def test_not_understood_offers_three_things(here: Office) -> None:
    """Addressed but not understood: it says so, and offers what is nearest, filled in."""
    here.run("otter")
    await uses_vision(here)
    await here.asks("please fold the laundry of otter tomorrow")
    said = await here.answer("Did you mean")
    assert said.only_for == here.slack.user("ada").id
    labels = [element["text"]["text"] for element in said.blocks[1]["elements"]]
    assert len(labels) == 3
    assert any("otter" in label for label in labels)


async def test_a_suggestion_says_what_it_does(here: Office) -> None:
    """Asking how training is going looks at runs; it watches nothing."""
    await here.asks("please make me a sandwich")
    said = read(await here.answer("Did you mean"))
    assert "How Is Training  What runs now, and what failed or finished lately." in said
    assert "Watch a project" not in said


async def test_a_suggestion_does_what_it_says(here: Office) -> None:
    """A click on a suggestion is as good as the words."""
    here.run("otter")
    await uses_vision(here)
    await here.asks("xyzzy otter frobnicate")
    said = await here.answer("Did you mean")
    await here.slack.click(said, "Describe otter", "ada")
    await here.answer("otter in demo/vision")


async def test_greetings_and_thanks(here: Office) -> None:
    """Short, and only when the bot is meant."""
    await here.says("hello", where="@ada")
    await here.answer("Ask me how your training runs")
    await here.says("thanks!", where="@ada")
    await here.answer("welcome")


async def test_bare_wandb_shows_what_holds_here(here: Office) -> None:
    """The default, who one is, and buttons; to the person only."""
    here.run("otter")
    await uses_vision(here)
    await here.says("/wandb")
    said = await here.answer("The default here is demo/vision")
    assert said.only_for == here.slack.user("ada").id
    assert sound(said)
    await here.slack.click(said, "Latest Runs", "ada")
    await here.answer("1 run in demo/vision")


OTHER_APP: dict[str, Any] = {
    "user": "U0OTHERBOT",
    "bot_id": "B0OTHERBOT",
    "bot_profile": {"id": "B0OTHERBOT"},
}
CLASSIC_APP: dict[str, Any] = {"subtype": "bot_message", "bot_id": "B0CLASSIC", "username": "ci"}


def ourselves(here: Office) -> dict[str, Any]:
    """Who says what our own app posts."""
    return {"user": here.bot.id, "bot_id": here.slack.app.bot_id, "app_id": here.slack.app.app_id}


def hears(here: Office, speaker: Mapping[str, Any], where: str, text: str, thread: str) -> None:
    """The app is told of a message that no person typed, as Slack tells of it."""
    channel = here.slack.channel(where)
    direct = channel.kind == "im"
    said: dict[str, Any] = {
        **speaker,
        "type": "message",
        "text": text,
        "ts": here.slack.new_ts(),
        "channel": channel.id,
        "channel_type": "im" if direct else "channel",
    }
    if thread:
        said["thread_ts"] = thread
    assert here.slack.emit("message.im" if direct else "message.channels", said, channel)
    if not direct and f"<@{here.bot.id}>" in text:
        assert here.slack.emit("app_mention", {**said, "type": "app_mention"}, channel)


@pytest.mark.parametrize("speaker", ["another app", "a classic app", "the bot itself"])
async def test_what_no_person_said_is_not_answered(here: Office, speaker: str) -> None:
    """In a channel, in a thread of the bot, in a direct message; mentioned or not."""
    who = {"another app": OTHER_APP, "a classic app": CLASSIC_APP}.get(speaker) or ourselves(here)
    here.run("otter")
    await uses_vision(here)
    parent = await here.asks("did otter finish?")
    await here.answer("Yes, ")
    await here.says("did otter finish?", where="@ada")
    async with here.clock.passing():
        await here.slack.until(lambda: sum("Yes, " in m.text for m in here.everything()) == 2)
    await here.quiet()
    before = len(here.everything())
    mention = f"<@{here.bot.id}> did otter finish?"
    for where, text, thread in (
        ("#ml", mention, ""),
        ("#ml", mention, parent),
        ("#ml", "and the gradients?", parent),
        ("@ada", "did otter finish?", ""),
        ("@ada", mention, ""),
    ):
        hears(here, who, where, text, thread)
    await here.quiet()
    assert len(here.everything()) == before
    await here.says("and the gradients?", thread=parent)  # a person is still answered there
    await here.answer("train/grad_norm of otter")
    await here.quiet()
    assert len(here.everything()) == before + 1


async def test_a_name_is_waited_for_where_wandb_is_slow(here: Office) -> None:
    """A plain word may be a run: a status is seen meanwhile, and the answer comes, late."""
    here.run("a1b2c3d4", name="totem")
    slow = here.wandb.hold()
    asked = await here.says("totem", where="@ada")
    key = (here.slack.channel("@ada").id, asked)
    async with here.clock.passing():
        await here.slack.until(lambda: here.slack.statuses.get(key))
    assert not here.everything()
    slow.release()
    said = await here.answer("totem in demo/vision")
    assert sound(said)
    await here.quiet()
    assert not here.slack.statuses.get(key)
    assert not [message for message in here.everything() if "Did you mean" in read(message)]


async def test_an_edit_is_not_answered(here: Office) -> None:
    """An edit of an answered message starts nothing new."""
    here.run("otter")
    await uses_vision(here)
    await here.says("did otter finish", where="@ada")
    await here.answer("Yes, ")
    count = len(here.everything())
    mine = next(m for m in here.slack.messages("@ada") if m.text == "did otter finish")
    await here.slack.edits(mine, "did otter finish now")
    await here.quiet()
    assert len(here.everything()) == count


async def test_a_refused_key_is_told_as_such(here: Office) -> None:
    """A sentence is read all the same; what needs W&B says why it cannot be had."""
    here.run("otter")
    await uses_vision(here)
    here.wandb.fail(Status(401))
    await here.says("/wandb runs demo/vision")
    said = await here.answer("⚠️")
    assert said.only_for is not None
    await here.says("hello", where="@ada")
    await here.answer("Ask me how your training runs")


async def test_a_run_that_is_not_there_hides_no_other_of_the_message(here: Office) -> None:
    """The shortcut on a message describes the one that W&B knows."""
    here.run("otter")
    await uses_vision(here)
    message = (
        await here.slack.types("#ml", "ada", "demo/vision/gone or demo/vision/otter")
    ).message
    assert message is not None
    here.slack.app.shortcuts = [Shortcut("describe_message", "Describe this run", "message")]
    await here.slack.shortcut("describe_message", "ada", message)
    await here.answer("otter in demo/vision")
