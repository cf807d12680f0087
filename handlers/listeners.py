"""The only Bolt code: each payload is acknowledged first, then becomes a ``Request``.

The work itself is handed to a supervisor, because Bolt keeps no reference to what it starts.
"""

import logging
import re
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Final

from handlers import events
from handlers.dispatch import Dispatcher
from handlers.request import (
    Kind,
    Request,
    from_action,
    from_command,
    from_event,
    from_shortcut,
    from_view,
)
from handlers.services import Seen
from handlers.supervisor import Supervisor

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext

_LOG: Final = logging.getLogger(__name__)
_ANY: Final = re.compile(r".*", re.DOTALL)
COMMAND: Final = "/wandb"
# A message with another subtype is an edit, a deletion, a join, …: nothing that is said to us.
_SAID: Final = frozenset({None, "file_share", "thread_broadcast"})


class Listeners:
    """Registers everything that the app listens to.

    Args:
        dispatcher: Answers requests.
        seen: Which events were handled already.
        limit: Requests at work at the same time.
    """

    def __init__(self, dispatcher: Dispatcher, seen: Seen, *, limit: int = 64) -> None:
        self._dispatcher = dispatcher
        self._seen = seen
        self._supervisor = Supervisor(limit)

    def register(self, app: "AsyncApp") -> None:
        """Puts the listeners into a Bolt app, in either mode."""
        app.command(COMMAND)(self._on_command)
        app.event("app_mention")(self._on_mention)
        app.event("message")(self._on_message)
        app.action(_ANY)(self._on_action)
        app.view(_ANY)(self._on_view)
        app.options(_ANY)(self._on_options)
        app.shortcut(_ANY)(self._on_shortcut)
        events.load()
        for name in events.EVENTS:
            app.event(name)(self._on_event)

    async def drain(self, timeout_s: float) -> None:
        """Lets what is at work finish; cancels what does not within the time."""
        await self._supervisor.drain(timeout_s)

    async def _on_command(
        self, ack: "AsyncAck", body: Mapping[str, Any], context: "AsyncBoltContext"
    ) -> None:
        await ack()
        self._hand_over(from_command(body, _bot(context)))

    async def _on_action(
        self, ack: "AsyncAck", body: Mapping[str, Any], context: "AsyncBoltContext"
    ) -> None:
        await ack()
        self._hand_over(from_action(body, _bot(context)))

    async def _on_shortcut(
        self, ack: "AsyncAck", body: Mapping[str, Any], context: "AsyncBoltContext"
    ) -> None:
        await ack()
        self._hand_over(from_shortcut(body, _bot(context)))

    async def _on_event(
        self, ack: "AsyncAck", body: Mapping[str, Any], context: "AsyncBoltContext"
    ) -> None:
        await ack()
        happened = events.happened(body, _bot(context))
        work = self._once(body, lambda: self._dispatcher.hear(happened))
        self._supervisor.start(work, f"event {happened.text('type')}")

    async def _on_view(
        self, ack: "AsyncAck", body: Mapping[str, Any], context: "AsyncBoltContext"
    ) -> None:
        request = from_view(body, _bot(context))
        errors = self._dispatcher.errors_in(request)
        if errors:
            await ack(response_action="errors", errors=dict(errors))
            return
        await ack()
        self._hand_over(request)

    async def _on_options(
        self, ack: "AsyncAck", body: Mapping[str, Any], context: "AsyncBoltContext"
    ) -> None:
        request = from_action({**body, "actions": [body]}, _bot(context))
        await ack(**await self._dispatcher.options(request))

    async def _on_mention(
        self, ack: "AsyncAck", body: Mapping[str, Any], context: "AsyncBoltContext"
    ) -> None:
        await ack()
        event: Mapping[str, Any] = body.get("event") or {}
        if _from_a_person(event, context):
            self._hand_over_once(body, from_event(body, "mention", _bot(context)))

    async def _on_message(
        self, ack: "AsyncAck", body: Mapping[str, Any], context: "AsyncBoltContext"
    ) -> None:
        await ack()
        event: Mapping[str, Any] = body.get("event") or {}
        if not _from_a_person(event, context):
            return
        direct = event.get("channel_type") == "im"
        mentioned = f"<@{_bot(context)}" in str(event.get("text") or "")
        # A mention in a channel comes as `app_mention` too; at a channel's top nobody asked us.
        if not direct and (mentioned or not event.get("thread_ts")):
            return
        kind: Kind = "direct" if direct else "overheard"
        self._hand_over_once(body, from_event(body, kind, _bot(context)))

    def _hand_over(self, request: Request) -> None:
        self._supervisor.start(self._dispatcher.answer(request), f"{request.kind} {request.id}")

    def _hand_over_once(self, body: Mapping[str, Any], request: Request) -> None:
        work = self._once(body, lambda: self._dispatcher.answer(request))
        self._supervisor.start(work, f"{request.kind} {request.id}")

    async def _once(
        self, body: Mapping[str, Any], work: Callable[[], Coroutine[Any, Any, None]]
    ) -> None:
        """Does the work unless the event was handled already.

        The look-up is part of what the supervisor owns: an event that was acknowledged is never
        forgotten between its acknowledgement and its answer.
        """
        delivery = str(body.get("event_id") or "")
        if not delivery or await self._seen.first(delivery):
            await work()


def _from_a_person(event: Mapping[str, Any], context: "AsyncBoltContext") -> bool:
    """Whether a person said it, now: not this app, another bot, or an edit."""
    own = event.get("user") in {None, "", _bot(context), "USLACKBOT"}
    other_bot = bool(event.get("bot_id") or event.get("bot_profile"))
    edit = bool(event.get("edited")) or event.get("subtype") not in _SAID
    return not (own or other_bot or edit)


def _bot(context: "AsyncBoltContext") -> str:
    return context.bot_user_id or ""
