"""What Slack's other places need from the application; ``bot/surface.py`` hands it in.

In-memory ones, enough for one process, are in ``handlers.surface.memory``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from handlers.reply import Block, Message

if TYPE_CHECKING:
    from handlers.services import Services

Source = Literal["composer", "conversations_history"]
SessionState = Literal["processing", "active", "suspended", "closed"]


@dataclass(frozen=True, slots=True)
class Prompt:
    """Something to ask: what the button says, and what it sends."""

    title: str
    message: str


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


class Stream(Protocol):
    """An answer that grows: steps first, the report at the end."""

    async def step(
        self, key: str, title: str, status: Literal["in_progress", "complete", "error"]
    ) -> None:
        """Shows a step, or how it stands now."""
        ...

    async def end(self, blocks: Sequence[Block]) -> None:
        """Closes the answer with its blocks."""
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

    def opened(self, user: str, team: str) -> None:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """Everything that Slack's other places can reach."""

    panel: Panel
    homes: HomeTabs
    sightings: Sightings
    votes: Votes
