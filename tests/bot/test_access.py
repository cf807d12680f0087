"""Who is answered: guests, strangers, foreign entities are refused unless a setting allows."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from analysis.run import Viewer
from bot.access import Access
from bot.settings import Access as Policy
from handlers.problems import Unauthorized
from handlers.request import Request
from tests.clocks import HandClock


class People:
    """Slack's ``users.info``, and how often it was asked."""

    def __init__(self, **told: Any) -> None:
        self.told, self.asked, self.problem = told, 0, False

    async def info(self, user: str) -> Mapping[str, Any]:
        self.asked += 1
        if self.problem:
            raise Unauthorized("missing_scope", "users:read")
        return self.told


async def _viewer() -> Viewer:
    return Viewer("ada", "ada-home", ("vision",))


def _access(people: People, clock: HandClock, **policy: Any) -> Access:
    return Access(Policy(**policy), people.info, _viewer, clock)


def _request(**more: Any) -> Request:
    return Request(kind="command", user="U1", team="T1", **more)


async def test_a_member_is_answered_and_slack_is_asked_once_in_ten_minutes() -> None:
    """Who somebody is does not change between two commands."""
    people, clock = People(), HandClock()
    access = _access(people, clock)
    for _ in range(3):
        assert await access.may_ask(_request()) is None
    assert people.asked == 1
    await clock.advance(timedelta(minutes=11).total_seconds())
    assert await access.may_ask(_request()) is None
    assert people.asked == 2


@pytest.mark.parametrize("kind", ["is_restricted", "is_ultra_restricted"])
async def test_guests_are_refused_unless_allowed(kind: str) -> None:
    """Both kinds of guests that Slack knows."""
    people, clock = People(**{kind: True}), HandClock()
    refusal = await _access(people, clock).may_ask(_request())
    assert refusal is not None
    assert "Guests" in refusal.sentence
    assert await _access(people, clock, allow_guests=True).may_ask(_request()) is None


async def test_people_of_other_organisations_are_refused_unless_allowed() -> None:
    """By the event's own team, and by what Slack says of the person."""
    clock = HandClock()
    by_event = await _access(People(), clock).may_ask(_request(user_team="T2"))
    by_person = await _access(People(is_stranger=True), clock).may_ask(_request())
    assert by_event is not None
    assert by_person is not None
    allowed = _access(People(is_stranger=True), clock, allow_external=True)
    assert await allowed.may_ask(_request(user_team="T2")) is None


async def test_nobody_is_answered_while_slack_does_not_say_who_they_are() -> None:
    """A missing scope must not open the door."""
    people = People()
    people.problem = True
    refusal = await _access(people, HandClock()).may_ask(_request())
    assert refusal is not None
    assert "users:read" in refusal.next_step


async def test_by_default_the_keys_own_user_and_teams_are_answered() -> None:
    """And nothing else, in any spelling of upper and lower case."""
    access = _access(People(), HandClock())
    assert await access.may_read(_request(), "ada-home") is None
    assert await access.may_read(_request(), "Vision") is None
    refusal = await access.may_read(_request(), "rival")
    assert refusal is not None
    assert "rival" in refusal.sentence


async def test_a_configured_list_takes_the_place_of_the_keys_entities() -> None:
    """The operator decides."""
    access = _access(People(), HandClock(), entities=("acme",))
    assert await access.may_read(_request(), "acme") is None
    assert await access.may_read(_request(), "vision") is not None


async def test_administrators_are_those_of_the_workspace_and_those_configured() -> None:
    """For commands such as ``/wandb doctor``."""
    assert await _access(People(is_admin=True), HandClock()).is_admin("U1")
    assert await _access(People(), HandClock(), admins=("U1",)).is_admin("U1")
    assert not await _access(People(), HandClock()).is_admin("U1")
