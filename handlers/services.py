"""What commands may use, handed in once by ``bot/wiring.py``: ports, and functions of the core."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from analysis.errors import NotAllowed
from analysis.plots.curves import RunCurves
from analysis.refs import Defaults, RunRef
from analysis.reports import RunReport
from analysis.run import Run
from analysis.sources.base import Effort, Progress
from handlers.checkup import Doctor
from handlers.conversation.ports import Conversation
from handlers.language.intents import Context, Understanding
from handlers.ports import Clock, Sender
from handlers.reply import Image, Message, Posted, Topic
from handlers.request import Request


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


Draw = Callable[[RunCurves], Awaitable[Image | None]]
"""Draws curves off the event loop; nothing where there is nothing to draw or drawing failed."""

ContextOf = Callable[[Request], Awaitable[Context]]
"""What a request's text is read with: who speaks, defaults, the thread's topic, known runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that a command can reach.

    Attributes:
        examine: Describes one run.
        draw: A run's curves as a picture.
        understand: Text and its context to an intent and slots.
        context_of: The context that a request is read in.
        sender: Messages to Slack.
        access: Who may ask about what.
        topics: What threads are about.
        clock: Time.
        defaults: What completes an incomplete name of a run.
        doctor: Looks the installation over; absent where there is none to look at.
        conversation: Runs by name, accounts, defaults of channels, questions, undo.
    """

    examine: Examine
    draw: Draw
    understand: Callable[[str, Context], Understanding]
    context_of: ContextOf
    sender: Interactive
    access: Access
    topics: Topics
    clock: Clock
    defaults: Defaults
    conversation: Conversation
    doctor: Doctor | None = None
