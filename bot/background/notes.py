"""What a delivery adds to a message: that it is late, or may be a repeat. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from handlers.reply import Message

EVENT_TYPE = "wandb_bot_message"
"""The ``event_type`` of the metadata by which a message is found again."""

AGAIN = "(again)"
_MAX_BLOCKS = 50
_TEXT_LIMIT = 3_000


def findable(message: Message, key: str, more: Mapping[str, Any] | None = None) -> Message:
    """The message with the key that the look-up after a crash searches for."""
    marked = message.with_metadata(EVENT_TYPE, {**(more or {}), "key": key})
    if marked.plainer is None:
        return marked
    return replace(marked, plainer=findable(marked.plainer, key, more))


def noted(
    message: Message, *, due_at: datetime, now: datetime, late_after_s: float, again: bool
) -> Message:
    """The message, saying so where it is late or was perhaps posted before.

    Args:
        message: as rendered.
        due_at: when it should have been said.
        now: the present.
        late_after_s: seconds that nobody needs to be told about.
        again: whether it may stand in Slack already.
    """
    notes: list[str] = []
    text = message.text
    late = now - due_at
    if late > timedelta(seconds=late_after_s):
        notes.append(f"Late: this is from {_date(due_at)}.")
        text = f"{text} (late, from {due_at:%H:%M} UTC)"
    if again:
        notes.append("Perhaps a repeat: Slack could not say whether this was posted before.")
        text = f"{text} {AGAIN}"
    if not notes:
        return message
    blocks = message.blocks
    if blocks and len(blocks) < _MAX_BLOCKS:
        said = {"type": "context", "elements": [{"type": "mrkdwn", "text": " ".join(notes)}]}
        blocks = (*blocks, said)
    plainer = message.plainer and noted(
        message.plainer, due_at=due_at, now=now, late_after_s=late_after_s, again=again
    )
    return replace(message, text=text, blocks=blocks, plainer=plainer)


def plain(message: Message) -> Message:
    """Only the text, for a workspace that refuses the blocks."""
    return Message(text=message.text[:_TEXT_LIMIT] or "…", metadata=message.metadata)


def _date(when: datetime) -> str:
    return f"<!date^{int(when.timestamp())}^{{date_short_pretty}} {{time}}|{when:%d %b %H:%M} UTC>"
