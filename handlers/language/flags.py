"""Flags of slash commands: their values to slots, or one sentence on what a flag may be.

A value that cannot be read is never left out in silence: what was asked for would then be done
otherwise than it was asked.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from html import unescape

from handlers.language.grammar import VALUELESS, Parsed
from handlers.language.intents import Context
from handlers.language.resolve import RunIndex
from handlers.language.slots import SlotReader
from handlers.language.text import arguments

MOST_HOURS = 100_000
MOST_COUNT = 10_000
_SHOWN = 40
_STATES = frozenset(
    "running finished failed crashed killed preempting preempted canceled pending".split()
)
_ALLOWED = {
    "metrics": "the name of a metric, such as eval/loss",
    "axis": "step, tokens or time",
    "since": "a day, such as monday, yesterday or 2026-11-23, or a span, such as 24h",
    "state": "a state, such as running, finished, failed, crashed or killed",
    "duration": "a duration, such as 30m, 2h or 1d",
    "projects": "names of projects, with commas between them",
    "top_n": f"a whole number from 1 to {MOST_COUNT:,}",
    "days": f"a whole number of days from 1 to {MOST_COUNT:,}",
    "hours": f"a number of hours above 0 and below {MOST_HOURS:,}",
    "owner": "a W&B user name, or me",
}
"""What a flag may be, by its slot."""

Values = dict[str, object]


@dataclass(frozen=True, slots=True)
class FlagReader:
    """Reads the values of flags; `read` gives slots, or what is wrong."""

    reader: SlotReader

    def read(
        self, parsed: Parsed, slots: Values, context: Context, index: RunIndex
    ) -> tuple[str, ...]:
        """Fills slots from the flags of a command line.

        Args:
            parsed: The command line.
            slots: What is filled.
            context: Where it was typed.
            index: The known runs.

        Returns:
            A sentence for each flag that there is not, or whose value is missing, unreadable or
            impossible.
        """
        known = parsed.command.flags if parsed.command else {}
        wrong = [_no_flag(flag, parsed) for flag in parsed.unknown]
        for flag, said in parsed.flags.items():
            slot = known.get(flag)
            if slot in _SWITCHES:
                slots[slot] = True
            if slot not in _ALLOWED or flag in VALUELESS:
                continue
            value = plain(said).strip(" ,")
            found = self._slots(slot, value, context, index) if value else None
            if found is None:
                wrong.append(_problem(flag, value, slot))
                continue
            before = slots.get("metrics")
            if "metrics" in found and isinstance(before, tuple):
                added = found["metrics"] if isinstance(found["metrics"], tuple) else ()
                found["metrics"] = tuple(dict.fromkeys((*before, *added)))
            slots.update(found)
        return tuple(wrong)

    def _slots(self, slot: str, value: str, context: Context, index: RunIndex) -> Values | None:
        """The slots of one value, not empty; None where it cannot be read."""
        match slot:
            case "metrics":
                names = [name.strip() for name in value.split(",") if name.strip()]
                return {"metrics": tuple(self._metric(name, context, index) for name in names)}
            case "axis":
                return self._axis(value, context, index)
            case "since":
                return self._since(value, context, index)
            case "state":
                said = [part.strip().lower() for part in value.split(",") if part.strip()]
                states = [self.reader.language.states.get(word, word) for word in said]
                return {slot: ",".join(states)} if _STATES.issuperset(states) else None
            case "duration":
                spans = self._of("DUR", value, context, index)
                exact = not value.startswith("-") and len(spans) == 1
                return {slot: spans[0]} if exact else None
            case _:
                found = _CONVERTED[slot](value)
                return {slot: found} if found else None

    def _of(self, kind: str, text: str, context: Context, index: RunIndex) -> list[object]:
        return self.reader.read(arguments(text), context, index, names=True).of(kind)

    def _metric(self, name: str, context: Context, index: RunIndex) -> object:
        return next(iter(self._of("MET", name, context, index)), name)

    def _axis(self, value: str, context: Context, index: RunIndex) -> Values | None:
        """What curves are compared by; a metric's name is understood there as well."""
        if axes := self._of("AXIS", f"by {value}", context, index):
            return {"axis": axes[0]}
        metrics = self._of("MET", value, context, index)
        return {"metrics": (metrics[0],)} if metrics else None

    def _since(self, value: str, context: Context, index: RunIndex) -> Values | None:
        if value.isdecimal():  # “3 days” without quotes: “since 3” would be three o’clock
            return None
        if days := self._of("SINCE", f"since {value}", context, index):
            return {"since": days[0]}
        for hours in self._of("HOURS", f"last {value}", context, index):
            return {"hours": hours[0] if isinstance(hours, tuple) else hours}
        try:
            datetime.fromisoformat(value)
        except ValueError:
            return None
        return {"since": value}


def plain(value: str) -> str:
    """The value of a flag without Slack's mark-up: `<@U1|anna>` is U1."""
    value = re.sub(r"<[@#!]?([^<>|]*)(?:\|[^<>]*)?>", r"\1", value)
    return re.sub(r"[<>]", "", unescape(value)).lstrip("@")


def _no_flag(flag: str, parsed: Parsed) -> str:
    command = parsed.command
    if command is None or not command.flags:
        name = command.name if command else ""
        return f"I do not know --{flag[:_SHOWN]}: /wandb {name} takes no flags."
    there = ", ".join(f"--{name}" for name in command.flags)
    return f"I do not know --{flag[:_SHOWN]}. There are: {there}."


def _problem(flag: str, value: str, slot: str) -> str:
    allowed = _ALLOWED[slot]
    if not value:
        return f"--{flag} needs a value: {allowed}."
    shown = value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…"
    return f"--{flag} cannot be “{shown}”: it takes {allowed}."


def _hours(value: str) -> float | None:
    try:
        hours = float(value.lower().removesuffix("h"))
    except ValueError:
        return None
    return hours if 0 < hours < MOST_HOURS else None


def _count(value: str) -> int | None:
    short = len(value) <= len(str(MOST_COUNT))
    return int(value) if short and value.isdecimal() and 0 < int(value) <= MOST_COUNT else None


_CONVERTED: dict[str, Callable[[str], object]] = {
    "projects": lambda value: tuple(part for part in value.split(",") if part),
    "top_n": _count,
    "days": lambda value: _count(value.lower().removesuffix("d")),
    "hours": _hours,
    "owner": str,
}
"""Slots that take the value of a flag as it is."""
_SWITCHES = frozenset({"preview", "full"})
"""Slots of flags without a value."""
