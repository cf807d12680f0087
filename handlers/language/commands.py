"""Strict reading of slash commands: names and flags to slots, by the table of `grammar.py`."""

import re
from collections.abc import Mapping
from html import unescape
from itertools import pairwise

from analysis import rules
from analysis.errors import BadRequest
from handlers.language.flags import FlagReader
from handlers.language.grammar import Command, parse
from handlers.language.intents import Context, Intent, Slots, Understanding
from handlers.language.intents import Ref as Pointing
from handlers.language.resolve import RunIndex, pointed
from handlers.language.slots import Reading, SlotReader
from handlers.language.text import arguments
from handlers.language.times import zone

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
_NAMES = frozenset({"NAME", "X", "MET"})
"""Marks of words that may be a name as well."""
_PLAIN_NAME = re.compile(r"[\w.\-]+")
_AREAS = frozenset(
    "africa america antarctica arctic asia atlantic australia europe indian pacific etc us".split()
)
"""What names of time zones begin with."""
_ZONE = re.compile(r"[A-Z][A-Za-z]+(?:/[A-Z][A-Za-z]+(?:[_-][A-Za-z]+)*){1,2}")
_SIDE = re.compile(r"[^\s,],[^\s,]")
_MARK = re.compile(r"^(?P<place>IN)?(?P<mark>(?P<kind>[A-Z]+)\d+)$")


class CommandReader:
    """Reads command lines strictly."""

    def __init__(self, reader: SlotReader) -> None:
        self._reader = reader
        self._flags = FlagReader(reader)

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
        if command.intent is Intent.HELP:
            words = [word for word in parsed.rest.strip('"').split() if word.lower() != "/wandb"]
            topic = words[0] if words and words[0].lower() not in GENERAL | JOINERS else None
            sure = 1.0 if len(words) <= 1 else 0.5
            return self._made(Intent.HELP, Slots(topic=topic), sure, "/wandb help")
        if command.name in SENTENCES:
            if not parsed.rest:
                return self._made(command.intent, Slots(), 0.9, "a command")
            return _plain_rule(parsed.rest) if command.intent is Intent.ALERT_RULE else None
        slots: dict[str, object] = {}
        fits = True
        sides = _sides(parsed.rest) if command.intent is Intent.COMPARE else ()
        single = self._single(command, parsed.rest, context, index)
        if single:
            self._bare(command, single, index, slots)
        for part in () if single else sides or (parsed.rest,):
            if sides and _SIDE.search(part):
                runs = [name for name in part.strip("<>").split(",") if name]
                _append(slots, "runs", ",".join(index.find(run).path or run for run in runs))
            else:
                fits = self._part(command, part, context, index, slots) and fits
        wrong = self._flags.read(parsed, slots, context, index)
        if problem := next(iter(wrong), None) or _no_zone(command, parsed.rest, context, index):
            return Understanding(
                intent=Intent.CLARIFY,
                confidence=0.9,
                problem=problem,
                notes=(f"/wandb {command.name}", problem),
            )
        intent = command.intent
        if command.name == "watch" and "once" in parsed.flags:
            intent = Intent.WATCH_NOW
        in_thread = context.thread.kind in {"run", "comparison"}
        if command.place == "run" and not slots.get("runs") and in_thread:
            slots["runs"] = context.thread.paths
        filled = Slots.model_validate({name: value for name, value in slots.items() if value})
        notes = [f"/wandb {command.name}"]
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
        reading = self._reader.read(arguments(text), context, index, names=True)
        for place, path in reading.doubtful:
            if command.place == "run":
                reading = self._reader.doubting(reading, place, path, context)
        typed = {word.lower(): word for word in text.split()}
        return self._arguments(command, reading, context, index, slots, typed)

    def _single(self, command: Command, rest: str, context: Context, index: RunIndex) -> str | None:
        """The only argument, as typed, where it is a plain word or may be a name: "nope", "Lr".

        What such a word means in a sentence, or would if it were spelled right, does not matter.
        """
        if not _PLAIN_NAME.fullmatch(rest) or rest.lower() in GENERAL | JOINERS:
            return None
        if command.place == "owner":
            return rest
        states = self._reader.language.states
        if command.place not in {"run", "project", "entity"} or rest.lower() in states:
            return None
        reading = self._reader.read(arguments(rest), context, index, names=True)
        found = _MARK.match(reading.text)
        named = found is None or found["kind"] in _NAMES - command.takes or found["kind"] == "X"
        return unescape(rest) if named else None

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
        typed: Mapping[str, str],
    ) -> bool:
        """Fills slots from what stands without a flag; says whether all of it fits.

        `typed` holds the words as typed, by their lower case.
        """
        fits = True
        left: list[str] = []
        words = reading.text.split()
        for before, word in zip(["", *words], words, strict=False):
            found = _MARK.match(word)
            if before == "by" and "MET" in command.takes:
                last = word == words[-1]
                name = _after_by(word, reading, typed, last=last)
                if name is not None:
                    _append(slots, "metrics", name)
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
                value = reading.values[found["mark"]]
                if kind == "MET":
                    left.append(str(value))
                else:
                    fits = _is_metric_of(command, kind, value, slots) and fits
                continue
            self._argument(
                command, found["kind"], reading.values[found["mark"]], context, index, slots
            )
        if len(left) == 1 and self._is_name(command, left[0], slots):
            self._bare(command, typed.get(left[0], left[0]), index, slots)
            return fits
        if len(left) == 1 and command.name == "plot" and self._is_metric(left[0], words, slots):
            _append(slots, "metrics", typed.get(left[0], left[0]))
            return fits
        return fits and not left

    def _is_name(self, command: Command, word: str, slots: dict[str, object]) -> bool:
        """Whether the one plain word after a command is a name that only looks like a word."""
        taken = {"run": "runs", "project": "projects", "entity": "entity"}.get(command.place or "")
        if taken is None or slots.keys() & {taken, "runs", "projects"}:
            return False
        return word not in GENERAL and word not in self._reader.language.states

    def _is_metric(self, word: str, words: list[str], slots: dict[str, object]) -> bool:
        """Whether the plain word behind the runs of a plot is a metric's name, known or not."""
        ends = word == words[-1] and word not in GENERAL and bool(slots.get("runs"))
        return ends and "metrics" not in slots

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


_SLOT = {
    "AXIS": "axis",
    "TOP": "top_n",
    "SINCE": "since",
    "DUR": "duration",
    "TIME": "time",
    "ZONE": "timezone",
    "DAYS": "days",
}


def _no_zone(command: Command, rest: str, context: Context, index: RunIndex) -> str | None:
    """What is wrong where the time zone of a briefing is none; an entity that is known is a place.

    A word is meant for a zone if it is written like one, `Area/City`, or begins with an area.
    """
    if command.intent is not Intent.BRIEFING:
        return None
    for before, word in pairwise(["", *rest.split()]):
        first = word.partition("/")[0].lower()
        known = first in index.entities or first == (context.defaults.entity or "").lower()
        meant = _ZONE.fullmatch(word) or ("/" in word and first in _AREAS)
        if meant and not known and before.lower() not in {"in", "of", "for"} and not zone(word):
            return (
                f"I do not know the time zone “{word[:60]}”: it takes an IANA name, such as "
                "Europe/Berlin or America/New_York."
            )
    return None


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


def _is_metric_of(command: Command, kind: str, place: object, slots: dict[str, object]) -> bool:
    """Takes a metric of a plot that is written like a project: `nope/metric`."""
    if kind != "PROJ" or command.name != "plot" or not isinstance(place, tuple):
        return False
    _append(slots, "metrics", "/".join(str(part) for part in place if part))
    return True


def _sides(rest: str) -> tuple[str, ...]:
    """The parts of a comparison in which commas join the runs of one side: `a,b c`."""
    words = rest.split()
    if len(words) < 2 or not any(_SIDE.search(word) for word in words):
        return ()
    return tuple(word.strip(",") for word in words if word.lower() not in JOINERS)


def _after_by(word: str, reading: Reading, typed: Mapping[str, str], *, last: bool) -> str | None:
    """The name of a metric, known or not, that stands after “by”; a plain word only as the last."""
    found = _MARK.match(word)
    if found is None:
        return typed.get(word, word) if last and word not in GENERAL | JOINERS else None
    value = reading.values[found["mark"]]
    if found["kind"] == "PROJ" and isinstance(value, tuple):
        return "/".join(part for part in value if part)
    return str(value) if found["kind"] in {"NAME", "X"} else None


def _append(slots: dict[str, object], name: str, value: object) -> None:
    before = slots.get(name)
    known = before if isinstance(before, tuple) else ()
    if value not in known:
        slots[name] = (*known, value)
