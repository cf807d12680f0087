"""The moment that a sentence about time means."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import BadReference
from handlers.language.intents import Slots
from handlers.watching.moments import moment, tells_moment

FRIDAY = datetime(2026, 3, 13, 14, 20, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
SPOKEN = {"duration": ["30m", "2h", "1d", "2w"], "time": ["09:00", "14:20", "23:59"]}
DAYS = ["mon", "fri", "sat,sun", "daily", "weekdays", "weekends"]


@pytest.mark.parametrize(
    ("said", "then"),
    [
        ({"duration": "90m"}, "2026-03-13 15:50"),
        ({"duration": "1d"}, "2026-03-14 14:20"),
        ({"time": "15:00"}, "2026-03-13 15:00"),
        ({"time": "09:00"}, "2026-03-14 09:00"),
        ({"duration": "1d", "time": "09:00"}, "2026-03-14 09:00"),
        ({"duration": "1d", "time": "18:00"}, "2026-03-14 18:00"),
        ({"days": "mon", "time": "09:00"}, "2026-03-16 09:00"),
        ({"days": "mon"}, "2026-03-16 09:00"),
        ({"days": "fri"}, "2026-03-20 09:00"),
        ({"days": "fri", "time": "18:00"}, "2026-03-13 18:00"),
        ({"days": "weekdays", "time": "09:00"}, "2026-03-16 09:00"),
        ({"days": "weekends"}, "2026-03-14 09:00"),
        ({"days": "daily", "time": "09:00"}, "2026-03-14 09:00"),
    ],
)
def test_what_was_said_is_one_moment(said: dict[str, str], then: str) -> None:
    """Said on a Friday at 14:20."""
    at = moment(Slots(**said), FRIDAY, ZoneInfo("UTC"))
    assert f"{at:%Y-%m-%d %H:%M}" == then


def test_a_time_is_of_the_channels_clock_also_across_a_change_of_it() -> None:
    """Berlin goes to summer time on 29 March 2026: 9:00 is 8:00 UTC before and 7:00 after."""
    before = moment(Slots(time="09:00"), FRIDAY, BERLIN)
    assert before == datetime(2026, 3, 14, 8, 0, tzinfo=UTC)
    saturday = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
    after = moment(Slots(duration="1d", time="09:00"), saturday, BERLIN)
    assert after == datetime(2026, 3, 29, 7, 0, tzinfo=UTC)


def test_tomorrow_is_the_next_day_of_the_channels_calendar() -> None:
    """At half past midnight in Berlin it is still yesterday in UTC."""
    late = datetime(2026, 3, 12, 23, 30, tzinfo=UTC)
    at = moment(Slots(duration="1d", time="09:00"), late, BERLIN)
    assert at == datetime(2026, 3, 14, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "said",
    [
        {"duration": "2h", "time": "09:00"},
        {"duration": "400d"},
        {"duration": "soon"},
        {"time": "25:00"},
        {"days": "someday"},
    ],
)
def test_what_is_no_moment_says_so(said: dict[str, str]) -> None:
    """Nothing falls back to a default that nobody asked for."""
    with pytest.raises(BadReference):
        moment(Slots(**said), FRIDAY, ZoneInfo("UTC"))


@given(
    duration=st.none() | st.sampled_from(SPOKEN["duration"]),
    time=st.none() | st.sampled_from(SPOKEN["time"]),
    days=st.none() | st.sampled_from(DAYS),
    now=st.datetimes(datetime.fromisoformat("2026-01-01"), datetime.fromisoformat("2027-01-01")),
    zone=st.sampled_from([BERLIN, ZoneInfo("UTC"), ZoneInfo("Pacific/Auckland")]),
)
def test_a_moment_lies_ahead(
    duration: str | None, time: str | None, days: str | None, now: datetime, zone: ZoneInfo
) -> None:
    """Whatever is said together, and whatever the clock does."""
    slots = Slots(duration=duration, time=time, days=days)
    if not tells_moment(slots):
        return
    try:
        at = moment(slots, now.replace(tzinfo=UTC), zone)
    except BadReference:
        return
    assert at > now.replace(tzinfo=UTC)
    assert at.tzinfo is UTC
