"""What watching needs from the application; ``bot/watching/`` hands it in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from analysis.look import Targets
from analysis.looking.report import Look
from analysis.refs import ProjectRef
from handlers.watching.manners import Manners

Scope = Literal["run", "kind", "code", "channel"]


@dataclass(frozen=True, slots=True)
class Watched:
    """What one channel watches.

    Attributes:
        where: a project, or a whole entity.
        creator: the Slack user who added it.
        filters: the condition that a run must meet, as its author wrote it; empty for all.
        paused: why nothing is posted there now; none while it is.
        only_rules: whether it is looked at for people's own rules alone.
    """

    id: int
    channel: str
    where: ProjectRef
    creator: str
    created_at: datetime
    filters: str = ""
    paused: str | None = None
    only_rules: bool = False


@dataclass(frozen=True, slots=True)
class RuleSet:
    """A rule of somebody's own, in one channel."""

    id: int
    channel: str
    where: ProjectRef
    text: str
    creator: str


@dataclass(frozen=True, slots=True)
class Silence:
    """A mute, or (with an end) a snooze."""

    channel: str
    scope: Scope
    subject: str
    creator: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Briefed:
    """A look that is posted on schedule."""

    id: int
    channel: str
    cron: str
    zone: str
    where: ProjectRef | None
    creator: str
    next_at: datetime


@dataclass(frozen=True, slots=True)
class Reminded:
    """Something that one person waits for.

    Attributes:
        run: the run that it is about.
        at: when; of a run's end, when it was asked for.
        waits: whether it waits for the run's end.
    """

    id: int
    run: str | None
    note: str
    at: datetime
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """An alert of the history, for “Why?”.

    Attributes:
        key: names it for ever.
        payload: what it was about: the rule, the evidence, the sentences.
    """

    key: str
    watch_id: int
    channel: str
    run: str
    kind: str
    code: str
    severity: str
    fate: str
    payload: Mapping[str, Any]
    at: datetime
    resolved_at: datetime | None = None


class LookAt(Protocol):
    """Looks at many runs; an answer of the last seconds is given again."""

    async def __call__(self, targets: Targets, *, hours: float, fresh: bool = False) -> Look:
        """The look; raises only ``analysis.errors``.

        Args:
            targets: which projects.
            hours: how far back.
            fresh: ask W&B even where an answer is at hand.
        """
        ...


class PreviewOf(Protocol):
    """Replays the last days and counts the messages that a watch would have posted."""

    async def __call__(
        self,
        where: ProjectRef,
        *,
        channel: str,
        filters: str,
        manners: Manners,
        person: str | None,
    ) -> Mapping[str, Any]:
        """The counts. Raises only ``analysis.errors``.

        Args:
            where: what would be watched.
            channel: whose rules and mutes hold.
            filters: the condition that a run must meet.
            manners: how the channel wants to be told.
            person: who “me” is in the condition.
        """
        ...


class Subscriptions(Protocol):
    """Who watches what where."""

    async def in_channel(self, channel: str) -> Sequence[Watched]:
        """What a channel watches, oldest first."""
        ...

    async def of_creator(self, user: str) -> Sequence[Watched]:
        """What a person lets channels watch."""
        ...

    async def find(self, channel: str, where: ProjectRef) -> Watched | None:
        """A channel's watch of a project or entity."""
        ...

    async def add(
        self, channel: str, where: ProjectRef, *, creator: str, filters: str | None = None
    ) -> Watched:
        """Starts watching, or changes the filters of the watch that is there.

        Raises:
            BadRequest: the filters cannot be read.
        """
        ...

    async def remove(self, watch_id: int) -> bool:
        """Stops watching."""
        ...

    async def restore(self, watch_id: int) -> bool:
        """Takes ``remove`` back."""
        ...

    async def resume(self, channel: str) -> int:
        """Lets paused watches of a channel go on; how many."""
        ...

    async def manners(self, channel: str) -> Manners:
        """How a channel wants to be told."""
        ...

    async def behave(self, channel: str, manners: Manners) -> None:
        """Sets that, for the channel's watches and those to come."""
        ...

    async def check_filters(self, text: str) -> None:
        """Raises ``BadRequest`` where a filter cannot be read."""
        ...

    async def filter(self, watch_id: int, text: str) -> None:
        """Changes a watch's filters; raises ``BadRequest``."""
        ...


class Silences(Protocol):
    """Mutes and snoozes."""

    async def in_channel(self, channel: str) -> Sequence[Silence]:
        """Those in force."""
        ...

    async def put(self, silence: Silence) -> None:
        """Mutes, or changes the end of a mute."""
        ...

    async def lift(self, channel: str, scope: Scope, subject: str) -> bool:
        """Ends one; whether there was one."""
        ...


class Rules(Protocol):
    """People's own alert rules."""

    async def in_channel(self, channel: str) -> Sequence[RuleSet]:
        """A channel's rules."""
        ...

    async def add(
        self, channel: str, where: ProjectRef, *, rule: Mapping[str, Any], text: str, creator: str
    ) -> RuleSet:
        """Stores one."""
        ...

    async def remove(self, channel: str, rule_id: int) -> RuleSet | None:
        """Removes a channel's rule."""
        ...

    async def restore(self, rule_id: int) -> None:
        """Takes ``remove`` back."""
        ...


class Schedules(Protocol):
    """Briefings."""

    async def in_channel(self, channel: str) -> Sequence[Briefed]:
        """A channel's briefings."""
        ...

    async def add(
        self, channel: str, *, cron: str, zone: str, where: ProjectRef | None, creator: str
    ) -> Briefed:
        """Stores one.

        Raises:
            BadRequest: the line or the zone cannot be read.
        """
        ...

    async def remove(self, schedule_id: int) -> bool:
        """Ends one."""
        ...

    async def restore(self, schedule_id: int) -> None:
        """Takes ``remove`` back."""
        ...


class Reminders(Protocol):
    """Reminders, of one person each."""

    async def of_person(self, user: str) -> Sequence[Reminded]:
        """What a person waits for."""
        ...

    async def add(
        self, user: str, *, note: str, run: str | None = None, at: datetime | None = None
    ) -> Reminded:
        """Stores one: at a time, or when a run ends."""
        ...

    async def remove(self, user: str, reminder_id: int) -> bool:
        """Takes back one's own."""
        ...

    async def restore(self, reminder_id: int) -> None:
        """Undoes ``remove``."""
        ...


class History(Protocol):
    """What was alerted."""

    async def of_subject(self, channel: str, subject: str) -> Sequence[Told]:
        """The alerts of a run, or those on a sweep's or group's card, newest first."""
        ...


class Boards(Protocol):
    """The board message of a watch."""

    async def show(self, watched: Watched, payload: Mapping[str, Any]) -> None:
        """Sets what a watch's board shows; posted where it is new."""
        ...


class Membership(Protocol):
    """Where the app may post."""

    async def __call__(self, channel: str) -> bool | None:
        """Whether the app is in a conversation; ``None`` where Slack does not say."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """Everything that commands about watching can reach."""

    look: LookAt
    subscriptions: Subscriptions
    silences: Silences
    rules: Rules
    schedules: Schedules
    reminders: Reminders
    history: History
    boards: Boards
    member: Membership
    preview: PreviewOf
