"""What Slack accepts as rich text: sections, lists, quotes and preformatted literal nodes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from handlers.views import limits
from handlers.views.schema import Check, array, boolean, integer, kind_of, one_of, record, string

_LONGEST: Final = limits.TEXT_POST
_STYLES: Final = ("bold", "italic", "strike", "code", "underline", "highlight", "unlink")
_STYLE: Final = record(dict.fromkeys((*_STYLES, "client_highlight"), boolean))
_ID: Final = string(limits.BLOCK_ID)


def _node(name: str, fields: Mapping[str, Check], *required: str) -> Check:
    return record({"type": one_of(name), "style": _STYLE, **fields}, required)


NODES: Final[dict[str, Check]] = {
    "text": _node("text", {"text": string(_LONGEST)}, "text"),
    "link": _node(
        "link",
        {"url": string(limits.BUTTON_URL), "text": string(_LONGEST), "unsafe": boolean},
        "url",
    ),
    "emoji": _node(
        "emoji", {"name": _ID, "unicode": _ID, "skin_tone": integer(1, 6), "url": _ID}, "name"
    ),
    "user": _node("user", {"user_id": _ID}, "user_id"),
    "usergroup": _node("usergroup", {"usergroup_id": _ID}, "usergroup_id"),
    "channel": _node("channel", {"channel_id": _ID}, "channel_id"),
    "team": _node("team", {"team_id": _ID}, "team_id"),
    "broadcast": _node("broadcast", {"range": one_of("here", "channel", "everyone")}, "range"),
    "color": _node("color", {"value": _ID}, "value"),
    "date": _node(
        "date",
        {
            "timestamp": integer(0, 99_999_999_999),
            "format": string(_LONGEST),
            "url": string(limits.BUTTON_URL),
            "fallback": string(_LONGEST),
        },
        *("timestamp", "format"),
    ),
}
_NODES: Final = array(kind_of(NODES), 10_000)
SECTION: Final = record({"type": one_of("rich_text_section"), "elements": _NODES}, ("elements",))
_BORDER: Final = integer(0, 1)
ELEMENTS: Final[dict[str, Check]] = {
    "rich_text_section": SECTION,
    "rich_text_list": record(
        {
            "type": one_of("rich_text_list"),
            "style": one_of("bullet", "ordered"),
            "elements": array(kind_of({"rich_text_section": SECTION}), 1_000),
            "indent": integer(0, limits.RICH_TEXT_INDENT),
            "offset": integer(0, 100_000),
            "border": _BORDER,
        },
        ("style", "elements"),
    ),
    "rich_text_quote": record(
        {"type": one_of("rich_text_quote"), "elements": _NODES, "border": _BORDER}, ("elements",)
    ),
    "rich_text_preformatted": record(
        {
            "type": one_of("rich_text_preformatted"),
            "elements": array(kind_of({name: NODES[name] for name in ("text", "link")}), 10_000),
            "border": _BORDER,
            "language": _ID,
        },
        ("elements",),
    ),
}
RICH_TEXT: Final = record(
    {"type": one_of("rich_text"), "block_id": _ID, "elements": array(kind_of(ELEMENTS), 1_000)},
    ("elements",),
)
