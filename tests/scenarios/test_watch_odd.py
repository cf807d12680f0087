"""What people type by mistake about watching: a sentence that helps, and nothing is changed."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from handlers.views.validate import validate_message
from tests.scenarios.watching import House, a_house, a_run


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    async with a_house(tmp_path, monkeypatch) as house:
        a_run(house, "going")
        await house.says("/wandb use demo/digits")
        yield house


async def stored(house: House) -> list[tuple[str, str]]:
    """What #ml watches, and by which filter."""
    channel = house.slack.channel("#ml").id
    here = await house.app.services.watching.subscriptions.in_channel(channel)
    return [(str(one.where), one.filters) for one in here]


HELPED = {
    "/wandb watch 🦊/🦊": "is no project, entity or run that I know",
    "/wandb watch everything": "is no project, entity or run that I know",
    "/wandb watch demo/nope": "Check the spelling",
    "/wandb watch demo --projects digits,other": "one project at a time",
    "/wandb watch demo/digits --tag": "--tag lacks its value",
    '/wandb watch demo/digits --tag ""': "--tag lacks its value",
    "/wandb watch demo/digits --colour red": "I do not know --colour",
    '/wandb watch demo/digits --where "owner:"': "lacks its value",
    '/wandb watch demo/digits --where "' + "(" * 90 + 'tag:a"': "too many brackets",
    '/wandb watch demo/digits --where "eval/loss < nan"': "Nothing compares with NaN",
    "/wandb watch demo/digits --severity huge": "is no severity",
    "/wandb alert when loss": "Write `/wandb alert",
    "/wandb alert when loss < nan": "Write `/wandb alert",
    "/wandb alert when loss > 1e999": "lacks its comparison or its number",
    "/wandb alert when train/loss > 0 x its median": "positive factor and span",
    "/wandb alert when train/loss > 2 x its median for 99999999999999999999 steps": "span",
    "/wandb alert when loss < 0.5 in demo/nope": "Check the spelling",
    "/wandb unalert 999": "no rule with that number",
    "/wandb snooze 99999d": "no time",
    "/wandb snooze 0m": "no time",
    "/wandb snooze demo/digits/going 1e9h": "no time",
    "/wandb mute --kind nonsense": "There are: started, finished",
    "/wandb unsnooze": "Nothing is snoozed here",
    "/wandb briefing 25:00": "/wandb briefing 9:00 Europe/Berlin weekdays",
    "/wandb briefing 9:00 Europe/Berlin someday": "/wandb briefing 9:00 Europe/Berlin weekdays",
    "/wandb briefing 9:00 Mars/Base": "I do not know the time zone “Mars/Base”",
    "/wandb watch demo/digits --hours x": "--hours cannot be “x”",
    "/wandb failures demo/digits --days -1": "--days cannot be “-1”",
    "/wandb runs demo/digits --limit 0": "--limit cannot be “0”",
    "/wandb best demo/digits --top zero": "--top cannot be “zero”",
    "/wandb plot demo/digits/going --metric": "--metric needs a value",
    "/wandb mute nope": "nope",
    "/wandb use nope": "nope",
    "/wandb help nope": "“nope”",
    "/wandb unwatch demo/other": "is not watched here",
    "/wandb unlink nope": "/wandb unlink",
    "/wandb unwatch that thing over there": "/wandb unwatch",
}


async def test_a_mistake_is_answered_with_what_to_write(house: House) -> None:
    """To the person alone; nothing is watched, ruled, muted or scheduled by it."""
    for line, helped in HELPED.items():
        before = len(house.slack.ephemerals("ada"))
        await house.says(line)
        said = "\n".join(m.plain for m in house.slack.ephemerals("ada")[before:])
        assert helped in said, f"{line}: {said or [m.text for m in house.channel()][-1]}"
        assert "Something went wrong" not in said
        for message in house.slack.ephemerals("ada")[before:]:
            assert not validate_message({"text": message.text, "blocks": message.blocks})
    channel, watching = house.slack.channel("#ml").id, house.app.services.watching
    assert not await stored(house)
    assert not await watching.rules.in_channel(channel)
    assert not await watching.silences.in_channel(channel)
    assert not await watching.schedules.in_channel(channel)


async def test_me_is_asked_for_where_nobody_knows_who_that_is(house: House) -> None:
    """A filter on “me” of somebody who is not linked would never let anything pass."""
    await house.says("/wandb watch demo/digits --where 'owner:me or tag:prod'")
    assert not await stored(house)
    await house.says("/wandb watch demo/digits --owner me")
    assert not await stored(house)
    asked = house.private() + "\n".join(message.plain for message in house.channel())
    assert "W&amp;B" in asked


async def test_a_run_is_watched_beside_what_is_watched_already(house: House) -> None:
    """One run more never takes the others away; one run less leaves them."""
    for name in ("one", "two"):
        a_run(house, name)
    await house.says("/wandb watch demo/digits/one")
    await house.says("/wandb watch demo/digits/two")
    assert await stored(house) == [("demo/digits", "name:one or name:two")]
    await house.says("/wandb unwatch demo/digits/one")
    assert await stored(house) == [("demo/digits", "name:two")]
    await house.click(house.channel()[-1], "Undo")
    assert await stored(house) == [("demo/digits", "name:one or name:two")]
    await house.says('/wandb watch demo/digits --where "()"')
    assert await stored(house) == [("demo/digits", "")]
    await house.says("/wandb watch demo/digits/one")
    assert await stored(house) == [("demo/digits", "")]


async def test_a_huge_filter_and_many_watches_stay_within_slacks_limits(house: House) -> None:
    """Hundreds of conditions; fifty watches, and a fifty-first that is refused with a sentence."""
    subscriptions = house.app.services.watching.subscriptions
    channel = house.slack.channel("#ml").id
    large, huge = (" or ".join(f"tag:team-{n:03}" for n in range(count)) for count in (80, 400))
    await house.says(f'/wandb watch demo/digits --where "{large}"')
    await house.says(f'/wandb watch demo/digits --where "{huge}"')
    assert "could not read" in house.private()
    here = (await subscriptions.in_channel(channel))[0]
    assert here.filters.count("tag:") == 80
    await subscriptions.filter(here.id, huge)
    for n in range(49):
        where = type(here.where)("demo", f"project-{n}")
        house.wandb.add_project("demo", f"project-{n}")
        await subscriptions.add(channel, where, creator=here.creator)
    house.wandb.add_project("demo", "one-too-many")
    await house.says("/wandb watch demo/one-too-many")
    assert "watches 50 places already" in house.private()
    await house.says("/wandb watches")
    assert "50 watches here" in house.channel()[-1].text
    await house.says("/wandb settings")
    assert house.slack.view_of("ada").title == "Alerts Here"
    for message in house.channel():
        assert not validate_message({"text": message.text, "blocks": message.blocks})


async def test_names_in_any_script_and_with_mark_up_are_shown_as_they_are(house: House) -> None:
    """No name notifies anybody, breaks a message, or is mistaken for mark-up."""
    await house.says("/wandb watch demo/digits")
    await house.tick()
    names = ["потеря-🦊", "<!channel> *bold* `code`", "a" * 400, "损失 <@U0001>", "&amp; & <b>"]
    runs = [a_run(house, f"odd-{n}", display_name=name) for n, name in enumerate(names)]
    for run in runs:
        await house.tick()
        run.becomes("failed", exit_code=1)
    await house.tick(2)
    for top in house.channel():
        for message in (top, *house.slack.thread(top)):
            shown = message.text + message.plain
            assert "<!channel>" not in shown
            assert "<@U0001>" not in shown
            assert not validate_message({"text": message.text, "blocks": message.blocks})
    assert "потеря-🦊" in "".join(message.plain for message in house.channel())
