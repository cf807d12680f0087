"""Home tabs follow what ticks find: drawn again for who looked lately, once a minute at most.

Every process asks the database, so that it does not matter whose tick it was; the first to claim
a change for a person draws it.
"""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from analysis.errors import AnalysisError
from bot.storage import Database, alerts, once, people
from bot.storage.alerts import Stir
from bot.surface import HOME
from handlers.conversation.ports import Place
from handlers.ports import Clock
from handlers.problems import SlackProblem
from handlers.services import Services

EVERY_S: Final = 10.0
"""Seconds between two questions whether something changed."""
APART: Final = timedelta(minutes=1)
"""Between two drawings of one person's tab that nobody asked for."""
LATELY: Final = timedelta(days=3)
"""A tab that was not opened for longer is drawn when it is opened."""
_WINDOW: Final = timedelta(minutes=5)
_PEOPLE: Final = 100
_AT_ONCE: Final = 4
_PATIENCE_S: Final = 20.0
_DRAWN: Final = "home_drawn"
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LiveHomes:
    """Draws the tabs on which something has changed. ``round`` is a chore of each process."""

    database: Database
    clock: Clock
    services: Services

    async def round(self) -> None:
        """Looks for changes of the last minutes, and draws the tabs of whom they concern."""
        now = self.clock.now()
        async with self.database.read() as connection:
            stirs = await alerts.stirred(connection, since=now - _WINDOW)
            if not stirs:
                return
            opened = await people.who_prefers(
                connection, "user", HOME, since=now - LATELY, limit=_PEOPLE
            )
        turn = asyncio.Semaphore(_AT_ONCE)
        await asyncio.gather(
            *(self._one(user, str(kept.get("team") or ""), stirs, turn) for user, kept in opened)
        )

    async def _one(
        self, user: str, team: str, stirs: Iterable[Stir], turn: asyncio.Semaphore
    ) -> None:
        async with turn:
            place = await self._place(user)
            mine = [stir for stir in stirs if concerns(stir, user, place)]
            if not mine or not await self._claim(user, mine):
                return
            try:
                async with asyncio.timeout(_PATIENCE_S):
                    homes = self.services.surface.homes
                    await homes.draw(user, team, self.services, fresh=True)
            except (AnalysisError, SlackProblem, TimeoutError) as error:
                _LOG.info("a home tab was not drawn anew: %s", error)

    async def _place(self, user: str) -> Place | None:
        kept = await self.services.conversation.preferences.default("user", user)
        ours = self.services.defaults
        if kept is not None or ours.entity is None:
            return kept
        return Place(ours.entity, ours.project)

    async def _claim(self, user: str, stirs: Iterable[Stir]) -> bool:
        """Whether this process draws any of these changes for this person, now."""
        now = self.clock.now()
        async with self.database.begin() as connection:
            drawn = await people.preference(connection, "user", user, _DRAWN)
            if drawn is not None and now - datetime.fromisoformat(drawn) < APART:
                return False  # a later round finds the changes again
            words = [f"home:{user}:{stir.id}{':over' if stir.over else ''}" for stir in stirs]
            new = [word for word in words if await once.first_time(connection, word, now=now)]
            if not new:
                return False
            await people.prefer(connection, "user", user, _DRAWN, now.isoformat(), now=now)
        return True


def concerns(stir: Stir, user: str, place: Place | None) -> bool:
    """Whether a change can be seen on somebody's tab: in their place, or in a watch of theirs."""
    if stir.creator == user:
        return True
    return place is not None and stir.run.startswith(f"{place}/")
