"""Strict reading of slash commands: names and flags to slots, by the table of `grammar.py`."""

import re
from collections.abc import Callable
from html import unescape

from analysis import rules
from analysis.errors import BadRequest
from handlers.language.grammar import Command, Parsed, parse
from handlers.language.intents import Context, Intent, Slots, Understanding
from handlers.language.intents import Ref as Pointing
from handlers.language.resolve import RunIndex, pointed
from handlers.language.slots import Reading, SlotReader
from handlers.language.text import Clause, Kind, Word, clean

JOINERS = frozenset(
    "by in for and with vs versus to on at of , me my the since from until account default".split()
)
GENERAL = frozenset(
    "all any every everything mine our latest recent newest last new old current it this that these"
    " those both here there now today please us run runs experiment experiments job jobs model"
    " models off on".split()
)
"""Plain words that are never the name of a project or a run after a command."""
SENTENCES = frozenset({"alert", "remind"})
"""Commands whose arguments are a sentence in themselves."""
_SIDE = re.compile(r"[^\s,],[^\s,]")
_MARK = re.compile(r"^(?P<place>IN)?(?P<mark>(?P<kind>[A-Z]+)\d+)$")


class CommandReader:
    """Reads command lines strictly."""

    def __init__(self, reader: SlotReader) -> None:
        self._reader = reader

    def read(self, text: str, context: Context, index: RunIndex) -> Understanding | None:
        """Reads what follows `/wandb`.

        Args:
            text: The command line, in normal form.
            context: Where it was typed.
            index: The known runs.

        Returns:
            None where it does not begin with a command, so that it is a sentence. A command whose
            arguments do not fit comes with a low confidence.
        """
        parsed = parse(text)
        command = parsed.command
        if command is None:
            empty = not parsed.rest and not parsed.flags
            return self._made(Intent.HELP, Slots(), 0.95, "a bare /wandb") if empty else None
        if command.name in SENTENCES:
            if not parsed.rest:
                return self._made(command.intent, Slots(), 0.9, "a command")
            return _plain_rule(parsed.rest) if command.intent is Intent.ALERT_RULE else None
        slots: dict[str, object] = {}
        fits = True
        sides = _sides(parsed.rest) if command.intent is Intent.COMPARE else ()
        for part in sides or (parsed.rest,):
            if sides and _SIDE.search(part):
                runs = [name for name in part.strip("<>").split(",") if name]
                _append(slots, "runs", ",".join(index.find(run).path or run for run in runs))
            else:
                fits = self._part(command, part, context, index, slots) and fits
        self._flags(parsed, slots, context, index)
        intent = command.intent
        if command.name == "watch" and "once" in parsed.flags:
            intent = Intent.WATCH_NOW
        in_thread = context.thread.kind in {"run", "comparison"}
        if command.place == "run" and not slots.get("runs") and in_thread:
            slots["runs"] = context.thread.paths
        filled = Slots.model_validate({name: value for name, value in slots.items() if value})
        notes = [f"/wandb {command.name}"]
        notes += [f"no flag --{flag}" for flag in parsed.unknown]
        return Understanding(
            intent=intent,
            slots=filled,
            confidence=1.0 if fits else 0.5,
            command=None if command.name == intent.value else command.name,
            notes=tuple(notes),
        )

    def _part(
        self,
        command: Command,
        text: str,
        context: Context,
        index: RunIndex,
        slots: dict[str, object],
    ) -> bool:
        """Reads arguments, or one side of a comparison; says whether all of it fits."""
        reading = self._reader.read(_clause(text), context, index, names=True)
        for place, path in reading.doubtful:
            if command.place == "run":
                reading = self._reader.doubting(reading, place, path, context)
        return self._arguments(command, reading, context, index, slots)

    @staticmethod
    def _made(intent: Intent, slots: Slots, confidence: float, note: str) -> Understanding:
        return Understanding(intent=intent, slots=slots, confidence=confidence, notes=(note,))

    def _arguments(
        self,
        command: Command,
        reading: Reading,
        context: Context,
        index: RunIndex,
        slots: dict[str, object],
    ) -> bool:
        """Fills slots from what stands without a flag; says whether all of it fits."""
        fits = True
        if command.name == "help":
            slots["topic"] = reading.text.split()[0] if reading.text.isalpha() else None
            return len(reading.text.split()) <= 1
        left: list[str] = []
        words = reading.text.split()
        for before, word in zip(["", *words], words, strict=False):
            found = _MARK.match(word)
            after_by = before == "by" and "MET" in command.takes
            if found and after_by and found["kind"] in {"NAME", "X"}:
                _append(slots, "metrics", reading.values[found["mark"]])
                continue
            if found is None:
                if command.intent is Intent.BRIEFING and word == "off":
                    slots["off"] = True
                elif command.name == "unalert" and word.lstrip("#").isdigit():
                    slots["id"] = word.lstrip("#")
                elif word in JOINERS and command.takes:
                    continue
                else:
                    left.append(word)
                continue
            kind = (found["place"] or "") + found["kind"]
            if kind not in command.takes and found["kind"] not in command.takes:
                if kind == "MET":
                    left.append(str(reading.values[found["mark"]]))
                else:
                    fits = False
                continue
            self._argument(
                command, found["kind"], reading.values[found["mark"]], context, index, slots
            )
        if len(left) == 1 and self._is_name(command, left[0], slots):
            self._bare(command, left[0], index, slots)
            return fits
        return fits and not left

    def _is_name(self, command: Command, word: str, slots: dict[str, object]) -> bool:
        """Whether the one plain word after a command is a name that only looks like a word."""
        taken = {"run": "runs", "project": "projects", "entity": "entity"}.get(command.place or "")
        if taken is None or slots.keys() & {taken, "runs", "projects"}:
            return False
        return word not in GENERAL and word not in self._reader.language.states

    def _argument(
        self,
        command: Command,
        kind: str,
        value: object,
        context: Context,
        index: RunIndex,
        slots: dict[str, object],
    ) -> None:
        match kind:
            case "RUN" if command.place == "owner":
                slots["owner"] = str(value)
            case "RUN":
                _append(slots, "runs", value)
            case "REF" if isinstance(value, Pointing):
                for run in pointed(value, context.thread):
                    _append(slots, "runs", run)
            case "PROJ" if isinstance(value, tuple):
                entity, project = value
                _append(slots, "projects", project)
                if entity:
                    slots["entity"] = entity
            case "ENT":
                slots["owner" if command.place == "owner" else "entity"] = value
            case "MET":
                _append(slots, "metrics", value)
            case "HOURS" if isinstance(value, tuple):
                hours, days = value
                failures = command.intent is Intent.FAILURES and days
                slots["days" if failures else "hours"] = days if failures else hours
            case "AXIS" | "TOP" | "SINCE" | "DUR" | "TIME" | "ZONE" | "DAYS":
                slots[_SLOT[kind]] = value
            case _:
                self._bare(command, str(value), index, slots)

    @staticmethod
    def _bare(command: Command, name: str, index: RunIndex, slots: dict[str, object]) -> None:
        """A name that stands for itself: what it is depends on the command."""
        match command.place:
            case "run":
                _append(slots, "runs", index.find(name).path or name)
            case "project":
                _append(slots, "projects", name)
            case "entity":
                found = index.find(name).path if command.name != "use" else None
                if found:
                    _append(slots, "runs", found)
                else:
                    slots["entity"] = name
            case "owner":
                slots["owner"] = name
            case "id":
                slots["id"] = name
            case _:
                pass

    def _flags(
        self, parsed: Parsed, slots: dict[str, object], context: Context, index: RunIndex
    ) -> None:
        command = parsed.command
        if command is None:
            return
        for flag, said in parsed.flags.items():
            value = _plain(said)
            match command.flags.get(flag):
                case "metrics":
                    for name in value.split(","):
                        self._metric(name.strip(), slots, context, index)
                case "axis":
                    self._by(value, slots, context, index)
                case "since":
                    days = self._reader.read(_clause(f"since {value}"), context, index).of("SINCE")
                    slots["since"] = next(iter(days), value or None)
                case "state":
                    slots["state"] = self._reader.language.states.get(value.lower(), value.lower())
                case "duration":
                    spans = self._reader.read(_clause(value), context, index).of("DUR")
                    slots["duration"] = next(iter(spans), None)
                case str() as slot if slot in _CONVERTED:
                    slots[slot] = _CONVERTED[slot](value)
                case _:
                    pass

    def _metric(
        self, name: str, slots: dict[str, object], context: Context, index: RunIndex
    ) -> None:
        said = self._reader.read(_clause(name), context, index)
        _append(slots, "metrics", next(iter(said.of("MET")), name))

    def _by(self, value: str, slots: dict[str, object], context: Context, index: RunIndex) -> None:
        said = self._reader.read(_clause(f"by {value}"), context, index)
        if axes := said.of("AXIS"):
            slots["axis"] = axes[0]
        elif value:
            self._metric(value, slots, context, index)


_SLOT = {
    "AXIS": "axis",
    "TOP": "top_n",
    "SINCE": "since",
    "DUR": "duration",
    "TIME": "time",
    "ZONE": "timezone",
    "DAYS": "days",
}


_RULE = re.compile(r"(?:when\s+)?(?P<rule>.+?)(?:\s+in\s+(?P<place>[^\s<>=]+))?", re.IGNORECASE)


def _plain_rule(rest: str) -> Understanding | None:
    """A rule in the core's own grammar, whatever its metric is called; a sentence goes first."""
    found = _RULE.fullmatch(unescape(rest).strip())
    if found is None:
        return None
    try:
        rule = rules.parse(found["rule"])
    except BadRequest:
        return None
    told = rule.to_json()
    del told["kind" if rule.kind == "threshold" else "op"]
    slots: dict[str, object] = {"rule": told}
    entity, slash, project = (found["place"] or "").partition("/")
    if entity:
        slots |= {"entity": entity, "projects": (project,)} if slash else {"projects": (entity,)}
    return Understanding(
        intent=Intent.ALERT_RULE,
        slots=Slots.model_validate(slots),
        confidence=0.6,
        notes=("/wandb alert", "a rule in the plain grammar"),
    )


def _sides(rest: str) -> tuple[str, ...]:
    """The parts of a comparison in which commas join the runs of one side: `a,b c`."""
    words = rest.split()
    if len(words) < 2 or not any(_SIDE.search(word) for word in words):
        return ()
    return tuple(word.strip(",") for word in words if word.lower() not in JOINERS)


def _clause(text: str) -> Clause:
    """Arguments as one clause, so that a full stop or a question mark does not cut them."""
    cleaned = clean(text)
    words: list[Word] = [
        word for clause in cleaned.clauses for word in clause.words if word.kind is not Kind.COMMA
    ]
    return Clause(tuple(words))


def _append(slots: dict[str, object], name: str, value: object) -> None:
    before = slots.get(name)
    known = before if isinstance(before, tuple) else ()
    if value not in known:
        slots[name] = (*known, value)


def _hours(value: str) -> float | None:
    try:
        hours = float(value)
    except ValueError:
        return None
    return hours if 0 < hours < 1e5 else None


def _plain(value: str) -> str:
    """The value of a flag without Slack's mark-up: `<@U1|anna>` is U1."""
    value = re.sub(r"<[@#!]?([^<>|]*)(?:\|[^<>]*)?>", r"\1", value)
    return re.sub(r"[<>]", "", unescape(value)).lstrip("@")


def _count(value: str) -> int | None:
    return int(value) if value.isdecimal() and 0 < int(value) <= 10_000 else None


_CONVERTED: dict[str, Callable[[str], object]] = {
    "projects": lambda value: tuple(part for part in value.split(",") if part),
    "top_n": _count,
    "days": _count,
    "hours": _hours,
    "owner": str,
    "preview": lambda value: True,
    "full": lambda value: True,
}
"""Slots that take the value of a flag as it is."""
