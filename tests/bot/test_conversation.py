"""What the conversation remembers, in the database."""

from collections.abc import Mapping
from typing import Any

import pytest

from analysis.run import Viewer
from bot.conversation import (
    QUESTION_FOR,
    StoredAccounts,
    StoredDeliveries,
    StoredPreferences,
    StoredQuestions,
    StoredTopics,
    StoredUndos,
)
from bot.storage import Database
from handlers.conversation.memory import SHOWN_FOR, UNDO_FOR
from handlers.conversation.ports import Change, Person, Place, Question
from handlers.language.intents import Intent, Ref, Slots, Understanding
from handlers.reply import Posted, Topic
from tests.clocks import HandClock
from tests.support.databases import (
    database,
    database_url,
    postgres,
    postgres_or_why,
    sqlite_template,
)

__all__ = ["database", "database_url", "postgres", "postgres_or_why", "sqlite_template"]


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


async def test_an_event_is_new_once(database: Database, clock: HandClock) -> None:
    """A second delivery of the same event is known, to another replica too."""
    first, second = StoredDeliveries(database, clock), StoredDeliveries(database, clock)
    assert await first.first("Ev1")
    assert not await second.first("Ev1")


async def test_a_topic_comes_back_as_it_was(database: Database, clock: HandClock) -> None:
    """A message opens a thread; a reply belongs to its parent's."""
    topics = StoredTopics(database, clock)
    topic = Topic("list", ("team/proj/a", "team/proj/b"))
    await topics.remember(Posted("C1", "1.0"), topic)
    assert await topics.about("C1", "1.0") == topic
    later = Topic("run", ("team/proj/b",))
    await topics.remember(Posted("C1", "2.0", thread_ts="1.0"), later)
    assert await topics.about("C1", "1.0") == later


async def test_what_was_shown_is_soon_stale(database: Database, clock: HandClock) -> None:
    """“Run 3” means the list just shown to that person, for half an hour."""
    topics = StoredTopics(database, clock)
    await topics.note("C1", "U1", Topic("list", ("team/proj/a",)))
    shown = await topics.last("C1", "U1")
    assert shown is not None
    assert shown.runs == ("team/proj/a",)
    assert await topics.last("C1", "U2") is None
    await clock.advance(SHOWN_FOR.total_seconds() + 1)
    assert await topics.last("C1", "U1") is None


async def test_a_question_survives_with_its_reading(database: Database, clock: HandClock) -> None:
    """The reading comes back whole, pointings included; after a day it is gone."""
    questions = StoredQuestions(database, clock)
    slots = Slots(runs=("otter", Ref(ref="ordinal", n=2)), metrics=("eval/loss",))
    reading = Understanding(intent=Intent.SHOW_METRIC, slots=slots, confidence=0.9)
    question = Question("U1", "plot otter and 2", reading, 1, ("team/proj/a",))
    token = await questions.keep(question)
    assert await questions.recall(token) == question
    assert await questions.recall("another") is None
    assert await StoredUndos(database, clock).last("", "U2") is None
    await clock.advance(QUESTION_FOR.total_seconds() + 1)
    assert await questions.recall(token) is None


async def test_a_change_is_taken_back_once_by_its_author(
    database: Database, clock: HandClock
) -> None:
    """Another person's click neither takes it back nor uses it up."""
    undos = StoredUndos(database, clock)
    change = Change("use_default", "C1", "U1", {"scope": "channel"})
    token = await undos.offer(change)
    assert await undos.take(token, "U2") is None
    assert await undos.take(token, "U1") == change
    assert await undos.take(token, "U1") is None
    await undos.offer(change)
    assert await undos.last("C1", "U2") is None
    assert await undos.last("C1", "U1") == change
    late = await undos.offer(change)
    await clock.advance(UNDO_FOR.total_seconds() + 1)
    assert await undos.take(late, "U1") is None


async def test_defaults_of_channels_and_people(database: Database, clock: HandClock) -> None:
    """A place without a project stays without one; ``None`` forgets."""
    preferences = StoredPreferences(database, clock)
    await preferences.use("channel", "C1", Place("team", "proj"))
    await preferences.use("user", "U1", Place("team"))
    assert await preferences.default("channel", "C1") == Place("team", "proj")
    assert await preferences.default("user", "U1") == Place("team", None)
    await preferences.use("user", "U1", None)
    assert await preferences.default("user", "U1") is None


@pytest.mark.parametrize(
    ("told", "proved"),
    [
        ({"profile": {"email": "Ada@example.com"}}, "ada-w"),
        ({"profile": {"email": "eve@example.com"}}, None),
        ({"profile": {}}, None),
        ({"profile": {"email": "ada@example.com"}, "is_stranger": True}, None),
        ({"profile": {"email": "ada@example.com"}, "is_email_confirmed": False}, None),
    ],
)
async def test_an_e_mail_proves_only_its_owner(
    database: Database, clock: HandClock, told: Mapping[str, Any], proved: str | None
) -> None:
    """The same address on both sides, confirmed, of a member of this workspace."""

    async def user_info(_: str) -> Mapping[str, Any]:
        return told

    async def viewer() -> Viewer:
        return Viewer("ada-w", "team", email="ada@example.com")

    accounts = StoredAccounts(database, clock, user_info, viewer)
    assert await accounts.proved("U1") == proved
    await accounts.link("U1", "ada-w", "confirmed")
    assert await accounts.of("U1") == Person("ada-w", "confirmed")
    assert await accounts.unlink("U1")
    assert not await accounts.unlink("U1")
