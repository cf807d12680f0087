"""What is asked for again, after something else or a second time; and rules in people's words."""

from tests.scenarios.watching import House, a_run


async def test_a_rule_takes_a_metric_as_people_call_it(house: House) -> None:
    """“score” is `custom/score` there; the answer says so, and the rule fires."""
    run = a_run(house, "fresh")
    run.log({"train/loss": 1.0, "custom/score": 1.0})
    await house.says("/wandb watch demo/digits")
    await house.says("/wandb alert when score > 5 in demo/digits")
    assert "custom/score" in house.channel()[-1].plain
    await house.tick()
    run.log({"train/loss": 0.9, "custom/score": 7.0})
    await house.tick(2)
    assert "Your rule “score &gt; 5” holds: custom/score is 7" in house.card("fresh").text


async def test_a_watch_that_begins_again_has_no_filter_of_an_earlier_time(house: House) -> None:
    """What an ended watch was narrowed to is over with it; Undo still gives it back."""
    await house.says("/wandb watch demo/digits --where state:failed")
    await house.says("/wandb unwatch demo/digits")
    await house.says("/wandb watch demo/digits")
    channel = house.slack.channel("#ml").id
    (watched,) = await house.app.services.watching.subscriptions.in_channel(channel)
    assert watched.filters == ""


async def test_a_snooze_leaves_a_mute_alone(house: House) -> None:
    """What is muted without an end is not told again after a snooze."""
    a_run(house, "fresh")
    await house.says("/wandb mute demo/digits/fresh")
    await house.says("/wandb snooze demo/digits/fresh 1h")
    assert "muted here already" in house.channel()[-1].plain
    channel = house.slack.channel("#ml").id
    (silence,) = await house.app.services.watching.silences.in_channel(channel)
    assert silence.until is None


async def test_one_reminder_of_an_end_is_enough(house: House) -> None:
    """The second time it says so; a time that cannot be is said too."""
    a_run(house, "fresh")
    await house.says("/wandb remind me when demo/digits/fresh finishes")
    await house.says("/wandb remind me when demo/digits/fresh finishes")
    assert "I tell you already" in house.channel()[-1].plain
    await house.says("/wandb remind me about demo/digits/fresh yesterday")
    assert "no time to remind you at" in house.private()
