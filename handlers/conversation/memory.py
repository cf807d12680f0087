"""The conversation's ports in memory, bounded: enough for one process without a database."""

import secrets
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Any, Final, Generic, Literal, TypeVar

from handlers.conversation.ports import Change, Person, Place, Proof, Question, Undoing
from handlers.ports import Clock
from handlers.reply import Topic

UNDO_FOR: Final = timedelta(minutes=5)
SHOWN_FOR: Final = timedelta(minutes=30)
_MOST: Final = 5_000
K = TypeVar("K")
V = TypeVar("V")


class _Bounded(Generic[K, V]):
    """A mapping that forgets what was put in first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[K, V] = OrderedDict()

    def put(self, key: K, value: V) -> None:
        self._kept[key] = value
        self._kept.move_to_end(key)
        if len(self._kept) > _MOST:
            self._kept.popitem(last=False)

    def get(self, key: K) -> V | None:
        return self._kept.get(key)

    def pop(self, key: K) -> V | None:
        return self._kept.pop(key, None)

    def items(self) -> list[tuple[K, V]]:
        return list(self._kept.items())


class KnownPeople:
    """``ports.Accounts``.

    Args:
        emails: The W&B user names that Slack users' e-mails prove.
    """

    def __init__(self, emails: dict[str, str] | None = None) -> None:
        self._people: _Bounded[str, Person] = _Bounded()
        self.emails = emails or {}

    async def of(self, slack_user: str) -> Person | None:
        """The linked W&B user."""
        return self._people.get(slack_user)

    async def link(self, slack_user: str, wandb_user: str, proof: Proof) -> None:
        """Connects the two."""
        self._people.put(slack_user, Person(wandb_user, proof))

    async def unlink(self, slack_user: str) -> bool:
        """Forgets the connection."""
        return self._people.pop(slack_user) is not None

    async def proved(self, slack_user: str) -> str | None:
        """What the person's e-mail proves."""
        return self.emails.get(slack_user)


class KnownPreferences:
    """``ports.Preferences``."""

    def __init__(self) -> None:
        self._places: _Bounded[tuple[str, str], Place] = _Bounded()
        self._values: _Bounded[tuple[str, str], Any] = _Bounded()

    async def default(self, scope: Literal["channel", "user"], subject: str) -> Place | None:
        """The default place."""
        return self._places.get((scope, subject))

    async def use(
        self, scope: Literal["channel", "user"], subject: str, place: Place | None
    ) -> None:
        """Sets or forgets it."""
        if place is None:
            self._places.pop((scope, subject))
        else:
            self._places.put((scope, subject), place)

    async def get(self, user: str, name: str) -> Any:
        """A person's preference."""
        return self._values.get((user, name))

    async def put(self, user: str, name: str, value: Any) -> None:
        """Stores one."""
        self._values.put((user, name), value)


class KnownQuestions:
    """``ports.Questions``."""

    def __init__(self) -> None:
        self._questions: _Bounded[str, Question] = _Bounded()

    async def keep(self, question: Question) -> str:
        """Stores a question."""
        token = secrets.token_urlsafe(12)
        self._questions.put(token, question)
        return token

    async def recall(self, token: str) -> Question | None:
        """Finds it."""
        return self._questions.get(token)


class KnownUndos:
    """``ports.Undos``.

    Args:
        clock: Says when a change is too old to be taken back.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._changes: _Bounded[str, tuple[Change, datetime]] = _Bounded()
        self._used: _Bounded[str, str] = _Bounded()

    async def offer(self, change: Change) -> str:
        """Stores a change."""
        token = secrets.token_urlsafe(12)
        self._changes.put(token, (change, self._clock.now() + UNDO_FOR))
        return token

    async def take(self, token: str, user: str) -> Change | None:
        """Uses it up."""
        found = self._changes.get(token)
        if found is None or found[0].user != user:
            return None
        if found[1] <= self._clock.now():
            return None
        self._changes.pop(token)
        self._used.put(token, user)
        return found[0]

    async def known(self, token: str) -> Undoing | None:
        """Whose it was, and whether it is used up."""
        used, found = self._used.get(token), self._changes.get(token)
        if used is not None:
            return Undoing(used, used=True)
        return None if found is None else Undoing(found[0].user, used=False)

    async def last(self, channel: str, user: str) -> Change | None:
        """Uses the last one up."""
        for token, (change, _) in reversed(self._changes.items()):
            if (change.channel, change.user) == (channel, user):
                return await self.take(token, user)
        return None


class LastShown:
    """``ports.Shown``.

    Args:
        clock: Says when something is no longer “just shown”.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._topics: _Bounded[tuple[str, str], tuple[Topic, datetime]] = _Bounded()

    async def last(self, channel: str, user: str) -> Topic | None:
        """What was shown lately."""
        found = self._topics.get((channel, user))
        if found is None or self._clock.now() - found[1] > SHOWN_FOR:
            return None
        return found[0]

    async def note(self, channel: str, user: str, topic: Topic) -> None:
        """Notes it."""
        self._topics.put((channel, user), (topic, self._clock.now()))
