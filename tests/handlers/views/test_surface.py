"""Cards, home tabs, forms, progress and thumbs: each within Slack's limits, whatever is in it."""

import pytest

from analysis.refs import Defaults, ProjectRef, read_link
from analysis.reports import RunReport
from analysis.sources.base import RunPage
from handlers.conversation.ports import Person, Place
from handlers.reply import Message
from handlers.views import compare_any, feedback, home, progress, run, settings, unfurl
from handlers.views.home import Home
from handlers.views.progress import Doing
from handlers.views.validate import validate_message, validate_unfurl, validate_view
from handlers.watching.manners import Manners
from handlers.watching.ports import Watched
from tests.reports import NOW, a_run, broken, facts, healthy

LONG = "x" * 400


def sound(message: Message) -> bool:
    return not validate_message({"text": message.text, "blocks": list(message.blocks)})


@pytest.mark.parametrize("report", [healthy(), broken(), healthy(run=facts(name=LONG))])
def test_a_runs_card_is_within_slacks_limits(report: RunReport) -> None:
    """However long its name."""
    card = unfurl.run(report, now=NOW)
    assert validate_unfurl({"https://x.test": {"blocks": list(card.blocks)}}) == []


@pytest.mark.parametrize("runs", [(), (a_run(), a_run("seal"))])
def test_a_projects_card_says_how_many_runs(runs: tuple[object, ...]) -> None:
    """None is said too."""
    link = read_link("https://wandb.ai/team/proj", Defaults())
    assert link is not None
    page = RunPage(tuple(a_run() for _ in runs), len(runs))
    card = unfurl.many(link, page, now=NOW)
    assert sound(card)
    assert ("2 runs" if runs else "No runs yet") in str(card.blocks)


@pytest.mark.parametrize(
    "shown",
    [
        Home("U1"),
        Home("U1", candidates=(LONG,), place=Place(LONG, LONG)),
        Home("U1", person=Person("ada", "email"), place=Place("team", "proj"), reading=True),
        Home("U1", place=Place("team"), trouble="W&B did not answer."),
    ],
)
def test_home_tabs_and_settings_are_within_slacks_limits(shown: Home) -> None:
    """Empty, strange, unfinished and troubled ones."""
    assert validate_view(home.view(shown, now=NOW)) == []
    if len(str(shown.place)) < 100:
        assert validate_view(home.settings(shown)) == []


@pytest.mark.parametrize("number", [0, 60, 61, 300])
def test_a_channels_settings_hold_many_watches_and_count_the_rest(number: int) -> None:
    """Each watch has its filter there; nothing is cut without a word."""
    watches = [
        Watched(one, "C1", ProjectRef("team", f"p{one}"), "U1", NOW) for one in range(number)
    ]
    shown = settings.modal(Manners(), watches, None, {"channel": "C1"})
    assert validate_view(shown) == []
    told = str(shown["blocks"])
    assert sum(f"/p{one}'" in told for one in range(number)) == min(number, 60)
    assert ("watches more" in told) == (number > 60)


def test_the_form_to_compare_is_within_slacks_limits() -> None:
    """As it is opened."""
    assert validate_view(compare_any.modal()) == []


def test_progress_says_how_many_of_how_many() -> None:
    """Only what is known."""
    assert progress.words(Doing("rows read", 14_000, 50_000)) == "fetching 14,000 of 50,000 steps"
    assert progress.words(Doing("rows read", 14_000)) == "fetching 14,000 steps"
    assert progress.words(Doing()) == ""
    shown = progress.with_progress(run.looking("a"), Doing("rows read", 1, 2), "r:U1")
    assert sound(shown)


def test_thumbs_carry_what_is_judged() -> None:
    """The run and the detectors, read back as they were sent."""
    block = feedback.buttons(broken())
    assert block is not None
    value = block["elements"][0]["negative_button"]["value"]
    told = feedback.read(value)
    assert told == feedback.Judgement("team/proj/broken", ("loss_not_finite",), good=False)
    assert feedback.read("{}") is None
    assert sound(run.message(broken(), now=NOW, judged=True))
