"""Draws home tabs: what is known at once, then what W&B says; and again when something changes."""

import asyncio
import logging
from dataclasses import dataclass, field, replace
from typing import Final

from analysis.errors import AnalysisError
from analysis.look import Targets
from analysis.looking.arranging import owned_by
from analysis.refs import ProjectRef
from handlers.conversation.ports import Place
from handlers.language.intents import ACTIONS
from handlers.problems import SlackProblem
from handlers.registry import Ask
from handlers.request import Request
from handlers.services import Services
from handlers.surface.memory import RecentOpenings
from handlers.surface.ports import Openings
from handlers.views import home as view
from handlers.views.home import Home
from handlers.waiting import background

HOURS: Final = 24.0
_QUIET_S: Final = 0.7  # an answer at hand is not announced by a “reading …”
_OFFERED: Final = 3
_LOG: Final = logging.getLogger(__name__)


_CHANGING: Final = (
    *("link.", "use.", "watch.", "which.", "undo", "remind.", "help.try"),
    *(view.PROJECT, view.CHANNEL, view.SAVE, view.STOP),
)
"""Clicks after which a person's home tab may say something else."""


def changes(ask: Ask) -> bool:
    """Whether what was answered may have changed the asker's home tab."""
    click = ask.request.click
    if click is not None:
        return click.id.startswith(_CHANGING)
    return ask.reading.intent in ACTIONS


@dataclass(slots=True)
class Homes:
    """Draws home tabs.

    Attributes:
        openings: Whose may be open, so that it is drawn again when something changes.
    """

    openings: Openings = field(default_factory=RecentOpenings)
    _drawing: dict[str, int] = field(default_factory=dict)

    async def opened(self, user: str, team: str) -> None:
        """Somebody looks at it."""
        await self.openings.opened(user, team)

    async def changed(self, user: str, services: Services) -> None:
        """Something of this person changed: the tab is drawn anew, if they ever looked."""
        team = await self.openings.team_of(user)
        if team is not None:
            await self.draw(user, team, services)

    async def draw(self, user: str, team: str, services: Services, *, fresh: bool = False) -> None:
        """Draws the tab; a newer drawing of the same tab wins over one that still waits.

        Args:
            user: Whose tab.
            team: The workspace.
            services: Everything to ask.
            fresh: Ask W&B even where an answer is at hand.
        """
        mine = self._drawing[user] = self._drawing.get(user, 0) + 1
        panel, clock = services.surface.panel, services.clock
        request = Request(kind="action", user=user, team=team)
        refusal = await services.access.may_ask(request)
        if refusal is not None:
            await panel.publish_home(user, view.refused(refusal.sentence))
            return
        known = await _known(request, services)
        async with background(_looked(known, request, services, fresh=fresh), clock) as work:
            if known.place is not None and not await work.done_within(_QUIET_S):
                reading = replace(known, reading=True)
                await panel.publish_home(user, view.view(reading, now=clock.now()))
            home = await work.result()
        if self._drawing[user] == mine:
            await panel.publish_home(user, view.view(home, now=clock.now()))


async def of_person(request: Request, services: Services) -> Home:
    """What is known of a person without W&B."""
    return await _known(request, services)


async def _known(request: Request, services: Services) -> Home:
    """What the database knows: account, default, watches, reminders."""
    user, talk = request.user, services.conversation
    person, place = await asyncio.gather(
        talk.accounts.of(user), talk.preferences.default("user", user)
    )
    place = place or await _usual(request, services)
    home = Home(user=user, person=person, place=place)
    if person is None:
        home = replace(home, candidates=await _candidates(user, place, services))
    if services.watches is None:
        return home
    watched, reminders = await asyncio.gather(
        services.watches.subscriptions.of_creator(user),
        services.watches.reminders.of_person(user),
    )
    return replace(home, watches=tuple(watched), reminders=len(reminders))


async def _usual(request: Request, services: Services) -> Place | None:
    """The place of W&B's own settings, if this workspace may be told about it."""
    ours = services.defaults
    if ours.entity is None:
        return None
    return Place(ours.entity, ours.project) if await _may(request, ours.entity, services) else None


async def _candidates(user: str, place: Place | None, services: Services) -> tuple[str, ...]:
    talk = services.conversation
    try:
        proved = await talk.accounts.proved(user)
    except (AnalysisError, SlackProblem):
        proved = None
    seen = talk.directory.seen(place.entity) if place else ()
    names = (proved, *(run.user for run in seen))
    return tuple(dict.fromkeys(name for name in names if name))[:_OFFERED] if proved else ()


async def _looked(home: Home, request: Request, services: Services, *, fresh: bool) -> Home:
    """The same with what W&B says."""
    if home.place is None or services.watches is None:
        return home
    if not await _may(request, home.place.entity, services):
        return replace(home, trouble=f"Runs of {home.place.entity} are not answered here.")
    targets = Targets(ProjectRef(home.place.entity, home.place.project))
    try:
        look = await services.watches.look(targets, hours=HOURS, fresh=fresh)
    except AnalysisError as error:
        _LOG.info("the home tab has no look: %s", error)
        return replace(home, trouble=error.sentence)
    mine = owned_by(look, home.person.wandb) if home.person else None
    return replace(home, look=look, mine=mine)


async def _may(request: Request, entity: str, services: Services) -> bool:
    try:
        return await services.access.may_read(request, entity) is None
    except AnalysisError:
        return False
