"""Small checks of JSON values that combine into a schema, and say what is wrong as Slack does.

A `Check` takes a value, its JSON pointer and the surface it is for, and yields a `Problem` for each
thing that Slack would refuse. `handlers.views.block_schema` builds Block Kit out of these.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Surface = Literal["message", "modal", "home"]


@dataclass(frozen=True)
class Problem:
    """One reason for which Slack would refuse a payload.

    Attributes:
        code: Slack's error code, such as ``invalid_blocks``.
        message: What is wrong, in Slack's words.
        pointer: JSON pointer to the offending value, such as ``/blocks/0/text/text``.
    """

    code: str
    message: str
    pointer: str

    def __str__(self) -> str:
        """The form in which Slack lists problems in ``response_metadata.messages``."""
        return f"[ERROR] {self.message} [json-pointer:{self.pointer}]"


@dataclass(frozen=True)
class Context:
    """Where a value stands: the surface, and the code that problems get."""

    surface: Surface
    code: str
    parent: str = ""


Check = Callable[[Any, str, Context], Iterator[Problem]]
Rule = Callable[[Mapping[str, Any], str, Context], Iterator[Problem]]


def problem(message: str, at: str, ctx: Context) -> Problem:
    """A problem with the code of the surface."""
    return Problem(ctx.code, message, at)


def child(at: str, key: str | int) -> str:
    """The pointer to a member, escaped as RFC 6901 wants it."""
    return f"{at}/{str(key).replace('~', '~0').replace('/', '~1')}"


def string(most: int, least: int = 1) -> Check:
    """Text of `least` to `most` characters."""

    def check(value: Any, at: str, ctx: Context) -> Iterator[Problem]:
        if not isinstance(value, str):
            yield problem("must be a string", at, ctx)
        elif len(value) < least:
            yield problem(f"must be more than {least - 1} characters", at, ctx)
        elif len(value) > most:
            yield problem(f"must be less than {most + 1} characters", at, ctx)
        elif any("\ud800" <= character <= "\udfff" for character in value):
            yield problem("must be valid UTF-8", at, ctx)

    return check


def boolean(value: Any, at: str, ctx: Context) -> Iterator[Problem]:
    """True or false."""
    if not isinstance(value, bool):
        yield problem("must be a boolean", at, ctx)


def integer(least: int, most: int) -> Check:
    """A whole number within bounds."""

    def check(value: Any, at: str, ctx: Context) -> Iterator[Problem]:
        if isinstance(value, bool) or not isinstance(value, int):
            yield problem("must be an integer", at, ctx)
        elif not least <= value <= most:
            yield problem(f"must be between {least} and {most}", at, ctx)

    return check


def number(*, above: float | None = None) -> Check:
    """A finite number, optionally above a bound."""

    def check(value: Any, at: str, ctx: Context) -> Iterator[Problem]:
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield problem("must be a number", at, ctx)
        elif not math.isfinite(value):
            yield problem("must be a finite number", at, ctx)
        elif above is not None and value <= above:
            yield problem(f"must be greater than {above:g}", at, ctx)

    return check


def one_of(*allowed: str) -> Check:
    """One of some words."""

    def check(value: Any, at: str, ctx: Context) -> Iterator[Problem]:
        if value not in allowed:
            yield problem(f"must be one of {', '.join(allowed)}", at, ctx)

    return check


def array(item: Check, most: int, least: int = 1) -> Check:
    """A list of `least` to `most` items that all pass `item`."""

    def check(value: Any, at: str, ctx: Context) -> Iterator[Problem]:
        if not isinstance(value, list | tuple):
            yield problem("must be an array", at, ctx)
            return
        if len(value) < least:
            yield problem(f"must have at least {least} item{'s' * (least != 1)}", at, ctx)
        if len(value) > most:
            yield problem(f"no more than {most} items allowed", at, ctx)
        for index, member in enumerate(value):
            yield from item(member, child(at, index), ctx)

    return check


def record(
    fields: Mapping[str, Check], required: Iterable[str] = (), rules: Iterable[Rule] = ()
) -> Check:
    """An object with these fields and no other; `rules` look at it as a whole."""
    needed, extra = tuple(required), tuple(rules)

    def check(value: Any, at: str, ctx: Context) -> Iterator[Problem]:
        if not isinstance(value, Mapping):
            yield problem("must be an object", at, ctx)
            return
        for key in needed:
            if value.get(key) is None:
                yield problem(f"missing required field: {key}", at, ctx)
        for key, member in value.items():
            if key not in fields:
                yield problem(f"invalid additional property: {key}", at, ctx)
            elif member is not None or key not in needed:
                yield from fields[key](member, child(at, key), ctx)
        for rule in extra:
            yield from rule(value, at, ctx)

    return check


def kind_of(kinds: Mapping[str, Check]) -> Check:
    """An object whose ``type`` chooses the check."""

    def check(value: Any, at: str, ctx: Context) -> Iterator[Problem]:
        if not isinstance(value, Mapping):
            yield problem("must be an object", at, ctx)
            return
        name = value.get("type")
        if not isinstance(name, str):
            yield problem("missing required field: type", at, ctx)
        elif name not in kinds:
            yield problem(f"unsupported type: {name}", child(at, "type"), ctx)
        else:
            yield from kinds[name](value, at, ctx)

    return check


def either(*keys: str) -> Rule:
    """At least one of these fields is there."""

    def rule(value: Mapping[str, Any], at: str, ctx: Context) -> Iterator[Problem]:
        if all(value.get(key) is None for key in keys):
            yield problem(f"missing required field: one of {', '.join(keys)}", at, ctx)

    return rule


def only_one(*keys: str) -> Rule:
    """Not more than one of these fields is there."""

    def rule(value: Mapping[str, Any], at: str, ctx: Context) -> Iterator[Problem]:
        if sum(value.get(key) is not None for key in keys) > 1:
            yield problem(f"only one of {', '.join(keys)} is allowed", at, ctx)

    return rule
