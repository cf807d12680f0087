"""The conversation's memory in the database: ``handlers.conversation.ports`` on ``bot.storage``.

Everything outlives a restart and is shared by all replicas.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from analysis.errors import AnalysisError
from analysis.run import Viewer
from bot.storage import Database, once, people, questions, threads
from handlers.conversation.memory import SHOWN_FOR, UNDO_FOR
from handlers.conversation.ports import Change, Person, Place, Proof, Question, Undoing
from handlers.language.intents import Understanding
from handlers.ports import Clock
from handlers.problems import SlackProblem
from handlers.reply import Posted, Topic

_LOG: Final = logging.getLogger(__name__)
QUESTION_FOR: Final = timedelta(days=1)
_SHOWN_AT: Final = "shown_at"

UserInfo = Callable[[str], Awaitable[Mapping[str, Any]]]
"""Slack's ``users.info`` of a user id: the ``user`` object."""


@dataclass(frozen=True, slots=True)
class StoredDeliveries:
    """``handlers.services.Seen``: an event is handled once, by one replica."""

    database: Database
    clock: Clock

    async def first(self, delivery: str) -> bool:
        """Whether this delivery is new to all replicas."""
        async with self.database.begin() as connection:
            return await once.first_time(connection, delivery, now=self.clock.now())


@dataclass(frozen=True, slots=True)
class StoredTopics:
    """``handlers.services.Topics``, and ``ports.Shown`` beside it.

    What was last shown to a person outside threads is kept like a thread, under the person's id.
    """

    database: Database
    clock: Clock

    async def about(self, channel: str, thread_ts: str) -> Topic | None:
        """What a thread is about."""
        async with self.database.read() as connection:
            return await threads.topic(connection, channel, thread_ts)

    async def remember(self, posted: Posted, topic: Topic) -> None:
        """A thread is about this from now on."""
        where = posted.thread_ts or posted.ts
        await self._put(posted.channel, where, topic)

    async def last(self, channel: str, user: str) -> Topic | None:
        """What was last shown there to a person, while it is fresh."""
        topic = await self.about(channel, _person(user))
        at = None if topic is None else topic.extra.get(_SHOWN_AT)
        if topic is None or not isinstance(at, str):
            return None
        fresh = self.clock.now() - datetime.fromisoformat(at) <= SHOWN_FOR
        return topic if fresh else None

    async def note(self, channel: str, user: str, topic: Topic) -> None:
        """Notes what was shown."""
        extra = {**topic.extra, _SHOWN_AT: self.clock.now().isoformat()}
        await self._put(channel, _person(user), Topic(topic.kind, topic.runs, extra))

    async def _put(self, channel: str, where: str, topic: Topic) -> None:
        async with self.database.begin() as connection:
            await threads.remember(connection, channel, where, topic, now=self.clock.now())


@dataclass(frozen=True, slots=True)
class StoredAccounts:
    """``ports.Accounts``.

    Attributes:
        user_info: Slack's facts of a person, the e-mail among them where the scope allows it.
        viewer: Whose W&B key the bot has: the one W&B user whose e-mail can be had.
    """

    database: Database
    clock: Clock
    user_info: UserInfo
    viewer: Callable[[], Awaitable[Viewer]]
    _viewer: dict[str, Viewer] = field(default_factory=dict)

    async def of(self, slack_user: str) -> Person | None:
        """The linked W&B user."""
        async with self.database.read() as connection:
            found = await people.account(connection, slack_user)
        return Person(found.wandb_user, found.proof) if found else None

    async def link(self, slack_user: str, wandb_user: str, proof: Proof) -> None:
        """Connects the two."""
        account = people.Account(slack_user, wandb_user, proof, self.clock.now())
        async with self.database.begin() as connection:
            await people.link(connection, account)

    async def unlink(self, slack_user: str) -> bool:
        """Forgets the connection."""
        async with self.database.begin() as connection:
            return await people.unlink(connection, slack_user)

    async def proved(self, slack_user: str) -> str | None:
        """The W&B user with the same e-mail address; silent where either is not told."""
        try:
            told = await self.user_info(slack_user)
            if "key" not in self._viewer:
                self._viewer["key"] = await self.viewer()
        except (SlackProblem, AnalysisError) as problem:
            _LOG.info("an e-mail could not be compared: %s", problem)
            return None
        profile: Mapping[str, Any] = told.get("profile") or {}
        viewer = self._viewer["key"]
        slack, wandb = str(profile.get("email") or ""), viewer.email or ""
        # A guest's or an unconfirmed address proves nothing.
        trusted = told.get("is_email_confirmed", True) and not told.get("is_stranger")
        same = bool(slack and wandb) and slack.casefold() == wandb.casefold()
        return viewer.username if same and trusted else None


@dataclass(frozen=True, slots=True)
class StoredPreferences:
    """``ports.Preferences``."""

    database: Database
    clock: Clock

    async def default(self, scope: Literal["channel", "user"], subject: str) -> Place | None:
        """The default place of a channel or a person."""
        async with self.database.read() as connection:
            found = await people.default_of(connection, scope, subject)
        return Place(found.entity, found.project or None) if found else None

    async def use(
        self, scope: Literal["channel", "user"], subject: str, place: Place | None
    ) -> None:
        """Sets or forgets it."""
        default = None if place is None else people.Default(place.entity, place.project or "")
        async with self.database.begin() as connection:
            await people.use(connection, scope, subject, default, now=self.clock.now())

    async def get(self, user: str, name: str) -> Any:
        """A person's preference."""
        async with self.database.read() as connection:
            return await people.preference(connection, "user", user, name)

    async def put(self, user: str, name: str, value: Any) -> None:
        """Stores one."""
        async with self.database.begin() as connection:
            await people.prefer(connection, "user", user, name, value, now=self.clock.now())


@dataclass(frozen=True, slots=True)
class StoredQuestions:
    """``ports.Questions``."""

    database: Database
    clock: Clock

    async def keep(self, question: Question) -> str:
        """Stores a question for a day."""
        what = {
            "text": question.text,
            "reading": question.reading.model_dump(mode="json", exclude_none=True),
            "place": question.place,
            "choices": list(question.choices),
        }
        ends = self.clock.now() + QUESTION_FOR
        async with self.database.begin() as connection:
            return await questions.keep(
                connection, asker=question.asker, what={**what, "asker": question.asker},
                expires_at=ends,
            )  # fmt: skip

    async def recall(self, token: str) -> Question | None:
        """Finds it."""
        if not token:
            return None
        async with self.database.read() as connection:
            found = await questions.recall(connection, token, now=self.clock.now())
        if found is None:
            return None
        return Question(
            asker=found["asker"],
            text=found["text"],
            reading=Understanding.model_validate(found["reading"]),
            place=found["place"],
            choices=tuple(found["choices"]),
        )


@dataclass(frozen=True, slots=True)
class StoredUndos:
    """``ports.Undos``."""

    database: Database
    clock: Clock

    async def offer(self, change: Change) -> str:
        """Stores a change for five minutes."""
        async with self.database.begin() as connection:
            return await once.offer_undo(
                connection,
                channel=change.channel,
                slack_user=change.user,
                kind=change.kind,
                before=change.before,
                expires_at=self.clock.now() + UNDO_FOR,
            )

    async def take(self, token: str, user: str) -> Change | None:
        """Uses a person's own change up."""
        async with self.database.begin() as connection:
            found = await once.take_undo(connection, token, now=self.clock.now())
            if found is None:
                return None
            if found.slack_user != user:
                await connection.rollback()  # somebody else's click must not use it up
                return None
        return Change(found.kind, found.channel, found.slack_user, found.before)

    async def known(self, token: str) -> Undoing | None:
        """Whose change it was, and whether it was taken back."""
        async with self.database.read() as connection:
            found = await once.find_undo(connection, token)
        return None if found is None else Undoing(found.slack_user, found.used_at is not None)

    async def last(self, channel: str, user: str) -> Change | None:
        """Uses the person's last change in a channel up."""
        async with self.database.read() as connection:
            found = await once.last_undo(connection, channel, user, now=self.clock.now())
        return None if found is None else await self.take(found.token, user)


def _person(user: str) -> str:
    """Where the last thing shown to a person is kept, among the threads of a channel."""
    return f"by {user}"[:32]
