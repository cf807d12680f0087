"""Streamed answers: ``chat.startStream``, ``chat.appendStream``, ``chat.stopStream``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.demo.slack.content import decoded
from bot.demo.slack.errors import SlackError, refuse
from bot.demo.slack.methods.table import (
    Request,
    method,
    own_channel,
    the_message,
    thread_in,
    writable,
)
from bot.demo.slack.model import Json, Message
from handlers.views import limits
from handlers.views.validate import validate_blocks

_TASK_STATES = ("pending", "in_progress", "complete", "error")


@method("chat.startStream", "chat:write")
def start(request: Request) -> Json:
    """Begin a reply that grows."""
    ws = request.workspace
    channel = writable(request)
    request.needed("thread_ts")
    thread = thread_in(request, channel)
    if thread not in channel.messages:
        raise SlackError("invalid_thread_ts")
    if channel.kind != "im":
        for name in ("recipient_user_id", "recipient_team_id"):
            if not request.text(name):
                raise SlackError(f"missing_{name}")
    mode = request.text("task_display_mode", "timeline")
    if mode not in ("timeline", "plan", "dense"):
        raise SlackError("invalid_arguments")
    message = ws.post(channel, ws.app.user_id, thread_ts=thread, streaming=True)
    message.state["stream"] = {"mode": {"name": mode}}
    _grow(request, message)
    return {"channel": channel.id, "ts": message.ts}


@method("chat.appendStream", "chat:write")
def append(request: Request) -> Json:
    """Add text or tasks to a reply that grows."""
    message = _growing(request)
    if not request.args.get("markdown_text") and not request.args.get("chunks"):
        raise SlackError("no_text")
    _grow(request, message)
    return {"channel": message.channel, "ts": message.ts}


@method("chat.stopStream", "chat:write")
def stop(request: Request) -> Json:
    """End a reply, with closing blocks if given."""
    ws = request.workspace
    message = _growing(request)
    read = decoded(request.args, "blocks", "metadata")
    closing = read.get("blocks") or []
    refuse(validate_blocks(closing))
    ws.check_blocks(closing)
    _grow(request, message)
    message.state.pop("stream", None)
    blocks = [*message.blocks, *ws.with_ids(closing)]
    ws.change(message, streaming=False, blocks=blocks, metadata=read.get("metadata"))
    status = request.text("session_status")
    key = (message.channel, message.thread_ts or message.ts)
    if status and key in ws.sessions:
        ws.sessions[key]["status"] = status
        ws.touch()
    wire = ws.wire(message, metadata=True)
    return {"channel": message.channel, "ts": message.ts, "message": wire}


def _growing(request: Request) -> Message:
    message = the_message(own_channel(request), request.needed("ts"))
    if message.stopped:
        raise SlackError("stopped_by_user")
    if not message.streaming:
        raise SlackError("message_not_in_streaming_state")
    return message


def _grow(request: Request, message: Message) -> None:
    """Add a call's `markdown_text` and `chunks` to a message, in their order."""
    ws = request.workspace
    chunks = list(request.value("chunks", "invalid_chunks") or [])
    if request.text("markdown_text"):
        chunks.insert(0, {"type": "markdown_text", "text": request.text("markdown_text")})
    written = sum(len(one.get("text", "")) for one in chunks if one["type"] == "markdown_text")
    if written > limits.STREAM_CHARACTERS:
        raise SlackError("msg_too_long")
    text, blocks = message.text, [dict(block) for block in message.blocks]
    for chunk in chunks:
        kind = chunk.get("type")
        if kind == "markdown_text":
            text += chunk["text"]
            _add_text(blocks, chunk["text"])
        elif kind == "task_update":
            _add_task(blocks, chunk, message)
        elif kind == "plan_update":
            _plan(blocks)["title"] = chunk["title"]
        elif kind == "blocks":
            refuse(validate_blocks(chunk["blocks"]))
            ws.check_blocks(chunk["blocks"])
            blocks += chunk["blocks"]
        else:
            raise SlackError("invalid_chunks")
    if chunks:
        ws.change(message, text=text, blocks=ws.with_ids(blocks))


def _add_text(blocks: list[Json], text: str) -> None:
    if blocks and blocks[-1]["type"] == "markdown":
        blocks[-1]["text"] += text
    else:
        blocks.append({"type": "markdown", "text": text})


def _add_task(blocks: list[Json], chunk: Mapping[str, Any], message: Message) -> None:
    if chunk.get("status") not in _TASK_STATES or not chunk.get("id"):
        raise SlackError("invalid_chunks")
    if any(len(chunk.get(name) or "") > limits.STREAM_TASK_TEXT for name in ("details", "output")):
        raise SlackError("msg_too_long")
    mode = message.state.get("stream", {}).get("mode", {}).get("name")
    within = _plan(blocks)["tasks"] if mode == "plan" else blocks
    for block in within:
        if block.get("task_id") == chunk["id"]:
            card = block
            break
    else:
        card = {"type": "task_card", "task_id": chunk["id"]}
        within.append(card)
    card |= {"title": chunk.get("title") or chunk["id"], "status": chunk["status"]}
    card |= {name: _rich(chunk[name]) for name in ("details", "output") if chunk.get(name)}
    if chunk.get("sources"):
        card["sources"] = list(chunk["sources"])


def _plan(blocks: list[Json]) -> Json:
    for block in blocks:
        if block["type"] == "plan":
            block["tasks"] = [dict(task) for task in block["tasks"]]
            return block
    plan: Json = {"type": "plan", "title": "Plan", "tasks": []}
    blocks.append(plan)
    return plan


def _rich(text: str) -> Json:
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [section]}
