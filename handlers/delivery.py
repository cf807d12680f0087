"""Where the answer to one request goes: posted once, then updated in place; errors to one person.

Where the app is no member of a conversation it may not post there: then answers go through the
request's ``response_url``, which serves a few times only and cannot edit what it said before.
"""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Final, TypeVar

from handlers.ports import Clock
from handlers.problems import (
    CannotTell,
    NoSuchMessage,
    Refused,
    SlackProblem,
    SlowDown,
    Unreachable,
    Unsure,
)
from handlers.reply import Message, Posted, Reply
from handlers.request import Request
from handlers.services import Interactive

EVENT_TYPE: Final = "wandb_answer"
_PATIENCE_S: Final = 15.0  # in all, for Slack's own requests to slow down
_INTERIM_EVERY_S: Final = 3.0
_INTERIM_MOST: Final = 2  # of a response URL's five uses
_LOG: Final = logging.getLogger(__name__)
_Result = TypeVar("_Result")


class Delivery:
    """The answer to one request, as it grows.

    Args:
        request: What is answered.
        sender: To Slack.
        clock: Waits out short requests to slow down.
        in_place: Whether the message that was clicked on is itself the answer.
    """

    def __init__(
        self, request: Request, sender: Interactive, clock: Clock, *, in_place: bool = False
    ) -> None:
        self._request = request
        self._sender = sender
        self._clock = clock
        self._posted: Posted | None = None
        self._interim = False
        self._by_url = bool(request.click and request.click.on_ephemeral)
        self._replaces = in_place
        self._interims_sent = 0
        self._last_interim: datetime | None = None
        self._left_s = _PATIENCE_S
        self._if_stopped: Message | None = None
        if in_place and request.channel and request.message_ts and not self._by_url:
            self._posted = Posted(request.channel, request.message_ts, request.thread_ts)

    @property
    def posted(self) -> Posted | None:
        """Where the answer stands, once it does and where it can be edited."""
        return self._posted

    async def show(self, reply: Reply) -> Posted | None:
        """Shows a reply in the place of the one before.

        Returns:
            Where it stands, if it can be edited.

        Raises:
            SlackProblem: When Slack takes it neither in the conversation nor by response URL.
        """
        if reply.audience == "person":
            await self.tell(reply.message)
            return None
        message = reply.message.with_metadata(EVENT_TYPE, {"key": self._request.id})
        if not self._by_url:
            try:
                await self._post_or_update(message)
            except (Unreachable, NoSuchMessage) as problem:
                if not self._request.response_url:
                    raise
                _LOG.info("answering by response URL (%s)", problem.code)
                self._by_url, self._posted = True, None
        if self._by_url:
            await self._respond(message, interim=reply.interim)
        self._interim = reply.interim
        self._if_stopped = reply.if_stopped
        return self._posted

    async def follow(self, posted: Posted | None, messages: tuple[Message, ...]) -> None:
        """Posts further messages into the answer's thread, where it has one."""
        if posted is None:
            return
        thread = posted.thread_ts or posted.ts
        for message in messages:
            call = partial(self._sender.post, posted.channel, message, thread_ts=thread)
            await self._patiently(call)

    async def tell(self, message: Message) -> None:
        """Shows a message to the person who asked, and to nobody else."""
        request = self._request
        channel = request.channel
        if request.place == "direct" and channel and not self._by_url and request.kind == "direct":
            await self._patiently(
                lambda: self._sender.post(channel, message, thread_ts=request.thread_ts)
            )
            return
        if request.response_url:
            url, instead = request.response_url, self._replaces and self._by_url
            await self._patiently(
                lambda: self._sender.respond(url, message, replace_original=instead)
            )
            if instead:  # what follows is a message of its own
                self._replaces = self._by_url = False
            return
        if channel:
            thread = request.answer_thread if request.thread_ts else None
            try:
                await self._patiently(
                    lambda: self._sender.ephemeral(channel, request.user, message, thread_ts=thread)
                )
            except Refused as problem:
                _LOG.info("no ephemeral message there (%s): a direct one", problem.code)
            else:
                return
        await self._patiently(lambda: self._sender.post(request.user, message))

    async def settle(self, otherwise: Message) -> None:
        """The person cancelled: what was promised is replaced, what was said stays.

        Args:
            otherwise: What is said where the last reply does not say what should stand then.
        """
        message = self._if_stopped or otherwise
        shown = self._posted is not None or self._interims_sent > 0
        try:
            if self._posted is not None and self._interim:
                posted = self._posted
                update = partial(self._sender.update, posted, message, at_once=True)
                await self._patiently(update)
            elif self._interim or not shown:
                await self.tell(message)
        except SlackProblem as problem:
            _LOG.warning("a cancellation could not be told: %s", problem)

    async def complain(self, message: Message) -> None:
        """Says what went wrong to the person who asked, and takes an unkept promise away."""
        try:
            if self._posted is not None and self._interim:
                await self._take_back(self._posted)
            await self.tell(message)
        except SlackProblem as problem:
            _LOG.warning("an error could not be told: %s", problem, exc_info=problem)

    async def _take_back(self, posted: Posted) -> None:
        """A promise goes; the message of a button becomes what it was."""
        if not self._replaces:
            await self._sender.delete(posted)
        elif self._if_stopped is not None:
            update = partial(self._sender.update, posted, self._if_stopped, at_once=True)
            await self._patiently(update)

    async def _post_or_update(self, message: Message) -> None:
        request = self._request
        if self._posted is not None:
            posted = self._posted
            await self._patiently(lambda: self._sender.update(posted, message))
            return
        channel = request.channel or request.user
        thread = request.answer_thread
        if request.click is not None:
            on_ephemeral = request.click.on_ephemeral  # nothing can be posted under that
            thread = request.thread_ts or (None if on_ephemeral else request.message_ts)
        since = self._clock.now()
        try:
            self._posted = await self._patiently(
                lambda: self._sender.post(channel, message, thread_ts=thread)
            )
        except Unsure:
            self._posted = await self._look_again(channel, message, thread, since)

    async def _look_again(
        self, channel: str, message: Message, thread: str | None, since: datetime
    ) -> Posted:
        """The post's answer was lost: it is looked for before it is posted again."""
        try:
            found = await self._sender.find(
                channel,
                event_type=EVENT_TYPE,
                key=self._request.id,
                since=since,
                thread_ts=thread,
            )
        except CannotTell as problem:
            _LOG.info("could not tell whether an answer was posted: %s", problem)
            found = None
        if found is not None:
            return found
        return await self._patiently(lambda: self._sender.post(channel, message, thread_ts=thread))

    async def _respond(self, message: Message, *, interim: bool) -> None:
        url = self._request.response_url
        if url is None:
            return
        now = self._clock.now()
        if interim and not self._replaces:
            waited = self._last_interim is None or (
                (now - self._last_interim).total_seconds() >= _INTERIM_EVERY_S
            )
            if not waited or self._interims_sent >= _INTERIM_MOST:
                return
            self._last_interim = now
            self._interims_sent += 1
            await self._patiently(lambda: self._sender.respond(url, message))
            return
        if interim:
            return
        await self._patiently(
            lambda: self._sender.respond(
                url, message, in_channel=True, replace_original=self._replaces
            )
        )

    async def _patiently(self, call: Callable[[], Awaitable[_Result]]) -> _Result:
        """Waits out Slack's requests to slow down, within a bound for the whole answer."""
        while True:
            try:
                return await call()
            except SlowDown as problem:
                if problem.retry_after_s > self._left_s:
                    raise
                wait = max(0.2, problem.retry_after_s)
                self._left_s -= wait
                await self._clock.sleep(wait)
