"""What a channel hears: muted, held, batched, cooled, and without flicker."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.findings import Severity
from bot.background.policy import Alert, Decision, Episode, Manners, QuietHours, admit, step
from bot.storage.mutes import Mute
from tests.clocks import START

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = QuietHours(time(22), time(7), BERLIN)


def alert(
    run: str = "a", kind: str = "finding", severity: str = "warning", **more: object
) -> Alert:
    return Alert(1, run, kind, Severity(severity), {}, **more)  # type: ignore[arg-type]


def mute(scope: str, subject: str, until: datetime | None = None) -> Mute:
    return Mute("C1", scope, subject, "U1", START, until)  # type: ignore[arg-type]


def hears(*alerts: Alert, now: datetime = START, **more: object) -> Decision:
    given_: dict[str, object] = {"manners": Manners(), "mutes": (), "last_fresh": {}} | more
    return admit(alerts, now=now, **given_)  # type: ignore[arg-type]


def test_all_of_one_run_and_tick_is_one_message_the_worst_first() -> None:
    """Three changes of a run are not three messages."""
    decision = hears(alert(code="x"), alert(severity="critical", code="y"), alert(run="b"))
    assert [a.code for a in decision.threads["a"]] == ["y", "x"]
    assert set(decision.threads) == {"a", "b"}


@pytest.mark.parametrize(
    "muted",
    [mute("run", "a"), mute("kind", "finding"), mute("code", "loss_spike"), mute("channel", "")],
)
def test_what_is_muted_is_not_told_but_recorded(muted: Mute) -> None:
    """By run, kind, code, or all of it."""
    decision = hears(alert(code="loss_spike"), mutes=[muted])
    assert decision.threads == {}
    assert [one.fate for one in decision.judged] == ["muted"]


def test_a_snooze_ends() -> None:
    """At its end, to the second."""
    snooze = mute("run", "a", START + timedelta(hours=2))
    assert not hears(alert(), mutes=[snooze]).threads
    assert hears(alert(), mutes=[snooze], now=START + timedelta(hours=2)).threads


def test_a_kind_that_is_off_says_so_when_asked_why() -> None:
    """Subscribing to one kind subscribes to that kind only."""
    decision = hears(alert(kind="started"), manners=Manners(kinds=frozenset({"failed"})))
    assert decision.judged[0].fate == "off"
    assert "started" in decision.judged[0].why


def test_quiet_hours_hold_all_but_critical_until_they_end() -> None:
    """The held ones come as one digest."""
    night = datetime(2026, 11, 2, 23, 30, tzinfo=BERLIN)
    decision = hears(
        alert(), alert(severity="critical", run="b"), now=night, manners=Manners(quiet=NIGHT)
    )
    assert [a.run for a in decision.held] == ["a"]
    assert set(decision.threads) == {"b"}
    assert decision.held_until == datetime(2026, 11, 3, 7, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-02T21:59+01:00", None),
        ("2026-11-02T22:00+01:00", "2026-11-03T07:00+01:00"),
        ("2026-11-03T06:59+01:00", "2026-11-03T07:00+01:00"),
        ("2026-11-03T07:00+01:00", None),
        # The clocks go back on 25 October and forward on 29 March.
        ("2026-10-24T23:00+02:00", "2026-10-25T07:00+01:00"),
        ("2027-03-27T23:00+01:00", "2027-03-28T07:00+02:00"),
    ],
)
def test_quiet_hours_end_by_the_channels_own_wall_clock(now: str, until: str | None) -> None:
    """Over midnight, and over the change of the clocks."""
    found = NIGHT.until(datetime.fromisoformat(now).astimezone(UTC))
    assert found == (datetime.fromisoformat(until) if until else None)


def test_a_new_critical_problem_gets_one_fresh_line_a_cooling_period() -> None:
    """So that it is not hidden in an old thread, and not a stream either."""
    bad = alert(severity="critical")
    assert hears(bad).fresh == (bad,)
    recent = {"a": START - timedelta(minutes=59)}
    assert hears(bad, last_fresh=recent).fresh == ()
    assert hears(bad, last_fresh={"a": START - timedelta(minutes=60)}).fresh == (bad,)
    assert hears(bad, last_fresh={"b": START}).fresh == (bad,)
    assert hears(alert()).fresh == ()
    assert hears(alert(severity="critical", opens=False)).fresh == ()
    assert hears(bad, last_fresh={"a": START + timedelta(days=1)}).fresh == (bad,)


def test_a_value_that_dances_on_a_threshold_is_one_alert() -> None:
    """It closes only after three good looks in a row."""
    episode, changes = Episode(), []
    for bad in (True, False, True, False, False, True, False, False, False, True):
        episode, changed = step(episode, bad=bad, now=START)
        changes.append((episode.open, episode.number) if changed else None)
    assert [change for change in changes if change] == [(True, 1), (False, 1), (True, 2)]


@given(st.lists(st.booleans(), max_size=60), st.integers(1, 4), st.integers(1, 4))
def test_openings_and_closings_always_alternate(looks: list[bool], enter: int, leave: int) -> None:
    """Whatever comes, an episode is opened before it is closed, and numbered by its openings."""
    episode, opened, closed = Episode(), 0, 0
    for bad in looks:
        episode, changed = step(episode, bad=bad, now=START, enter=enter, leave=leave)
        opened += changed and episode.open
        closed += changed and not episode.open
        assert opened - closed == episode.open
        assert episode.number == opened
