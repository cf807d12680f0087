"""Secrets are taken out of a text before anything else sees it.

Whole-text, linear-time substitution: blocks of keys and credentials in URLs (`blocks`), tokens with
a shape of their own (`shapes`), logins on command lines (`commands`), then values that a name or a
sentence says to be secret (`names`). Nothing is kept: the replacement is always ``[redacted]``, so
a second pass changes nothing.

Why an own table: detect-secrets 1.5 (the best kept library of this kind) was measured first. It
needs 0.23 s to import, 6.9 s for one line of a megabyte, finds lines rather than spans, and its
entropy plugins flag ordinary words of a log. Its regular expressions and those of gitleaks
informed the table.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from analysis.redact.blocks import private_keys, url_passwords
from analysis.redact.commands import COMMANDS
from analysis.redact.names import NEEDLES, assigned
from analysis.redact.shapes import BASE64_40, HEADERS, LONG_WORD, SHAPES, base64_40, long_word
from analysis.redact.token import MARK

__all__ = ["MARK", "redact", "redact_name", "redact_value"]

_TABLE = (*SHAPES, *COMMANDS, *HEADERS)


def redact(text: str) -> str:
    """Take the secrets out of a text; what is left is safe to log, to post and to quote.

    Finds W&B, OpenAI, Anthropic, Hugging Face, GitHub, GitLab, Slack, AWS, Google, Azure and other
    services' keys by their shape, JSON web tokens, bearer and basic headers, private-key blocks,
    passwords in URLs, logins on command lines and in calls, and what is assigned to a name like
    ``api_key``, ``--password`` or ``"token"`` or told in a sentence about one. A commit hash stays
    where the text calls it one. Linear in the length of the text.

    Args:
        text: Any text, one or many lines.

    Returns:
        The text with each secret replaced by ``[redacted]``. ``redact(redact(x)) == redact(x)``.
    """
    text = url_passwords(private_keys(text))
    lower = text.lower()
    for token in _TABLE:
        if not token.needles or any(needle in lower for needle in token.needles):
            text = token.pattern.sub(token.replace, text)
    return "\n".join(_lines(text))


def redact_name(name: str) -> str:
    """Take keys with a shape of their own out of a name; a commit may be a name and stays."""
    lower = name.lower()
    for token in SHAPES:
        if any(needle in lower for needle in token.needles):
            name = token.pattern.sub(token.replace, name)
    return url_passwords(name)


def redact_value(name: str, value: Any) -> Any:
    """Take the secrets out of a setting: all of a text under a name that says so, else parts.

    Args:
        name: of the setting, dotted or not; the last part tells.
        value: Texts are redacted, also those in lists and mappings; all else stays.
    """
    if isinstance(value, Mapping):
        return {key: redact_value(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [redact_value(name, inner) for inner in value]
    if not isinstance(value, str) or not value.strip():
        return value
    return MARK if _says_secret(name.rpartition(".")[2]) else redact(value)


@lru_cache(maxsize=4096)
def _says_secret(name: str) -> bool:
    return MARK in assigned(f"{name}={_PROBE}", f"{name}={_PROBE}".lower())


_PROBE = "q7Zx4kW9"  # like a password; what follows a name that says nothing stays


def _lines(text: str) -> Iterator[str]:
    whole = text.lower()
    needles = [needle for needle in NEEDLES if needle in whole]
    for line in text.split("\n"):
        lower = line.lower()
        if len(lower) != len(line):  # one letter in Unicode grows when lowered
            lower = line.replace("\u0130", "i").lower()
        if needles and any(needle in lower for needle in needles):
            line = assigned(line, lower)
        if len(line) >= 40 and any(len(word) >= 40 for word in line.split()):
            line = LONG_WORD.sub(long_word, line)
            line = BASE64_40.sub(base64_40, line)
        yield line
