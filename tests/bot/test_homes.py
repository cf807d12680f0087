"""Home tabs are drawn again for who looked lately, at most once a minute, by one process."""

from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from analysis.refs import Defaults
from bot.homes import LATELY, LiveHomes, concerns
from bot.storage import Database, Target, alerts, watches
from bot.storage.alerts import Stir
from bot.surface import StoredOpenings
from handlers.conversation.memory import KnownPreferences
from handlers.conversation.ports import Place
from handlers.services import Services
from tests.clocks import HandClock
from tests.support.databases import (
    database,
    database_url,
    postgres,
    postgres_or_why,
    sqlite_template,
)

__all__ = ["database", "database_url", "postgres", "postgres_or_why", "sqlite_template"]


@dataclass
class Drawn:
    """Takes the place of the tabs: who was drawn."""

    users: list[str] = field(default_factory=list)

    async def draw(self, user: str, team: str, services: Services, *, fresh: bool = False) -> None:
        assert fresh
        self.users.append(f"{team}/{user}")


def live(database: Database, clock: HandClock, drawn: Drawn) -> LiveHomes:
    services = SimpleNamespace(
        surface=SimpleNamespace(homes=drawn),
        conversation=SimpleNamespace(preferences=KnownPreferences()),
        defaults=Defaults(entity="team", project="proj"),
    )
    return LiveHomes(database, clock, cast("Services", services))


async def alert(database: Database, clock: HandClock, run: str, **more: Any) -> str:
    """Something happened to a run in a watch that grace made."""
    entity, project, _ = run.split("/")
    now = clock.now()
    async with database.begin() as connection:
        watch = await watches.add(
            connection, channel="C1", target=Target(entity, project), creator="grace", now=now
        )
        key = more.pop("key", f"{run}:{now.isoformat()}")
        await alerts.record(
            connection, key=key, watch_id=watch.id, run=run, kind="finding", code="loss_spike",
            severity="warning", fate="posted", payload={}, at=now,
        )  # fmt: skip
    return str(key)


async def test_a_change_is_drawn_once_by_one_of_several_processes(database: Database) -> None:
    """Both see it; the first claims it."""
    clock, drawn = HandClock(), Drawn()
    await StoredOpenings(database, clock).opened("ada", "T1")
    await alert(database, clock, "team/proj/otter")
    first, second = (live(database, clock, drawn) for _ in range(2))
    await first.round()
    await second.round()
    await clock.advance(90)
    await second.round()
    assert drawn.users == ["T1/ada"]


async def test_a_second_change_waits_for_its_minute(database: Database) -> None:
    """It is not lost: a later round draws it."""
    clock, drawn = HandClock(), Drawn()
    await StoredOpenings(database, clock).opened("ada", "T1")
    tabs = live(database, clock, drawn)
    await alert(database, clock, "team/proj/otter")
    await tabs.round()
    await clock.advance(20)
    await alert(database, clock, "team/proj/seal")
    await tabs.round()
    assert len(drawn.users) == 1
    await clock.advance(41)
    await tabs.round()
    assert len(drawn.users) == 2


async def test_that_an_alert_is_over_is_a_change_too(database: Database) -> None:
    """The run is well again: the tab says so."""
    clock, drawn = HandClock(), Drawn()
    await StoredOpenings(database, clock).opened("ada", "T1")
    tabs = live(database, clock, drawn)
    key = await alert(database, clock, "team/proj/otter")
    await tabs.round()
    await clock.advance(400)
    await tabs.round()
    async with database.begin() as connection:
        await alerts.resolve(connection, key, at=clock.now())
    await tabs.round()
    assert len(drawn.users) == 2


async def test_who_has_not_looked_for_days_is_left_alone(database: Database) -> None:
    """Their tab is drawn when they open it."""
    clock, drawn = HandClock(), Drawn()
    await StoredOpenings(database, clock).opened("ada", "T1")
    await clock.advance((LATELY + timedelta(hours=1)).total_seconds())
    await alert(database, clock, "team/proj/otter")
    await live(database, clock, drawn).round()
    assert drawn.users == []


@pytest.mark.parametrize(
    ("run", "user", "place", "expected"),
    [
        ("team/proj/otter", "ada", Place("team", "proj"), True),
        ("team/proj/otter", "ada", Place("team"), True),
        ("team/project/otter", "ada", Place("team", "proj"), False),
        ("team/other/otter", "ada", Place("team", "proj"), False),
        ("team/other/otter", "grace", Place("team", "proj"), True),
        ("team/proj/otter", "ada", None, False),
    ],
)
def test_a_tab_shows_its_place_and_what_one_lets_be_watched(
    run: str, user: str, place: Place | None, expected: bool
) -> None:
    """Anything else changes nothing on it."""
    assert concerns(Stir(1, run, "grace", over=False), user, place) is expected
