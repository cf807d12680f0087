"""``files.*`` of the upload flow: an address, the bytes, then the share."""

from __future__ import annotations

import asyncio
import mimetypes

from bot.demo.slack.errors import SlackError
from bot.demo.slack.interaction import Interactions
from bot.demo.slack.methods.table import Request, method, own_channel, thread_in
from bot.demo.slack.model import Channel, File, Json


@method("files.getUploadURLExternal", "files:write")
def get_upload_url(request: Request) -> Json:
    """Where to put the bytes of a file."""
    ws = request.workspace
    name, length = request.needed("filename"), request.number("length", 0)
    if length <= 0:
        raise SlackError("invalid_arguments")
    file = File(
        ws.new_id("F"),
        name,
        length,
        ws.new_id("upload"),
        ws.app.user_id,
        ws.clock(),
        alt_text=request.text("alt_txt"),
    )
    ws.files[file.id] = file
    url = f"{ws.base_url}/upload/{file.upload_token}"
    return {"upload_url": url, "file_id": file.id}


def receive(ws: Interactions, token: str, content: bytes) -> int:
    """Take the bytes of an upload; they must be as many as was said.

    Returns:
        The HTTP status of the answer.
    """
    for file in ws.files.values():
        if file.upload_token == token and file.content is None:
            if len(content) != file.length:
                return 400
            file.content = content
            return 200
    return 404


@method("files.completeUploadExternal", "files:write")
def complete(request: Request) -> Json:
    """Finish uploads and share them; the share itself comes a little later."""
    ws = request.workspace
    named = request.value("files")
    if not isinstance(named, list) or not named:
        raise SlackError("invalid_arguments")
    channels: list[Channel] = []
    if request.text("channel_id"):
        channels = [own_channel(request, "channel_id")]
        if channels[0].archived:
            raise SlackError("is_archived")
    files: list[File] = []
    for one in named:
        file = ws.files.get(str(one.get("id")))
        if file is None or file.content is None:
            raise SlackError("file_not_found")
        if file.completed:
            raise SlackError("file_update_failed")
        files.append(file)
    for file, one in zip(files, named, strict=True):
        file.title = one.get("title") or file.name
        file.completed = True
    thread = thread_in(request, channels[0]) if channels else None
    comment = request.text("initial_comment")
    ws.background(_process(ws, files, channels, comment, thread))
    return {"files": [file.wire(ws.base_url) for file in files]}


async def _process(
    ws: Interactions, files: list[File], channels: list[Channel], comment: str, thread: str | None
) -> None:
    """What Slack does after the answer: look at the file, then share it."""
    await ws.files_may_process.wait()
    await asyncio.sleep(ws.file_delay)
    for file in files:
        file.mimetype = mimetypes.guess_type(file.name)[0] or file.mimetype
        file.processed = True
    ws.touch()
    for channel in channels:
        message = ws.post(
            channel,
            ws.app.user_id,
            comment,
            thread_ts=thread,
            files=[file.id for file in files],
            subtype="file_share",
        )
        for file in files:
            file.shares.setdefault(channel.id, []).append(message.ts)
            event = {"type": "file_shared", "file_id": file.id, "channel_id": channel.id}
            ws.emit("file_shared", {**event, "user_id": ws.app.user_id}, channel)
    ws.touch()


@method("files.info", "files:read")
def info(request: Request) -> Json:
    """One file, with where it was shared."""
    file = request.workspace.files.get(request.needed("file"))
    if file is None or not file.completed:
        raise SlackError("file_not_found")
    return {"file": file.wire(request.workspace.base_url), "comments": []}


@method("files.delete", "files:write")
def delete(request: Request) -> Json:
    """Forget a file."""
    if request.workspace.files.pop(request.needed("file"), None) is None:
        raise SlackError("file_not_found")
    request.workspace.touch()
    return {}
