"""Links to W&B unfurl, where a card is wanted and allowed."""

from pathlib import Path

import pytest

from analysis.errors import TimedOut
from bot.demo.slack import LocalSlack, Message
from handlers.views.validate import validate_unfurl
from tests.reports import broken, examined, healthy
from tests.scenarios.harness import Bot
from tests.scenarios.watching import a_house

URL = "https://wandb.ai/team/proj/runs/otter"


@pytest.fixture(autouse=True)
def _known(bot: Bot) -> None:
    bot.runs.known["team/proj/otter"] = examined(healthy())
    bot.runs.known["team/proj/broken"] = examined(broken())


async def posted(slack: LocalSlack, text: str, where: str = "#ml", **more: str) -> Message:
    """A message that ada sends."""
    message = (await slack.types(where, "ada", text, **more)).message
    assert message is not None
    return message


async def heard(slack: LocalSlack, bot: Bot) -> None:
    """All events were handled."""
    await slack.settled()
    async with bot.clock.passing():
        await bot.listeners.drain(50.0)


def blocks_of(message: Message, url: str = URL) -> str:
    return str(message.unfurls[url]["blocks"])


async def test_a_run_becomes_a_card(slack: LocalSlack, bot: Bot) -> None:
    """Verdict, state, numbers, a plot, and what one would do next."""
    message = await posted(slack, f"look at {URL}")
    await slack.until(lambda: message.unfurls)
    await slack.until(lambda: all(file.processed for file in slack.files.values()))
    async with bot.clock.passing():
        await slack.until(lambda: "slack_file" in blocks_of(message))
    card = blocks_of(message)
    assert "Loss is improving: 1.823" in card
    assert "Running" in card
    assert "Describe" in card
    assert "Watch This Run" in card
    assert validate_unfurl({URL: {"blocks": message.unfurls[URL]["blocks"]}}) == []


async def test_the_card_does_not_wait_for_its_picture(slack: LocalSlack, bot: Bot) -> None:
    """A picture that Slack has not processed yet follows."""
    slack.files_may_process.clear()
    message = await posted(slack, URL)
    await slack.until(lambda: message.unfurls)
    assert "slack_file" not in blocks_of(message)
    slack.files_may_process.set()
    # Only then time passes: on a slow machine it would outrun Slack's work on the file.
    await slack.until(lambda: all(file.processed for file in slack.files.values()))
    async with bot.clock.passing():
        await slack.until(lambda: "slack_file" in blocks_of(message))


async def test_two_links_become_two_cards(slack: LocalSlack, bot: Bot) -> None:
    """Each with its own verdict."""
    other = "https://wandb.ai/team/proj/runs/broken?nw=nwuserada"
    message = await posted(slack, f"{URL} or {other}")
    await slack.until(lambda: len(message.unfurls) == 2)
    assert "not finite" in blocks_of(message, other)


async def test_three_links_stay_links(slack: LocalSlack, bot: Bot) -> None:
    """A list of links is no question."""
    message = await posted(slack, " ".join(f"{URL}{n}" for n in range(3)))
    await heard(slack, bot)
    assert message.unfurls == {}
    assert bot.runs.asked == []


async def test_the_same_link_is_not_shown_again_within_half_an_hour(
    slack: LocalSlack, bot: Bot
) -> None:
    """In this channel; elsewhere, and later, it is."""
    first = await posted(slack, URL)
    await slack.until(lambda: first.unfurls)
    await heard(slack, bot)
    again = await posted(slack, f"{URL}/logs?x=1")
    await heard(slack, bot)
    assert again.unfurls == {}
    slack.add_channel("other")
    there = await posted(slack, URL, "#other")
    await slack.until(lambda: there.unfurls)
    await bot.clock.advance(31 * 60)
    later = await posted(slack, URL)
    await slack.until(lambda: later.unfurls)


async def test_a_link_that_failed_may_be_shown_next_time(slack: LocalSlack, bot: Bot) -> None:
    """W&B did not answer: there is no card, nobody is told, and the next message has one."""
    bot.runs.known["team/proj/otter"] = TimedOut("W&B did not answer.")
    first = await posted(slack, URL)
    await heard(slack, bot)
    assert first.unfurls == {}
    assert slack.ephemerals("ada") == []
    bot.runs.known["team/proj/otter"] = examined(healthy())
    second = await posted(slack, URL)
    await slack.until(lambda: second.unfurls)


async def test_nothing_of_a_foreign_entity_is_told(slack: LocalSlack, bot: Bot) -> None:
    """Not even that it was looked at."""
    message = await posted(slack, "https://wandb.ai/rivals/secret/runs/x1")
    await heard(slack, bot)
    assert message.unfurls == {}
    assert bot.runs.asked == []
    assert slack.ephemerals("ada") == []


async def test_who_is_not_answered_gets_no_card(slack: LocalSlack, bot: Bot) -> None:
    """The same rule as for questions."""
    bot.access.refused.add(slack.user("ada").id)
    message = await posted(slack, URL)
    await heard(slack, bot)
    assert message.unfurls == {}


async def test_a_channel_that_wants_no_cards_gets_none(slack: LocalSlack, bot: Bot) -> None:
    """“Never” is said on a card and remembered; the way back is a button."""
    message = await posted(slack, URL)
    await slack.until(lambda: message.unfurls)
    await slack.click(message, "unfurl.menu", "ada", value="never")
    told = (await slack.until(lambda: slack.ephemerals("ada")))[0]
    await heard(slack, bot)
    other = await posted(slack, "https://wandb.ai/team/proj/runs/broken")
    await heard(slack, bot)
    assert other.unfurls == {}
    await slack.click(told, "Show Previews Again", "ada")
    await heard(slack, bot)
    third = await posted(slack, "https://wandb.ai/team/proj/runs/broken")
    await slack.until(lambda: third.unfurls)


async def test_describe_on_a_card_answers_below_it(slack: LocalSlack, bot: Bot) -> None:
    """In the thread of the message with the link."""
    message = await posted(slack, URL)
    await slack.until(lambda: message.unfurls)
    await slack.click(message, "Describe", "ada")
    async with bot.clock.passing():
        await slack.until(
            lambda: any("Loss is improving" in reply.text for reply in slack.thread(message))
        )


async def test_other_hosts_are_left_alone(slack: LocalSlack, bot: Bot) -> None:
    """A page of the same domain that is no page of a project either."""
    for url in ("https://docs.wandb.ai/guides/track/runs", "https://wandb.ai/"):
        message = await posted(slack, url)
        await heard(slack, bot)
        assert message.unfurls == {}
    assert bot.runs.asked == []


async def test_an_edit_that_brings_a_link_brings_its_card(slack: LocalSlack, bot: Bot) -> None:
    """The message was there before."""
    message = await posted(slack, "wait for it")
    await slack.edits(message, f"here: {URL}")
    await slack.until(lambda: message.unfurls)


async def test_private_channels_need_no_invitation(slack: LocalSlack, bot: Bot) -> None:
    """Slack asks for none to unfurl."""
    slack.add_channel("closed", kind="private", bot=False)
    message = await posted(slack, URL, "#closed")
    await slack.until(lambda: message.unfurls)


async def test_links_in_threads_unfurl_there(slack: LocalSlack, bot: Bot) -> None:
    """The reply carries the card."""
    parent = await posted(slack, "how is it going?")
    reply = await posted(slack, URL, thread_ts=parent.ts)
    await slack.until(lambda: reply.unfurls)
    assert parent.unfurls == {}


async def test_a_preview_in_the_composer_does_not_count_as_shown(
    slack: LocalSlack, bot: Bot
) -> None:
    """The message that is then sent has its card all the same."""
    await slack.composes("#ml", "ada", URL)
    call = (await slack.until(lambda: slack.calls_of("chat.unfurl", ok=True)))[0]
    assert call.args["source"] == "composer"
    await heard(slack, bot)
    message = await posted(slack, URL)
    await slack.until(lambda: message.unfurls)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://wandb.ai/team/proj", "Project"),
        ("https://wandb.ai/team/proj/workspace?nw=abc", "Project"),
        ("https://wandb.ai/team/proj/sweeps/sw1", "Sweep"),
        ("https://wandb.ai/team/proj/groups/seeds", "Group"),
        ("https://wandb.ai/team/proj/reports/Which-lr-works--Vmlldzo0MjM", "Which lr works"),
    ],
)
async def test_other_pages_have_cards_too(
    slack: LocalSlack, bot: Bot, url: str, words: str
) -> None:
    """What can be known of a project, a workspace, a sweep, a group and a report."""
    message = await posted(slack, url)
    await slack.until(lambda: message.unfurls)
    assert words in blocks_of(message, url)
    assert validate_unfurl({url: {"blocks": message.unfurls[url]["blocks"]}}) == []


@pytest.mark.parametrize("page", ["sweeps/sw1", "groups/seeds"])
async def test_what_may_not_exist_has_no_card(slack: LocalSlack, bot: Bot, page: str) -> None:
    """A sweep or group without a run is known to nobody but its link; later it may have one."""
    known = {**bot.runs.known}
    bot.runs.known.clear()
    url = f"https://wandb.ai/team/proj/{page}"
    first = await posted(slack, url)
    await heard(slack, bot)
    assert first.unfurls == {}
    bot.runs.known.update(known)
    second = await posted(slack, url)
    await slack.until(lambda: second.unfurls)


async def test_never_is_seen_and_taken_back_in_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The channel's form says whether cards are shown; saving changes it, Undo takes it back."""
    async with a_house(tmp_path, monkeypatch) as house:
        sightings = house.app.services.surface.sightings
        channel = house.slack.channel("#ml").id
        await sightings.want(channel, False)
        await house.says("/wandb settings")
        form = house.slack.view_of("ada")
        assert form is not None
        (links,) = (block for block in form.blocks if block.get("block_id") == "links")
        assert "initial_options" not in links["element"]
        await house.submits(form, {"links": ["card"]})
        assert await sightings.wanted(channel)
        told = house.find("changed what is told here")
        assert "Links to W&amp;B are shown as cards" in told.plain
        await house.click(told, "Undo")
        assert not await sightings.wanted(channel)
