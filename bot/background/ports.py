"""What background jobs need from others, as protocols; ``bot/wiring.py`` hands them in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from analysis.errors import AnalysisError
from bot.storage.alerts import Fate
from bot.storage.cards import CardKey
from bot.storage.outbox import Outgoing
from bot.storage.reminders import Reminder
from bot.storage.schedules import Schedule
from bot.storage.seen import Memory, RunState, TargetState
from bot.storage.watches import Target, Watch
from handlers.reply import Message


class Enqueue(Protocol):
    """Puts a job into the queue, in the caller's transaction."""

    async def enqueue(
        self,
        connection: AsyncConnection,
        kind: str,
        key: str,
        args: Mapping[str, Any],
        *,
        delay: float = 0.0,
        partition: str | None = None,
    ) -> None:
        """Runs ``kind`` with ``args`` once the transaction is committed.

        Args:
            connection: of the caller's transaction.
            kind: a registered job.
            key: names this piece of work for ever: a second one with the same key does nothing.
            args: plain JSON.
            delay: seconds to wait; survives restarts.
            partition: jobs of one partition run one at a time, at most one a second.
        """
        ...

    async def live(self, keys: Sequence[str]) -> frozenset[str]:
        """Those of the jobs that wait, run, or will be taken over."""
        ...

    async def cancel(self, *keys: str) -> None:
        """Takes waiting jobs out of their queue."""
        ...


class Render(Protocol):
    """Data to a message, without I/O."""

    def __call__(self, kind: str, payload: Mapping[str, Any], now: datetime) -> Message:
        """The message for an outbox row or a card of this kind.

        Several rows that became one message have the kind ``"several"`` and the payload
        ``{"items": [{"kind", "payload", "at"}, …]}``.
        """
        ...


class Seen(Protocol):
    """What was stored of a target, read as needed: only what changed has to be loaded."""

    async def open_runs(self) -> Mapping[str, int | None]:
        """Runs that have not ended, and their last step."""
        ...

    async def memories(self, runs: Sequence[str]) -> Mapping[str, Memory]:
        """The compacted histories of some runs."""
        ...

    async def states(self, runs: Sequence[str] | None) -> Mapping[tuple[int, str], RunState]:
        """What each watch of the batch made of runs (``None``: of all that it knows)."""
        ...


@dataclass(frozen=True, slots=True)
class Batch:
    """The due watches of one target.

    Attributes:
        target: what to look at.
        watches: those that want to know, all active.
        state: how far the look has come.
        seen: reads what was stored.
        now: the tick's time; everything that it stores carries it.
    """

    target: Target
    watches: tuple[Watch, ...]
    state: TargetState
    seen: Seen
    now: datetime


@dataclass(frozen=True, slots=True)
class CardChange:
    """What a long-lived message should show from now on; posted when it is new.

    Attributes:
        key: which card.
        payload: its whole content.
        watch_id: whose card it is.
        thread_of: the card in whose thread it stands.
    """

    key: CardKey
    payload: Mapping[str, Any]
    watch_id: int | None = None
    thread_of: CardKey | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """One message, never edited later.

    Attributes:
        what: the intent (``parent_id`` is filled in from ``thread_of``).
        thread_of: the card in whose thread it belongs.
        watch_id: for which watch; dropped when the tick no longer holds that watch.
    """

    what: Outgoing
    watch_id: int
    thread_of: CardKey | None = None


@dataclass(frozen=True, slots=True)
class AlertNote:
    """An alert for the history; ``card`` is the message that shows it."""

    key: str
    watch_id: int
    run: str
    kind: str
    code: str
    severity: str
    fate: Fate
    payload: Mapping[str, Any]
    card: CardKey | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """All that a look changes, stored in one transaction or not at all.

    Attributes:
        state: the target's new state.
        memories: new histories.
        states: new states of runs in watches.
        cards: changed and new cards, parents before children.
        posts: messages.
        alerts: for the history.
        resolved: keys of alerts that are over.
        next_in_s: when to look again, if not after the usual period.
    """

    state: TargetState
    memories: tuple[Memory, ...] = ()
    states: tuple[RunState, ...] = ()
    cards: tuple[CardChange, ...] = ()
    posts: tuple[Post, ...] = ()
    alerts: tuple[AlertNote, ...] = ()
    resolved: tuple[str, ...] = ()
    next_in_s: float | None = None


class TickWork(Protocol):
    """The analysis side of a tick."""

    async def look(self, batch: Batch) -> Found:
        """Asks W&B what changed and says what that means for each watch.

        Runs again from the start after a crash, so it stores nothing itself.

        Raises:
            AnalysisError: W&B could not be asked; ``unreachable`` says what to show.
        """
        ...

    async def unreachable(
        self, batch: Batch, since: datetime, error: AnalysisError | None
    ) -> Found:
        """What to show while nobody can look (the board's line, no alerts).

        Args:
            batch: whose state counts this failure too.
            since: of the first look that failed.
            error: why; ``None`` for a fault of ours.
        """
        ...


class BriefingWork(Protocol):
    """The content of a scheduled message."""

    async def compose(self, schedule: Schedule, now: datetime) -> Mapping[str, Any]:
        """The payload for the renderer's kind ``schedule.kind``."""
        ...


class ReminderWork(Protocol):
    """Whether what somebody waits for has happened."""

    async def check(self, reminder: Reminder, now: datetime) -> Mapping[str, Any] | None:
        """The payload for the renderer's kind ``"reminder"``; ``None`` while it has not."""
        ...
