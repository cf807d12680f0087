"""What commands may use, handed in once by ``bot/wiring.py``: ports, and functions of the core."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from analysis.errors import BadRequest, NotAllowed
from analysis.failures import FailuresReport
from analysis.plots.curves import RunCurves
from analysis.refs import Defaults, ProjectRef, RunRef
from analysis.reports import RunReport
from analysis.run import Run
from analysis.sources.base import Effort, Progress
from handlers.checkup import Doctor
from handlers.conversation.ports import Conversation
from handlers.language.intents import Context, Understanding
from handlers.ports import Clock, Sender
from handlers.reply import Image, Message, Posted, Topic
from handlers.request import Request
from handlers.stopping import LocalStops, Stops
from handlers.surface.ports import Surface
from handlers.watching.ports import Watching

if TYPE_CHECKING:
    from analysis.comparing.matter import By
    from analysis.comparing.report import Comparison
    from analysis.comparing.sides import SideRef
    from analysis.plots.overlay import Overlay
    from analysis.why import Explanation


@dataclass(frozen=True, slots=True)
class Examined:
    """A run's report, and the curves that it was made from."""

    report: RunReport
    curves: RunCurves


class Examine(Protocol):
    """Fetches a run and judges it, within an effort; raises only ``analysis.errors``."""

    async def __call__(
        self,
        ref: RunRef,
        *,
        effort: Effort | None = None,
        on_run: Callable[[Run], None] | None = None,
        progress: Progress | None = None,
    ) -> Examined:
        """Answers within the effort's deadline, with what came by then.

        Args:
            ref: Which run.
            effort: How much may be spent; the configured amount when absent.
            on_run: Told the run's facts as soon as they are known, before its curves.
            progress: Told how much of the curves has come.
        """
        ...


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison, and what its picture shows; no picture where nothing could be compared."""

    report: "Comparison"
    overlay: "Overlay | None" = None


class Compare(Protocol):
    """Sets runs against each other, within an effort; raises only ``analysis.errors``."""

    async def __call__(
        self,
        sides: Sequence["SideRef"],
        *,
        metric: str | None = None,
        by: "By | None" = None,
    ) -> Compared:
        """Which side is better, and how sure that is.

        Args:
            sides: Two to eight; of W&B, never of this machine's disk.
            metric: What decides; chosen when absent.
            by: The axis; the fair one when absent.
        """
        ...


class Why(Protocol):
    """Tells why a run ended; raises only ``analysis.errors``."""

    async def __call__(self, ref: RunRef) -> "Explanation":
        """Answers within the configured deadline, with what came by then."""
        ...


class Failures(Protocol):
    """Groups the failures of a project by their error; raises only ``analysis.errors``."""

    async def __call__(self, within: ProjectRef, *, days: float) -> FailuresReport:
        """What failed in the last days."""
        ...


class Access(Protocol):
    """Who may ask, and about what. The policy is the application's."""

    async def may_ask(self, request: Request) -> NotAllowed | None:
        """Why this person is not answered; ``None`` where they are."""
        ...

    async def may_read(self, request: Request, entity: str) -> NotAllowed | None:
        """Why nothing of this W&B entity is told, asked before a fetch; ``None`` where it may."""
        ...


class Seen(Protocol):
    """Which deliveries were handled already; Slack repeats events."""

    async def first(self, delivery: str) -> bool:
        """Whether this delivery is new; it is remembered from now on."""
        ...


class Topics(Protocol):
    """What threads are about."""

    async def about(self, channel: str, thread_ts: str) -> Topic | None:
        """What a thread is about, where it is known."""
        ...

    async def remember(self, posted: Posted, topic: Topic) -> None:
        """A message, and the thread that it stands in or may open, is about this from now on."""
        ...


class Interactive(Sender, Protocol):
    """A sender that can also answer people; implemented by ``handlers.sending.SlackSender``."""

    async def delete(self, posted: Posted) -> None:
        """Takes an own message away."""
        ...

    async def prepare(self, message: Message) -> None:
        """Uploads pictures ahead of the message."""
        ...

    async def ephemeral(
        self, channel: str, user: str, message: Message, *, thread_ts: str | None = None
    ) -> None:
        """Shows a message to one person."""
        ...

    async def respond(
        self,
        url: str,
        message: Message,
        *,
        in_channel: bool = False,
        replace_original: bool = False,
    ) -> None:
        """Answers through a ``response_url``."""
        ...

    async def open_view(self, trigger_id: str, view: Mapping[str, Any]) -> str:
        """Opens a modal; its id, by which ``update_view`` finds it."""
        ...

    async def update_view(self, view_id: str, view: Mapping[str, Any]) -> None:
        """Replaces what an open modal shows."""
        ...


Draw = Callable[[RunCurves], Awaitable[Image | None]]
"""Draws curves off the event loop; nothing where there is nothing to draw or drawing failed."""

DrawOverlay = Callable[["Overlay"], Awaitable[Image | None]]
"""Draws a comparison off the event loop; nothing where drawing failed."""


class ContextOf(Protocol):
    """What a request's text is read with: who speaks, defaults, the thread's topic, known runs."""

    async def __call__(self, request: Request, /, *, patience_s: float | None = None) -> Context:
        """The context; ``patience_s`` is how long a slow W&B may take to list the runs."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that a command can reach.

    Attributes:
        examine: Describes one run.
        draw: A run's curves as a picture.
        compare: Which of several runs is better.
        draw_overlay: A comparison's curves as a picture.
        why: Why a run ended.
        failures: A project's failures, by their error.
        understand: Text and its context to an intent and slots.
        context_of: The context that a request is read in.
        sender: Messages to Slack.
        access: Who may ask about what.
        topics: What threads are about.
        clock: Time.
        defaults: What completes an incomplete name of a run.
        doctor: Looks the installation over; absent where there is none to look at.
        stops: Says stop to work that goes on.
        conversation: Runs by name, accounts, defaults of channels, questions, undo.
        watches: Subscriptions, mutes, rules, schedules; absent where nothing is kept.
        places: Slack beyond messages: cards under links, the home tab, the agent's conversation.
    """

    examine: Examine
    draw: Draw
    compare: Compare
    draw_overlay: DrawOverlay
    why: Why
    failures: Failures
    understand: Callable[[str, Context], Understanding]
    context_of: ContextOf
    sender: Interactive
    access: Access
    topics: Topics
    clock: Clock
    defaults: Defaults
    stops: Stops = field(default_factory=LocalStops)
    conversation: Conversation
    doctor: Doctor | None = None
    watches: Watching | None = None
    places: Surface | None = None

    @property
    def surface(self) -> Surface:
        """``places``, for what cannot do without.

        Raises:
            BadRequest: there is nothing of Slack but messages.
        """
        if self.places is None:
            raise BadRequest("That is not possible here.", "The bot was started without that.")
        return self.places

    @property
    def watching(self) -> Watching:
        """``watches``, for the commands that cannot do without.

        Raises:
            BadRequest: nothing can be watched here.
        """
        if self.watches is None:
            raise BadRequest("Nothing can be watched here.", "The bot was started without that.")
        return self.watches
