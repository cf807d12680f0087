"""Filters from the flags of a command, and of single runs, in the text form of the core."""

from collections.abc import Iterable, Mapping

from analysis.filters import All, AnyOf, BadFilter, Filter, Is, is_about_me, parse, text_of
from analysis.refs import RunRef
from handlers.conversation.owner import owner_of
from handlers.registry import Ask

_FIELDS = ("owner", "state", "tag", "group", "sweep", "name", "severity")
_WRITTEN = ("config", "metric")


def filters_of_flags(flags: Mapping[str, str]) -> str | None:
    """The filter that flags mean; ``None`` where there is none among them.

    ``--tag a,b`` is either of the two; several flags must all hold; ``--config "lr >= 1e-3"`` and
    ``--metric "eval/loss < 0.5"`` are conditions as the core reads them, and ``--where`` is a whole
    filter of them.

    Raises:
        BadFilter: a condition cannot be read.
    """
    parts: list[Filter] = []
    for name in (*_FIELDS, *_WRITTEN, "user", "where"):
        if name in flags and not flags[name].strip(" ,"):
            raise BadFilter(f"--{name} lacks its value.", f"Write for example --{name} VALUE.")
    for name in _FIELDS:
        said = flags.get(name) or (flags.get("user") if name == "owner" else None)
        if said:
            parts.append(_any_of(name, said))
    for name in _WRITTEN:
        if said := flags.get(name):
            written = said if name == "metric" or said.startswith("config.") else f"config.{said}"
            parts.append(parse(written))
    if said := flags.get("where"):
        parts.append(parse(said))
    if not parts:
        return None
    return text_of(parts[0] if len(parts) == 1 else All(tuple(parts)))


def _any_of(name: str, said: str) -> Filter:
    values = [value.strip() for value in said.split(",") if value.strip()]
    each = [parse(f'{name}:"{value.replace(chr(34), "")}"') for value in values]
    return each[0] if len(each) == 1 else AnyOf(tuple(each))


async def must_know_me(ask: Ask, text: str) -> None:
    """Asks who “me” is where a filter needs that and nobody knows: it would let nothing pass.

    Raises:
        BadFilter: it cannot be read.
        AskBack: the person is not linked to a W&B user.
    """
    if is_about_me(parse(text)):
        await owner_of(ask, "me")


def either(one: str, other: str) -> str:
    """The filter that lets pass what any of two does; empty means everything."""
    if not one or not other:
        return ""
    parts = [part for text in (one, other) for part in _parts(parse(text))]
    return text_of(AnyOf(tuple(dict.fromkeys(parts))))


def without(filters: str, runs: str) -> str | None:
    """A filter of single runs without some of them; ``None`` where it is not such a filter."""
    left = [part for part in _parts(parse(filters)) if part not in _parts(parse(runs))]
    if not left or len(left) == len(_parts(parse(filters))):
        return None
    return text_of(left[0] if len(left) == 1 else AnyOf(tuple(left)))


def _parts(condition: Filter) -> tuple[Filter, ...]:
    return condition.parts if isinstance(condition, AnyOf) else (condition,)


def of_runs(refs: Iterable[RunRef]) -> str:
    """The filter of some runs, by their ids."""
    each: list[Filter] = [Is("name", ref.id) for ref in refs]
    return text_of(each[0] if len(each) == 1 else AnyOf(tuple(each)))
