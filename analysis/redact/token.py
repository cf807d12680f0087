"""What a table of secrets is made of, and what a secret looks like."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

MARK: Final = "[redacted]"

Replace = Callable[[re.Match[str]], str]


@dataclass(frozen=True, slots=True)
class Token:
    """A token that is known by its shape.

    Attributes:
        needles: Lower-case texts, one of which every match holds: the cheap test before `pattern`.
        pattern: Matches the secret, and no more of the line than is needed.
        replace: Replacement, or a function that may leave the match alone.
    """

    needles: tuple[str, ...]
    pattern: re.Pattern[str]
    replace: str | Replace = MARK


NUMBER: Final = re.compile(
    r"[-+]?[\d.,]+(?:e[-+]?\d+)?(?:[a-z%/]{0,8})?(?=[\s,;)}\]'\"&]|\Z)", re.IGNORECASE
)


def looks_random(text: str) -> bool:
    """Whether a word is more like a password than like a word or a number."""
    letters = any(c.isalpha() for c in text)
    others = any(c.isdigit() or c in "!@#$%^&*+=~" for c in text)
    return len(text) >= LEAST and letters and others and not NUMBER.match(text)


LEAST: Final = 8


def keep_first(match: re.Match[str]) -> str:
    """Replace all but the first group."""
    return f"{match[1]}{MARK}"


def keep_first_if_random(match: re.Match[str]) -> str:
    """Replace the second group where it looks like a secret."""
    return f"{match[1]}{MARK}" if looks_random(match[2]) else match[0]
