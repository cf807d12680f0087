"""The text form, read: a recursive descent over its tokens."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from analysis.filters.conditions import bare, comparison, is_, op_of
from analysis.filters.model import (
    ALIASES,
    DEEPEST,
    EVERYTHING,
    FIELDS,
    All,
    AnyOf,
    BadFilter,
    Filter,
    Not,
)
from analysis.refs import shorten

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<open>\() | (?P<close>\))
    | (?P<op><=|>=|==|!=|<|>|=)
    | (?P<word>(?:"[^"]*"|'[^']*'|[^\s()<>=!"'])+)
    | (?P<bang>!)
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


def parse(text: str) -> Filter:
    """Reads a filter; an empty text means everything.

    Raises:
        BadFilter: naming what cannot be read.
    """
    straight = text.translate(str.maketrans("“”„‘’", '"""\'\''))
    tokens = list(_tokens(straight))
    if not tokens:
        return EVERYTHING
    reader = _Reader(tokens, text)
    found = reader.either(0)
    if reader.left:
        raise reader.problem()
    return found


def _tokens(text: str) -> Iterator[_Token]:
    place = 0
    while text[place:].strip():
        found = _TOKEN.match(text, place)
        if found is None or found.lastgroup is None:
            raise BadFilter(f"“{shorten(text[place:], 30)}” cannot be read in this filter.")
        yield _Token(found.lastgroup, found[found.lastgroup])
        place = found.end()


@dataclass
class _Reader:
    """A recursive descent over the tokens: or, and, not, condition."""

    tokens: Sequence[_Token]
    text: str
    place: int = field(default=0)

    @property
    def left(self) -> Sequence[_Token]:
        return self.tokens[self.place :]

    def problem(self) -> BadFilter:
        at = self.left[0].text if self.left else "its end"
        return BadFilter(
            f"The filter “{shorten(self.text)}” cannot be read at “{shorten(at, 30)}”."
        )

    def _takes(self, kind: str, *words: str) -> bool:
        token = self.left[0] if self.left else None
        found = (
            token is not None and token.kind == kind and (not words or token.text.lower() in words)
        )
        self.place += found
        return found

    def either(self, depth: int) -> Filter:
        parts = [self.every(depth)]
        while self._takes("word", "or", "||", "|"):
            parts.append(self.every(depth))
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def every(self, depth: int) -> Filter:
        parts = [self.one(depth)]
        while self.left:
            token = self.left[0]
            if token.kind == "close" or token.text.lower() in ("or", "||", "|"):
                break
            self._takes("word", "and", "&&", "&")
            parts.append(self.one(depth))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def one(self, depth: int) -> Filter:
        if depth > DEEPEST:
            raise BadFilter("The filter has too many brackets within each other.")
        if self._takes("word", "not") or self._takes("bang"):
            return Not(self.one(depth + 1))
        if self._takes("open"):
            if self._takes("close"):
                return EVERYTHING
            inner = self.either(depth + 1)
            if not self._takes("close"):
                raise self.problem()
            return inner
        return self._condition()

    def _condition(self) -> Filter:
        if not self.left or self.left[0].kind != "word":
            raise self.problem()
        word = self.left[0].text
        named, colon, value = word.partition(":")
        name = ALIASES.get(named.lower(), named.lower())
        if colon and name in FIELDS and named[0] not in "\"'":
            self.place += 1
            return is_(name, bare(value))
        if word.lower() in ("and", "or"):
            raise self.problem()
        self.place += 1
        if not self.left or self.left[0].kind != "op":
            raise BadFilter(f"“{shorten(word, 40)}” is no condition.")
        op = op_of(self.left[0].text)
        self.place += 1
        if not self.left or self.left[0].kind != "word":
            raise self.problem()
        value = self.left[0].text
        self.place += 1
        return comparison(word, op, value)
