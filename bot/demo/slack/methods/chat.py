"""``chat.*``: posting, editing, deleting, ephemeral messages, unfurls, permalinks."""

from __future__ import annotations

from typing import Any

from bot.demo.slack import text as wire_text
from bot.demo.slack.content import content_of, decoded
from bot.demo.slack.errors import SlackError, refuse
from bot.demo.slack.methods.table import (
    Request,
    method,
    the_channel,
    the_message,
    thread_in,
    writable,
)
from bot.demo.slack.model import Channel, Json, Message
from handlers.views.validate import validate_unfurl


@method("chat.postMessage", "chat:write")
def post_message(request: Request) -> Json:
    """Post to a channel, a thread, or a person's direct messages."""
    ws = request.workspace
    channel = writable(request)
    thread = thread_in(request, channel)
    content = content_of(ws, request.args, use="post")
    broadcast = request.flag("reply_broadcast")
    message = ws.post(
        channel, ws.app.user_id, thread_ts=thread, broadcast=broadcast, **content.fields
    )
    wire = ws.wire(message, metadata=True)
    return {"channel": channel.id, "ts": message.ts, "message": wire}


@method("chat.postEphemeral", "chat:write")
def post_ephemeral(request: Request) -> Json:
    """Show something to one person of a channel."""
    ws = request.workspace
    channel = writable(request)
    user = request.needed("user")
    if user not in channel.members:
        raise SlackError("user_not_in_channel")
    content = content_of(ws, request.args, use="ephemeral")
    thread = thread_in(request, channel)
    message = ws.post(channel, ws.app.user_id, thread_ts=thread, only_for=user, **content.fields)
    return {"message_ts": message.ts}


def _own(request: Request, channel: Channel, error: str) -> Message:
    message = the_message(channel, request.needed("ts"))
    if not message.from_app:
        raise SlackError(error)
    return message


@method("chat.update", "chat:write")
def update(request: Request) -> Json:
    """Edit one of the app's messages: text alone removes blocks, neither keeps both."""
    ws = request.workspace
    channel = the_channel(request)
    message = _own(request, channel, "cant_update_message")
    if message.streaming:
        raise SlackError("streaming_state_conflict")
    if channel.archived:
        raise SlackError("is_archived")
    read = decoded(request.args, "blocks", "attachments", "metadata")
    given = {name for name in ("text", "blocks", "attachments") if read.get(name) is not None}
    if not given and not read.get("markdown_text") and read.get("metadata") is None:
        raise SlackError("no_text")
    if not given and not read.get("markdown_text"):
        read["text"] = message.text or " "
    content = content_of(ws, read, use="update")
    fields: dict[str, Any] = {}
    if given or read.get("markdown_text"):
        fields = {"text": content.text, "blocks": content.blocks}
        if "attachments" in given:
            fields["attachments"] = content.attachments
        was_rich = any(block["type"] == "rich_text" for block in message.blocks)
        if was_rich and content.blocks and content.blocks[0]["type"] != "rich_text":
            raise SlackError("block_mismatch")
    if content.metadata is not None:
        fields["metadata"] = content.metadata
    if not content.blocks:
        fields["edited"] = ws.new_ts()
    ws.change(message, **fields)
    wire = ws.wire(message, metadata=True)
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": wire}


@method("chat.delete", "chat:write")
def delete(request: Request) -> Json:
    """Delete one of the app's messages."""
    channel = the_channel(request)
    message = _own(request, channel, "cant_delete_message")
    request.workspace.remove(message)
    return {"channel": channel.id, "ts": message.ts}


@method("chat.getPermalink")
def get_permalink(request: Request) -> Json:
    """The address of a message."""
    ws = request.workspace
    channel = the_channel(request)
    message = the_message(channel, request.needed("message_ts"))
    link = f"{ws.base_url}/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.thread_ts and message.thread_ts != message.ts:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


@method("chat.unfurl", "links:write")
def unfurl(request: Request) -> Json:
    """Show cards below links that a person has posted; each URL exactly as it was shared."""
    ws = request.workspace
    unfurls = request.value("unfurls", "invalid_unfurls_format")
    metadata = request.value("metadata")
    asks = request.flag("user_auth_required") or any(
        request.args.get(name) for name in ("user_auth_url", "user_auth_blocks")
    )
    if not unfurls and not metadata and not asks:
        raise SlackError("missing_unfurls")
    if unfurls:
        refuse(validate_unfurl(unfurls))
    message = _shared(request)
    if message is None:
        return {}
    if message.from_app:
        raise SlackError("cannot_unfurl_message")
    known = wire_text.links_in(message.text)
    cards = dict(unfurls or {})
    for entity in (metadata or {}).get("entities") or ():
        cards.setdefault(entity["app_unfurl_url"], {"work_object": entity})
    for url, card in cards.items():
        if url not in known or not wire_text.belongs(url, ws.app.unfurl_domains):
            raise SlackError("cannot_unfurl_url")
        ws.check_blocks(card.get("blocks") or ())
    kept = {
        url: {
            **card,
            "from_url": url,
            "is_app_unfurl": True,
            "app_unfurl_url": url,
            **({"blocks": ws.with_ids(card["blocks"])} if card.get("blocks") else {}),
        }
        for url, card in cards.items()
    }
    ws.change(message, unfurls={**message.unfurls, **kept})
    if asks:
        word = f"Link your account to see a preview: {request.text('user_auth_url')}".strip(": ")
        channel = ws.channel(message.channel)
        ws.post(channel, ws.app.user_id, word, only_for=message.user, thread_ts=message.thread_ts)
    return {}


def _shared(request: Request) -> Message | None:
    """The message whose links are meant; ``None`` for one that is still being typed."""
    ws = request.workspace
    unfurl_id = request.text("unfurl_id")
    if unfurl_id:
        if request.text("source") not in ("composer", "conversations_history"):
            raise SlackError("invalid_source")
        if unfurl_id.startswith("composer."):
            return None
        channel_id, _, ts = unfurl_id.partition(".")
    else:
        channel_id, ts = request.needed("channel"), request.needed("ts")
    channel = ws.channels.get(channel_id)
    message = channel.messages.get(ts) if channel else None
    if message is None:
        raise SlackError("cannot_unfurl_message" if channel else "channel_not_found")
    return message
