"""What Slack's other places remember, in the database: ``handlers.surface.ports`` on storage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.storage import Database, once, people
from bot.storage.leaving import forget_everything
from handlers.ports import Clock
from handlers.sending import SlackSender
from handlers.surface.home import Homes
from handlers.surface.memory import SHOWN_FOR
from handlers.surface.panel import SlackPanel
from handlers.surface.ports import Surface

if TYPE_CHECKING:
    from slack_sdk.web.async_client import AsyncWebClient

UNFURL: Final = "unfurl"
"""The channel's preference: whether links unfurl there."""
HOME: Final = "home"
"""The person's preference: in which workspace they last opened their home tab, and when."""
_LINK: Final = 700


@dataclass(frozen=True, slots=True)
class StoredSightings:
    """``surface.Sightings``: shared by all replicas, and still known after a restart."""

    database: Database
    clock: Clock

    async def claim(self, channel: str, link: str) -> bool:
        """Whether a link was not shown there in the last half hour; it counts as shown now."""
        now = self.clock.now()
        async with self.database.begin() as connection:
            return await once.claim_link(
                connection, channel, link[:_LINK], now=now, since=now - SHOWN_FOR
            )

    async def release(self, channel: str, link: str) -> None:
        """It was not shown after all."""
        async with self.database.begin() as connection:
            await once.show_link(
                connection, channel, link[:_LINK], now=self.clock.now() - SHOWN_FOR
            )

    async def wanted(self, channel: str) -> bool:
        """Whether cards are shown in a channel."""
        async with self.database.read() as connection:
            return bool(await people.preference(connection, "channel", channel, UNFURL, True))

    async def want(self, channel: str, wanted: bool) -> None:
        """Remembers it."""
        async with self.database.begin() as connection:
            now = self.clock.now()
            await people.prefer(connection, "channel", channel, UNFURL, wanted, now=now)


@dataclass(frozen=True, slots=True)
class StoredVotes:
    """``surface.Votes``: what ``wandb-bot feedback`` counts."""

    database: Database
    clock: Clock

    async def cast(
        self, user: str, message: str, run: str, codes: Sequence[str], *, good: bool
    ) -> None:
        """Counts one person's judgement, once a detector; a later one replaces it."""
        async with self.database.begin() as connection:
            for code in codes:
                await once.vote(
                    connection,
                    slack_user=user,
                    message=message,
                    code=code,
                    run=run,
                    good=good,
                    now=self.clock.now(),
                )


@dataclass(frozen=True, slots=True)
class StoredOpenings:
    """``surface.Openings``: known to all replicas, and still after a restart."""

    database: Database
    clock: Clock

    async def opened(self, user: str, team: str) -> None:
        """Remembers it."""
        now = self.clock.now()
        async with self.database.begin() as connection:
            await people.prefer(connection, "user", user, HOME, {"team": team}, now=now)

    async def team_of(self, user: str) -> str | None:
        """The workspace; ``None`` where the person never opened the tab."""
        async with self.database.read() as connection:
            kept = await people.preference(connection, "user", user, HOME)
        return str(kept["team"]) if kept else None


@dataclass(frozen=True, slots=True)
class StoredKeepsakes:
    """``surface.Keepsakes``: the whole database, because one bot serves one workspace."""

    database: Database

    async def forget(self) -> Mapping[str, int]:
        """Deletes it, in one transaction."""
        async with self.database.begin() as connection:
            return await forget_everything(connection)


def surface(
    *,
    database: Database,
    web: "AsyncWebClient",
    once: "AsyncWebClient",
    sender: SlackSender,
    clock: Clock,
) -> Surface:
    """Slack beyond messages, for ``Services.places``.

    Args:
        database: Remembers.
        web: The client for idempotent calls.
        once: The client for posts.
        sender: Uploads pictures.
        clock: Time.
    """
    return Surface(
        panel=SlackPanel(web, once, sender.placed, clock),
        homes=Homes(StoredOpenings(database, clock)),
        sightings=StoredSightings(database, clock),
        votes=StoredVotes(database, clock),
        keepsakes=StoredKeepsakes(database),
    )
