"""Slash commands are read as typed: no value is dropped, no argument is corrected."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.language import ACTIONS, COMMANDS, Context, Intent, Understanding, understand
from handlers.language.flags import plain

CONTEXT: dict[str, Any] = {
    "addressed": "command",
    "now": "2026-11-24T22:00:00Z",
    "known_runs": [
        {"entity": "demo", "project": "digits", "id": "abc12345", "name": "alpha"},
        {"entity": "Lab", "project": "rovers", "id": "abc12346", "name": "beta"},
    ],
}
ALPHA = "demo/digits/abc12345"


def typed(line: str, addressed: str = "command") -> Understanding:
    """What a command line means."""
    return understand(line, Context.model_validate({**CONTEXT, "addressed": addressed}))


@pytest.mark.parametrize(
    ("line", "flag", "allowed"),
    [
        ("failures demo --days -1", "--days", "whole number of days from 1"),
        ("failures demo --days 0", "--days", "whole number of days from 1"),
        ("runs demo --limit 0", "--limit", "whole number from 1"),
        ("runs demo --limit 10001", "--limit", "to 10,000"),
        ("runs demo --since blurb", "--since", "monday"),
        ("runs demo --since 2026-13-40", "--since", "2026-11-23"),
        ("runs demo --since 3 days", "--since", "24h"),
        ("runs demo --state nope", "--state", "running"),
        ("runs demo --state failed,nope", "--state", "running"),
        ("runs demo --owner", "--owner", "user name"),
        ("watch demo --hours x", "--hours", "above 0"),
        ("watch demo --hours nan", "--hours", "above 0"),
        ("watch demo --once --hours -3", "--hours", "above 0"),
        ("watch demo --hours", "--hours", "needs a value"),
        ("watch demo --projects ,", "--projects", "names of projects"),
        ("compare alpha beta --by parsecs", "--by", "step, tokens or time"),
        ("plot alpha --metric", "--metric", "name of a metric"),
        ("plot alpha --metric=", "--metric", "name of a metric"),
        ("best demo --top zero", "--top", "whole number from 1"),
        ("snooze alpha --for x", "--for", "30m, 2h or 1d"),
        ("snooze alpha --for -2h", "--for", "30m, 2h or 1d"),
    ],
)
@pytest.mark.parametrize("addressed", ["command", "dm"])
def test_a_flag_that_cannot_be_is_named_and_nothing_is_done(
    line: str, flag: str, allowed: str, addressed: str
) -> None:
    """One sentence names the flag and says what it takes."""
    found = typed(line, addressed)
    assert found.intent is Intent.CLARIFY
    assert found.command is None  # the command itself never runs
    assert found.problem is not None
    assert flag in found.problem
    assert allowed in found.problem


@pytest.mark.parametrize(
    ("line", "slots"),
    [
        ("runs demo --since 24h", {"hours": 24.0}),
        ("runs demo --since 2026-11-23T09:00", {"since": "2026-11-23T09:00"}),
        ("runs demo --state failed,crashed", {"state": "failed,crashed"}),
        ("runs demo --state broken", {"state": "failed"}),
        ("watch demo --once --hours 24h", {"hours": 24.0}),
        ("failures demo --days 7d", {"days": 7}),
        ("compare alpha beta --by eval/loss", {"metrics": ("eval/loss",)}),
        ("best demo --by parsecs", {"metrics": ("parsecs",)}),
        ("plot alpha --metric a,b --metric c", {"metrics": ("a", "b", "c")}),
    ],
)
def test_a_flag_that_can_be_is_read(line: str, slots: dict[str, object]) -> None:
    """What is allowed is not refused."""
    found = typed(line)
    assert found.problem is None
    assert slots.items() <= found.slots.model_dump(exclude_none=True).items()


@given(
    st.sampled_from([(c.name, flag) for c in COMMANDS.values() for flag in c.flags]),
    st.text("0123456789-xyz.,:é", min_size=1, max_size=12),
)
def test_no_value_of_a_flag_is_lost(flag: tuple[str, str], value: str) -> None:
    """Either a slot holds something, or the answer says what is wrong; the rest is the filters'."""
    slot = COMMANDS[flag[0]].flags[flag[1]]
    if slot not in {"hours", "days", "top_n", "duration", "state", "since", "axis", "metrics"}:
        return
    if plain(value).startswith("--"):
        return
    found = typed(f"{flag[0]} alpha --{flag[1]}={value}")
    kept = found.slots.model_dump(exclude_none=True)
    assert found.problem is not None or kept.keys() & {slot, "hours", "metrics"}
    assert found.problem is None or found.intent not in ACTIONS


@pytest.mark.parametrize("name", ["nope", "yep", "yse", "Nope", "faild", "lr", "lossss", "Train"])
def test_a_name_stays_as_it_was_typed(name: str) -> None:
    """Neither spelling nor what the word means in a sentence changes it."""
    assert typed(f"mute {name}").slots.runs == (name,)
    assert typed(f"describe {name}").slots.runs == (name,)
    assert typed(f"use {name}").slots.entity == name
    assert typed(f"runs {name}").slots.projects == (name,)
    assert typed(f"help {name}").slots.topic == name
    assert typed(f"link {name}").slots.owner == name


def test_names_beside_others_stay_as_well() -> None:
    """In longer lines, too."""
    assert typed("compare nope alpha").slots.runs == ("nope", ALPHA)
    assert typed("snooze nope 2h").slots.runs == ("nope",)


@pytest.mark.parametrize("name", ["nothing", "Whatever", "nope", "Foo/bar"])
def test_the_word_where_a_metric_stands_is_its_name(name: str) -> None:
    """So the answer can say that there is no such metric."""
    best = typed(f"best demo/digits by {name}")
    assert (best.intent, best.slots.metrics) == (Intent.BEST_RUN, (name,))


def test_the_plain_word_after_the_runs_of_a_plot_is_a_metric() -> None:
    """Also one that nobody logs."""
    found = typed("plot alpha nothing").slots
    assert (found.runs, found.metrics) == ((ALPHA,), ("nothing",))


@pytest.mark.parametrize("name", ["nobody", "alpha", "digits", "crashed", "jane-doe"])
def test_any_single_word_is_a_user_to_link(name: str) -> None:
    """Whatever it means elsewhere, and even where a run has that name."""
    found = typed(f"link {name}")
    assert (found.intent, found.slots.owner) == (Intent.LINK_ACCOUNT, name)


@pytest.mark.parametrize("zone", ["Mars/Base", "Europe/Nowhere", "europe/berln"])
def test_an_unknown_time_zone_is_said_to_be_one(zone: str) -> None:
    """It is no entity with a project."""
    found = typed(f"briefing 09:00 {zone}")
    assert found.intent is Intent.CLARIFY
    assert found.problem is not None
    assert f"time zone “{zone}”" in found.problem


@pytest.mark.parametrize("place", ["demo/digits", "Lab/Mars", "in Mars/Base"])
def test_a_place_of_a_briefing_is_no_time_zone(place: str) -> None:
    """A known entity is a place, and so is what follows “in”."""
    found = typed(f"briefing 09:00 {place}")
    assert (found.intent, found.problem) == (Intent.BRIEFING, None)
    assert found.slots.entity
