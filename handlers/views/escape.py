"""Text that may be shown in Slack: the only way from a plain string to mark-up.

``Mrkdwn`` is a type of its own, and every block builder of ``blocks.py`` takes nothing else: a
run's name that was not escaped is a type error. What comes from outside can change neither the
look of a message (``*_~`` and backticks), nor ping anybody, nor forge a link, nor turn the line
around.
"""

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final, LiteralString, final

VALUE: Final = 300
"""Characters of a value in a sentence; longer ones end in “…”."""

_ZERO_WIDTH: Final = "\u200b"
_GRAVE: Final = "\u02cb"  # a backtick cannot be escaped inside code: this one looks alike
_ISOLATE: Final = "\u2068"
_POP: Final = "\u2069"
# Bidirectional embeddings, overrides, isolates and marks; other invisible format characters that
# carry no meaning in a name (soft hyphen, word joiner, byte-order mark, tags).
_INVISIBLE: Final = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e0fff\ud800-\udfff]"
)
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_MARKER: Final = re.compile(r"[*~]|(?<![^\W_])_|_(?![^\W_])")
_EMOJI_CODE: Final = re.compile(r":(?=[a-z0-9_+'-]{1,80}:)")
_TAG: Final = re.compile(r"<(?=[!@#]|https?:|mailto:)")
_URL: Final = re.compile(
    "https?://[^\\s<>|\x00-\x20\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ud800-\udfff]+\\Z"
)
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL", "AN"})
_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


@final
class Mrkdwn(str):
    """Mark-up that Slack may read; made by the functions of this module and by nothing else."""

    __slots__ = ()


def clean(text: object, limit: int = VALUE) -> str:
    """Plain text on one line: without control, invisible and bidirectional characters.

    Args:
        text: Anything; its ``str`` is taken.
        limit: The greatest number of code points; what is longer ends in “…”.
    """
    # Cut first: a name of a megabyte must not cost a megabyte's work.
    raw = str(text)[: 4 * limit + 64]
    line = " ".join(_CONTROL.sub(" ", _INVISIBLE.sub("", raw)).split())
    return line if len(line) <= limit else line[: max(0, limit - 1)].rstrip() + "…"


def plain(text: object, limit: int, *, empty: str = "–") -> str:
    """Text for ``plain_text`` objects: cleaned, never empty, right-to-left parts isolated."""
    # Slack takes plain text literally; a tag is broken all the same, should it be copied elsewhere.
    shown = _TAG.sub("<" + _ZERO_WIDTH, clean(text, limit - 2))
    shown = shown if len(shown) <= limit - 2 else shown[: limit - 3] + "…"
    return _isolated(shown) or empty


def escape(value: object, limit: int = VALUE) -> Mrkdwn:
    """A value from outside, shown as it is: no mark-up, no ping, no link can come of it."""
    if isinstance(value, Mrkdwn):
        return value
    text = clean(value, limit).translate(_ESCAPES).replace("`", _GRAVE)
    text = _MARKER.sub(lambda found: found[0] + _ZERO_WIDTH, text)
    text = _EMOJI_CODE.sub(":" + _ZERO_WIDTH, text)
    if text.startswith("&gt;"):  # would start a quotation
        text = _ZERO_WIDTH + text
    return Mrkdwn(_isolated(text))


def mrkdwn(template: LiteralString, /, **values: object) -> Mrkdwn:
    """A sentence in Slack's mark-up with values put in, each escaped unless it is mark-up already.

    Space around a value that is no mark-up is lost: a part with its own space is made by this
    function too.

    Example:
        >>> mrkdwn("*{name}*", name="<!channel>")
        '*&lt;!channel&gt;*'
    """
    return Mrkdwn(template.format(**{name: escape(value) for name, value in values.items()}))


def code(text: object, limit: int = VALUE) -> Mrkdwn:
    """The text in monospace, as names of metrics and commands are shown."""
    inside = clean(text, limit).translate(_ESCAPES).replace("`", _GRAVE)
    return Mrkdwn(f"`{inside}`") if inside else Mrkdwn("–")


def link(url: str | None, label: object, limit: int = VALUE) -> Mrkdwn:
    """A link with a label; only the label where ``url`` is no plain web address."""
    shown = escape(label, limit)
    if not is_web_address(url) or not shown:
        return shown
    return Mrkdwn(f"<{_address(url or '')}|{shown.replace('|', '¦')}>")


def is_web_address(url: str | None, limit: int = 3_000) -> bool:
    """Whether Slack takes the string as the target of a link or a button."""
    return bool(url) and len(url or "") <= limit and bool(_URL.match(url or ""))


def date(when: datetime, form: LiteralString = "{date_short_pretty} at {time}") -> Mrkdwn:
    """A time in the reader's own zone, with the UTC time for clients that cannot show it."""
    utc = when.astimezone(UTC)
    return Mrkdwn(f"<!date^{int(utc.timestamp())}^{form}|{utc:%Y-%m-%d %H:%M} UTC>")


def mention(user: str) -> Mrkdwn:
    """A mention of one person, by Slack's own id; anything else is shown as text."""
    return Mrkdwn(f"<@{user}>") if re.fullmatch(r"[UW][A-Z0-9]{2,20}", user) else escape(user)


def join(separator: LiteralString, parts: Iterable[Mrkdwn]) -> Mrkdwn:
    """The parts that are not empty, with the separator between them."""
    return Mrkdwn(separator.join(part for part in parts if part))


def clip(text: Mrkdwn, limit: int) -> Mrkdwn:
    """At most ``limit`` characters of mark-up, never ending inside a link, a date or an entity."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    opened = cut.rfind("<")
    if opened > cut.rfind(">"):
        cut = cut[:opened]
    entity = cut.rfind("&")
    if entity >= 0 and ";" not in cut[entity:]:
        cut = cut[:entity]
    if cut.count("`") % 2:
        cut = cut[: cut.rfind("`")]
    return Mrkdwn(cut.rstrip() + "…")


def _address(url: str) -> str:
    return url.replace("&", "&amp;")


def _isolated(text: str) -> str:
    """Right-to-left text keeps to itself and does not turn the words around it."""
    if any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in text):
        return f"{_ISOLATE}{text}{_POP}"
    return text
