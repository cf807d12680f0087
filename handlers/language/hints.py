"""What a message's words tell beside its slots; the words are the language's."""

import re
from functools import cache

from handlers.language.understand import interpreter


def asks_if_alive(text: str) -> bool:
    """Whether it asks if something still runs, rather than if it is done: "still going?"."""
    return _pattern("still_alive").search(text) is not None


def tries_a_time(text: str) -> bool:
    """Whether it says something like a time, read as one or not: "in 2 fortnights"."""
    return _pattern("time_tried").search(text) is not None


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{interpreter().language.patterns[name]})", re.IGNORECASE)
