"""Would Slack take this? The one validator of messages, views and unfurls.

Pure: JSON values in, problems out. The views' own tests use it, and so does the local workspace
that stands for Slack in the demo and in all tests.

Example:
    >>> [str(p) for p in validate_message({"text": "hi", "blocks": [{"type": "divider", "x": 1}]})]
    ['[ERROR] invalid additional property: x [json-pointer:/blocks/0]']
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal

from handlers.views import limits
from handlers.views.block_schema import block_on
from handlers.views.element_schema import OPTION_GROUPS, OPTIONS, plain
from handlers.views.schema import (
    Check,
    Context,
    Problem,
    Surface,
    array,
    boolean,
    child,
    one_of,
    record,
    string,
)

__all__ = [
    "Problem",
    "validate_blocks",
    "validate_message",
    "validate_options",
    "validate_unfurl",
    "validate_view",
    "walk",
]

Use = Literal["post", "update", "ephemeral", "response"]

_BLOCKS: Final[dict[Surface, Check]] = {
    "message": array(block_on("message"), limits.MESSAGE_BLOCKS, 0),
    "modal": array(block_on("modal"), limits.VIEW_BLOCKS, 0),
    "home": array(block_on("home"), limits.VIEW_BLOCKS, 0),
}
_TEXT_KEYS: Final = ("text", "title", "alt_text", "caption", "details", "output")
_CELLS: Final = {"table": limits.TABLE_CHARACTERS, "data_table": limits.DATA_TABLE_CHARACTERS}
_APART: Final = {*_CELLS, "data_visualization"}  # their texts have limits of their own


def _any_value(value: Any, at: str, ctx: Context) -> Iterator[Problem]:
    """Checked elsewhere."""
    yield from ()


_VIEW_COMMON: Final[dict[str, Check]] = {
    "type": one_of("modal", "home"),
    "blocks": _any_value,
    "private_metadata": string(limits.PRIVATE_METADATA, 0),
    "callback_id": string(limits.CALLBACK_ID, 0),
    "external_id": string(limits.EXTERNAL_ID, 0),
}
_VIEWS: Final = {
    "home": record(_VIEW_COMMON, ("type", "blocks")),
    "modal": record(
        {
            **_VIEW_COMMON,
            "title": plain(limits.VIEW_TITLE),
            "submit": plain(limits.VIEW_BUTTON),
            "close": plain(limits.VIEW_BUTTON),
            "clear_on_close": boolean,
            "notify_on_close": boolean,
            "submit_disabled": boolean,
        },
        ("type", "title", "blocks"),
    ),
}


def validate_message(payload: Mapping[str, Any], *, use: Use = "update") -> list[Problem]:
    """Problems of a message's arguments, as one of the ``chat.*`` methods would see them.

    Args:
        payload: ``text``, ``blocks``, ``attachments``, ``markdown_text`` and ``metadata``; other
            arguments of the methods are ignored.
        use: What the payload is for. The default is the strictest, because a message that is
            posted is usually edited later; ``response`` is a payload for a ``response_url``, for
            which the limit on the whole message does not hold.

    Returns:
        All problems, in the order of the payload; empty where Slack would take it.
    """
    found: list[Problem] = []
    text, markdown = payload.get("text"), payload.get("markdown_text")
    blocks, attachments = payload.get("blocks"), payload.get("attachments")
    if not (text or markdown or blocks or attachments):
        found.append(Problem("no_text", "no text, blocks or attachments", ""))
    if markdown:
        if text or blocks:
            found.append(Problem("markdown_text_conflict", "not with text or blocks", ""))
        if len(markdown) > limits.MARKDOWN_CHARACTERS:
            found.append(Problem("msg_too_long", "markdown_text is too long", "/markdown_text"))
    if text is not None and not isinstance(text, str):
        found.append(Problem("invalid_arguments", "text must be a string", "/text"))
    elif text and len(text) > (limits.TEXT_UPDATE if use == "update" else limits.TEXT_POST):
        found.append(Problem("msg_too_long", "text is too long", "/text"))
    if attachments is not None:
        found += _attachments(attachments)
    if blocks is not None:
        found += validate_blocks(blocks)
        if use != "response" and not found:
            found += _whole_message(blocks)
    found += _metadata(payload.get("metadata"))
    return found


def validate_blocks(
    blocks: Any, surface: Surface = "message", *, code: str = "invalid_blocks", at: str = "/blocks"
) -> list[Problem]:
    """Problems of a list of blocks on a surface."""
    if isinstance(blocks, str) or not isinstance(blocks, Sequence):
        return [Problem("invalid_blocks_format", "blocks must be an array", at)]
    found = list(_BLOCKS[surface](blocks, at, Context(surface, code)))
    if found:
        return found
    found += _unique(blocks, at, code)
    found += _cells_and_counts(blocks, at, code)
    if surface != "modal":
        return found
    focused = [element for element in walk(blocks) if element.get("focus_on_load")]
    if len(focused) > 1:
        found.append(Problem(code, "only one element can have focus_on_load", at))
    return found


def validate_view(view: Any) -> list[Problem]:
    """Problems of a view (modal or home tab), as ``views.*`` would see them."""
    code = "invalid_arguments"
    if not isinstance(view, Mapping):
        return [Problem(code, "must be an object", "/view")]
    kind = view.get("type")
    if kind not in ("modal", "home"):
        return [Problem(code, "must be one of modal, home", "/view/type")]
    surface: Surface = "modal" if kind == "modal" else "home"
    if len(json.dumps(view, default=str).encode()) > limits.VIEW_BYTES:
        return [Problem("view_too_large", "view is over 250 kB", "/view")]
    found = list(_VIEWS[surface](view, "/view", Context(surface, code)))
    blocks = view.get("blocks")
    if blocks is not None:
        found += validate_blocks(blocks, surface, code=code, at="/view/blocks")
    has_input = isinstance(blocks, Sequence) and any(
        isinstance(block, Mapping) and block.get("type") == "input" for block in blocks
    )
    if kind == "modal" and has_input and not view.get("submit"):
        found.append(Problem(code, "missing required field: submit", "/view"))
    return found


def validate_unfurl(unfurls: Any) -> list[Problem]:
    """Problems of the ``unfurls`` argument of ``chat.unfurl``: URL to card."""
    code = "invalid_unfurls_format"
    if not isinstance(unfurls, Mapping):
        return [Problem(code, "unfurls must be an object", "/unfurls")]
    found: list[Problem] = []
    for url, card in unfurls.items():
        at = child("/unfurls", url)
        if not isinstance(card, Mapping) or not card:
            found.append(Problem(code, "must be an object with blocks", at))
            continue
        if card.get("blocks") is not None:
            found += validate_blocks(card["blocks"], at=child(at, "blocks"))
            if not found:
                found += _whole_message(card["blocks"])
    return found


def validate_options(answer: Any) -> list[Problem]:
    """Problems of the answer to a ``block_suggestion`` (options of an external select)."""
    ctx = Context("modal", "invalid_options")
    if not isinstance(answer, Mapping):
        return [Problem(ctx.code, "must be an object", "")]
    if "option_groups" in answer:
        return list(OPTION_GROUPS(answer["option_groups"], "/option_groups", ctx))
    return list(OPTIONS(answer.get("options"), "/options", ctx))


def walk(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every object inside a JSON value that has a ``type``, outermost first."""
    if isinstance(value, Mapping):
        if isinstance(value.get("type"), str):
            yield value
        for member in value.values():
            yield from walk(member)
    elif isinstance(value, list | tuple):
        for member in value:
            yield from walk(member)


def _unique(blocks: Sequence[Mapping[str, Any]], at: str, code: str) -> Iterator[Problem]:
    """No two blocks share a `block_id`, no two elements of a block an `action_id`."""
    everywhere = [
        *blocks,
        *(inner for block in blocks for inner in block.get("child_blocks") or ()),
    ]
    ids = Counter(block["block_id"] for block in everywhere if block.get("block_id"))
    for name, count in ids.items():
        if count > 1:
            yield Problem(code, f"block_id {name} is used {count} times", at)
    for block in everywhere:
        own = block.get("elements") if block.get("type") != "carousel" else None
        actions = Counter(
            element["action_id"]
            for element in (own or ())
            if isinstance(element, Mapping) and element.get("action_id")
        )
        for name, count in actions.items():
            if count > 1:
                yield Problem(code, f"action_id {name} is used {count} times in a block", at)


def _cells_and_counts(blocks: Sequence[Mapping[str, Any]], at: str, code: str) -> list[Problem]:
    found: list[Problem] = []
    by_kind: dict[str, list[Mapping[str, Any]]] = {}
    for block in walk(blocks):
        by_kind.setdefault(block["type"], []).append(block)
    for kind, most in _CELLS.items():
        rows = [block.get("rows") or () for block in by_kind.get(kind, ())]
        if sum(_characters(row) for row in rows) > most:
            found.append(Problem(code, f"no more than {most} characters in all cells", at))
    if len(by_kind.get("table", ())) > limits.MESSAGE_TABLES:
        found.append(Problem("invalid_attachments", "only_one_table_allowed", at))
    if len(by_kind.get("data_visualization", ())) > limits.MESSAGE_CHARTS:
        most = limits.MESSAGE_CHARTS
        found.append(Problem(code, f"no more than {most} data_visualization blocks allowed", at))
    markdown = sum(len(block["text"]) for block in by_kind.get("markdown", ()))
    if markdown > limits.MARKDOWN_CHARACTERS:
        found.append(Problem("msg_too_long", "markdown blocks are too long together", at))
    return found


def _whole_message(blocks: Sequence[Any]) -> Iterator[Problem]:
    total = sum(_characters(block) for block in blocks if not _apart(block))
    total += limits.MESSAGE_BLOCK_COST * max(0, len(blocks) - 1)
    if total > limits.MESSAGE_CHARACTERS:
        yield Problem("msg_blocks_too_long", f"{total} characters in all blocks", "/blocks")


def _apart(value: Any) -> bool:
    return isinstance(value, Mapping) and value.get("type") in _APART


def _characters(value: Any) -> int:
    """Characters of all texts inside a JSON value."""
    if isinstance(value, Mapping):
        return sum(
            len(member) if isinstance(member, str) and key in _TEXT_KEYS else _characters(member)
            for key, member in value.items()
            if not _apart(member)
        )
    if isinstance(value, list | tuple):
        return sum(_characters(member) for member in value if not _apart(member))
    return 0


def _attachments(attachments: Any) -> Iterable[Problem]:
    if isinstance(attachments, str) or not isinstance(attachments, Sequence):
        return [Problem("invalid_attachments", "attachments must be an array", "/attachments")]
    if len(attachments) > limits.ATTACHMENTS:
        return [Problem("too_many_attachments", "too many attachments", "/attachments")]
    found: list[Problem] = []
    for index, attachment in enumerate(attachments):
        at = child("/attachments", index)
        if not isinstance(attachment, Mapping):
            found.append(Problem("invalid_attachments", "must be an object", at))
        elif attachment.get("blocks") is not None:
            found += validate_blocks(attachment["blocks"], at=child(at, "blocks"))
    return found


def _metadata(metadata: Any) -> Iterator[Problem]:
    if metadata is None:
        return
    if not isinstance(metadata, Mapping) or not (
        metadata.get("entities")
        or (metadata.get("event_type") and isinstance(metadata.get("event_payload"), Mapping))
    ):
        yield Problem("invalid_metadata_format", "event_type and event_payload", "/metadata")
    elif len(json.dumps(metadata).encode()) > limits.METADATA_BYTES:
        yield Problem("metadata_too_large", "metadata is too large", "/metadata")
