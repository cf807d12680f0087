"""What the conversation needs from the application; ``bot/conversation.py`` hands it in.

In-memory ones, enough for one process, are in ``handlers.conversation.memory``.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from analysis.comparing.matter import By
from analysis.metric_lines import Lines, MetricAnswer
from analysis.ranking import Ranking
from analysis.refs import ProjectRef, RunRef
from analysis.run import Run
from analysis.sources.base import RunPage, RunQuery
from handlers.language.intents import Understanding
from handlers.reply import Image, Topic

Proof = Literal["email", "key", "confirmed"]


@dataclass(frozen=True, slots=True)
class Place:
    """An entity and perhaps a project, meant when none is named."""

    entity: str
    project: str | None = None

    @property
    def ref(self) -> ProjectRef:
        """As the sources write it."""
        return ProjectRef(self.entity, self.project)

    def __str__(self) -> str:
        return str(self.ref)


@dataclass(frozen=True, slots=True)
class Person:
    """Who a Slack user is on W&B, and how that was proved."""

    wandb: str
    proof: Proof


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked back, until somebody chooses.

    Attributes:
        asker: The Slack user whose sentence it was.
        text: The sentence, as typed.
        reading: What was understood of it.
        place: Which of the reading's runs the choice takes the place of.
        choices: The paths that may be chosen, in the order shown.
    """

    asker: str
    text: str
    reading: Understanding
    place: int = 0
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A change that may be taken back; ``before`` is what its kind needs for that."""

    kind: str
    channel: str
    user: str
    before: Mapping[str, Any] = field(default_factory=dict)


class RunDirectory(Protocol):
    """Looks runs up; answers are kept for some seconds. Raises only ``analysis.errors``."""

    async def home(self) -> str | None:
        """The entity of the bot's own key, where W&B says it."""
        ...

    async def recent(self, within: ProjectRef) -> tuple[Run, ...]:
        """The newest runs of a project or an entity, at most a page."""
        ...

    async def named(self, within: ProjectRef, name: str) -> tuple[Run, ...]:
        """Runs whose id or display name is, or begins with, ``name``; asked of W&B."""
        ...

    async def page(self, query: RunQuery) -> RunPage:
        """The runs that a query means."""
        ...

    async def run(self, ref: RunRef) -> Run:
        """One run's facts."""
        ...

    def seen(self, entity: str) -> Sequence[Run]:
        """Runs of the entity that were met lately, without asking W&B."""
        ...


class Accounts(Protocol):
    """Who Slack users are on W&B."""

    async def of(self, slack_user: str) -> Person | None:
        """The linked W&B user."""
        ...

    async def link(self, slack_user: str, wandb_user: str, proof: Proof) -> None:
        """Connects the two, in place of an earlier one."""
        ...

    async def unlink(self, slack_user: str) -> bool:
        """Forgets the connection; whether there was one."""
        ...

    async def proved(self, slack_user: str) -> str | None:
        """The W&B user name that this person's e-mail proves, where it can be had."""
        ...


class Preferences(Protocol):
    """What channels and people prefer."""

    async def default(self, scope: Literal["channel", "user"], subject: str) -> Place | None:
        """The default place of a channel or a person."""
        ...

    async def use(
        self, scope: Literal["channel", "user"], subject: str, place: Place | None
    ) -> None:
        """Sets, or with ``None`` forgets, the default place."""
        ...

    async def get(self, user: str, name: str) -> Any:
        """A person's preference; ``None`` where there is none."""
        ...

    async def put(self, user: str, name: str, value: Any) -> None:
        """Stores a person's preference."""
        ...


class Questions(Protocol):
    """Questions that were asked back; they outlive a restart."""

    async def keep(self, question: Question) -> str:
        """Stores a question; a short token that finds it."""
        ...

    async def recall(self, token: str) -> Question | None:
        """The question, unless it is too old."""
        ...


@dataclass(frozen=True, slots=True)
class Undoing:
    """Why a change is not taken back: it was already, it is another person's, or it is too old."""

    author: str
    used: bool


class Undos(Protocol):
    """Changes that may be taken back for five minutes."""

    async def offer(self, change: Change) -> str:
        """Stores how to take a change back; the token for the button."""
        ...

    async def take(self, token: str, user: str) -> Change | None:
        """Uses a token up; ``None`` when it has run out, was used, or is another person's."""
        ...

    async def known(self, token: str) -> Undoing | None:
        """Whose change it was, and whether it was taken back; ``None`` where that is forgotten."""
        ...

    async def last(self, channel: str, user: str) -> Change | None:
        """Uses the person's last change in a channel up."""
        ...


class Shown(Protocol):
    """What was last shown to a person outside threads, for half an hour: “run 3”, “it”."""

    async def last(self, channel: str, user: str) -> Topic | None:
        """The topic that is still fresh."""
        ...

    async def note(self, channel: str, user: str, topic: Topic) -> None:
        """Notes what was shown."""
        ...


class ReadMetric(Protocol):
    """The values and curves of metrics, as people call them, of some runs."""

    async def __call__(
        self, refs: Sequence[RunRef], said: Sequence[str], *, by: By = "step"
    ) -> MetricAnswer:
        """Reads them; the curves stand over steps, tokens or time."""
        ...


class Rank(Protocol):
    """Orders the runs of a place by a metric."""

    async def __call__(
        self, query: RunQuery, *, metric: str | None = None, top: int = 5
    ) -> Ranking:
        """The best ``top`` by a metric as people call it; by what is evaluated when absent."""
        ...


DrawLines = Callable[[Lines], Awaitable[Image | None]]
"""Draws lines off the event loop; nothing where there is nothing to draw or drawing failed."""

CountWatches = Callable[[str], Awaitable[int]]
"""How many watches a channel has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """Everything that the conversation can reach.

    Attributes:
        directory: Looks runs up.
        accounts: Who people are on W&B.
        preferences: Defaults of channels and people.
        questions: What was asked back.
        undos: What may be taken back.
        shown: What was last shown outside threads.
        read_metric: Values and curves of metrics.
        rank: The best runs.
        draw: Curves of several runs as a picture.
        count_watches: Of a channel, where watching is there.
    """

    directory: RunDirectory
    accounts: Accounts
    preferences: Preferences
    questions: Questions
    undos: Undos
    shown: Shown
    read_metric: ReadMetric
    rank: Rank
    draw: DrawLines
    count_watches: CountWatches | None = None
