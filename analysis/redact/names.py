"""Values that a name, or a sentence, says to be secret (one line of a text at a time)."""

import re
from typing import Final

from analysis.redact.token import MARK, NUMBER, looks_random

_NAME: Final = re.compile(
    r"(?P<word>api[ _-]?key|apikey|"
    r"(?:access|secret|private|account|shared|encryption|signing|master)[ _-]?(?:access[_-]?)?key|"
    r"secret|token|passw(?:or)?d|passwd|passphrase|pass|pwd|credentials?|"
    r"conn(?:ection)?[_-]?str(?:ing)?|_key|_pat|_auth|auth)(?P<rest>[a-z0-9_-]{0,24})"
    r"""(?P<quote>\\{0,2}["']\]?)?"""
    r"""(?P<sep>\s{0,3}(?:=>|:=|[=:])\s{0,3}|\s{0,2},\s{0,2}(?=["'\\])|[ \t]{1,3})"""
    r"""(?P<open>[rbuf]?\\{0,2}["'])?""",
)
NEEDLES: Final = ("key", "token", "secret", "pass", "pwd", "cred", "auth", "_pat", "conn")
_LEFT: Final = re.compile(r"[A-Za-z0-9_.-]*\Z")
_PLAIN: Final = re.compile(
    r"(?:none|null|nil|true|false|yes|no|int|str|string|bool|float|optional|required|missing|"
    r"unset|not|\*+|x{3,}|\.{2,}|<[^>]{0,20}>|\[[A-Z]{2,8}\]|\[redacted|[{(\[]|\$\{?\w|your[_-])",
    re.IGNORECASE,
)
# In this field a "token" is mostly a piece of text, and these names have such values.
_TEXT_TOKEN: Final = re.compile(
    r"(?:eos|bos|pad|unk|sep|cls|mask|special|image|audio|video|stop|num|n|max|min|per|new|next|"
    r"prompt|completion|input|output|total|mean|avg|first|last|added|extra|ignore|start|end|bad|"
    r"text|word|sub|role|chat|top|cached|think|tool)[_. -]?\Z",
    re.IGNORECASE,
)
_REST_OK: Final = re.compile(
    r"(?:s|[_-]?(?:id|value|val|prod|dev|test|key|b64|base64|hash|str|v?\d{1,3}))*", re.IGNORECASE
)
_IDENTIFIER: Final = re.compile(r"[\"']?[a-z]+(?:[._/][a-z]+)*[\"']?(?=[\s,;})\]]|$)")
_HARD: Final = ("passw", "passphrase", "pwd", "secret", "pass")


def assigned(line: str, lower: str) -> str:
    """Redact what is assigned to a name that says "secret" (one line of a text).

    Names are searched in `lower`, which has the same length: much faster than ignoring case.
    """
    out: list[str] = []
    done = position = 0
    while (found := _NAME.search(lower, position)) is not None:
        position = found.end("word")
        start, end = _value(line, found)
        if end > start:
            out += (line[done:start], MARK)
            done = position = end
    if not done:
        return line
    out.append(line[done:])
    return "".join(out)


def _value(line: str, found: re.Match[str]) -> tuple[int, int]:
    """Where the secret value after the name `found` stands; nothing if it is no secret."""
    start = found.end()
    nothing = start, start
    word, rest, sep = found["word"], found["rest"], found["sep"]
    left_match = _LEFT.search(line, max(0, found.start() - 40), found.start())
    left = left_match[0] if left_match else ""
    hard = word.startswith(_HARD)
    if rest and not _REST_OK.fullmatch(rest):
        return nothing
    if word in {"pass", "auth"} and left and left[-1] not in "_-.":
        return nothing
    if word == "_key" and not rest and _IDENTIFIER.match(line, start):
        return nothing  # image_key: jpg, full_key: train.lr_scheduler
    hard = hard and (word != "pass" or bool(left))
    if not sep.strip() or "," in sep:
        before = line[max(0, found.start() - 100) : found.start()].removesuffix(left)
        netrc = word == "password" and "login" in before and _NETRC.search(before)
        if not (left.startswith("-") or netrc or _SETS.search(before[-20:])):
            return _spoken(line, found, left, before[-20:])
        if found["open"] is None and line[start : start + 1] == "-":
            return nothing
    ahead = line[start : start + 64]
    if _PLAIN.match(ahead) or not ahead.strip():
        return nothing
    if not hard:
        counted = word == "token" and rest in {"s", "_id", "-id", "id"}
        if counted or NUMBER.match(ahead) or _TEXT_TOKEN.search(left):
            return nothing
    return start, _consume(line, start, found["open"], hard, least=1 if hard else 6)


# Commands that set a variable: the name, a space, the value.
_SETS: Final = re.compile(
    r"(?:\bsetenv|\bsetx|\bset -\w{1,3}|\bENV|\bexport|\bconfigure set)[ ]+\Z"
)
_NETRC: Final = re.compile(r"\blogin[ \t]+[^\s,;:]+[ \t]+\Z")
_SAID: Final = re.compile(
    r"(?P<said>(?:[ ](?:is|was|provided|passed|given|used|supplied|specified|entered|sent|set to|"
    r"changed to|value|has been|the following|now))*[ ]?[:=!]?[ ]?)"
    r"[\"'`]?(?P<value>[^\s\"'`,;()<>]+)",
    re.IGNORECASE,
)
_SPEAKABLE: Final = ("api", "access", "secret", "private", "token", "passw", "passphrase", "master")
_BEFORE: Final = re.compile(
    r"\b(?:invalid|incorrect|expired|wrong|bad|revoked|unknown|your|my)[ ]\Z", re.IGNORECASE
)


def _spoken(line: str, found: re.Match[str], left: str, before: str) -> tuple[int, int]:
    """A value told in a sentence, “the token is …”: only if it looks like a secret."""
    at = found.end("rest")
    nothing = at, at
    if left or found["rest"] not in ("", "s") or not found["word"].startswith(_SPEAKABLE):
        return nothing
    said = _SAID.match(line, at, at + 400)
    value = said["value"].rstrip(".:!?])}") if said else ""
    if said is None or not looks_random(value) or _PLAIN.match(value):
        return nothing
    bare = not said["said"].strip() and found["word"] in {"token", "secret"}
    if _TEXT_TOKEN.search(before.rstrip()) or (bare and not _BEFORE.search(before)):
        return nothing
    return said.start("value"), said.start("value") + len(value)


def _consume(line: str, start: int, opened: str | None, hard: bool, least: int) -> int:
    """The end of the value that starts at `start`; `start` itself when it is too short."""
    if opened:
        quote = opened[-1]
        end = line.find(opened.lstrip("rbufRBUF"), start)
        if end < 0:
            end = line.find(quote, start)
        end = len(line) if end < 0 else end
    else:
        stop = _UNTIL_SPACE if hard else _UNTIL_COMMA
        found = stop.match(line, start)
        end = found.end() if found else start
        while end > start and line[end - 1] in ",;)}]>":
            end -= 1
    return end if end - start >= least else start


_UNTIL_SPACE: Final = re.compile(r"[^\s\"'&]+")
_UNTIL_COMMA: Final = re.compile(r"[^\s\"'&,;]+")
