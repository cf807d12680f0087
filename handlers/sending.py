"""Messages to Slack: posted once, updated in place, with pictures, at the pace that Slack wants.

Two clients (contract, “Posting”). ``steady`` serves what may be asked twice: updates, look-ups,
upload addresses; lost connections and 429s are tried again. ``once`` serves what must not be
repeated by itself: posts and the completion of uploads; it has no retry handlers at all.
"""

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, cast

import aiohttp
from slack_sdk.http_retry.builtin_async_handlers import AsyncConnectionErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from handlers.degrading import Degrading, Send, about_picture
from handlers.pace import Pace, Turn
from handlers.ports import Clock
from handlers.problems import BadBlocks, CannotTell, Refused, SlackProblem, SlowDown, Unsure
from handlers.reply import Message, Posted
from handlers.retrying import SlowDownRetry
from handlers.slack_errors import guarded, retry_after
from handlers.uploads import Uploads, without_pictures

UPDATE_EVERY_S: Final = 3.0
_PICTURE_WAITS_S: Final = (1.0, 1.0, 2.0, 3.0)  # until an uploaded picture can be shown
_RESPONSE_WAITS_S: Final = (1.5, 3.0)
_LOOK_BACK: Final = 200  # messages read back in one request
_LOOK_BACK_PAGES: Final = 10
_BEFORE_S: Final = 300.0  # Slack's clock may be behind ours by as much
_TIMEOUT: Final = aiohttp.ClientTimeout(total=10)
_QUIET: Final[dict[str, Any]] = {"unfurl_links": False, "unfurl_media": False}
_LOG: Final = logging.getLogger(__name__)


def clients(
    token: str, *, base_url: str, session: aiohttp.ClientSession, clock: Clock
) -> tuple[AsyncWebClient, AsyncWebClient]:
    """The client for what may be repeated, and the one for posts.

    Args:
        token: The bot's token.
        base_url: Slack's Web API; ends in ``/api/``.
        session: Shared by both.
        clock: By which Slack's requests to slow down are waited out.
    """
    retries = [AsyncConnectionErrorRetryHandler(max_retry_count=2), SlowDownRetry(clock)]
    steady = AsyncWebClient(
        token=token, base_url=base_url, session=session, retry_handlers=[*retries]
    )
    once = AsyncWebClient(token=token, base_url=base_url, session=session, retry_handlers=[])
    return steady, once


class SlackSender:
    """``ports.Sender`` over Slack's Web API; raises only ``handlers.problems``.

    Args:
        steady: For idempotent calls, with retry handlers.
        once: For posts, without.
        session: For upload addresses and response URLs.
        clock: Waits and paces.
    """

    def __init__(
        self,
        steady: AsyncWebClient,
        once: AsyncWebClient,
        session: aiohttp.ClientSession,
        clock: Clock,
    ) -> None:
        self._steady = steady
        self._once = once
        self._session = session
        self._clock = clock
        self._pace = Pace(clock, UPDATE_EVERY_S)
        self._uploads = Uploads(steady, once, session)
        self._degrading = Degrading(clock)

    # Posting

    async def post(self, channel: str, message: Message, *, thread_ts: str | None = None) -> Posted:
        """Posts once; pictures that Slack cannot show yet follow by an update.

        Raises:
            SlowDown: Nothing was posted; try again later.
            Unsure: The message may stand.
            Refused: It never will.
        """
        where: dict[str, Any] = {"channel": channel}
        where |= {"thread_ts": thread_ts} if thread_ts else {}

        async def send(version: Message) -> Posted:
            call = self._once.chat_postMessage(**where, **_content(version), **_QUIET)
            answer = await guarded(call)
            sent: Mapping[str, Any] = answer.get("message") or {}
            return Posted(str(answer["channel"]), str(answer["ts"]), sent.get("thread_ts"))

        ready = await self._uploads.place(message)
        shown = await self._degrading.send(ready, send)
        if ready.images and not shown.pictures:
            try:
                await self.update(shown.posted, message)
            except SlackProblem as problem:
                # The message stands: were this raised, the caller would think that it does not.
                _LOG.warning("a picture could not be shown: %s", problem)
        return shown.posted

    async def update(self, posted: Posted, message: Message, *, at_once: bool = False) -> None:
        """Replaces the content, at most every three seconds a message; the newest content wins.

        Returns when this content or a newer one was sent. Content is never held back for a
        picture: where Slack has not processed it yet, the message is shown without, then with.

        Raises:
            Refused: The message is gone, or Slack will not take it.
            SlowDown: Slack still asks for patience after the client's own retries.
        """
        ready = await self._uploads.place(message)
        async with self._pace.turn(_key(posted), at_once=at_once) as turn:
            if not turn.current:
                return
            shown = await self._degrading.send(ready, self._updater(posted))
        if ready.images and not shown.pictures:
            await self._wait_for_pictures(posted, ready, turn)

    async def delete(self, posted: Posted) -> None:
        """Takes an own message away; one that is gone already is fine."""
        try:
            await guarded(self._steady.chat_delete(channel=posted.channel, ts=posted.ts))
        except SlackProblem as problem:
            _LOG.info("a message could not be deleted: %s", problem.code)

    async def prepare(self, message: Message) -> None:
        """Uploads the message's pictures ahead of its posting."""
        await self._uploads.place(message)

    async def placed(self, message: Message) -> Message:
        """The message with its pictures uploaded, for places that are no messages of the app."""
        return await self._uploads.place(message)

    # To one person, and where the app is no member

    async def ephemeral(
        self, channel: str, user: str, message: Message, *, thread_ts: str | None = None
    ) -> None:
        """Shows a message to one person only; Slack does not promise delivery.

        Raises:
            Refused: The person or the app is not in the conversation.
        """
        where: dict[str, Any] = {"channel": channel, "user": user}
        where |= {"thread_ts": thread_ts} if thread_ts else {}

        async def send(version: Message) -> Posted:
            content = _content(replace(version, metadata=None))
            answer = await guarded(self._once.chat_postEphemeral(**where, **content))
            return Posted(channel, str(answer.get("message_ts") or ""))

        await self._degrading.send(await self._uploads.place(message), send)

    async def respond(
        self,
        url: str,
        message: Message,
        *,
        in_channel: bool = False,
        replace_original: bool = False,
    ) -> None:
        """Answers through a request's ``response_url`` (five times within thirty minutes).

        Args:
            url: As Slack gave it.
            message: What to show.
            in_channel: Seen by everybody there, else by the person only.
            replace_original: In place of the message that the request came from.

        Raises:
            Refused: The address has expired or was used up.
        """
        ready = await self._uploads.place(message)
        head = {
            "response_type": "in_channel" if in_channel else "ephemeral",
            "replace_original": replace_original,
        }

        async def send(version: Message) -> Posted:
            await self._webhook(url, {**head, **_content(replace(version, metadata=None))})
            return Posted("", "")

        # What was said here cannot be edited later, and each try costs one of five uses: so the
        # picture gets time to be processed first.
        for wait in _RESPONSE_WAITS_S if ready.images else ():
            await self._clock.sleep(wait)
            try:
                await send(ready)
            except BadBlocks as problem:
                if not about_picture(problem):
                    break
            else:
                return
        await self._degrading.send(without_pictures(ready) if ready.images else ready, send)

    # Modals

    async def open_view(self, trigger_id: str, view: Mapping[str, Any]) -> str:
        """Opens a modal; its id.

        Raises:
            Refused: The trigger is older than three seconds, or was used.
        """
        answer = await guarded(self._steady.views_open(trigger_id=trigger_id, view=dict(view)))
        opened: Mapping[str, Any] = answer.get("view") or {}
        return str(opened.get("id") or "")

    async def update_view(self, view_id: str, view: Mapping[str, Any]) -> None:
        """Replaces what an open modal shows.

        Raises:
            Refused: It was closed.
        """
        await guarded(self._steady.views_update(view_id=view_id, view=dict(view)))

    # Looking up

    async def find(
        self, channel: str, *, event_type: str, key: str, since: datetime, thread_ts: str | None
    ) -> Posted | None:
        """Looks for an own message by its metadata among those since a time.

        Reads page by page: a distributed app gets 15 messages at a time, however many it asks for.

        Raises:
            CannotTell: Slack gives no answer, or more messages came since than a look reads.
        """
        # No end is set: by a clock of ours that is behind, the message would lie after it.
        span: dict[str, Any] = {
            "channel": channel,
            "oldest": f"{since.timestamp() - _BEFORE_S:.6f}",
            "include_all_metadata": True,
            "limit": _LOOK_BACK,
        }
        cursor = ""
        for _ in range(_LOOK_BACK_PAGES):
            page = {**span, "cursor": cursor} if cursor else span
            read = (
                self._steady.conversations_replies(ts=thread_ts, **page)
                if thread_ts
                else self._steady.conversations_history(**page)
            )
            try:
                answer = await guarded(read)
            except SlackProblem as problem:
                raise CannotTell(problem.code, problem.detail) from problem
            for message in cast("list[Mapping[str, Any]]", answer.get("messages") or []):
                if _bears(message, event_type, key):
                    return Posted(channel, str(message["ts"]), message.get("thread_ts"))
            cursor = _next_page(answer)
            if not cursor:
                if answer.get("has_more"):
                    break
                return None
        raise CannotTell("has_more", "more messages than a look reads")

    async def permalink(self, posted: Posted) -> str | None:
        """A link to the message, where Slack gives one."""
        call = self._steady.chat_getPermalink(channel=posted.channel, message_ts=posted.ts)
        try:
            answer = await guarded(call)
        except SlackProblem:
            return None
        link = answer.get("permalink")
        return link if isinstance(link, str) else None

    # Inside

    def _updater(self, posted: Posted) -> Send:
        async def send(version: Message) -> Posted:
            call = self._steady.chat_update(
                channel=posted.channel, ts=posted.ts, **_content(version, always_blocks=True)
            )
            await guarded(call)
            return posted

        return send

    async def _wait_for_pictures(self, posted: Posted, ready: Message, turn: Turn) -> None:
        """Shows the message again until Slack has processed its pictures, within a bound."""
        for wait in _PICTURE_WAITS_S:
            await self._clock.sleep(wait)
            async with self._pace.turn(_key(posted), again=turn) as now:
                if not now.current:
                    return
                shown = await self._degrading.send(ready, self._updater(posted))
            if shown.pictures:
                return
        self._uploads.forget(ready)
        _LOG.warning("Slack never processed a picture; its message stands without it")

    async def _webhook(self, url: str, body: Mapping[str, Any]) -> None:
        try:
            async with self._session.post(url, json=body, timeout=_TIMEOUT) as response:
                text = (await response.text(errors="replace"))[:500]
                if response.status == 429:
                    raise SlowDown(retry_after(response.headers))
                if response.status >= 500:
                    raise Unsure("answer_lost", f"status {response.status}")
                if response.status != 200:
                    known = "invalid_blocks" if "invalid_blocks" in text else "response_url"
                    raise (
                        BadBlocks(known, text)
                        if known == "invalid_blocks"
                        else Refused(known, text)
                    )
        except aiohttp.ClientConnectorError as error:
            raise SlowDown(2.0) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unsure("answer_lost", type(error).__name__) from error


def _bears(message: Mapping[str, Any], event_type: str, key: str) -> bool:
    """Whether a message carries an own key in its metadata."""
    metadata: Mapping[str, Any] = message.get("metadata") or {}
    payload: Mapping[str, Any] = metadata.get("event_payload") or {}
    return metadata.get("event_type") == event_type and payload.get("key") == key


def _next_page(answer: Mapping[str, Any]) -> str:
    after: Mapping[str, Any] = answer.get("response_metadata") or {}
    return str(after.get("next_cursor") or "")


def _content(message: Message, *, always_blocks: bool = False) -> dict[str, Any]:
    content: dict[str, Any] = {"text": message.text}
    if message.blocks or always_blocks:
        content["blocks"] = list(message.blocks)
    if message.metadata is not None:
        content["metadata"] = dict(message.metadata)
    return content


def _key(posted: Posted) -> str:
    return f"{posted.channel}:{posted.ts}"
