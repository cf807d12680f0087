"""What people set about watching, see listed, and take back."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from analysis.refs import ProjectRef
from handlers.views.validate import validate_message, validate_view
from tests.scenarios.watching import House, a_house, a_run


async def test_a_watch_can_be_undone_for_five_minutes(house: House) -> None:
    """Undo under “I watch …” stops it; after five minutes it says that it is too late."""
    await house.says("/wandb watch demo/digits")
    await house.click(house.find("I watch"), "Undo")
    await house.says("/wandb watches")
    assert "Nothing is watched here" in house.channel()[-1].plain
    await house.says("/wandb watch demo/digits")
    told = house.find("I watch")
    await house.clock.advance(301)
    await house.click(told, "Undo")
    assert "too late to undo that" in house.private()


async def test_the_list_says_who_added_each_and_stops_it(house: House) -> None:
    """`/wandb watches` names the author; its button stops the watch, with Undo."""
    await house.says("/wandb watch demo/digits --tag prod")
    await house.says("/wandb watches")
    listed = house.find("added by")
    assert f"<@{house.slack.user('ada').id}>" in listed.plain
    assert "tag:prod" in listed.plain
    await house.click(listed, "Stop", "grace")
    stopped = next(
        m for top in house.channel() for m in [top, *house.slack.thread(top)]
        if "no longer watch" in m.text
    )  # fmt: skip
    await house.click(stopped, "Undo", "grace")
    await house.says("/wandb watches")
    assert "demo/digits" in house.channel()[-1].plain


async def test_filters_narrow_what_is_told(house: House) -> None:
    """A watch of one tag shows and tells only its runs."""
    await house.says("/wandb watch demo/digits --tag prod")
    await house.tick()
    a_run(house, "mine", tags=["prod"])
    a_run(house, "other")
    await house.tick()
    assert "Started" in house.card("mine").text
    assert not [m for m in house.channel() if "other" in m.plain]


async def test_a_muted_run_is_silent_and_its_board_is_not(house: House) -> None:
    """“Mute This Run” on a card: no reply, no line; unmuting brings them back."""
    await house.says("/wandb watch demo/digits")
    await house.tick()
    run = a_run(house, "fresh")
    await house.tick()
    await house.click(house.card("fresh"), "Mute This Run")
    replies = len(house.slack.thread(house.card("fresh")))
    run.becomes("failed", exit_code=1)
    await house.tick(2)
    assert not house.lines()
    assert len(house.slack.thread(house.card("fresh"))) == replies
    assert "Failed" in house.board().plain
    assert "Failed" in house.card("fresh").text  # how a run stands is never told wrongly


async def test_a_kind_can_be_muted_here(house: House) -> None:
    """“Mute This Kind Here” ends that kind of alert in this channel."""
    await house.says("/wandb watch demo/digits")
    await house.tick()
    a_run(house, "first")
    await house.tick()
    await house.click(house.card("first"), "Mute This Kind Here")
    a_run(house, "second")
    await house.tick()
    assert not [m for m in house.channel() if "second: Started" in m.text]


async def test_a_snooze_ends_by_itself(house: House) -> None:
    """`/wandb snooze RUN 2h` is silent for two hours."""
    await house.says("/wandb watch demo/digits")
    await house.tick()
    run = a_run(house, "fresh")
    await house.tick()
    await house.says("/wandb snooze demo/digits/fresh 2h")
    assert "No alerts about" in house.channel()[-1].text
    channel = house.slack.channel("#ml").id
    silences = house.app.services.watching.silences
    assert await silences.in_channel(channel)
    await house.clock.advance(timedelta(hours=2, minutes=1).total_seconds())
    assert not await silences.in_channel(channel)
    assert run.state == "running"


async def test_why_shows_the_rule_and_its_evidence_to_one_person(house: House) -> None:
    """“Why?” is ephemeral: which rule fired, by which numbers."""
    await house.says("/wandb watch demo/digits")
    await house.says("/wandb alert when custom/score > 5 in demo/digits")
    await house.tick()
    run = a_run(house, "fresh")
    await house.tick()
    run.log({"train/loss": 1.0, "custom/score": 7.0})
    await house.tick()
    await house.click(house.card("fresh"), "Why?", "grace")
    told = house.private("grace")
    assert "Rule: custom/score &gt; 5" in told
    assert "limit `5`" in told


async def test_rules_are_listed_and_removed(house: House) -> None:
    """`/wandb alerts` lists rules with their numbers; `/wandb unalert` removes one, with Undo."""
    await house.says("/wandb alert when train/loss < 0.5 in demo/digits")
    assert "nothing else of" in house.channel()[-1].plain
    await house.says("/wandb alerts")
    assert "train/loss &lt; 0.5" in house.channel()[-1].plain
    await house.says("/wandb unalert 1")
    await house.click(house.channel()[-1], "Undo")
    await house.says("/wandb alerts")
    assert "train/loss &lt; 0.5" in house.channel()[-1].plain


async def test_a_briefing_comes_at_its_time_and_ends(house: House) -> None:
    """Nine in Berlin on weekdays, by the wall clock; `off` ends it."""
    a_run(house, "going")
    await house.says("/wandb watch demo/digits")
    await house.says("/wandb briefing 11:00 Europe/Berlin weekdays")
    assert "at 11:00 on weekdays (Europe/Berlin)" in house.channel()[-1].plain
    await house.tick(seconds=1_860)  # the test begins at 10:30 in Berlin
    told = house.channel()[-1]
    assert told.text.startswith("☕")
    assert "The briefing of this channel" in told.plain  # nobody asked just now: why it came
    await house.says("/wandb briefing off")
    assert "No briefing here any more" in house.channel()[-1].text


async def test_a_reminder_comes_once_to_who_asked(house: House) -> None:
    """`/wandb remind me when RUN finishes` is a direct message, once."""
    run = a_run(house, "fresh")
    await house.says("/wandb remind me when demo/digits/fresh finishes")
    await house.tick(2)
    assert not [m for m in house.channel("@ada") if "fresh" in m.text]
    run.becomes("finished", exit_code=0)
    await house.tick(3, seconds=61)
    assert len([m for m in house.channel("@ada") if "fresh" in m.text]) == 1


async def test_quiet_hours_hold_all_but_critical_for_one_digest(house: House) -> None:
    """What is held comes as one message at their end."""
    await house.says("/wandb watch demo/digits")
    await house.tick()
    channel = house.slack.channel("#ml").id
    subscriptions = house.app.services.watching.subscriptions
    manners = await subscriptions.manners(channel)
    quiet = manners.model_validate({"quiet_from": "09:00", "quiet_to": "10:00", "zone": "UTC"})
    await subscriptions.behave(channel, quiet)
    before = len(house.channel())
    for name in ("one", "two"):
        a_run(house, name)
        await house.tick()
    assert len(house.channel()) == before
    await house.clock.advance(1_800)
    await house.deliver()
    assert len(house.channel()) == before + 1
    assert "2 things happened while it was quiet" in house.channel()[-1].text


async def test_the_settings_form_is_saved_and_undone(house: House) -> None:
    """`/wandb settings` opens a form of this channel; wrong input stays in it."""
    await house.says("/wandb watch demo/digits")
    await house.says("/wandb settings")
    view = house.slack.view_of("ada")
    assert view is not None
    await house.submits(view, {"zone": "Nowhere/City"})
    assert "no such time zone" in view.errors["zone"]
    await house.submits(
        view,
        {"zone": "Europe/Berlin", "kinds": ["failed"], "thresholds": "grad_exploding = 20"},
    )
    channel = house.slack.channel("#ml").id
    subscriptions = house.app.services.watching.subscriptions
    manners = await subscriptions.manners(channel)
    assert manners.zone == "Europe/Berlin"
    assert manners.wants("failed")
    assert not manners.wants("started")
    assert manners.thresholds == {"grad_exploding": 20.0}
    await house.click(house.find("changed what is told here"), "Undo")
    assert (await subscriptions.manners(channel)).zone == "UTC"


async def test_a_preview_counts_and_saves_nothing(house: House) -> None:
    """`--preview` says how many messages seven days would have made."""
    a_run(house, "old", state="finished")
    await house.says("/wandb watch demo/digits --preview")
    told = house.channel()[-1]
    assert "In the last 7 days I would have posted 1 message in the channel" in told.plain
    await house.says("/wandb watches")
    assert "Nothing is watched here" in house.channel()[-1].plain


async def test_an_answer_always_takes_the_place_of_slow(house: House) -> None:
    """“W&B is slow” stands only while it is: what comes at last stands in the same message."""
    a_run(house, "going")
    await house.says("/wandb watch demo/digits --once")  # whose key this is, is asked once
    held = house.wandb.hold()
    async with house.clock.passing():
        await house.slack.types("#ml", "ada", "/wandb watch demo/digits --once")
        await held.arrived()
        slow = await house.slack.until(lambda: house.find("slow to answer"))
        house.wandb.heal()
        await house.app.listeners.drain(50.0)
    found = house.find("1 running")
    assert found.ts == slow.ts
    assert not [m for m in house.channel() if "slow to answer" in m.plain]


@pytest.fixture
async def patient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """A house whose looks may take long: how long they take is no matter of this test."""
    async with a_house(tmp_path, monkeypatch, WANDB_BOT_DESCRIBE__DEADLINE_S="45") as house:
        yield house


@pytest.mark.parametrize("count", [3, 300])
async def test_a_look_at_few_or_many_runs_is_paged(patient: House, count: int) -> None:
    """`--once` shows a page that Slack takes, and turns it in place."""
    house = patient
    for number in range(count):
        a_run(house, f"run-{number:03}")
    await house.says("/wandb watch demo/digits --once")
    look = await house.slack.until(lambda: house.find(f"{count} running"))
    assert not validate_message({"text": look.text, "blocks": look.blocks})
    assert ("Next" in look.actions) == (count > 12)
    if count > 12:
        await house.click(look, "Next")
        turned = next(m for m in house.channel() if m.ts == look.ts)
        assert "page 2 of 25" in turned.plain


@pytest.mark.parametrize(
    ("said", "day", "clock"),
    [
        ("until monday 9am", 0, "09:00"),
        ("until monday", 0, "09:00"),
        ("until friday 18:00", 4, "18:00"),
        ("for the weekend", 0, "09:00"),
    ],
)
async def test_a_snooze_lasts_until_the_day_that_was_said(
    house: House, said: str, day: int, clock: str
) -> None:
    """By the channel's clock, which is UTC here."""
    await house.says("/wandb watch demo/digits")
    await house.says(f"/wandb snooze {said}")
    channel = house.slack.channel("#ml").id
    (kept,) = await house.app.services.watching.silences.in_channel(channel)
    assert kept.until is not None
    assert kept.until > house.clock.now()
    assert (kept.until.weekday(), f"{kept.until:%H:%M}") == (day, clock)


async def test_a_look_takes_the_filters_of_a_watch(house: House) -> None:
    """`--once --tag …` shows those runs only, says so, and becomes a watch of them."""
    a_run(house, "mine", tags=["prod"])
    a_run(house, "other")
    await house.says("/wandb watch demo/digits --once --tag prod")
    look = house.channel()[-1]
    assert "1 running" in look.text
    assert "mine" in look.plain
    assert "other" not in look.plain
    assert "only `tag:prod`" in look.plain
    await house.click(look, "Refresh")
    assert "other" not in next(m for m in house.channel() if m.ts == look.ts).plain
    await house.click(look, "Watch Here")
    here = await house.app.services.watching.subscriptions.in_channel(house.slack.channel("#ml").id)
    assert [one.filters for one in here] == ["tag:prod"]
    await house.says("/wandb watch demo/digits --once --where 'state:failed'")
    assert "No run in demo/digits meets `state:failed`" in house.channel()[-1].plain, (
        house.private()
    )
    await house.says(f"/wandb watch demo/digits --once --where name:{'x' * 600}")
    assert "too long" in house.private() + house.channel()[-1].plain


async def test_a_group_is_one_line_until_it_is_unfolded(house: House) -> None:
    """A group's runs are listed on demand, in place."""
    for number in range(5):
        a_run(house, f"seed-{number}", group="baseline")
    await house.says("/wandb watch demo/digits --once")
    look = house.channel()[-1]
    assert "seed-0" not in look.plain
    await house.click(look, "Unfold")
    shown = next(m for m in house.channel() if m.ts == look.ts)
    assert "seed-0" in shown.plain
    assert "Fold" in shown.actions


async def test_mentions_do_the_same(house: House) -> None:
    """“How's training?”, “start watching …”, “stop watching” go through the same commands."""
    a_run(house, "going")
    bot = f"@{house.slack.user(house.slack.app.user_id).name}"
    await house.says(f"{bot} start watching demo/digits")
    watched = await house.app.services.watching.subscriptions.in_channel(
        house.slack.channel("#ml").id
    )
    assert [str(one.where) for one in watched] == ["demo/digits"]
    await house.says(f"{bot} stop watching")
    assert not await house.app.services.watching.subscriptions.in_channel(
        house.slack.channel("#ml").id
    )


async def test_the_form_is_one_that_slack_takes(house: House) -> None:
    """The modal keeps Slack's limits, with a watch's filter in it."""
    await house.says("/wandb watch demo/digits --tag prod")
    await house.says("/wandb settings")
    view = house.slack.view_of("ada")
    assert view is not None
    shape = {"type": "modal", "title": {"type": "plain_text", "text": "x"}, "blocks": view.blocks}
    submit = {"submit": {"type": "plain_text", "text": "Save"}}
    assert not validate_view({**shape, **submit})


async def test_every_watch_of_a_full_channel_can_be_reached(house: House) -> None:
    """Fifty watches are listed page by page, in place; the last one can be stopped.

    With filters as long as people write them, each page is one that Slack takes.
    """
    channel, ada = house.slack.channel("#ml").id, house.slack.user("ada").id
    watching = house.app.services.watching
    long = " or ".join(f'name:"nightly-regression-of-{number:02}"' for number in range(12))
    for number in range(50):
        where = ProjectRef("demo", f"project-{number:02}")
        await watching.subscriptions.add(channel, where, creator=ada, filters=long)
    await house.says("/wandb watches")
    listed = house.find("50 watches here")
    shown = []
    for number in range(1, 5):
        page = next(m for m in house.channel() if m.ts == listed.ts)
        assert f"page {number} of 4" in page.plain
        assert not validate_message({"text": page.text, "blocks": page.blocks})
        shown += re.findall(r"project-\d\d", page.plain)
        if number < 4:
            await house.click(page, "Next")
    assert sorted(set(shown)) == [f"project-{number:02}" for number in range(50)]
    last = next(m for m in house.channel() if m.ts == listed.ts)
    assert "Next" not in last.actions
    await house.click(last, "Stop")
    assert len(await watching.subscriptions.in_channel(channel)) == 49


async def test_every_rule_and_reminder_can_be_reached(house: House) -> None:
    """More than one page of them: the last has its button, and a page that is gone is no error."""
    ada, reminders = house.slack.user("ada").id, house.app.services.watching.reminders
    for number in range(1, 17):
        await house.says(f"/wandb alert when train/loss < 0.{number:02} in demo/digits")
    for number in range(16):
        await reminders.add(
            ada, note=f"note {number:02}", at=house.clock.now() + timedelta(hours=number + 1)
        )
    await house.says("/wandb alerts")
    listed = house.find("16 rules here")
    assert "train/loss &lt; 0.16" not in listed.plain
    await house.click(listed, "Next")
    turned = next(m for m in house.channel() if m.ts == listed.ts)
    assert "train/loss &lt; 0.16" in turned.plain
    await house.click(turned, "Remove")
    await house.click(turned, "Previous")
    assert "page 1" not in next(m for m in house.channel() if m.ts == listed.ts).plain
    await house.says("/wandb reminders")
    assert "note 15" not in house.private()
    await house.click(house.slack.ephemerals("ada")[-1], "Next")
    assert "note 15" in house.private()
