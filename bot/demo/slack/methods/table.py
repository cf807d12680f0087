"""The table of methods, and what they share: arguments, scopes, which channel is meant."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.demo.slack.errors import SlackError
from bot.demo.slack.interaction import Interactions
from bot.demo.slack.model import Channel, Json, Message

_TS: Final = re.compile(r"\d{10}\.\d{6}")
KIND_SCOPE: Final = {"public": "channels", "private": "groups", "im": "im"}


@dataclass(frozen=True)
class Request:
    """One call: the workspace and the arguments as they came."""

    workspace: Interactions
    args: Mapping[str, Any]

    def text(self, name: str, default: str = "") -> str:
        """An argument as text."""
        value = self.args.get(name)
        return default if value is None else str(value)

    def needed(self, name: str) -> str:
        """An argument that must be there."""
        value = self.text(name)
        if not value:
            reason = f"[ERROR] missing required field: {name}"
            raise SlackError("invalid_arguments", response_metadata={"messages": [reason]})
        return value

    def flag(self, name: str) -> bool:
        """An argument that is true or false, however it was encoded."""
        return str(self.args.get(name, "")).lower() in ("1", "true")

    def number(self, name: str, default: int) -> int:
        """A whole number."""
        try:
            return int(self.text(name) or default)
        except ValueError:
            raise SlackError("invalid_arguments") from None

    def value(self, name: str, error: str = "invalid_arguments") -> Any:
        """An argument that is JSON, or was JSON in a string."""
        value = self.args.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except json.JSONDecodeError:
            raise SlackError(error) from None


Handler = Callable[[Request], Json]


@dataclass(frozen=True)
class Method:
    """A method and the scopes of which the token needs one."""

    name: str
    scopes: tuple[str, ...]
    handler: Handler


METHODS: Final[dict[str, Method]] = {}


def method(name: str, *scopes: str) -> Callable[[Handler], Handler]:
    """Register a function as a Web API method."""

    def register(handler: Handler) -> Handler:
        METHODS[name] = Method(name, scopes, handler)
        return handler

    return register


def require(ws: Interactions, *scopes: str) -> None:
    """Refuse unless the token has one of these scopes."""
    if scopes and not ws.app.scopes.intersection(scopes):
        provided = ",".join(sorted(ws.app.scopes))
        raise SlackError("missing_scope", needed=scopes[0], provided=provided)


def the_channel(request: Request, name: str = "channel") -> Channel:
    """The channel of an argument, if the app may know of it; a user id means direct messages."""
    ws, given = request.workspace, request.needed(name)
    if given in ws.users:
        if given == ws.app.user_id:
            raise SlackError("channel_not_found")
        return ws.dm(given)
    channel = ws.channels.get(given)
    if channel is None:
        raise SlackError("channel_not_found")
    if channel.kind == "private" and ws.app.user_id not in channel.members:
        raise SlackError("channel_not_found")
    return channel


def own_channel(request: Request, name: str = "channel") -> Channel:
    """A channel of which the app must be a member."""
    channel = the_channel(request, name)
    if request.workspace.app.user_id not in channel.members:
        raise SlackError("not_in_channel")
    return channel


def writable(request: Request, name: str = "channel") -> Channel:
    """A channel into which the app may post."""
    ws, channel = request.workspace, the_channel(request, name)
    if channel.archived:
        raise SlackError("is_archived")
    public = channel.kind == "public" and "chat:write.public" in ws.app.scopes
    if ws.app.user_id not in channel.members and not public:
        raise SlackError("not_in_channel")
    if channel.kind == "im" and not ws.app.messages_tab:
        raise SlackError("messages_tab_disabled")
    return channel


def thread_in(request: Request, channel: Channel) -> str | None:
    """The parent's stamp of a reply, or ``None``; a reply's own stamp is refused."""
    given = request.text("thread_ts")
    if not given:
        return None
    if not _TS.fullmatch(given):
        raise SlackError("invalid_thread_ts")
    parent = channel.messages.get(given)
    if parent is not None and parent.thread_ts not in (None, given):
        raise SlackError("invalid_thread_ts")
    return given


def the_message(channel: Channel, ts: str) -> Message:
    """A message that still stands and is no ephemeral one."""
    message = channel.messages.get(ts)
    if message is None:
        raise SlackError("message_not_found")
    return message


def page_of(
    request: Request, items: Sequence[Any], default: int = 100, most: int = 1_000
) -> tuple[list[Any], Json]:
    """One page of a list, and the metadata that leads to the next."""
    limit = request.number("limit", default)
    if not 0 < limit <= 1_000:
        raise SlackError("invalid_limit")
    limit = min(limit, most)
    cursor = request.text("cursor")
    if cursor and not cursor.isdigit():
        raise SlackError("invalid_cursor")
    start = int(cursor or 0)
    end = start + limit
    following = str(end) if end < len(items) else ""
    return list(items[start:end]), {"next_cursor": following}
