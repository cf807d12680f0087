r"""With which words a pattern can begin, so that only the phrases that may fit are tried.

The patterns of the phrase tables use a small part of the syntax of regular expressions: literals,
groups, alternatives, `?`, `*`, `+`, letter classes, look-arounds and `\\d+`. For these the possible
first words can be spelled out; for anything else the answer is "any word".
"""

import re
from collections.abc import Mapping
from functools import lru_cache

LIMIT = 4_000
"""Beginnings that are spelled out for one pattern; beyond it any word may begin it."""

Heads = frozenset[str]
_MACRO = re.compile(r"\{([a-z_]+)\}")


class Unclear(Exception):
    """The pattern can begin with any word."""


class HeadReader:
    """Spells out beginnings, with the macros of one language."""

    def __init__(self, macros: Mapping[str, str]) -> None:
        self._macros = macros
        self._macro = lru_cache(maxsize=None)(self._of_macro)

    def heads(self, pattern: str) -> Heads | None:
        """The words that a pattern may begin with.

        Args:
            pattern: A pattern with macros.

        Returns:
            Words, marks as their kind and `#` (`RUN#`); None where any word may begin it.
        """
        try:
            starts = self._alternatives(pattern)
        except Unclear:
            return None
        words = {start.partition(" ")[0] for start in starts}
        return None if "" in words else frozenset(words)

    def _of_macro(self, name: str) -> Heads:
        return self._alternatives(self._macros[name])

    def _alternatives(self, pattern: str) -> Heads:
        found: set[str] = set()
        for part in _split(pattern):
            found |= self._sequence(part)
        return frozenset(found)

    def _sequence(self, pattern: str) -> set[str]:
        """Beginnings of a sequence, each up to and with its first space."""
        open_starts: set[str] = {""}
        done: set[str] = set()
        place = 0
        while place < len(pattern) and open_starts:
            ways, place = self._item(pattern, place)
            place, least = _quantifier(pattern, place)
            if least == 0:
                ways = ways | {""}
            grown = {start + way for start in open_starts for way in ways}
            if len(grown) > LIMIT:
                raise Unclear
            done |= {start for start in grown if " " in start}
            open_starts = {start for start in grown if " " not in start}
        return done | open_starts

    def _item(self, pattern: str, place: int) -> tuple[frozenset[str], int]:
        sign = pattern[place]
        if sign == "{" and (found := _MACRO.match(pattern, place)):
            return self._macro(found[1]), found.end()
        if sign == "(":
            end = _closing(pattern, place)
            inside = pattern[place + 1 : end]
            if inside.startswith(("?=", "?!", "?<=", "?<!")):
                return frozenset({""}), end + 1
            inside = re.sub(r"^\?(?::|P<\w+>)", "", inside)
            return self._alternatives(inside), end + 1
        if sign == "[":
            end = pattern.index("]", place)
            if not pattern[place + 1 : end].isalpha():
                raise Unclear
            return frozenset(pattern[place + 1 : end]), end + 1
        if sign == "\\":
            kind = pattern[place + 1]
            if kind == "d":
                return frozenset({"#"}), place + 2
            if kind == "b":
                return frozenset({""}), place + 2
            if kind.isalpha():
                raise Unclear
            return frozenset({kind}), place + 2
        if sign == ".":
            raise Unclear
        return frozenset({sign}), place + 1


def _quantifier(pattern: str, place: int) -> tuple[int, int]:
    """The place after a quantifier, and how often its item must come at least."""
    if place < len(pattern) and pattern[place] in "?*+":
        return place + 1, 1 if pattern[place] == "+" else 0
    return place, 1


def _closing(pattern: str, place: int) -> int:
    depth = 0
    while place < len(pattern):
        if pattern[place] == "\\":
            place += 1
        elif pattern[place] == "(":
            depth += 1
        elif pattern[place] == ")":
            depth -= 1
            if depth == 0:
                return place
        place += 1
    raise Unclear


def _split(pattern: str) -> list[str]:
    """The alternatives of the outermost level."""
    parts, depth, start, place = [], 0, 0, 0
    while place < len(pattern):
        sign = pattern[place]
        if sign == "\\":
            place += 1
        elif sign == "(":
            depth += 1
        elif sign == ")":
            depth -= 1
        elif sign == "|" and depth == 0:
            parts.append(pattern[start:place])
            start = place + 1
        place += 1
    return [*parts, pattern[start:]]
