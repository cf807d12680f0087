"""Slack's other places over its Web API: ``surface.Panel``.

Status lines, prompts and sessions are courtesies: a workspace that has none of them loses nothing
but them, and is not asked again for a while.
"""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from slack_sdk.web.async_client import AsyncWebClient

from handlers.ports import Clock
from handlers.problems import BadBlocks, Refused, SlackProblem
from handlers.reply import Block, Message, Posted
from handlers.slack_errors import guarded
from handlers.surface.ports import Prompt, SessionState, Source, StepState, Stream
from handlers.uploads import without_pictures
from handlers.views import limits
from handlers.views.escape import clean

_PICTURE_WAITS_S: Final = (1.0, 1.0, 2.0, 3.0)
_WITHOUT: Final = timedelta(minutes=30)
"""How long a courtesy that a workspace does not have is left out."""
_PATIENCE_S: Final = 3.0
_LOG: Final = logging.getLogger(__name__)
# Something is wrong with this one call; anything else means that the workspace lacks the feature.
_MISTAKES: Final = frozenset(
    {"invalid_thread_ts", "channel_not_found", "thread_not_found", "message_not_found"}
)


class SlackPanel:
    """``surface.Panel``.

    Args:
        web: For idempotent calls.
        once: For what must not be repeated by itself.
        place: Uploads a message's pictures and puts their ids in place.
        clock: Waits for pictures.
    """

    def __init__(
        self,
        web: AsyncWebClient,
        once: AsyncWebClient,
        place: Callable[[Message], Awaitable[Message]],
        clock: Clock,
    ) -> None:
        self._web = web
        self._once = once
        self._place = place
        self._clock = clock
        self._lacking: dict[str, datetime] = {}

    async def unfurl(self, unfurl_id: str, source: Source, cards: Mapping[str, Message]) -> None:
        """Shows cards under links; a picture that is not processed yet follows."""
        ready = {url: await self._place(card) for url, card in cards.items()}
        if not any(card.images for card in ready.values()):
            await self._unfurl(unfurl_id, source, ready)
            return
        for wait in (0.0, *_PICTURE_WAITS_S):
            if wait:
                await self._clock.sleep(wait)
            try:
                await self._unfurl(unfurl_id, source, ready)
            except BadBlocks as problem:
                if "slack file" not in problem.detail.lower().replace("_", " "):
                    raise
                if not wait:
                    bare = {url: without_pictures(card) for url, card in ready.items()}
                    await self._unfurl(unfurl_id, source, bare)
            else:
                return

    async def _unfurl(self, unfurl_id: str, source: Source, cards: Mapping[str, Message]) -> None:
        try:
            await self._call_unfurl(unfurl_id, source, cards)
        except BadBlocks:
            plain = {
                url: replace(card, blocks=card.plainer.blocks, plainer=None)
                for url, card in cards.items()
                if card.plainer is not None
            }
            if not plain:
                raise
            await self._call_unfurl(unfurl_id, source, {**cards, **plain})

    async def _call_unfurl(
        self, unfurl_id: str, source: Source, cards: Mapping[str, Message]
    ) -> None:
        unfurls: dict[str, dict[str, Any]] = {
            url: {"blocks": list(card.blocks)} for url, card in cards.items()
        }
        await guarded(self._web.chat_unfurl(unfurl_id=unfurl_id, source=source, unfurls=unfurls))

    async def publish_home(self, user: str, view: Mapping[str, Any]) -> None:
        """Draws a person's home tab; a workspace where it is switched off has none."""
        try:
            await guarded(self._web.views_publish(user_id=user, view=dict(view)))
        except Refused as problem:
            if problem.code != "not_enabled":
                raise
            _LOG.info("the home tab is switched off in the app's settings")

    async def suggest(self, channel: str, prompts: Sequence[Prompt], *, title: str = "") -> None:
        """Offers up to four things to ask."""
        offered = [
            {"title": clean(one.title, 75), "message": clean(one.message, 300)}
            for one in prompts[: limits.SUGGESTED_PROMPTS]
        ]
        call = self._web.assistant_threads_setSuggestedPrompts
        await self._courtesy(
            "prompts", lambda: call(channel_id=channel, prompts=offered, title=title or None)
        )

    async def status(
        self, channel: str, thread_ts: str, text: str, *, meanwhile: Sequence[str] = ()
    ) -> None:
        """Says what the app is doing; an empty text takes that away."""
        call = self._web.assistant_threads_setStatus
        waiting = [clean(line, 50) for line in meanwhile[: limits.LOADING_MESSAGES]]
        await self._courtesy(
            "status",
            lambda: call(
                channel_id=channel,
                thread_ts=thread_ts,
                status=clean(text, 50),
                loading_messages=waiting or None,
            ),
        )

    async def session(
        self, channel: str, thread_ts: str, state: SessionState, *, title: str = ""
    ) -> None:
        """Says whether the agent works or waits."""
        call = self._web.agents_sessions_setStatus
        await self._courtesy(
            "session",
            lambda: call(
                channel_id=channel,
                thread_ts=thread_ts,
                status=state,
                title=clean(title, limits.SESSION_TITLE) or None,
            ),
        )

    async def stream(
        self, channel: str, thread_ts: str, title: str, *, user: str, team: str
    ) -> Stream | None:
        """Begins an answer that grows; none where the workspace has no streams."""
        if self._lacks("stream"):
            return None
        try:
            answer = await guarded(
                self._once.chat_startStream(
                    channel=channel,
                    thread_ts=thread_ts,
                    recipient_user_id=user,
                    recipient_team_id=team,
                    task_display_mode="timeline",
                    chunks=[step_of(title, "in_progress")],
                )
            )
        except SlackProblem as problem:
            self._note("stream", problem)
            return None
        posted = Posted(channel, str(answer.get("ts") or ""), thread_ts)
        return SlackStream(self._web, self._once, posted)

    def _lacks(self, name: str) -> bool:
        since = self._lacking.get(name)
        return since is not None and self._clock.now() - since < _WITHOUT

    def _note(self, name: str, problem: SlackProblem) -> None:
        """Notes that a workspace lacks something, where that is what Slack said."""
        _LOG.info("Slack did not take a %s: %s", name, problem.code)
        if isinstance(problem, Refused) and problem.code not in _MISTAKES:
            self._lacking[name] = self._clock.now()

    async def _courtesy(self, name: str, call: Callable[[], Awaitable[Any]]) -> None:
        """A call that no answer depends on: bounded, and left out where a workspace lacks it."""
        if self._lacks(name):
            return
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await guarded(call())
        except TimeoutError:
            _LOG.info("Slack was slow to take a %s", name)
        except SlackProblem as problem:
            self._note(name, problem)


class SlackStream:
    """``surface.Stream``: one call after the other, as Slack wants them.

    Args:
        web: For closing, which may be repeated.
        once: For what is added, which may not.
        posted: Where it stands.
    """

    def __init__(self, web: AsyncWebClient, once: AsyncWebClient, posted: Posted) -> None:
        self._web = web
        self._once = once
        self.posted = posted

    async def step(self, title: str, status: StepState, details: str = "") -> None:
        """Shows a step, or how it stands now."""
        where = {"channel": self.posted.channel, "ts": self.posted.ts}
        await guarded(
            self._once.chat_appendStream(**where, chunks=[step_of(title, status, details)])
        )

    async def end(self, blocks: Sequence[Block]) -> None:
        """Closes the answer."""
        await guarded(
            self._web.chat_stopStream(
                channel=self.posted.channel, ts=self.posted.ts, blocks=list(blocks) or None
            )
        )


def step_of(title: str, status: StepState, details: str = "") -> dict[str, Any]:
    """A step as a chunk of a stream; equal titles are one step."""
    chunk: dict[str, Any] = {
        "type": "task_update",
        "id": hashlib.sha256(title.encode("utf-8", "replace")).hexdigest()[:16],
        "title": clean(title, 150),
        "status": status,
    }
    if details:
        chunk["details"] = clean(details, limits.STREAM_TASK_TEXT)
    return chunk
