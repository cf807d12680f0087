"""Filling: from a chosen phrase and its reading to the slots of its intent."""

import re
from collections.abc import Callable, Iterable

from handlers.language.intents import ACTIONS, RUN_INTENTS, Context, Intent, Ref, Run, Slots
from handlers.language.match import Candidate
from handlers.language.phrases import Language
from handlers.language.resolve import RunIndex, pointed
from handlers.language.slots import Reading

I = Intent  # noqa: E741 - the table reads as columns

TAKES: dict[Intent, frozenset[str]] = {
    I.DESCRIBE: frozenset({"runs", "place", "owner"}),
    I.WATCH_NOW: frozenset({"place", "owner", "past"}),
    I.START_WATCH: frozenset({"runs", "place"}),
    I.STOP_WATCH: frozenset({"runs", "place"}),
    I.LIST_WATCHES: frozenset({"place"}),
    I.COMPARE: frozenset({"runs", "place", "metrics", "axis"}),
    I.WHY: frozenset({"runs", "place", "owner"}),
    I.DID_FINISH: frozenset({"runs", "place", "owner"}),
    I.ETA: frozenset({"runs", "place", "owner"}),
    I.SHOW_METRIC: frozenset({"runs", "place", "metrics", "axis", "owner"}),
    I.LIST_RUNS: frozenset({"place", "state", "owner", "past", "top_n"}),
    I.BEST_RUN: frozenset({"place", "metrics", "owner", "past", "top_n", "state"}),
    I.REMIND: frozenset({"runs", "place", "when", "end"}),
    I.ALERT_RULE: frozenset({"runs", "place", "rule"}),
    I.BRIEFING: frozenset({"place", "when", "off"}),
    I.SNOOZE: frozenset({"runs", "place", "when"}),
    I.MUTE: frozenset({"runs", "place"}),
    I.UNMUTE: frozenset({"runs", "place"}),
    I.UNSNOOZE: frozenset({"runs", "place"}),
    I.LINK_ACCOUNT: frozenset({"account"}),
    I.USE_DEFAULT: frozenset({"place"}),
    I.FAILURES: frozenset({"place", "past"}),
    I.HELP: frozenset({"topic"}),
    I.CLARIFY: frozenset({"runs", "place", "metrics"}),
}
"""The slots that an intent takes."""

_RENAMED = {"account": "owner", "end": "state"}
"""Slots that are found in another way than usual."""

_MARKS = re.compile(r"(?<!\S)(?:IN)?(?P<mark>(?P<kind>[A-Z]+)\d+)(?!\S)")


class Filler:
    """Fills the slots of one language."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._mine = re.compile(rf"(?<!\S)(?:{language.patterns['mine']})(?!\S)")
        self._all = re.compile(rf"(?<!\S)(?:{language.patterns['all_of_it']})(?!\S)")
        self._off = re.compile(rf"(?<!\S)(?:{language.patterns['off']})(?!\S)")
        self._ends = tuple((re.compile(pattern), state) for pattern, state in language.endings)
        self._past_running = re.compile(rf"(?<!\S)(?:{language.patterns['past_running']})(?!\S)")
        self._topics = tuple((re.compile(pattern), topic) for pattern, topic in language.topics)

        self._single: dict[str, Callable[[Candidate], object]] = {
            "state": self._states,
            "owner": self._owner,
            "account": self._account,
            "end": self._end,
            "topic": self._topic,
            "off": self._is_off,
        }

    def fill(
        self, candidate: Candidate, context: Context, index: RunIndex, earlier: tuple[Run, ...] = ()
    ) -> Slots:
        """The slots of a chosen phrase.

        Args:
            candidate: The phrase and its reading.
            context: Where it was said.
            index: The known runs.
            earlier: Runs that the same message named before.

        Returns:
            The slots; those that the sentence does not fill are absent.
        """
        takes = TAKES.get(candidate.intent, frozenset())
        reading = candidate.reading
        slots: dict[str, object] = {}
        if "place" in takes:
            slots |= self._place(candidate)
        if "runs" in takes:
            slots["runs"] = self._runs(candidate, context, index, earlier, placed=bool(slots))
        if "metrics" in takes:
            names = self._unique(reading.of("MET"))
            if mark := candidate.groups.get("m"):
                names = (*names, reading.values[mark])
            slots["metrics"] = names
        for name, kind in (("axis", "AXIS"), ("top_n", "TOP"), ("rule", "RULE")):
            if name in takes and (values := reading.of(kind)):
                slots[name] = values[0]
        if "past" in takes:
            slots |= self._past(reading, candidate.intent)
        if "when" in takes:
            slots |= self._when(reading)
        slots |= {name: find(candidate) for name, find in self._single.items() if name in takes}
        named = {_RENAMED.get(name, name): value for name, value in slots.items() if value}
        return Slots.model_validate(named)

    def _account(self, candidate: Candidate) -> str | None:
        mark = candidate.groups.get("o")
        return str(candidate.reading.values[mark]) if mark else None

    def _topic(self, candidate: Candidate) -> str | None:
        text = candidate.reading.text
        return next((topic for pattern, topic in self._topics if pattern.search(text)), None)

    def _is_off(self, candidate: Candidate) -> bool:
        return self._off.search(candidate.reading.text) is not None

    def _runs(
        self,
        candidate: Candidate,
        context: Context,
        index: RunIndex,
        earlier: tuple[Run, ...],
        *,
        placed: bool,
    ) -> tuple[Run, ...]:
        intent = candidate.intent
        runs = self.named(candidate, context, index)
        if earlier and (
            not runs or all(isinstance(run, Ref) and run.ref == "thread" for run in runs)
        ):
            runs = earlier
        named = sum(not _points(run) for run in runs)
        if named > (1 if intent is I.COMPARE else 0):
            runs = tuple(run for run in runs if not _points(run))
        about = context.thread.paths if context.thread.kind in {"run", "comparison"} else ()
        if intent is I.COMPARE and len(runs) == 1 and about and runs[0] not in about:
            runs = (*about[:1], *runs) if context.thread.kind == "run" else (*about, *runs)
        if intent is I.COMPARE and not runs and context.thread.kind == "list":
            about = context.thread.paths
        if runs or intent is I.CLARIFY or intent not in RUN_INTENTS | {I.ALERT_RULE}:
            return runs
        if intent in ACTIONS and self._all.search(f"{candidate.matched} {candidate.rest}"):
            return ()  # everything is more than what the thread is about
        return () if placed and intent is not I.SHOW_METRIC else about

    def named(self, candidate: Candidate, context: Context, index: RunIndex) -> tuple[Run, ...]:
        """The runs that a sentence names or points at, in their order."""
        runs: list[Run] = []
        taken = set(candidate.groups.values())
        for found in _MARKS.finditer(f"{candidate.matched} {candidate.rest}"):
            mark, kind = found["mark"], found["kind"]
            if mark in taken:
                continue
            value = candidate.reading.values.get(mark)
            if kind == "RUN":
                runs.append(str(value))
            elif kind == "REF" and isinstance(value, Ref):
                runs += pointed(value, context.thread)
            elif kind in {"NAME", "X"} and mark in candidate.matched.split():
                if candidate.intent is I.START_WATCH and self._is_place(candidate, mark):
                    continue
                runs.append(index.find(str(value)).path or str(value))
        return tuple(dict.fromkeys(runs))

    @staticmethod
    def _is_place(candidate: Candidate, mark: str) -> bool:
        return mark == candidate.groups.get("p")

    def _place(self, candidate: Candidate) -> dict[str, object]:
        reading = candidate.reading
        projects: list[str] = []
        entity: object = None
        for found in _MARKS.finditer(reading.text):
            value = reading.values.get(found["mark"])
            if found["kind"] == "INPROJ" or found["kind"] == "PROJ":
                owner, project = value if isinstance(value, tuple) else (None, value)
                entity = entity or owner
                projects.append(str(project))
            elif found["kind"] in {"ENT", "INENT"}:
                entity = value
        if mark := candidate.groups.get("p"):
            projects.append(str(reading.values[mark]))
        filled: dict[str, object] = {}
        if entity:
            filled["entity"] = entity
        if projects:
            filled["projects"] = tuple(dict.fromkeys(projects))
        return filled

    def _states(self, candidate: Candidate) -> str | None:
        words = f"{candidate.matched} {candidate.rest}".split()
        states = [self._language.states[word] for word in words if word in self._language.states]
        if self._past_running.search(candidate.reading.text):
            states = [state for state in states if state != "running"]
            return ",".join(sorted(set(states))) or None
        if not states:
            text = " ".join(words)
            states = [state for pattern, state in self._ends if pattern.search(text)]
        return ",".join(sorted(set(states))) or None

    def _end(self, candidate: Candidate) -> str | None:
        found = {state for pattern, state in self._ends if pattern.search(candidate.matched)}
        return None if "finished" in found else ",".join(sorted(found - {"running"})) or None

    def _owner(self, candidate: Candidate) -> str | None:
        reading = candidate.reading
        owners = reading.of("OWNER") or reading.of("INOWNER") or reading.of("USER")
        if owners:
            return str(owners[0])
        listing = candidate.intent in {I.LIST_RUNS, I.BEST_RUN, I.WATCH_NOW}
        return "me" if listing and self._mine.search(candidate.reading.text) else None

    @staticmethod
    def _past(reading: Reading, intent: Intent) -> dict[str, object]:
        filled: dict[str, object] = {}
        if since := reading.of("SINCE"):
            filled["since"] = since[0]
        if spans := reading.of("HOURS"):
            span = spans[0]
            hours, days = span if isinstance(span, tuple) else (span, None)
            filled |= {"days": days} if intent is I.FAILURES and days else {"hours": hours}
        return filled

    @staticmethod
    def _when(reading: Reading) -> dict[str, object]:
        kinds = (("duration", "DUR"), ("time", "TIME"), ("timezone", "ZONE"), ("days", "DAYS"))
        return {name: values[0] for name, kind in kinds if (values := reading.of(kind))}

    @staticmethod
    def _unique(values: list[object]) -> tuple[object, ...]:
        return tuple(dict.fromkeys(values))


def pronouns_left(runs: Iterable[Run]) -> bool:
    """Whether a pointing word is left that only the thread could explain."""
    return any(isinstance(run, Ref) and run.ref in {"thread", "these", "ordinal"} for run in runs)


def _points(run: Run) -> bool:
    """Whether a run is but "it" or "these", which a named one in the same sentence explains."""
    return isinstance(run, Ref) and run.ref in {"thread", "these"}
