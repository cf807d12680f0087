"""What stands in a message that somebody clicked on, ready to be shown again.

A click brings the whole message. While its button works, the message stays and says what is being
done; cancelled, it is as it was. Slack sends blocks back with more fields than it takes, so what
would not be taken again is left out.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from handlers.reply import Block, Message
from handlers.views.validate import validate_message

_IMAGE: Final = ("type", "block_id", "alt_text", "title")
_SIMPLE: Final = frozenset({"actions", "context", "divider", "header", "section"})
_TEXT: Final = 3_000
Payload = Mapping[str, Any]


def standing(message: Payload) -> Message | None:
    """The message of a click; ``None`` where it has no blocks that could be shown again."""
    told = message.get("blocks")
    if not isinstance(told, Sequence) or isinstance(told, str):
        return None
    text = str(message.get("text") or "")[:_TEXT] or "…"
    found = [_block(block) for block in told if isinstance(block, Mapping)]
    blocks = [block for block in found if block and _taken([block])]
    if not blocks or not _taken(blocks):
        return None
    simple = tuple(block for block in blocks if block["type"] in _SIMPLE)
    return Message(text, tuple(blocks), plainer=Message(text, simple) if simple else None)


def _block(block: Payload) -> Block | None:
    """A block as it was sent: of a picture only its file's id, which Slack gave it."""
    if block.get("type") != "image":
        return dict(block)
    file = block.get("slack_file")
    if not isinstance(file, Mapping) or not file.get("id"):
        return None
    kept = {key: block[key] for key in _IMAGE if key in block}
    return {**kept, "slack_file": {"id": file["id"]}}


def _taken(blocks: Sequence[Block]) -> bool:
    return not validate_message({"text": "…", "blocks": list(blocks)})
