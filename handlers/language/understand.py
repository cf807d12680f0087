"""Understanding: a sentence and its context in, one final decision out.

Clean, read, match, judge, fill: each step is its own module, and this one puts them in order. See
docs/understanding.md for every rule and cut-off.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from handlers.language.choosing import BARE, choose
from handlers.language.commands import CommandReader
from handlers.language.fill import Filler
from handlers.language.grammar import ALSO, Command, parse, without_mention, without_slash
from handlers.language.guard import Guard, Verdict
from handlers.language.intents import (
    ACTIONS,
    Context,
    Intent,
    Run,
    Slots,
    Thread,
    Understanding,
)
from handlers.language.match import Candidate, Matcher
from handlers.language.overheard import Case, not_for_us
from handlers.language.phrases import Language, Phrase, load
from handlers.language.resolve import RunIndex
from handlers.language.slots import Reading, SlotReader
from handlers.language.smalltalk import SmallTalk
from handlers.language.text import Cleaned, clean, normal

SURE = 0.62
"""Confidence from which a question is answered."""
SURE_ACTION = 0.78
"""Confidence from which something is changed."""
UNFIT = 0.5
"""Confidence of a command line whose arguments do not fit."""
HALF = 0.35
"""Confidence from which the bot asks what was meant."""
WORTH = 0.05
"""What reading a plain word as a run must gain over reading it as the word."""
CLEAR = 0.93
"""Confidence from which a word inside "my last run" is no name of a run."""
REMARK = 6
"""Words of a remark behind which an order to restore something needs no please."""
_ENDING = frozenset({Intent.STOP_WATCH, Intent.MUTE})
_RESTORING = frozenset({Intent.UNDO, Intent.UNSNOOZE, Intent.UNMUTE})
_OPEN = frozenset({Intent.UNKNOWN, Intent.CLARIFY})
_NO_FIT = "nothing in the phrase table fits"
_QUOTED_RULE = re.compile(r"""(?<!\S)(["'])([^"']*(?:[<>=]|&[lg]t;)[^"']*)\1(?!\S)""")
_PLACE = re.compile(r"(?:PROJ|ENT)\d+")
_ANY_OBJECT = re.compile(r"(?:RUN|REF|NAME|PROJ|ENT|OWNER|X)\d+")
_LONE = re.compile(r"(?:X|NAME)\d+")


@dataclass(frozen=True, slots=True)
class Heard:
    """A message, ready to be judged: its clauses with their readings."""

    cleaned: Cleaned
    readings: tuple[Reading, ...]


class Interpreter:
    """Understands one language; it holds compiled tables only and may be shared."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.reader = SlotReader(language)
        self.matcher = Matcher(language)
        self.guard = Guard(language)
        self.filler = Filler(language)
        self.talk = SmallTalk(language)
        words = language.patterns
        self._daily = re.compile(language.time_words["daily"])
        self._pause = re.compile(rf" (?P<sign>[,:]|{words['pause']})(?= )")
        self._hence = re.compile(words["hence"])
        self._will_you = re.compile(rf" (?:{words['will_you']})$")

    @cached_property
    def commands(self) -> CommandReader:
        """The reader of slash commands."""
        return CommandReader(self.reader)

    def understand(self, text: str, context: Context) -> Understanding:
        """Reads one message; see `understand`."""
        index = RunIndex(context)
        slashed = without_slash(normal(text))
        if slashed is None and context.addressed == "command":
            slashed = normal(text)
        if slashed is None and not context.overheard:
            slashed = without_mention(normal(text), context.bot.slack_id)
        if slashed is None:
            said = self._sentence(text, context, index)
            return (
                self._as_command(said, text, context, index) if said.notes == (_NO_FIT,) else said
            )
        if context.overheard:
            context = context.model_copy(update={"addressed": "command"})
        strict = self.commands.read(slashed, context, index)
        if strict is not None and strict.confidence >= SURE:
            return strict
        parsed = parse(slashed)
        command, bare = parsed.command, slashed
        if command is not None and command.inline:
            bare = _QUOTED_RULE.sub(r"\2", f"{command.name} {parsed.rest}")
        free = self._sentence(bare, context, index)
        return free if command is None else self._authoritative(command, strict, free)

    def _as_command(
        self, said: Understanding, text: str, context: Context, index: RunIndex
    ) -> Understanding:
        """A sentence that nothing fits, where it is a command's name: "describe baseline"."""
        line = clean(text, context.bot.slack_id).plain
        parsed = parse(line)
        if parsed.command is None or context.overheard:
            return said
        if parsed.command.intent is Intent.DESCRIBE and parsed.rest.count(" ") == 0:
            strict = self.commands.read(line, context, index)
            if strict is not None and strict.slots.runs:
                return strict
        if parsed.rest or parsed.flags:
            return said
        return Understanding(
            intent=Intent.CLARIFY,
            confidence=UNFIT,
            command=parsed.command.name,
            notes=(f"/wandb {parsed.command.name}, and nothing else",),
        )

    @staticmethod
    def _authoritative(
        command: Command, strict: Understanding | None, free: Understanding
    ) -> Understanding:
        """Between two readings of a command line: its first word always says what is wanted."""
        also = ALSO.get(command.name, frozenset())
        ruled = strict is not None and strict.intent is Intent.ALERT_RULE
        if free.intent is command.intent or (free.intent in also and not ruled):
            return free
        if any(note.startswith("starts nothing") for note in free.notes):
            return free
        if strict is not None and (command.intent not in ACTIONS or strict.confidence > UNFIT):
            return strict
        return Understanding(
            intent=Intent.CLARIFY,
            slots=Slots(runs=(strict or free).slots.runs),
            confidence=UNFIT,
            command=command.name,
            notes=(f"/wandb {command.name}, and words that it does not take",),
        )

    def _sentence(self, text: str, context: Context, index: RunIndex) -> Understanding:
        cleaned = clean(text, context.bot.slack_id)
        called = cleaned.bot or self.talk.is_called(text)
        if called and context.overheard:
            context = context.model_copy(update={"addressed": "mention"})
        readings = tuple(self.reader.read(clause, context, index) for clause in cleaned.clauses)
        if (said := self.talk.read(cleaned, readings, context)) is not None:
            return said
        decided = list(self._clauses(Heard(cleaned, readings), context, index))
        return choose(decided, context)

    def _clauses(
        self, heard: Heard, context: Context, index: RunIndex
    ) -> Iterator[tuple[bool, Understanding]]:
        earlier: tuple[Run, ...] = ()
        said = context
        reported: str | None = None
        back = self.guard.taken_back(list(heard.readings))
        for reading in heard.readings:
            if self.talk.is_empty(reading.text):
                continue
            verdict = self.guard.verdict(reading, context, bot=heard.cleaned.bot)
            if back:
                verdict = Verdict("it is taken back", "it is taken back")
            if reported:
                verdict = replace(verdict, action=verdict.action or reported)
            asks = reading.question or self.talk.is_question(reading)
            found = self._judge(reading, verdict, said, index, earlier)
            asked = verdict.any is None or self.guard.is_aside(verdict.any)
            if found.intent in _OPEN and not context.overheard and asked:
                late = self._late(reading, verdict, said, index)
                found, asks = (late, True) if late is not None else (found, asks)
            yield asks, found
            if verdict.action and "said" in verdict.action:
                reported = verdict.action
            runs = tuple(str(value) for value in reading.of("RUN"))
            earlier = runs or earlier
            if len(earlier) == 1 and not context.thread.paths and not context.overheard:
                thread = Thread(kind="run", run=str(earlier[0]))
                said = context.model_copy(update={"thread": thread})

    def _late(
        self, reading: Reading, verdict: Verdict, context: Context, index: RunIndex
    ) -> Understanding | None:
        """The question or request that follows a remark: "no alerts needed, please mute it".

        An order must say please or follow from the remark ("it is dead, so mute it"), unless it
        only restores something. The remark may be a refusal or a report of what happened, but no
        condition, quotation or other person's words.
        """
        for pause in self._pause.finditer(reading.text):
            before, after = reading.text[: pause.start()], reading.text[pause.end() + 1 :]
            if not self.talk.begins(after):
                continue
            if self.guard.is_supposed(before):
                return None
            places = _PLACE.findall(before)
            if len(places) == 1 and not _ANY_OBJECT.search(after):
                after = f"{after} {places[0]}"
            tail = replace(reading, text=after, doubtful=(), pieces=())
            runs = tuple(str(run) for run in reading.of("RUN", before))
            if len(runs) == 1 and not context.thread.paths:
                thread = Thread(kind="run", run=runs[0])
                context = context.model_copy(update={"thread": thread})
            judged = self._judge(tail, self.guard.verdict(tail, context, bot=True), context, index)
            if judged.intent in _OPEN:
                continue
            calm = self.guard.is_remark(before, verdict)
            restores = judged.intent in _RESTORING and pause["sign"] == ","
            orders = (
                self.talk.is_order_behind(after)
                or self._hence.fullmatch(pause["sign"]) is not None
                or (restores and self._is_short(before, reading))
                or (judged.intent in _ENDING and self.guard.is_refusal(before))
            )
            if judged.intent not in ACTIONS or (calm and orders):
                return judged
        return None

    def _is_short(self, before: str, reading: Reading) -> bool:
        """Whether a few words that change nothing stand before an order: "sorry, wrong one"."""
        few = len(before.split()) <= REMARK
        return few and not self.matcher.changes(replace(reading, text=before))

    def _judge(
        self,
        reading: Reading,
        verdict: Verdict,
        context: Context,
        index: RunIndex,
        earlier: tuple[Run, ...] = (),
    ) -> Understanding:
        """Decides about one clause."""
        best = self._best(reading, context)
        if best is None or best.confidence < SURE:
            best = self._loosely(best, reading, verdict, context)
        if verdict.any is not None:
            return _nothing(verdict.any)
        if best is None:
            return self._not_understood(reading, verdict, context, index)
        if best.intent in ACTIONS and verdict.action is not None:
            return _nothing(verdict.action)
        if best.intent in ACTIONS and self._is_doubt(best):
            return self._clarify(best, context, index, "an order that ends as a question")
        slots = self.filler.fill(best, context, index, earlier)
        if best.confidence < (SURE_ACTION if best.intent in ACTIONS else SURE):
            if verdict.action is not None or best.confidence < HALF:
                return self._not_understood(reading, verdict, context, index)
            return self._clarify(best, context, index, f"perhaps {best.intent.value}")
        if context.overheard:
            case = Case(best, slots, context, index, self.talk)
            if (why := not_for_us(case)) is not None:
                return Understanding(intent=Intent.UNKNOWN, confidence=0.8, notes=(why,))
        notes = [f"read as “{best.matched}”"]
        if best.rest:
            notes.append(f"left over: “{best.rest}”")
        return Understanding(
            intent=best.intent,
            slots=slots,
            confidence=best.confidence,
            command=best.phrase.command,
            notes=tuple(notes),
        )

    def _best(self, reading: Reading, context: Context) -> Candidate | None:
        found = self.matcher.candidates(reading, context)
        doubtful = reading.doubtful[:3]
        if found and found[0].confidence >= CLEAR:
            words = reading.text.split()
            doubtful = tuple(
                item
                for item in doubtful
                if reading.pieces[item[0]] in words
                or self._daily.fullmatch(reading.pieces[item[0]])
            )
        ways = [doubtful] if len(doubtful) > 1 else []
        for way in [*ways, *((item,) for item in doubtful)]:
            other = reading
            for place, path in way:
                other = self.reader.doubting(other, place, path, context)
            others = self.matcher.candidates(other, context)
            found = [*others[:1], *found] if self._better(others, found) else [*found, *others]
        return found[0] if found else None

    def _loosely(
        self, best: Candidate | None, reading: Reading, verdict: Verdict, context: Context
    ) -> Candidate | None:
        """A second, looser look at a question to the bot; never for what is merely overheard."""
        if context.overheard or verdict.action is not None:
            return best
        later = self.matcher.skipping(reading, context)
        if (
            later is None
            and self.talk.is_asking(reading)
            and (best is None or best.intent not in ACTIONS)
        ):
            later = self.matcher.guess(reading, context)
        return later or best

    @staticmethod
    def _better(others: list[Candidate], found: list[Candidate]) -> bool:
        """A word that is also a run's name is the run where that reads better, or as well."""
        if not others:
            return False
        if not found:
            return True
        gain = others[0].confidence - found[0].confidence
        return gain > WORTH or (gain == 0 and len(others[0].matched) > len(found[0].matched))

    def _is_doubt(self, best: Candidate) -> bool:
        asks = best.intent in {Intent.REMIND, Intent.ALERT_RULE, Intent.BRIEFING}
        asked = best.requested or self._will_you.search(best.reading.text)
        return best.reading.question and not asked and not asks

    def _clarify(
        self, best: Candidate, context: Context, index: RunIndex, why: str
    ) -> Understanding:
        if context.overheard:
            return Understanding(intent=Intent.UNKNOWN, confidence=0.7, notes=(why,))
        slots = self.filler.fill(best, context, index)
        return Understanding(
            intent=Intent.CLARIFY, slots=slots, confidence=best.confidence, notes=(why,)
        )

    def _not_understood(
        self, reading: Reading, verdict: Verdict, context: Context, index: RunIndex
    ) -> Understanding:
        """Nothing fits: ask back if a run is named in an order or a question, else say so."""
        if verdict.action is not None:
            return _nothing(verdict.action)
        asked = self.talk.is_asking(reading)
        if asked and self.matcher.changes(reading):
            asked = reading.question or self.talk.is_request(reading)
        if not context.overheard and reading.has("RUN") and asked:
            phrase = Phrase(Intent.CLARIFY, "", 0.4)
            core = self.matcher.core(reading)
            empty = Candidate(phrase, 0.4, core, "", {}, requested=False, reading=reading)
            return self._clarify(empty, context, index, "a run is named, but not what to do")
        if not context.overheard and (name := _begins_several(reading, index)) is not None:
            return Understanding(
                intent=Intent.DESCRIBE,
                slots=Slots(runs=(name,)),
                confidence=BARE,
                notes=("a name that several runs share",),
            )
        return Understanding(intent=Intent.UNKNOWN, confidence=0.7, notes=(_NO_FIT,))


def _begins_several(reading: Reading, index: RunIndex) -> str | None:
    """A lone word with which the names of several runs begin: which of them is asked then."""
    found = _LONE.fullmatch(reading.text.strip(" ,:"))
    name = str(reading.values[found[0]]) if found else ""
    return name if found and len(index.find(name).paths) > 1 else None


def _nothing(why: str) -> Understanding:
    return Understanding(intent=Intent.UNKNOWN, confidence=0.9, notes=(f"starts nothing: {why}",))


@lru_cache(maxsize=1)
def interpreter() -> Interpreter:
    """The English interpreter, built on first use."""
    return Interpreter(load("en"))


def understand(text: str, context: Context) -> Understanding:
    """Understands a sentence.

    Args:
        text: The message as Slack sends it.
        context: Where it was said, by whom, and what is known there.

    Returns:
        The final decision, its slots, how sure it is, and why.
    """
    return interpreter().understand(text, context)


def warm_up() -> None:
    """Builds the interpreter and compiles all phrases: about a second, so not on an event loop.

    Without it the first sentences compile the phrases that they need.
    """
    interpreter().matcher.warm_up()
