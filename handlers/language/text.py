"""Cleaning: text as Slack sends it becomes clauses of typed words.

Slack's mark-up, quotes, code, quotations, emoji and invisible characters are taken apart here and
nowhere else. Nothing is understood yet.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from html import unescape

LIMIT = 2_000
"""Characters that are read; no sentence to a bot is longer."""

WORDS = 120
"""Words of a message that are read."""


class Kind(StrEnum):
    """What a piece of text is, before it is understood."""

    WORD = "word"
    NAME = "name"  # one word in quotes or code
    QUOTE = "quote"  # several words in quotes or code
    URL = "url"
    USER = "user"
    BOT = "bot"
    CHANNEL = "channel"
    COMMA = "comma"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Word:
    """A piece of text and what it is."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Clause:
    """Words up to a full stop, a question mark or a line's end."""

    words: tuple[Word, ...]
    question: bool = False


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A message, taken apart.

    Attributes:
        clauses: What it says.
        plain: The text without mark-up, as slash commands are parsed from it.
        bot: Whether the bot is mentioned.
        emoji: Names of the emoji.
        quotation: Whether a quotation or a block of code was left out.
    """

    clauses: tuple[Clause, ...]
    plain: str
    bot: bool
    emoji: tuple[str, ...]
    quotation: bool


_QUOTES = str.maketrans(
    {
        **dict.fromkeys("“”„‟«»″", '"'),
        **dict.fromkeys("‘’‚‛′´", "'"),
        **dict.fromkeys("–—‒―−", "-"),
        "…": "...",
        "\u00a0": " ",
        "\u2028": "\n",
        "\u2029": "\n",
    }
)
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff\ud800-\udfff]"
)
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_EMOJI = re.compile("[\u2190-\u21ff\u2300-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]")
_WAVE = {"👋": "wave", "🙏": "pray", "👍": "thumbsup"}

_PIECE = re.compile(
    r"""
    (?P<block>```.*?(?:```|\Z))
  | (?P<struck>(?<![\w~])~[^~\s](?:[^~\n]*[^~\s])?~(?![\w~]))
  | (?P<user><@(?P<user_id>[A-Z0-9]+)(?:\|[^>]*)?>)
  | (?P<channel><\#(?P<channel_id>[A-Z0-9]+)(?:\|(?P<channel_name>[^>]*))?>)
  | (?P<special><!(?:[^>]*)>)
  | (?P<link><(?P<href>(?:https?|mailto|tel):[^|>\s]+)(?:\|(?P<label>[^>]*))?>)
  | (?P<code>`(?P<coded>[^`\n]+)`)
  | (?P<double>"(?P<doubled>[^"\n]{1,300})")
  | (?P<single>(?<![\w.])'(?P<singled>[^'\n]{1,80})'(?!\w))
  | (?P<emoji>:(?P<emoji_name>[a-z0-9_+\-]*[a-z+][a-z0-9_+\-]*):(?=$|[\s:.,!?)<]))
  | (?P<url>https?://[^\s<>|"`]+)
  | (?P<line>\n)
  | (?P<angled>(?:&lt;|<)(?P<angle>[a-zA-Z][\w.\-/]*)(?:&gt;|>))
  | (?P<operator>&lt;=?|&gt;=?|<=|>=|==?|<|>|≤|≥)
  | (?P<word>(?:(?!&lt;|&gt;)[^\s<>="`≤≥])+)
  | (?P<other>\S)
    """,
    re.VERBOSE | re.DOTALL,
)
_INSIDE = {"code": "coded", "double": "doubled", "single": "singled", "angled": "angle"}
_QUOTATION = re.compile(r"^[ \t]*(?:<@\w+>[ \t]*)?(?:>|&gt;)[^\n]*(?:\n|\Z)", re.MULTILINE)
_EDGE = re.compile(r"^([(\[{'*_~,;:.!?#@|\\-]*)(.*?)([)\]}'*_~,;:.!?|\\-]*)$", re.DOTALL)
_ABBREVIATION = frozenset({"vs", "e.g", "i.e", "etc", "approx", "incl", "no", "resp", "ca", "avg"})
_OPERATORS = {"=": "==", "≤": "<=", "≥": ">="}


def normal(text: str) -> str:
    """The text in one normal form: plain quotes and dashes, nothing invisible, bounded length."""
    text = _INVISIBLE.sub("", text[: LIMIT * 2])
    text = unicodedata.normalize("NFKC", text).translate(_QUOTES)
    return _CONTROL.sub(" ", _INVISIBLE.sub("", text.replace("\r\n", "\n")))[:LIMIT]


def clean(text: str, bot: str | None = None) -> Cleaned:
    """Takes a message apart.

    Args:
        text: The text as Slack sends it, or typed at a command line.
        bot: The bot's own Slack user id.

    Returns:
        Its clauses, without what is quoted.
    """
    text = normal(text)
    without = _QUOTATION.sub("\n", text)
    reader = _Reader(bot, quotation=without != text)
    for found in _PIECE.finditer(_EMOJI.sub(reader.emoji_sign, without)):
        if reader.count >= WORDS:
            break
        reader.read(found)
    return reader.finish()


class _Reader:
    """Collects clauses, piece after piece."""

    def __init__(self, bot: str | None, *, quotation: bool) -> None:
        self.bot = bot
        self.quotation = quotation
        self.count = 0
        self._words: list[Word] = []
        self._clauses: list[Clause] = []
        self._plain: list[str] = []
        self._emoji: list[str] = []
        self._mentioned = False

    def emoji_sign(self, found: re.Match[str]) -> str:
        self._emoji.append(_WAVE.get(found[0], "other"))
        return " "

    def read(self, found: re.Match[str]) -> None:
        match found.lastgroup:
            case "block" | "struck":
                self.quotation = True
            case "user":
                self._user(found["user_id"])
            case "channel":
                self._add(Kind.CHANNEL, found["channel_name"] or found["channel_id"])
            case "link":
                self._link(found["href"], found["label"])
            case "code" | "double" | "single" | "angled" as group:
                self._quoted(found[_INSIDE[group]])
            case "emoji":
                self._emoji.append(found["emoji_name"])
            case "url":
                self._url(found["url"])
            case "line":
                self._break()
            case "operator":
                sign = unescape(found["operator"])
                self._add(Kind.OPERATOR, _OPERATORS.get(sign, sign))
            case "word":
                self._word(unescape(found["word"]))
            case _:
                pass

    def finish(self) -> Cleaned:
        self._break()
        return Cleaned(
            clauses=tuple(self._clauses),
            plain=" ".join(self._plain),
            bot=self._mentioned,
            emoji=tuple(self._emoji),
            quotation=self.quotation,
        )

    def _add(self, kind: Kind, text: str) -> None:
        self.count += 1
        self._words.append(Word(kind, text))
        if kind is not Kind.BOT:
            self._plain.append(f'"{text}"' if kind is Kind.QUOTE or " " in text else text)

    def _break(self, *, question: bool = False) -> None:
        if self._words:
            self._clauses.append(Clause(tuple(self._words), question))
            self._words = []

    def _user(self, user: str) -> None:
        if self.bot is not None and user == self.bot:
            self._mentioned = True
            self._add(Kind.BOT, user)
        else:
            self._add(Kind.USER, user)

    def _link(self, href: str, label: str | None) -> None:
        if href.startswith("http"):
            bare = label is not None and "/" not in label and href.endswith(f"//{label}")
            if bare and label:  # Slack makes a link of anything like a host: `model.py`
                self._word(label)
            else:
                self._url(unescape(href))
        else:
            self._add(Kind.URL, unescape(label or href))

    def _url(self, url: str) -> None:
        self._add(Kind.URL, url.rstrip(".,;:!?)'"))
        if url.endswith("?"):
            self._break(question=True)

    def _quoted(self, text: str) -> None:
        text = re.sub(r"[<>]", "", unescape(text)).strip(" ,.;:!?@")
        if text:
            self._add(Kind.QUOTE if " " in text else Kind.NAME, text)

    def _word(self, text: str) -> None:
        found = _EDGE.match(text)
        head, body, tail = found.groups() if found else ("", text, "")
        if head.startswith("#") and body[:1].isdigit():
            body = f"#{body}"
        elif "--" in head or (head.endswith("-") and body[:1].isdigit()):
            body = "-" * (2 if "--" in head else 1) + body
        if not body or body in {"/", "|", "->", "=>"}:
            self._punctuation(head + tail + ("," if body else ""))
            return
        parts = [part for part in body.split(",") if part] if not _NUMBER.match(body) else [body]
        for place, part in enumerate(parts):
            if place:
                self._add(Kind.COMMA, ",")
            self._add(Kind.WORD, "and" if part == "&" else part)
        if not (tail.startswith(".") and body.lower() in _ABBREVIATION):
            self._punctuation(tail)

    def _punctuation(self, marks: str) -> None:
        if "?" in marks:
            self._break(question=True)
        elif any(mark in marks for mark in ".!;"):
            self._break()
        elif any(mark in marks for mark in ",:-") and self._words:
            self._words.append(Word(Kind.COMMA, ":" if ":" in marks else ","))


_NUMBER = re.compile(r"^-?[\d.,]+$")


def arguments(text: str) -> Clause:
    """Arguments as one clause, so that a full stop or a question mark does not cut them."""
    words = [
        word
        for clause in clean(text).clauses
        for word in clause.words
        if word.kind is not Kind.COMMA
    ]
    return Clause(tuple(words))
