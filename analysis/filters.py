"""Which runs and alerts a watch is about: conditions that combine with and, or, not.

The text form, as typed after a command (``and`` may be left out)::

    owner:me and (state:failed or tag:prod) not sweep:abc123
    name:"llama-*" config.lr >= 1e-3 eval/loss < 0.5 severity:critical

Fields: ``owner`` (``me`` is who asks), ``state``, ``tag``, ``group``, ``sweep``, ``name`` (``*``
and ``?`` stand for any text and any character), ``job``, ``project``, ``severity`` (that or worse).
``config.KEY`` compares a configuration value, any other name a metric's last value, with
``< <= > >= == !=``. A value with blanks stands in quotes. An empty filter means every run.
"""

import fnmatch
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from analysis.errors import BadRequest
from analysis.findings import Severity
from analysis.refs import shorten
from analysis.run import Run, RunState
from analysis.signals import flat_config

Field = Literal["owner", "state", "tag", "group", "sweep", "name", "job", "project", "severity"]
Op = Literal["<", "<=", ">", ">=", "==", "!="]
FIELDS: tuple[str, ...] = get_args(Field)
DEEPEST = 40
"""Brackets and nots within each other; far beyond what anybody types."""
_OPS: tuple[Op, ...] = get_args(Op)
_ALIASES = {"user": "owner", "author": "owner", "status": "state", "tags": "tag", "job_type": "job"}


class BadFilter(BadRequest):
    """A filter that cannot be read."""

    default_next_step = (
        "Write conditions such as “owner:me and (state:failed or tag:prod)”, “config.lr >= 1e-3”, "
        "“eval/loss < 0.5” or “severity:critical”."
    )


@dataclass(frozen=True, slots=True)
class Matter:
    """What a filter is held against: a run, and what happened to it.

    Attributes:
        run: as its source told it.
        metrics: last values by name; the run's summary where absent.
        severity: of the alert, or of the run's worst finding.
        me: who asks: the W&B user name that ``owner:me`` means.
    """

    run: Run
    metrics: Mapping[str, Any] | None = None
    severity: Severity = Severity.INFO
    me: str | None = None


@dataclass(frozen=True, slots=True)
class Is:
    """A field that has a value, such as ``state:failed``."""

    field: Field
    value: str


@dataclass(frozen=True, slots=True)
class Compares:
    """A configuration value (``of`` is ``config``) or a metric, compared."""

    of: Literal["config", "metric"]
    key: str
    op: Op
    value: float | str


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a filter."""

    part: "Filter"


@dataclass(frozen=True, slots=True)
class All:
    """Every one of several filters; of none, everything."""

    parts: tuple["Filter", ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of several filters."""

    parts: tuple["Filter", ...]


Filter = Is | Compares | Not | All | AnyOf
EVERYTHING = All()


def is_about_me(condition: Filter) -> bool:
    """Whether a filter asks who “me” is."""
    match condition:
        case Is(field="owner", value=value):
            return value.lower() == "me"
        case Not(part=part):
            return is_about_me(part)
        case All(parts=parts) | AnyOf(parts=parts):
            return any(is_about_me(part) for part in parts)
        case _:
            return False


def matches(condition: Filter, matter: Matter) -> bool:
    """Whether a filter holds for a run or an alert. What the run lacks never compares."""
    match condition:
        case Is():
            return _IS[condition.field](condition.value, matter)
        case Compares():
            return _compares(condition, matter)
        case Not():
            return not matches(condition.part, matter)
        case All():
            return all(matches(part, matter) for part in condition.parts)
        case AnyOf():
            return any(matches(part, matter) for part in condition.parts)


def _owner(value: str, matter: Matter) -> bool:
    wanted = matter.me if value.lower() == "me" else value
    return wanted is not None and _same(wanted, matter.run.user)


def _state(value: str, matter: Matter) -> bool:
    wanted = RunState.of(value)
    if wanted is RunState.UNKNOWN:
        return _same(value, matter.run.state_text)
    return matter.run.state is wanted


def _severity(value: str, matter: Matter) -> bool:
    return matter.severity.rank >= Severity(value).rank


def _same(wanted: str, actual: str | None) -> bool:
    return actual is not None and actual.casefold() == wanted.casefold()


def _like(pattern: str, *actual: str | None) -> bool:
    folded = pattern.casefold()
    return any(fnmatch.fnmatchcase(text.casefold(), folded) for text in actual if text)


_IS: Mapping[Field, Callable[[str, Matter], bool]] = {
    "owner": _owner,
    "state": _state,
    "tag": lambda value, m: any(_like(value, tag) for tag in m.run.tags),
    "group": lambda value, m: _like(value, m.run.group),
    "sweep": lambda value, m: _like(value, m.run.sweep),
    "name": lambda value, m: _like(value, m.run.name, m.run.ref.id),
    "job": lambda value, m: _like(value, m.run.job_type),
    "project": lambda value, m: _like(value, m.run.ref.project),
    "severity": _severity,
}


def _compares(condition: Compares, matter: Matter) -> bool:
    if condition.of == "config":
        actual = flat_config(matter.run.config).get(condition.key.replace("/", "."))
    else:
        source = matter.run.summary if matter.metrics is None else matter.metrics
        actual = source.get(condition.key)
    if actual is None:
        return False
    wanted = condition.value
    if isinstance(wanted, float):
        number = _number(actual)
        return number is not None and _ordered(number, condition.op, wanted)
    text = str(actual).casefold()
    if condition.op in ("==", "!="):
        return (text == wanted.casefold()) is (condition.op == "==")
    return False


def _number(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(value) if isinstance(value, int | float | str) else None
    except (ValueError, OverflowError):
        return None


def _ordered(value: float, op: Op, wanted: float) -> bool:
    equal = math.isclose(value, wanted, rel_tol=1e-12)
    return {
        "<": value < wanted,
        "<=": value <= wanted or equal,
        ">": value > wanted,
        ">=": value >= wanted or equal,
        "==": equal,
        "!=": not equal,
    }[op]


# The text form.

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
        name = _ALIASES.get(named.lower(), named.lower())
        if colon and name in FIELDS and named[0] not in "\"'":
            self.place += 1
            return _is(name, _bare(value))
        if word.lower() in ("and", "or"):
            raise self.problem()
        self.place += 1
        if not self.left or self.left[0].kind != "op":
            raise BadFilter(f"“{shorten(word, 40)}” is no condition.")
        op = _op(self.left[0].text)
        self.place += 1
        if not self.left or self.left[0].kind != "word":
            raise self.problem()
        value = self.left[0].text
        self.place += 1
        return _comparison(word, op, value)


def _is(name: str, value: str) -> Is:
    if not value:
        raise BadFilter(f"“{name}:” lacks its value.")
    if name == "severity":
        value = value.lower()
        if value not in {each.value for each in Severity}:
            raise BadFilter(f"“{shorten(value, 30)}” is no severity.", "info, warning or critical.")
    known: dict[str, Field] = {each: each for each in get_args(Field)}
    return Is(known[name], value)


def _comparison(word: str, op: Op, value: str) -> Filter:
    name = _bare(word)
    low = name.lower()
    if low in _ALIASES or low in FIELDS:
        if op in ("==", "!=") or low == "severity":
            found = _is(_ALIASES.get(low, low), _bare(value))
            if op in ("==", ">="):
                return found
            if op == "!=":
                return Not(found)
        raise BadFilter(f"“{low}” cannot be compared with “{op}”.", f"Write {low}:VALUE.")
    quoted = value[0] in "\"'"
    number = None if quoted else _number(value)
    wanted: float | str = _bare(value) if number is None else number
    if low.startswith("config.") and len(name) > len("config."):
        return _checked(Compares("config", name[len("config.") :], op, wanted))
    return _checked(Compares("metric", name, op, wanted))


def _checked(found: Compares) -> Compares:
    if isinstance(found.value, str) and (found.of == "metric" or found.op not in ("==", "!=")):
        raise BadFilter(f"“{shorten(found.key)}” must be compared with a number.")
    if isinstance(found.value, float) and math.isnan(found.value):
        raise BadFilter("Nothing compares with NaN.")
    return found


def _op(text: str) -> Op:
    known: dict[str, Op] = {**{op: op for op in _OPS}, "=": "=="}
    return known[text]


def _bare(text: str) -> str:
    """A word without its quotes, which may stand around any part of it."""
    return re.sub(r"\"([^\"]*)\"|'([^']*)'", lambda m: m[1] if m[1] is not None else m[2], text)


def text_of(condition: Filter) -> str:
    """A filter as text that ``parse`` reads back; empty for everything."""
    return "" if condition == EVERYTHING else _text(condition)


def _text(condition: Filter) -> str:
    match condition:
        case Is(field=name, value=value):
            return f"{name}:{_quoted(value)}"
        case Compares(of=of, key=key, op=op, value=value):
            named = _quoted(f"config.{key}" if of == "config" else key, strict=True)
            shown = repr(value) if isinstance(value, float) else _quoted(value, always=True)
            return f"{named} {op} {shown}"
        case Not(part=part):
            return f"not {_bracketed(part)}"
        case All(parts=parts):
            return " and ".join(map(_bracketed, parts)) or "()"
        case AnyOf(parts=parts):
            return " or ".join(map(_bracketed, parts))


def _bracketed(part: Filter) -> str:
    text = _text(part)
    return f"({text})" if isinstance(part, All | AnyOf) and part != EVERYTHING else text


def _quoted(value: str, *, strict: bool = False, always: bool = False) -> str:
    plain = re.fullmatch(r"[^\s()<>=!\"':]+" if strict else r"[^\s()<>=!\"']+", value)
    if plain and not always and value.lower() not in ("and", "or", "not", "|", "||", "&", "&&"):
        return value
    # A word may change its quotes within: a double one stands in single ones.
    return '"' + value.replace('"', '"\'"\'"') + '"'


# The JSON form, as stored.


def to_json(condition: Filter) -> dict[str, Any]:
    """Plain JSON; ``{}`` for everything."""
    match condition:
        case Is(field=name, value=value):
            return {"field": name, "value": value}
        case Compares(of=of, key=key, op=op, value=value):
            return {of: key, "op": op, "value": value}
        case Not(part=part):
            return {"not": to_json(part)}
        case All(parts=parts):
            return {"and": [to_json(part) for part in parts]} if parts else {}
        case AnyOf(parts=parts):
            return {"or": [to_json(part) for part in parts]}


def from_json(value: object, depth: int = 0) -> Filter:
    """The filter that ``to_json`` wrote.

    Raises:
        BadFilter: when it is no such JSON.
    """
    if depth > DEEPEST or not isinstance(value, Mapping):
        raise BadFilter("What is stored is no filter.")
    if not value:
        return EVERYTHING
    if "not" in value:
        return Not(from_json(value["not"], depth + 1))
    for key, combine in (("and", All), ("or", AnyOf)):
        parts = value.get(key)
        if isinstance(parts, list) and parts:
            return combine(tuple(from_json(part, depth + 1) for part in parts))
    if value.get("field") in FIELDS and isinstance(value.get("value"), str):
        return _is(str(value["field"]), str(value["value"]))
    op, wanted = value.get("op"), value.get("value")
    if op in _OPS and isinstance(wanted, int | float | str) and not isinstance(wanted, bool):
        held = wanted if isinstance(wanted, str) else float(wanted)
        if isinstance(value.get("config"), str):
            return _checked(Compares("config", str(value["config"]), _op(str(op)), held))
        if isinstance(value.get("metric"), str):
            return _checked(Compares("metric", str(value["metric"]), _op(str(op)), held))
    raise BadFilter("What is stored is no filter.")
