"""What Slack's other places remember, in bounded memory: enough for one process."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from handlers.ports import Clock

SHOWN_FOR: Final = timedelta(minutes=30)
"""How long a link that was shown in a channel is not shown again there (GitHub's rule)."""
_KEPT: Final = 5_000
_PEOPLE: Final = 1_000


@dataclass(slots=True)
class RecentSightings:
    """``surface.Sightings`` for one process."""

    clock: Clock
    _shown: OrderedDict[tuple[str, str], datetime] = field(default_factory=OrderedDict)
    _unwanted: set[str] = field(default_factory=set)

    async def claim(self, channel: str, link: str) -> bool:
        """Whether it was not shown lately; it counts as shown now."""
        now, key = self.clock.now(), (channel, link)
        last = self._shown.get(key)
        if last is not None and now - last < SHOWN_FOR:
            return False
        self._shown[key] = now
        self._shown.move_to_end(key)
        if len(self._shown) > _KEPT:
            self._shown.popitem(last=False)
        return True

    async def release(self, channel: str, link: str) -> None:
        """It was not shown after all."""
        self._shown.pop((channel, link), None)

    async def wanted(self, channel: str) -> bool:
        """Whether cards are shown there."""
        return channel not in self._unwanted

    async def want(self, channel: str, wanted: bool) -> None:
        """Remembers it."""
        (self._unwanted.discard if wanted else self._unwanted.add)(channel)


@dataclass(slots=True)
class RecentOpenings:
    """``surface.Openings`` for one process: of the last thousand people."""

    _opened: OrderedDict[str, str] = field(default_factory=OrderedDict)

    async def opened(self, user: str, team: str) -> None:
        """Remembers it."""
        self._opened[user] = team
        self._opened.move_to_end(user)
        if len(self._opened) > _PEOPLE:
            self._opened.popitem(last=False)

    async def team_of(self, user: str) -> str | None:
        """The workspace; ``None`` where they did not lately."""
        return self._opened.get(user)


@dataclass(slots=True)
class KnownVotes:
    """``surface.Votes`` for one process: good or not by user, message and detector."""

    cast_: dict[tuple[str, str, str], bool] = field(default_factory=dict)

    async def cast(
        self, user: str, message: str, run: str, codes: Sequence[str], *, good: bool
    ) -> None:
        """Counts it."""
        for code in codes:
            self.cast_[(user, message, code)] = good
