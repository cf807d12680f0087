"""Secrets are taken out of a text before anything else sees it.

Whole-text, linear-time substitution from one table: tokens with a shape of their own, then
credentials in URLs and headers, then values assigned to a name that says "secret". Nothing is
kept: the replacement is always ``[redacted]``, so a second pass changes nothing.

Why an own table: detect-secrets 1.5 (the best kept library of this kind) was measured first. It
needs 0.23 s to import, 6.9 s for one line of a megabyte, finds lines rather than spans, and its
entropy plugins flag ordinary words of a log. Its regular expressions and those of gitleaks
informed the table.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

MARK: Final = "[redacted]"

_Replace = Callable[[re.Match[str]], str]


@dataclass(frozen=True, slots=True)
class _Token:
    """A token that is known by its shape.

    Attributes:
        needles: Lower-case texts, one of which every match holds: the cheap test before `pattern`.
        pattern: Matches the secret, and no more of the line than is needed.
        replace: Replacement, or a function that may leave the match alone.
    """

    needles: tuple[str, ...]
    pattern: re.Pattern[str]
    replace: str | _Replace = MARK


def _if_random(least: int) -> _Replace:
    """Replace only what holds digits and, without a word boundary before it, mixed case."""

    def replace(match: re.Match[str]) -> str:
        found = match[0]
        start = match.start()
        free = start == 0 or not match.string[start - 1].isalnum()
        digits = any(c.isdigit() for c in found)
        mixed = any(c.isupper() for c in found) and any(c.islower() for c in found)
        random = len(found) >= least and digits and (free or mixed)
        return MARK if random else found

    return replace


_COMMIT_WORDS: Final = re.compile(
    r"commit|revision|\brev\b|sha-?1|sha\b|\bhead\b|\bhash|checksum|snapshots?/|blobs?/|\bgit\b|"
    r"/tree/|/resolve/|@$|\bref|branch|merge|checkout|parent|digest|etag|\bmd5|fingerprint|\bcid",
    re.IGNORECASE,
)
_KEY_WORDS: Final = re.compile(r"key|token|secret|login|passw|auth|credential|paste", re.IGNORECASE)


_HEX40: Final = re.compile(r"(?<![0-9a-fA-F])[0-9a-fA-F]{40}(?![0-9a-fA-F])")
_LONG_WORD: Final = re.compile(r"[A-Za-z0-9]{40,}")


def _hex40(match: re.Match[str]) -> str:
    """A W&B key of 40 hex digits looks like a commit: leave it only where the text says commit."""
    text, start, end = match.string, match.start(), match.end()
    before, after = text[max(0, start - 40) : start], text[end : end + 24]
    before = before.rpartition("\n")[2]
    if match[0].isdigit():
        return match[0]
    said = _COMMIT_WORDS.search(before) or re.match(r"\W{0,3}(?:is the )?commit", after)
    if said and not _KEY_WORDS.search(before) and not before.endswith("local-"):
        return match[0]
    return MARK


def _long_word(match: re.Match[str]) -> str:
    """Forty and more letters and digits: a W&B key, or a key of a service that is not listed."""
    found = match[0]
    inner = _HEX40.sub(_hex40, found) if len(found) != 40 else found
    if len(found) == 40 and _HEX40.fullmatch(found):
        return _hex40(match)
    if inner != found:
        return inner
    digits = sum(c.isdigit() for c in found)
    switches = sum(a.isdigit() != b.isdigit() for a, b in pairwise(found))
    mixed = any(c.isupper() for c in found) and any(c.islower() for c in found)
    return MARK if mixed and digits >= 4 and switches >= 6 else found


def _keep_first(match: re.Match[str]) -> str:
    return f"{match[1]}{MARK}"


def _bearer(match: re.Match[str]) -> str:
    value = match[2]
    random = any(c.isdigit() for c in value) or len(value) >= 24 or value.endswith("=")
    return f"{match[1]}{MARK}" if random else match[0]


def _c(pattern: str, flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[str]:
    return re.compile(pattern, flags)


_I: Final = re.IGNORECASE

TOKENS: Final[tuple[_Token, ...]] = (
    _Token(("wandb_v",), _c(r"wandb_v\d+_[A-Za-z0-9_-]{16,}")),
    _Token(("local-",), _c(r"local-[A-Za-z0-9]{32,}")),
    _Token(("sk-",), _c(r"sk-[A-Za-z0-9_-]{16,}"), _if_random(19)),
    _Token(("sk_", "rk_", "pk_"), _c(r"[srp]k_(?:live|test)_[A-Za-z0-9]{16,}")),
    _Token(("hf_",), _c(r"hf_[A-Za-z0-9]{20,}")),
    _Token(("api_org_",), _c(r"api_org_[A-Za-z0-9]{20,}")),
    _Token(
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
        _c(r"gh[pousr]_[A-Za-z0-9]{20,}"),
    ),
    _Token(("github_pat_",), _c(r"github_pat_[A-Za-z0-9_]{20,}")),
    _Token(("glpat-", "gldt-", "glrt-"), _c(r"gl(?:pat|dt|rt)-[A-Za-z0-9_-]{16,}")),
    _Token(("xox", "xapp-"), _c(r"(?:xox[a-z](?:\.xox[a-z])?|xapp)-[A-Za-z0-9-]{8,}")),
    _Token(
        ("akia", "asia", "aroa", "aida", "abia", "acca"),
        _c(r"(?:AKIA|ASIA|AROA|AIDA|ABIA|ACCA)[A-Z0-9]{16,}"),
    ),
    _Token(("aiza",), _c(r"AIza[A-Za-z0-9_-]{30,}")),
    _Token(("ya29.",), _c(r"ya29\.[A-Za-z0-9._-]{16,}")),
    _Token(("gocspx-",), _c(r"GOCSPX-[A-Za-z0-9_-]{16,}")),
    _Token(("eyj",), _c(r"eyJ[A-Za-z0-9_-]{16,}(?:\.[A-Za-z0-9_-]*){0,4}")),
    _Token(("dckr_pat_",), _c(r"dckr_pat_[A-Za-z0-9_-]{16,}")),
    _Token(("npm_",), _c(r"npm_[A-Za-z0-9]{30,}")),
    _Token(("pypi-",), _c(r"pypi-[A-Za-z0-9_-]{40,}")),
    _Token(("sg.",), _c(r"SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}")),
    _Token(("dapi",), _c(r"dapi[0-9a-f]{32}(?:-\d)?")),
    _Token(("nvapi-",), _c(r"nvapi-[A-Za-z0-9_-]{20,}")),
    _Token(("gsk_", "r8_"), _c(r"(?:gsk|r8)_[A-Za-z0-9]{24,}")),
    _Token(("lsv2_",), _c(r"lsv2_(?:pt|sk)_[A-Za-z0-9_]{20,}")),
    _Token(("tskey-",), _c(r"tskey-[A-Za-z0-9-]{16,}")),
    _Token(
        ("hooks.slack.com/", "/api/webhooks/"),
        _c(r"((?:hooks\.slack\.com/\w+|/api/webhooks)/)[A-Za-z0-9/_-]{8,}"),
        _keep_first,
    ),
    _Token((":aa",), _c(r"\d{8,10}:AA[A-Za-z0-9_-]{30,}")),
    _Token(
        ("bearer", "basic", "token"),
        # Not "ignore case": a pattern that starts with a set is searched many times faster.
        _c(
            r"([BbTt](?:[Ee][Aa][Rr][Ee][Rr]|[Aa][Ss][Ii][Cc]|[Oo][Kk][Ee][Nn])\s{1,4})"
            r"([A-Za-z0-9._~+/=-]{8,})"
        ),
        _bearer,
    ),
    _Token(
        ("authorization",),
        _c(
            r"""(authorization["'\\]{0,4}\s{0,4}[:=]\s{0,4}["'\\]{0,4})"""
            r"""(?!\[redacted)[^\s"'\\,}]+(?:[ ](?!\[redacted)[^\s"'\\,}]+)?""",
            _I,
        ),
        _keep_first,
    ),
    _Token(
        ("sig=", "signature=", "credential=", "security-token="),
        _c(r"([?&](?:[\w-]{0,24}(?:signature|credential|security-token)|sig)=)[^\s&\"'<>]+", _I),
        _keep_first,
    ),
)

# --- names whose value is a secret --------------------------------------------------------------

_NAME: Final = _c(
    r"(?P<word>api[_-]?key|apikey|(?:access|secret|private|account|shared|encryption|signing|master)"
    r"[_-]?(?:access[_-]?)?key|secret|token|passw(?:or)?d|passwd|passphrase|pass|pwd|credentials?|"
    r"conn(?:ection)?[_-]?str(?:ing)?|_key|_pat|_auth|auth)(?P<rest>[a-z0-9_-]{0,24})"
    r"""(?P<quote>\\{0,2}["']\]?)?"""
    r"""(?P<sep>\s{0,3}(?:=>|:=|[=:])\s{0,3}|\s{0,2},\s{0,2}(?=["'\\])|[ \t]{1,3})"""
    r"""(?P<open>[rbuf]?\\{0,2}["'])?""",
)
_NAME_NEEDLES: Final = ("key", "token", "secret", "pass", "pwd", "cred", "auth", "_pat", "conn")
_LEFT: Final = _c(r"[A-Za-z0-9_.-]*\Z")
_PLAIN: Final = _c(
    r"(?:none|null|nil|true|false|yes|no|int|str|string|bool|float|optional|required|missing|"
    r"unset|not|\*+|x{3,}|\.{2,}|<[^>]{0,20}>|\[[A-Z]{2,8}\]|\[redacted|[{(\[]|\$\{?\w|your[_-])",
    _I,
)
_NUMBER: Final = _c(r"[-+]?[\d.,]+(?:e[-+]?\d+)?(?:[a-z%/]{0,8})?(?=[\s,;)}\]'\"&]|\Z)", _I)
# In this field a "token" is mostly a piece of text, and these names have such values.
_TEXT_TOKEN: Final = _c(
    r"(?:eos|bos|pad|unk|sep|cls|mask|special|image|audio|video|stop|num|n|max|min|per|new|next|"
    r"prompt|completion|input|output|total|mean|avg|first|last|added|extra|ignore|start|end|bad|"
    r"text|word|sub|role|chat|top|cached|think|tool)[_. -]?\Z",
    _I,
)
_REST_OK: Final = _c(
    r"(?:s|[_-]?(?:id|value|val|prod|dev|test|key|b64|base64|hash|str|v?\d{1,3}))*", _I
)
_HARD: Final = ("passw", "passphrase", "pwd", "secret", "pass")


def _assigned(line: str, lower: str) -> str:
    """Redact what is assigned to a name that says "secret" (one line of a text).

    Names are searched in `lower`, which has the same length: much faster than ignoring case.
    """
    out: list[str] = []
    done = position = 0
    while (found := _NAME.search(lower, position)) is not None:
        position = found.end("word")
        end = _value_end(line, found)
        if end > found.end():
            out += (line[done : found.end()], MARK)
            done = position = end
    if not done:
        return line
    out.append(line[done:])
    return "".join(out)


def _value_end(line: str, found: re.Match[str]) -> int:
    """Where the secret value after the name `found` ends; `found.end()` if it is no secret."""
    nothing, start = found.end(), found.end()
    word, rest, sep = found["word"], found["rest"], found["sep"]
    left_match = _LEFT.search(line, max(0, found.start() - 40), found.start())
    left = left_match[0] if left_match else ""
    hard = word.startswith(_HARD)
    if rest and not _REST_OK.fullmatch(rest):
        return nothing
    if word in {"pass", "auth"} and left and left[-1] not in "_-.":
        return nothing
    hard = hard and (word != "pass" or bool(left))
    if not sep.strip() or "," in sep:
        before = line[max(0, found.start() - 200) : found.start()]
        netrc = word == "password" and "login" in before
        if not (left.startswith("-") or netrc):
            return nothing
        if found["open"] is None and line[start : start + 1] == "-":
            return nothing
    ahead = line[start : start + 64]
    if _PLAIN.match(ahead) or not ahead.strip():
        return nothing
    if not hard:
        counted = word == "token" and rest in {"s", "_id", "-id", "id"}
        if counted or _NUMBER.match(ahead) or _TEXT_TOKEN.search(left):
            return nothing
    return _consume(line, start, found["open"], hard, least=1 if hard else 6)


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


_UNTIL_SPACE: Final = _c(r"[^\s\"'&]+")
_UNTIL_COMMA: Final = _c(r"[^\s\"'&,;]+")

# --- credentials in URLs ------------------------------------------------------------------------

_URL: Final = _c(r"://[^\s\"'<>]+")


def _url(match: re.Match[str]) -> str:
    """``scheme://user:password@host`` → ``scheme://user:[redacted]@host``, several in a row."""
    return "://".join(
        ["", *(_authority(piece) for piece in match[0].split("://")[1:])],
    )


def _authority(piece: str) -> str:
    head = re.match(r"[^/?#]*", piece)
    authority = head[0] if head else ""
    if "@" not in authority:
        port = authority.partition(":")[2]
        if not port or port.rstrip(",;.)]}").isdigit() or "@" not in piece:
            return piece
        authority = piece[: piece.rindex("@") + 1] if piece.count("@") else authority
    cut = authority.rindex("@")
    user, colon, _ = authority[:cut].partition(":")
    if colon:
        return f"{user if len(user) < 24 else MARK}:{MARK}{piece[cut:]}"
    return f"{MARK}{piece[cut:]}" if len(user) >= 16 else piece


# --- private keys -------------------------------------------------------------------------------

_BEGIN: Final = _c(r"-----BEGIN (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----")
_END: Final = _c(r"-----END (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----")
_BODY: Final = _c(
    r"(?:[\s\\nr\"',]{0,8}[A-Za-z0-9+/=]{16,}){0,400}"
    r"(?:[\s\\nr]{1,4}[A-Za-z0-9+/]{1,15}={0,2}(?=\\n|[\n\"']|\Z))?"
)


def _private_keys(text: str) -> str:
    """Redact key blocks, also where the beginning or the end of the block is missing."""
    if "PRIVATE KEY" not in text:
        return text
    out: list[str] = []
    done = 0
    while (begin := _BEGIN.search(text, done)) is not None:
        out.append(_headless(text[done : begin.start()]))
        end = _END.search(text, begin.end(), begin.end() + 20_000)
        body = _BODY.match(text, begin.end())
        done = end.end() if end else (body.end() if body else begin.end())
        out.append(MARK)
    out.append(_headless(text[done:]))
    return "".join(out)


def _headless(text: str) -> str:
    """Redact the lines before an END line whose BEGIN line was cut off."""
    end = _END.search(text)
    if end is None:
        return text
    lines = text[: end.start()].split("\n")
    if len(lines) > 1 and re.search(r"(?:^|\s)[A-Za-z0-9+/]{1,64}={0,2}\s*\Z", lines[-2]):
        del lines[-2]  # the last row of a key is short
    while lines and (not lines[-1].strip() or re.search(r"[A-Za-z0-9+/=]{16,}\s*\Z", lines[-1])):
        lines.pop()
    kept = "\n".join(lines)
    rest = _END.sub(MARK, text[end.end() :])
    return f"{kept}\n{MARK}{rest}" if kept else f"{MARK}{rest}"


def redact(text: str) -> str:
    """Take the secrets out of a text; what is left is safe to log, to post and to quote.

    Finds W&B, OpenAI, Anthropic, Hugging Face, GitHub, GitLab, Slack, AWS, Google, Azure and other
    services' keys by their shape, JSON web tokens, bearer and basic headers, private-key blocks,
    passwords in URLs, and what is assigned to a name like ``api_key``, ``--password`` or
    ``"token"``. A commit hash stays where the text calls it one. Linear in the length of the text.

    Args:
        text: Any text, one or many lines.

    Returns:
        The text with each secret replaced by ``[redacted]``. ``redact(redact(x)) == redact(x)``.
    """
    text = _private_keys(text)
    if "://" in text:
        text = _URL.sub(_url, text)
    lower = text.lower()
    for token in TOKENS:
        if not token.needles or any(needle in lower for needle in token.needles):
            text = token.pattern.sub(token.replace, text)
    return "\n".join(_lines(text))


def _lines(text: str) -> Iterator[str]:
    whole = text.lower()
    needles = [needle for needle in _NAME_NEEDLES if needle in whole]
    for line in text.split("\n"):
        lower = line.lower()
        if len(lower) != len(line):  # one letter in Unicode grows when lowered
            lower = line.replace("\u0130", "i").lower()
        if needles and any(needle in lower for needle in needles):
            line = _assigned(line, lower)
        if len(line) >= 40 and any(len(word) >= 40 for word in line.split()):
            line = _LONG_WORD.sub(_long_word, line)
        yield line
