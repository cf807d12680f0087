"""What Slack's other places need from the application; ``bot/surface.py`` hands it in.

In-memory ones, enough for one process, are in ``handlers.surface.memory``.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from handlers.reply import Block, Message, Posted

if TYPE_CHECKING:
    from handlers.services import Services

Source = Literal["composer", "conversations_history"]
SessionState = Literal["processing", "active", "suspended", "closed"]
StepState = Literal["in_progress", "complete", "error"]


@dataclass(frozen=True, slots=True)
class Prompt:
    """Something to ask: what the button says, and what it sends."""

    title: str
    message: str


class Stream(Protocol):
    """An answer that grows: steps first, the report at the end.

    Every method raises ``handlers.problems``; ``Refused`` with ``stopped_by_user`` once somebody
    pressed Stop.
    """

    @property
    def posted(self) -> Posted:
        """Where it stands."""
        ...

    async def step(self, title: str, status: StepState, details: str = "") -> None:
        """Shows a step, or how it stands now; steps are told apart by their titles."""
        ...

    async def end(self, blocks: Sequence[Block]) -> None:
        """Closes the answer with its blocks."""
        ...


class Panel(Protocol):
    """Slack's places that are no messages of the app; raises ``handlers.problems``."""

    async def unfurl(self, unfurl_id: str, source: Source, cards: Mapping[str, Message]) -> None:
        """Shows cards under links, by the links exactly as they were shared.

        Called again with the same link it changes the card. Pictures that Slack has not processed
        yet follow by themselves.
        """
        ...

    async def publish_home(self, user: str, view: Mapping[str, Any]) -> None:
        """Draws a person's home tab."""
        ...

    async def suggest(self, channel: str, prompts: Sequence[Prompt], *, title: str = "") -> None:
        """Offers things to ask when the conversation is opened."""
        ...

    async def status(
        self, channel: str, thread_ts: str, text: str, *, meanwhile: Sequence[str] = ()
    ) -> None:
        """Says below a thread what the app is doing; an empty text takes that away."""
        ...

    async def session(
        self, channel: str, thread_ts: str, state: SessionState, *, title: str = ""
    ) -> None:
        """Says whether the agent works (then Slack shows Stop) or waits."""
        ...

    async def stream(
        self, channel: str, thread_ts: str, title: str, *, user: str, team: str
    ) -> Stream | None:
        """Begins an answer that grows, with its first step; none where Slack has no streams."""
        ...


class Sightings(Protocol):
    """Which links were shown where, and where none are wanted."""

    async def claim(self, channel: str, link: str) -> bool:
        """Whether a link was not shown there in the last half hour; it counts as shown now."""
        ...

    async def release(self, channel: str, link: str) -> None:
        """It could not be shown after all."""
        ...

    async def wanted(self, channel: str) -> bool:
        """Whether cards are shown in a channel at all."""
        ...

    async def want(self, channel: str, wanted: bool) -> None:
        """Remembers that cards are, or are not, shown in a channel."""
        ...


class Votes(Protocol):
    """How people judge findings."""

    async def cast(
        self, user: str, message: str, run: str, codes: Sequence[str], *, good: bool
    ) -> None:
        """Counts one person's judgement of a message, once a detector; a later one replaces it.

        Args:
            user: The Slack user.
            message: Channel and time stamp of the message.
            run: The run's path.
            codes: The detectors whose findings it shows.
            good: Whether they were right.
        """
        ...


class HomeTabs(Protocol):
    """Home tabs, drawn when they are opened and when something on them changes."""

    async def opened(self, user: str, team: str) -> None:
        """Somebody looks at theirs."""
        ...

    async def draw(
        self, user: str, team: str, services: "Services", *, fresh: bool = False
    ) -> None:
        """Draws a person's tab; ``fresh`` asks W&B even where an answer is at hand."""
        ...

    async def changed(self, user: str, services: "Services") -> None:
        """Something of this person changed: the tab is drawn anew, if they ever looked."""
        ...


class Openings(Protocol):
    """Who opened their home tab lately, so that it is worth drawing again."""

    async def opened(self, user: str, team: str) -> None:
        """Remembers it."""
        ...

    async def team_of(self, user: str) -> str | None:
        """The workspace in which a person opened it; ``None`` where they did not lately."""
        ...


class Keepsakes(Protocol):
    """Everything that is kept of the workspace."""

    async def forget(self) -> Mapping[str, int]:
        """Deletes all of it; how many entries of each kind."""
        ...


@dataclass(slots=True)
class Room:
    """A thread in which answers are at work: how many, and whose turn it is to tell Slack."""

    answers: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """Everything that Slack's other places can reach.

    Attributes:
        panel: Slack itself.
        homes: Home tabs.
        sightings: Which links were shown where.
        votes: How people judge findings.
        keepsakes: What is deleted when the app is uninstalled; absent where nothing is kept.
        rooms: The threads in which this process works, by channel and time stamp.
    """

    panel: Panel
    homes: HomeTabs
    sightings: Sightings
    votes: Votes
    keepsakes: Keepsakes | None = None
    rooms: dict[tuple[str, str], Room] = field(default_factory=dict)
