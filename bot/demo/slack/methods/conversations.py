"""``conversations.*``: what channels there are, who is in them, what was said."""

from __future__ import annotations

from bot.demo.slack.errors import SlackError
from bot.demo.slack.methods.table import (
    KIND_SCOPE,
    Request,
    method,
    own_channel,
    page_of,
    require,
    the_channel,
    the_message,
)
from bot.demo.slack.model import Channel, Json, Message

_TYPES = {"public": "public_channel", "private": "private_channel", "im": "im"}


def _readable(request: Request, right: str) -> Channel:
    """A channel of a kind for which the token has the right (`read` or `history`)."""
    channel = own_channel(request) if right == "history" else the_channel(request)
    require(request.workspace, f"{KIND_SCOPE[channel.kind]}:{right}")
    return channel


def _visible(request: Request) -> list[Channel]:
    ws = request.workspace
    wanted = request.text("types", "public_channel").split(",")
    kinds = [kind for kind, name in _TYPES.items() if name in wanted]
    for kind in kinds:
        require(ws, f"{KIND_SCOPE[kind]}:read")
    skip_archived = request.flag("exclude_archived")
    return [
        channel
        for channel in ws.channels.values()
        if channel.kind in kinds
        and not (skip_archived and channel.archived)
        and (channel.kind == "public" or ws.app.user_id in channel.members)
    ]


@method("conversations.info", "channels:read", "groups:read", "im:read")
def info(request: Request) -> Json:
    """One channel."""
    channel = _readable(request, "read")
    return {"channel": channel.wire(request.workspace.app.user_id)}


@method("conversations.list", "channels:read", "groups:read", "im:read")
def list_(request: Request) -> Json:
    """All channels that the app may know of."""
    shown, more = page_of(request, _visible(request))
    wires = [channel.wire(request.workspace.app.user_id) for channel in shown]
    return {"channels": wires, "response_metadata": more}


@method("users.conversations", "channels:read", "groups:read", "im:read")
def of_user(request: Request) -> Json:
    """The channels of a person, by default of the bot."""
    ws = request.workspace
    user = request.text("user", ws.app.user_id)
    if user not in ws.users:
        raise SlackError("user_not_found")
    theirs = [channel for channel in _visible(request) if user in channel.members]
    shown, more = page_of(request, theirs)
    wires = [channel.wire(ws.app.user_id) for channel in shown]
    return {"channels": wires, "response_metadata": more}


@method("conversations.members", "channels:read", "groups:read", "im:read")
def members(request: Request) -> Json:
    """The ids of a channel's members."""
    shown, more = page_of(request, _readable(request, "read").members)
    return {"members": shown, "response_metadata": more}


@method("conversations.open", "im:write")
def open_(request: Request) -> Json:
    """The direct messages with a person."""
    ws = request.workspace
    wanted = [one for one in request.text("users").split(",") if one]
    if request.text("channel"):
        channel = the_channel(request)
    elif len(wanted) != 1:
        raise SlackError("not_enough_users" if not wanted else "invalid_user_combination")
    elif wanted[0] not in ws.users or ws.users[wanted[0]].is_bot:
        raise SlackError("user_not_found")
    else:
        channel = ws.dm(wanted[0])
    wire = channel.wire(ws.app.user_id) if request.flag("return_im") else {"id": channel.id}
    return {"channel": wire}


@method("conversations.join", "channels:join")
def join(request: Request) -> Json:
    """Become a member of a public channel."""
    ws = request.workspace
    channel = the_channel(request)
    if channel.kind != "public":
        raise SlackError("method_not_supported_for_channel_type")
    if channel.archived:
        raise SlackError("is_archived")
    if ws.app.user_id not in channel.members:
        channel.members.append(ws.app.user_id)
        ws.touch()
    return {"channel": channel.wire(ws.app.user_id)}


def _between(request: Request, messages: list[Message]) -> list[Message]:
    oldest, latest = request.text("oldest", "0"), request.text("latest")
    inclusive = request.flag("inclusive")

    def wanted(message: Message) -> bool:
        at = float(message.ts)
        after = at >= float(oldest) if inclusive else at > float(oldest)
        before = not latest or (at <= float(latest) if inclusive else at < float(latest))
        return after and before

    return [message for message in messages if wanted(message)]


_HISTORIES = ("channels:history", "groups:history", "im:history")


@method("conversations.history", *_HISTORIES)
def history(request: Request) -> Json:
    """What stands in a channel, newest first."""
    ws = request.workspace
    channel = _readable(request, "history")
    newest_first = _between(request, ws.messages(channel))[::-1]
    shown, more = page_of(request, newest_first, most=ws.history_page)
    metadata = request.flag("include_all_metadata")
    wires = [ws.wire(message, metadata=metadata) for message in shown]
    has_more = bool(more["next_cursor"])
    return {"messages": wires, "has_more": has_more, "response_metadata": more}


@method("conversations.replies", *_HISTORIES)
def replies(request: Request) -> Json:
    """A message and its replies, oldest first."""
    ws = request.workspace
    channel = _readable(request, "history")
    ts = request.needed("ts")
    if ts not in channel.messages:
        raise SlackError("thread_not_found")
    parent = the_message(channel, ts)
    following = _between(request, channel.replies(ts))
    shown, more = page_of(request, [parent, *following], default=1_000, most=ws.history_page)
    metadata = request.flag("include_all_metadata")
    wires = [ws.wire(message, metadata=metadata) for message in shown]
    has_more = bool(more["next_cursor"])
    return {"messages": wires, "has_more": has_more, "response_metadata": more}
