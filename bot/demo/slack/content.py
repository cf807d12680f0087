"""The contents of a message, from the arguments of a call, checked as Slack checks them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bot.demo.slack import text as wire_text
from bot.demo.slack.errors import SlackError, refuse
from bot.demo.slack.model import Json
from bot.demo.slack.posting import Posting
from handlers.views import limits
from handlers.views.validate import validate_message

_STRUCTURED = ("blocks", "attachments", "metadata")


@dataclass(frozen=True)
class Content:
    """What a message will hold."""

    text: str
    blocks: list[Json]
    attachments: list[Json]
    metadata: Json | None

    @property
    def fields(self) -> dict[str, Any]:
        """As fields of a `Message`."""
        return {
            "text": self.text,
            "blocks": self.blocks,
            "attachments": self.attachments,
            "metadata": self.metadata,
        }


def decoded(args: Mapping[str, Any], *names: str) -> Json:
    """Arguments that may be JSON in a string, as forms send them, read once.

    Raises:
        SlackError: ``invalid_blocks_format`` and its like, where a string is no JSON of the right
            shape (encoded twice, for example).
    """
    found = dict(args)
    for name in names:
        value = found.get(name)
        if not isinstance(value, str):
            continue
        code = f"invalid_{name}_format" if name in ("blocks", "metadata") else f"invalid_{name}"
        if not value:
            found.pop(name)
            continue
        try:
            found[name] = json.loads(value)
        except json.JSONDecodeError:
            raise SlackError(code) from None
        if isinstance(found[name], str):
            raise SlackError(code)
    return found


def content_of(
    workspace: Posting,
    args: Mapping[str, Any],
    *,
    use: Literal["post", "update", "ephemeral", "response"],
) -> Content:
    """Check a message's arguments and bring them into the form that Slack keeps."""
    read = decoded(args, *_STRUCTURED)
    refuse(validate_message(read, use=use))
    blocks = workspace.with_ids(read.get("blocks") or ())
    if read.get("markdown_text"):
        markdown = {"type": "markdown", "text": read["markdown_text"]}
        blocks = workspace.with_ids([markdown])
    attachments = [dict(one) for one in read.get("attachments") or ()]
    for attachment in attachments:
        if attachment.get("blocks"):
            attachment["blocks"] = workspace.with_ids(attachment["blocks"])
            workspace.check_blocks(attachment["blocks"])
    workspace.check_blocks(blocks)
    text = wire_text.posted(str(read.get("text") or ""))[: limits.TEXT_POST]
    return Content(text, blocks, attachments, read.get("metadata"))
