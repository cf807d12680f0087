"""Matching: a reading against the phrase table, with a confidence.

A phrase must begin where the sentence begins, after greetings, polite openings and the like were
taken off. Its score counts in full when nothing is left over; each word left over costs, and words
that nobody could explain cost most. An action whose sentence has an unexplained rest is no order.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from handlers.language.intents import ACTIONS, RUN_INTENTS, Context, Intent, Ref
from handlers.language.phrases import Language, Phrase
from handlers.language.phrases.heads import HeadReader
from handlers.language.slots import Reading

COST = {"small": 0.02, "mark": 0.12, "word": 0.14, "unknown": 0.3}
"""What a word left over takes from the score."""
GUESSED = 0.06
"""What a run costs whose name looks like a plain word and is not known."""
CORRECTED = 0.02
"""What a corrected spelling costs."""
LONG = 32
"""Words of a clause that phrases are tried on; it also bounds the work of the patterns."""
LONG_COST = 0.03
"""What each word beyond costs."""
STEPS = 6
"""How many openings are taken off."""
SKIPPED = 0.03
"""What a word before a question costs that nobody could explain."""
SKIPS = 10
"""How many such words there may be."""
GUESS = 0.65
"""Confidence of a guess by loose signs."""
_NEVER_LATER = frozenset({Intent.HELP, Intent.DOCTOR, Intent.SETTINGS, Intent.UNDO})

_FREE_MARK = r"(?:IN)?(?:MET|PROJ|ENT|OWNER|SINCE|HOURS|DUR|TIME|ZONE|DAYS|AXIS|TOP|BOT|CHAN)\d+"
_MARKED = re.compile(r"^([A-Z]+)\d+$")
_FREE = re.compile(rf"^{_FREE_MARK}$")
_ASIDE = re.compile(r"(?<!\S)(?:IN(?:PROJ|ENT|OWNER)|SINCE|HOURS|CHAN)\d+(?!\S)")
_FREE_OF_ACTION = re.compile(
    r"^(?:(?:IN)?(?:PROJ|ENT|SINCE|HOURS|DUR|TIME|ZONE|DAYS|BOT|CHAN)|RULE)\d+$"
)
_A_RUN = re.compile(r"^(?:RUN|NAME)\d+$")
_COMMAS = re.compile(r" ,(?:\s+,)+")
_PLAIN = re.compile(r"(?<!\S)X\d+(?!\S)")
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way in which a sentence may be meant.

    Attributes:
        phrase: The entry of the table.
        confidence: 0 to 1.
        matched: The part of the reading that the phrase covers.
        rest: What is left of it.
        groups: Marks that the phrase names: `m` a metric, `o` an owner, `p` a project.
        requested: Whether a request to the bot introduced it.
        reading: The reading it was found in.
    """

    phrase: Phrase
    confidence: float
    matched: str
    rest: str
    groups: dict[str, str]
    requested: bool
    reading: Reading

    @property
    def intent(self) -> Intent:
        """The intent of its phrase."""
        return self.phrase.intent


@dataclass(frozen=True, slots=True)
class Opening:
    """A sentence after some of its openings were taken off."""

    text: str
    requested: bool
    asked: bool


class Matcher:
    """The phrase table of one language, compiled."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._tail = re.compile(rf"(?: (?:{language.patterns['joiners']}|{_FREE_MARK}))+$")
        self._run_noun = re.compile(rf"(?<!\S)(?:{language.patterns['run_noun']})")
        self._compiled: dict[int, re.Pattern[str]] = {}
        self._first: dict[str, list[int]] = {}
        self._any: list[int] = []
        reader = HeadReader(language.macros)
        for place, phrase in enumerate(language.phrases):
            heads = reader.heads(phrase.pattern)
            if heads is None:
                self._any.append(place)
            for word in heads or ():
                self._first.setdefault(word, []).append(place)
        self._lead = language.compile(rf"(?:{language.lead})(?: |$)")
        self._request = language.compile(rf"(?:{language.request})(?: |$)")
        self._inquiry = language.compile(rf"(?:{language.inquiry})(?: |$)")
        self._filler = language.compile(rf"(?<!\S)(?:{language.filler})(?!\S)")
        self._begins = re.compile(rf"(?:{language.patterns['begins']})$")
        self._busy = re.compile(rf"(?<!\S)(?:{language.busy})(?!\S)")
        self._reason = language.compile(language.patterns["reason"])
        self._noun = language.compile(r"(?<!\S)(?:{noun})(?!\S)")
        self._cues = tuple(
            (intent, re.compile(rf"(?<!\S)(?:{pattern})(?!\S)"), needs)
            for intent, pattern, needs in language.cues
        )
        self._any_more = re.compile(rf"(?<!\S)(?:{language.patterns['any_more']})(?!\S)")
        self._gerunds = re.compile(language.patterns["gerunds"])
        self._action_rest = frozenset(language.patterns["action_rest"].split("|"))

    def warm_up(self) -> None:
        """Compiles every phrase; without it each is compiled when it first may fit."""
        for place in range(len(self._language.phrases)):
            self._pattern(place)

    def _pattern(self, place: int) -> re.Pattern[str]:
        pattern = self._compiled.get(place)
        if pattern is None:
            phrase = self._language.phrases[place]
            pattern = self._language.compile(rf"(?:{phrase.pattern})(?= |$)")
            self._compiled[place] = pattern
        return pattern

    def _fitting(self, text: str) -> Iterator[tuple[Phrase, re.Match[str]]]:
        """Phrases that match, those that may begin with its first word, in their order.

        A match that leaves nothing but marks and joining words is preferred to a shorter one.
        """
        word = text.partition(" ")[0]
        known = self._first.get(_MARKED.sub(r"\1#", word), ())
        ends = self._ends(text)
        for place in sorted((*known, *self._any)):
            phrase = self._language.phrases[place]
            pattern = self._pattern(place)
            match = next(
                (match for end in ends if (match := pattern.fullmatch(text, 0, end))), None
            )
            if match is None and not phrase.whole:
                match = pattern.match(text)
            if match is not None:
                yield phrase, match

    def _ends(self, text: str) -> list[int]:
        """Where a phrase may end so that only marks and joining words are left."""
        found = self._tail.search(text)
        if found is None:
            return [len(text)]
        tail = [found.start() + place for place, sign in enumerate(found[0]) if sign == " "]
        return [len(text), *reversed(tail)]

    def core(self, reading: Reading, *, overheard: bool = False) -> str:
        """The reading without phrases of place and time, and without filler words.

        To the bot people give reasons ("mute alpha, it is dead anyway"); they are left out too.
        """
        if not overheard and (found := self._reason.search(reading.text)) and found.start():
            reading = replace(reading, text=reading.text[: found.start()])
        text = _ASIDE.sub(" ", reading.text)
        text = self._run_noun.sub("", text.replace(" :", " ,"))
        text = _COMMAS.sub(" ,", self._filler.sub(" ", text))
        return _SPACES.sub(" ", text).strip(" ,:")

    def openings(self, text: str) -> Iterator[Opening]:
        """The text, then the text with one opening after the other taken off."""
        requested = asked = False
        yield Opening(text, requested, asked)
        for _ in range(STEPS):
            if found := self._request.match(text):
                requested = True
            elif found := self._inquiry.match(text):
                asked = True
            elif not (found := self._lead.match(text)):
                return
            text = text[found.end() :].lstrip(" ,:")
            if requested and (gerund := self._gerunds.match(text)):
                text = self._language.gerunds[gerund[0]] + text[gerund.end() :]
            yield Opening(text, requested, asked)

    def candidates(self, reading: Reading, context: Context) -> list[Candidate]:
        """All phrases that fit, the most confident first."""
        found: list[Candidate] = []
        words = self.core(reading, overheard=context.overheard).split()
        beyond = LONG_COST * max(0, len(words) - LONG)
        for opening in self.openings(" ".join(words[:LONG])):
            for phrase, match in self._fitting(opening.text):
                if not self._fits(phrase, reading, context):
                    continue
                found.append(self._weigh(phrase, match, opening, reading, beyond))
        found.sort(key=lambda candidate: -candidate.confidence)
        return found

    def skipping(self, reading: Reading, context: Context) -> Candidate | None:
        """A question or a harmless order that begins later in the sentence, for what was asked.

        The words before it cost `SKIPPED` each. Never an action: an order begins its sentence.
        """
        words = self.core(reading).split()
        for start in range(1, min(len(words), SKIPS)):
            if not self._begins.match(words[start]):
                continue
            if self._busy.search(" ".join(words[:start])):
                return None
            later = replace(reading, text=" ".join(words[start:]), question=reading.question)
            found = [
                candidate
                for candidate in self.candidates(later, context)
                if candidate.intent not in ACTIONS and candidate.intent not in _NEVER_LATER
            ]
            cost = round(SKIPPED * start, 3)
            if found and found[0].confidence - cost > 0.6:
                before = " ".join(words[:start])
                return replace(
                    found[0],
                    confidence=round(found[0].confidence - cost, 3),
                    rest=f"{before} {found[0].rest}".strip(),
                    reading=reading,
                )
        return None

    def changes(self, reading: Reading) -> bool:
        """Whether a sentence has a word of what changes something."""
        return self._busy.search(self.core(reading)) is not None

    def guess(self, reading: Reading, context: Context) -> Candidate | None:
        """What loose signs suggest, where no phrase fits; never an action."""
        text = self.core(reading)
        if self._busy.search(text) or len(text.split()) > SKIPS * 3:
            return None
        said = text
        if any(reading.has(kind) for kind in ("RUN", "REF", "NAME")):
            said = _SPACES.sub(" ", _PLAIN.sub("", text)).strip()
        facts = _facts(reading, context, self._noun.search(text) is not None)
        for intent, pattern, needs in self._cues:
            if facts.intersection(needs) and pattern.search(text):
                phrase = Phrase(intent, pattern.pattern, GUESS)
                return Candidate(phrase, GUESS, said, "", {}, requested=False, reading=reading)
        return None

    def _weigh(
        self, phrase: Phrase, match: re.Match[str], opening: Opening, reading: Reading, cost: float
    ) -> Candidate:
        matched = match[0]
        rest = opening.text[len(matched) :].strip(" ,:")
        left = rest.split()
        cost += sum(self._cost(word) for word in left)
        if phrase.intent not in RUN_INTENTS and any(_A_RUN.match(word) for word in left):
            cost += COST["unknown"]
        if phrase.intent in ACTIONS and not all(
            _FREE_OF_ACTION.match(word) or word in self._action_rest for word in left
        ):
            cost += 0.5
        groups = {name: mark for name, mark in match.groupdict().items() if mark}
        guessed = re.findall(r"(?<!\S)X\d+", matched)
        cost += GUESSED * len(set(guessed) - set(groups.values()))
        cost += CORRECTED * reading.corrected
        return Candidate(
            phrase=phrase,
            confidence=round(max(0.0, phrase.score - cost), 3),
            matched=matched,
            rest=rest,
            groups=groups,
            requested=opening.requested,
            reading=reading,
        )

    def _cost(self, word: str) -> float:
        if _FREE.match(word):
            return 0.0
        if word in self._language.small:
            return COST["small"]
        if re.match(r"^(?:RUN|REF|RULE)\d+$", word):
            return COST["mark"]
        if re.match(r"^(?:X|Y|NAME|QUOTE|USER|URL)\d+$", word):
            return COST["unknown"]
        return COST["word"]

    def _fits(self, phrase: Phrase, reading: Reading, context: Context) -> bool:
        if not phrase.needs:
            return True
        if "any_more" in phrase.needs:  # "no need to watch alpha any more": an order to the bot
            return not context.overheard and self._any_more.search(reading.text) is not None
        return any(_NEEDS[need](reading, context) for need in phrase.needs)


def _facts(reading: Reading, context: Context, noun: bool) -> frozenset[str]:
    """What a sentence is about, as the cues need it."""
    named = [kind for kind in ("RUN", "REF", "NAME") for _ in reading.of(kind)]
    about = len(named) + (len(context.thread.paths) if context.thread.kind != "list" else 0)
    facts = {kind for kind in ("MET", "TOP", "PROJ") if reading.has(kind)}
    facts |= {"about"} if about else set()
    facts |= {"two"} if about > 1 or (noun and not named) else set()
    facts |= {"noun"} if noun else set()
    if not named:
        facts |= {"listing"} if noun else set()
        facts |= {"domain"} if noun or reading.has("PROJ") or reading.has("INPROJ") else set()
        facts |= {"asks"}
    return frozenset(facts)


def _named(reading: Reading, context: Context) -> bool:
    if reading.has("RUN") or reading.has("NAME"):
        return True
    refs = [ref for ref in reading.of("REF") if isinstance(ref, Ref)]
    return any(ref.ref not in {"thread", "these"} for ref in refs)


def _points_at_thread(reading: Reading, context: Context) -> bool:
    refs = [ref for ref in reading.of("REF") if isinstance(ref, Ref)]
    return any(ref.ref in {"thread", "these", "ordinal"} for ref in refs)


_DAYS_FROM = 48  # hours
Need = Callable[[Reading, Context], bool]


def _is_days(span: object) -> bool:
    """Whether a span to look back over, ``(hours, days or None)``, is one of days."""
    return isinstance(span, tuple) and span[0] >= _DAYS_FROM


_NEEDS: dict[str, Need] = {
    "thread": lambda r, c: bool(c.thread.paths) or _points_at_thread(r, c),
    "of_run": lambda r, c: c.thread.kind in {"run", "comparison"},
    "comparison": lambda r, c: len(c.thread.paths) > 1,
    "runs": lambda r, c: any(r.has(kind) for kind in ("RUN", "REF", "NAME", "X")),
    "named": _named,
    "projects": lambda r, c: r.has("PROJ") or r.has("INPROJ"),
    "entity": lambda r, c: r.has("ENT") or r.has("INENT"),
    "since": lambda r, c: r.has("SINCE"),
    "hours": lambda r, c: r.has("HOURS"),
    "days": lambda r, c: any(_is_days(value) for value in r.of("HOURS")),
    "metric": lambda r, c: r.has("MET"),
    "addressed": lambda r, c: not c.overheard,
    "no_thread": lambda r, c: c.thread.kind in {"none", "list"},
    "no_run": lambda r, c: not r.has("RUN") and not (_points_at_thread(r, c) and c.thread.paths),
}
"""What a phrase may need, by name."""
