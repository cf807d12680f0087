"""One outbox row to Slack, exactly once as far as Slack can say.

The job may run several times and in several processes at once: each step is a change of the row
from the state that was read, so one of them does it. What it may find:

- ``new``: take it (``sending``, committed), post, note where it stands (``sent``).
- ``sending``: a post was cut off. When its answer can no longer come, Slack is asked whether the
  message stands; if Slack cannot say, the post is repeated and says so.
- anything else: it is settled.

It never ends with an exception, and never waits while the process wants to stop: what is left
undone is found by the sweep of the outbox.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.background.notes import EVENT_TYPE, findable, noted, plain
from bot.background.outbox import Outbox, job_key, settle
from bot.background.ports import Render
from bot.storage import Card, Database, cards, outbox, watches
from bot.storage.outbox import Row
from handlers.ports import Clock, Sender
from handlers.problems import (
    BadBlocks,
    CannotTell,
    NoSuchMessage,
    Refused,
    SlackProblem,
    SlowDown,
    Unauthorized,
    Unreachable,
    Unsure,
)
from handlers.reply import Message, Posted

_LOG = logging.getLogger(__name__)
_MAX_DEPTH = 2
_PEOPLE = ("U", "W")
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)

SEVERAL = "several"
"""The kind of a message that tells several rows."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a delivery waits for what.

    Attributes:
        settle_s: after a post that was cut off, until its answer can no longer come; longer than
            the sender's own time-out.
        lookup_s: between look-ups that Slack did not answer (times their number).
        lookups: of them, before the post is repeated.
        late_after_s: age from which a message says that it is late.
        gather_after_s: age from which waiting rows of one thread become one message.
        gather: rows in one message at most.
        retry_s: after a refusal that may pass (times two each time).
        retries: posts of one row before it counts as failed.
        keyless_s: wait for a new token.
    """

    settle_s: float = 35.0
    lookup_s: float = 20.0
    lookups: int = 3
    late_after_s: float = 300.0
    gather_after_s: float = 10.0
    gather: int = 20
    retry_s: float = 10.0
    retries: int = 8
    keyless_s: float = 120.0


@dataclass(frozen=True, slots=True)
class _Thread:
    """Where a message goes; ``ts`` is none for the channel itself."""

    channel: str
    ts: str | None


@dataclass(frozen=True, slots=True)
class _Draft:
    """A message as it will be posted."""

    message: Message
    thread: _Thread
    version: int | None
    merged: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """Delivers rows.

    Attributes:
        fit: whether this process may post now (nobody has taken its work over).
        sleep: the engine's: ``False`` when the process is about to stop.
    """

    database: Database
    outbox: Outbox
    sender: Sender
    render: Render
    clock: Clock
    fit: Callable[[], bool]
    sleep: Callable[[float], Awaitable[bool]]
    patience: Patience = Patience()

    async def run(self, args: Mapping[str, Any]) -> None:
        """The job; ``args`` is ``{"row": id}``."""
        row_id = int(args["row"])
        try:
            await self.deliver(row_id)
        except Exception:  # noqa: BLE001 -- whatever it was, the row is swept up and tried again
            _LOG.exception("the delivery of the outbox row %d was cut off", row_id)
            await self._give_up_at_last(row_id)

    async def deliver(self, row_id: int, *, depth: int = 0) -> bool:
        """Delivers one row, waiting as long as it takes; whether it is settled now."""
        while True:
            async with self.database.read() as connection:
                row = await outbox.get(connection, row_id)
            if row is None or row.state in ("sent", "failed", "coalesced"):
                return True
            if not self.fit():
                return False
            now = self.clock.now()
            wait = self._wait(row, now)
            if wait > 0:
                if not await self._waited(row, wait):
                    return False
            elif row.state == "new":
                if not await self._post(row, now, depth):
                    return False
            elif not await self._look_up(row):
                return False

    def _wait(self, row: Row, now: datetime) -> float:
        if row.state == "new":
            return (row.not_before - now).total_seconds()
        since = row.sending_at or row.touched_at
        pause = self.patience.settle_s + row.lookups * self.patience.lookup_s
        # A clock that was set back must not hold a message for ever.
        return min((since - now).total_seconds() + pause, pause)

    async def _waited(self, row: Row, seconds: float) -> bool:
        """Sleeps; ``False`` when the process stops or the wait is for another job."""
        step = min(seconds, 60.0)
        going_on = await self.sleep(step)
        async with self.database.begin() as connection:
            at = self.clock.now() if going_on else _LONG_AGO
            await outbox.touch(connection, row.id, at=at)
        return going_on

    # -- posting

    async def _post(self, row: Row, now: datetime, depth: int) -> bool:
        """Posts a row; whether there is more to do for it."""
        thread = await self._thread(row, depth)
        if thread is None:
            return False
        draft = await self._draft(row, thread, now)
        if not await self._taken(row, draft, now):
            return True
        taken = replace(row, state="sending", attempts=row.attempts + 1, lookups=0, sending_at=now)
        return await self._send(taken, draft)

    async def _taken(self, row: Row, draft: _Draft, now: datetime) -> bool:
        try:
            async with self.database.begin() as connection:
                await outbox.begin_sending(connection, row, now=now, merged=draft.merged)
        except outbox.Changed:
            return False
        await self.outbox.engine.cancel(
            *(job_key(other) for other in draft.merged if other.state == "new")
        )
        return True

    async def _send(self, row: Row, draft: _Draft) -> bool:
        try:
            if not self.fit():
                # Frozen between the commit and here: whoever took over will look it up.
                return False
            posted = await self.sender.post(
                draft.thread.channel, draft.message, thread_ts=draft.thread.ts
            )
        except SlackProblem as problem:
            return await self._trouble(row, draft, problem)
        await self._sent(row, draft, posted)
        return True

    async def _sent(self, row: Row, draft: _Draft, posted: Posted) -> None:
        now = self.clock.now()
        async with self.database.begin() as connection:
            new = await settle(
                connection,
                row,
                channel_id=posted.channel,
                ts=posted.ts,
                thread_ts=posted.thread_ts,
                version=draft.version,
                now=now,
            )
            if new and draft.thread.ts and not posted.thread_ts and row.parent_id is not None:
                # Slack posts a reply to a deleted message without a thread and without an error:
                # the reply heads the thread from now on, and the card is posted into it.
                await cards.replies_go_to(connection, row.parent_id, posted.ts)
                card = await cards.get(connection, row.parent_id)
                if card:
                    await self.outbox.post_card(connection, card, now=now)

    async def _thread(self, row: Row, depth: int) -> _Thread | None:
        """Where a row belongs, its parent posted first; ``None`` when that must wait."""
        while True:
            async with self.database.read() as connection:
                parent = await cards.get(connection, row.parent_id) if row.parent_id else None
            if parent is None or row.thread_ts is not None:
                return _Thread(row.channel, row.thread_ts)
            if parent.root is not None:
                return _Thread(parent.post_to or row.channel, parent.root)
            async with self.database.begin() as connection:
                post = await outbox.of_card(connection, parent.id)
                if post is None or post.state == "sent":
                    post = await self.outbox.post_card(connection, parent, now=self.clock.now())
            if post is None or post.state in ("failed", "coalesced") or depth >= _MAX_DEPTH:
                return _Thread(row.channel, None)  # better without its thread than not at all
            if not await self.deliver(post.id, depth=depth + 1):
                return None

    async def _draft(self, row: Row, thread: _Thread, now: datetime) -> _Draft:
        """Renders a row as it is now, with the rows that its message tells too."""
        async with self.database.read() as connection:
            card = await cards.get(connection, row.card_id) if row.card_id else None
            merged = await outbox.merged_into(connection, row.id)
            room = self.patience.gather - 1 - len(merged)
            if row.state == "new" and room > 0 and self._may_gather(row, now):
                merged += await outbox.mergeable(connection, row, now=now, limit=room)
        message = self._message(row, card, merged, now)
        return _Draft(message, thread, card.version if card else None, merged)

    def _message(
        self, row: Row, card: Card | None, merged: tuple[Row, ...], now: datetime
    ) -> Message:
        items = sorted((row, *merged), key=lambda item: item.id)
        if merged:
            several = [
                {"kind": item.kind, "payload": item.payload, "at": item.created_at.isoformat()}
                for item in items
            ]
            message = self.render(SEVERAL, {"items": several}, now)
        else:
            message = self.render(row.kind, card.payload if card else row.payload, now)
        message = noted(
            message,
            due_at=min(item.due_at for item in items),
            now=now,
            late_after_s=self.patience.late_after_s,
            again=row.again,
        )
        if row.plain:
            message = plain(message)
        keys = {"also": [item.key for item in merged]} if merged else None
        return findable(message, row.key, keys)

    def _may_gather(self, row: Row, now: datetime) -> bool:
        """Held rows make one digest; others become one message once there is a jam."""
        held = row.due_at > row.created_at
        waited = (now - row.due_at).total_seconds()
        return held or row.attempts > 0 or waited > self.patience.gather_after_s

    async def _find(self, row: Row, thread: _Thread) -> Posted | None:
        since = row.sending_at or row.created_at
        channel = thread.channel
        if channel == row.channel and channel[:1] in _PEOPLE:
            # History is read by the conversation's id, not by the person's.
            async with self.database.read() as connection:
                channel = await outbox.conversation_of(connection, channel) or channel

        async def find(thread_ts: str | None) -> Posted | None:
            return await self.sender.find(
                channel, event_type=EVENT_TYPE, key=row.key, since=since, thread_ts=thread_ts
            )

        try:
            return await find(thread.ts)
        except CannotTell as problem:
            if thread.ts is None or problem.code not in NoSuchMessage.codes:
                raise
        # The thread is gone: a reply to it was posted without one.
        return await find(None)

    async def _give_up_at_last(self, row_id: int) -> None:
        async with self.database.begin() as connection:
            row = await outbox.get(connection, row_id)
            if row is not None and row.state == "new" and row.tickets >= self.patience.retries:
                await outbox.failed(
                    connection, row_id, error="internal error", now=self.clock.now()
                )

    # -- trouble

    async def _trouble(self, row: Row, draft: _Draft, problem: SlackProblem) -> bool:
        """Deals with what Slack answered instead; whether this job goes on with the row."""
        now = self.clock.now()
        if isinstance(problem, Unsure):
            return True  # still ``sending``: looked up once the answer can no longer come
        async with self.database.begin() as connection:
            if isinstance(problem, SlowDown):
                await self._later(connection, row, problem, now, problem.retry_after_s)
                return True
            if isinstance(problem, NoSuchMessage) and draft.thread.ts:
                await self._new_thread(connection, row, draft.thread.ts, problem, now)
                return True
            if isinstance(problem, BadBlocks) and not row.plain:
                _LOG.warning("Slack refused the blocks of %s: %s", row.key, problem)
                await self._later(connection, row, problem, now, 0, plain=True)
                return True
            if isinstance(problem, Unauthorized):
                # The alert keeps: a new token lets it through. The sweep brings it back.
                await self._later(connection, row, problem, now, self.patience.keyless_s)
                return False
            if isinstance(problem, Unreachable):
                await outbox.failed(connection, row.id, error=problem.code, now=now)
                await watches.pause_channel(connection, row.channel, reason=problem.code, now=now)
                return False
            if row.attempts < self.patience.retries and not isinstance(problem, BadBlocks):
                pause = self.patience.retry_s * 2 ** (row.attempts - 1)
                await self._later(connection, row, problem, now, pause)
                return True
            _LOG.error("Slack will not take %s: %s", row.key, problem)
            await outbox.failed(connection, row.id, error=problem.code, now=now)
            return False

    async def _later(
        self,
        connection: AsyncConnection,
        row: Row,
        problem: SlackProblem,
        now: datetime,
        seconds: float,
        **also: Any,
    ) -> None:
        await outbox.back_to_new(
            connection,
            row,
            now=now,
            not_before=now + timedelta(seconds=seconds),
            error=problem.code,
            **also,
        )

    async def _new_thread(
        self,
        connection: AsyncConnection,
        row: Row,
        gone: str,
        problem: Refused,
        now: datetime,
    ) -> None:
        """The message that headed the thread was deleted: the card is posted anew, once."""
        parent = await cards.get(connection, row.parent_id) if row.parent_id else None
        if parent is not None and parent.root == gone:
            await cards.deleted(connection, parent.id, ts=parent.ts)
        await self._later(connection, row, problem, now, 0, thread_ts=None)

    # -- after a crash

    async def _look_up(self, row: Row) -> bool:
        """Asks Slack whether a post that was cut off stands; whether there is more to do."""
        async with self.database.read() as connection:
            parent = await cards.get(connection, row.parent_id) if row.parent_id else None
        root = parent.root if parent else None
        thread = (
            _Thread(row.channel, row.thread_ts)
            if parent is None or row.thread_ts or not root
            else _Thread(parent.post_to or row.channel, root)
        )
        try:
            found = await self._find(row, thread)
        except SlackProblem as problem:
            if row.lookups + 1 < self.patience.lookups:
                async with self.database.begin() as connection:
                    await outbox.cannot_tell(
                        connection, row, now=self.clock.now(), error=problem.code
                    )
                return True
            row = replace(row, again=True)
        else:
            if found is not None:
                async with self.database.begin() as connection:
                    await settle(
                        connection,
                        row,
                        channel_id=found.channel,
                        ts=found.ts,
                        thread_ts=found.thread_ts,
                        version=None,
                        now=self.clock.now(),
                    )
                return True
        now = self.clock.now()
        draft = await self._draft(row, thread, now)
        if not await self._taken(row, draft, now):
            return True
        taken = replace(row, attempts=row.attempts + 1, lookups=0, sending_at=now)
        return await self._send(taken, draft)
