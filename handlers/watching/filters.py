"""Filters from the flags of a command, and of single runs, in the text form of the core."""

from collections.abc import Iterable, Mapping

from analysis.filters import All, AnyOf, Filter, Is, parse, text_of
from analysis.refs import RunRef

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


def of_runs(refs: Iterable[RunRef]) -> str:
    """The filter of some runs, by their ids."""
    each: list[Filter] = [Is("name", ref.id) for ref in refs]
    return text_of(each[0] if len(each) == 1 else AnyOf(tuple(each)))
