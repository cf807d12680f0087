"""Who may ask, and about what: guests, strangers and foreign entities are refused by default."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from analysis.errors import AnalysisError, NotAllowed
from analysis.refs import shorten
from analysis.run import Viewer
from bot.settings import Access as AccessSettings
from handlers.ports import Clock
from handlers.problems import SlackProblem
from handlers.request import Request

_LOG = logging.getLogger(__name__)
_KEPT = timedelta(minutes=10)
_MOST = 5_000

UserInfo = Callable[[str], Awaitable[Mapping[str, Any]]]
"""Slack's ``users.info`` of a user id: the ``user`` object."""


@dataclass(frozen=True, slots=True)
class _Person:
    guest: bool
    stranger: bool
    admin: bool
    read_at: datetime


@dataclass(slots=True)
class Access:
    """``handlers.services.Access``: the policy that the settings describe.

    Attributes:
        settings: the ``[access]`` section.
        user_info: asks Slack who somebody is; answers are kept for ten minutes.
        viewer: whose W&B key the bot has; its entities are answered where none are configured.
        clock: time.
    """

    settings: AccessSettings
    user_info: UserInfo
    viewer: Callable[[], Awaitable[Viewer]]
    clock: Clock
    _people: dict[str, _Person] = field(default_factory=dict)
    _viewer: Viewer | None = None

    async def may_ask(self, request: Request) -> NotAllowed | None:
        """Why this person is not answered; ``None`` where they are."""
        if self.settings.allow_guests and self.settings.allow_external:
            return None
        outside = bool(request.user_team and request.team and request.user_team != request.team)
        if outside and not self.settings.allow_external:
            return _no("People of other organisations are not answered here.")
        try:
            person = await self._person(request.user)
        except SlackProblem as problem:
            _LOG.warning("users.info failed: %s", problem)
            return _no(
                "Slack does not tell who you are, so nothing can be shown.",
                "Try again in a minute; if it stays so, the app lacks the scope users:read.",
            )
        if person.stranger and not self.settings.allow_external:
            return _no("People of other organisations are not answered here.")
        if person.guest and not self.settings.allow_guests:
            return _no("Guests are not answered in this workspace.")
        return None

    async def may_read(self, request: Request, entity: str) -> NotAllowed | None:
        """Why nothing of this W&B entity is told; ``None`` where it may."""
        allowed = await self.entities()
        if entity.lower() in {name.lower() for name in allowed}:
            return None
        return _no(f"Runs of “{shorten(entity)}” are not answered here.")

    async def entities(self) -> frozenset[str]:
        """The entities that are answered.

        Raises:
            AnalysisError: when none are configured and W&B does not say whose key it is.
        """
        if self.settings.entities:
            return frozenset(self.settings.entities)
        if self._viewer is None:
            self._viewer = await self.viewer()
        return self._viewer.entities

    async def is_admin(self, user: str) -> bool:
        """Whether this person may run administrators' commands."""
        if user in self.settings.admins:
            return True
        try:
            return (await self._person(user)).admin
        except (SlackProblem, AnalysisError):
            return False

    async def _person(self, user: str) -> _Person:
        known = self._people.get(user)
        if known is not None and self.clock.now() - known.read_at < _KEPT:
            return known
        told = await self.user_info(user)
        person = _Person(
            guest=bool(told.get("is_restricted") or told.get("is_ultra_restricted")),
            stranger=bool(told.get("is_stranger")),
            admin=bool(told.get("is_admin") or told.get("is_owner")),
            read_at=self.clock.now(),
        )
        if len(self._people) >= _MOST:
            self._people.clear()
        self._people[user] = person
        return person


def _no(sentence: str, next_step: str = "") -> NotAllowed:
    return NotAllowed(sentence, next_step)
