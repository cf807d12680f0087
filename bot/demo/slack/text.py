"""Text as Slack hands it to apps: escaped, with mentions, channels and links in angle brackets."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

_TOKEN: Final = re.compile(
    r"(?P<code>```.*?```|`[^`\n]+`)"
    r"|(?P<url>https?://[^\s<>|]+)"
    r"|(?<![\w.])@(?P<name>[\w.\-]+)"
    r"|(?<![\w&/])\#(?P<channel>[a-z0-9_\-]+)",
    re.DOTALL,
)
_TRAILING: Final = ".,;:!?)]}'\"”’"
_ENTITY: Final = re.compile(r"&(?!(?:amp|lt|gt);)")
_MARKUP: Final = re.compile(r"<((?:https?://|mailto:|@[UW]|#C|![a-z^])[^<>]*)>")
_LINKS: Final = re.compile(r"<(https?://[^|>]+)(?:\|[^>]*)?>")
_WORD: Final = re.compile(
    r"<(?:(?P<user>@[UW]\w+)|(?P<link>https?://[^|>]+)|#(?P<channel>C\w+))(?:\|[^>]*)?>"
    r"|<!(?P<range>here|channel|everyone)>"
    r"|(?<!\w):(?P<emoji>[a-z0-9_+\-]+):"
)
BROADCASTS: Final = ("here", "channel", "everyone")

Lookup = Callable[[str], str | None]


def escape(text: str) -> str:
    """The three characters that Slack escapes."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """The inverse of `escape`."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def typed(text: str, user_id: Lookup, channel_id: Lookup) -> str:
    """What an app receives of what a person types.

    Args:
        text: As typed: ``@ada look at https://… in #ml``.
        user_id: Name to id, ``None`` for a name that nobody has.
        channel_id: Likewise for channels.
    """
    parts: list[str] = []
    at = 0
    for match in _TOKEN.finditer(text):
        wire, taken = _token(match, user_id, channel_id)
        parts += [escape(text[at : match.start()]), wire]
        at = match.start() + taken
    return "".join([*parts, escape(text[at:])])


def _token(match: re.Match[str], user_id: Lookup, channel_id: Lookup) -> tuple[str, int]:
    """The wire form of a token, and how many typed characters it stands for."""
    whole = match[0]
    if match["url"]:
        url = whole.rstrip(_TRAILING)
        return f"<{escape(url)}>", len(url)
    if match["name"]:
        name = match["name"].rstrip(".-")
        if name in BROADCASTS:
            return f"<!{name}>", len(name) + 1
        found = user_id(name)
        return (f"<@{found}>", len(name) + 1) if found else (escape(whole), len(whole))
    if match["channel"]:
        found = channel_id(match["channel"])
        return (f"<#{found}|{match['channel']}>" if found else escape(whole)), len(whole)
    return escape(whole), len(whole)


def posted(text: str) -> str:
    """What Slack makes of an app's text: stray ``&``, ``<`` and ``>`` are escaped, markup stays."""
    kept: list[str] = []
    at = 0
    for match in _MARKUP.finditer(text):
        kept += [_loose(text[at : match.start()]), match[0]]
        at = match.end()
    return "".join([*kept, _loose(text[at:])])


def _loose(text: str) -> str:
    return _ENTITY.sub("&amp;", text).replace("<", "&lt;").replace(">", "&gt;")


def links_in(wire: str) -> list[str]:
    """The URLs of a message as an app receives it."""
    return list(dict.fromkeys(unescape(url) for url in _LINKS.findall(wire)))


def domain_of(url: str) -> str:
    """The host of a URL, without its port."""
    return urlsplit(url).hostname or ""


def belongs(url: str, domains: list[str]) -> bool:
    """Whether a URL lies on one of these domains or below."""
    host = domain_of(url)
    return any(
        host == domain.split(":")[0] or host.endswith("." + domain.split(":")[0])
        for domain in domains
    )


def rich_text(wire: str, block_id: str) -> dict[str, Any]:
    """The rich-text block that Slack adds to what a person types."""
    nodes: list[dict[str, Any]] = []
    at = 0
    for match in _WORD.finditer(wire):
        if match.start() > at:
            nodes.append({"type": "text", "text": unescape(wire[at : match.start()])})
        nodes.append(_node(match))
        at = match.end()
    if at < len(wire) or not nodes:
        nodes.append({"type": "text", "text": unescape(wire[at:]) or " "})
    section = {"type": "rich_text_section", "elements": nodes}
    return {"type": "rich_text", "block_id": block_id, "elements": [section]}


def _node(match: re.Match[str]) -> dict[str, Any]:
    if match["user"]:
        return {"type": "user", "user_id": match["user"][1:]}
    if match["channel"]:
        return {"type": "channel", "channel_id": match["channel"]}
    if match["range"]:
        return {"type": "broadcast", "range": match["range"]}
    if match["emoji"]:
        return {"type": "emoji", "name": match["emoji"]}
    return {"type": "link", "url": unescape(match["link"])}
