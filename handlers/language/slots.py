"""Slots: everything in a sentence that is no plain word becomes a typed mark.

`read` turns a clause into its *reading*: lower-case words and marks, separated by single spaces.
"Did alpha drop below 0.5 since Monday?" over known runs gives "did RUN0 RULE1 SINCE2".
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from rapidfuzz.distance import DamerauLevenshtein

from handlers.language.intents import Context
from handlers.language.marks import MarkReader
from handlers.language.phrases import Language
from handlers.language.resolve import RunIndex, project_of_url, run_of_url
from handlers.language.text import Clause, Kind, Word
from handlers.language.times import TimeReader, zone_of_city

Value = object
METRIC_ROOTS = frozenset(
    "train training eval evaluation val valid validation test dev loss metrics metric perf system"
    " rewards reward objective rollout grad gradients epoch time env global charts optim lr policy"
    " critic".split()
)
_ANSWERS = frozenset({"yes", "no"})
"""What “yep” and “nope” stand for; nobody answers in the arguments of a command."""
_BEFORE_PROJECT = frozenset({"in", "project"})
_NAMEY = re.compile(r"[-_.:/\d]|[a-z][A-Z]")
_FILE = re.compile(r"\.(?:py|sh|ya?ml|json|toml|txt|log|ipynb|md|cfg)$")
_SPLITS = frozenset("dev val valid eval test train".split())
_RATE = re.compile(r"^lr-(?:adam\w*|sgd|rmsprop|adagrad|adadelta|lion|lamb|lars|adafactor|muon)\b")
"""What Lightning's ``LearningRateMonitor`` calls a learning rate."""
_AT_K = re.compile(r"^(?:[a-z_]+/)?[a-z]+@(?:\d+|k)$")
_DRAWN = re.compile(r"([a-z])\1{2,}")
_GLUED = re.compile(r"^(top|best|last|run|latest)(\d{1,3})$")
_NUMBER_LIKE = re.compile(
    r"^[-#]?(?:\d+(?:[.,]\d+)?(?:e[-+]?\d+)?%?(?:x|×|am|pm|h|hr|hrs|d|w|m|min|mins|s|k|st|nd|rd|th)?"
    r"|\d+[:.]\d\d(?:am|pm|h)?|\d+h\d+m?(?:in)?|\d{4}-\d\d-\d\d|\d{1,2}/\d{1,2})$",
    re.IGNORECASE,
)


@dataclass
class Reading:
    """A clause as words and marks.

    Attributes:
        text: Words and marks, single spaces between them.
        values: What each mark stands for.
        doubtful: Places of words that are also names of known runs.
        question: Whether a question mark ended it.
        corrected: How many words were misspelt.
        names: Whether unknown words are names, so that spelling is left alone.
    """

    text: str = ""
    values: dict[str, Value] = field(default_factory=dict)
    doubtful: tuple[tuple[int, str], ...] = ()
    pieces: tuple[str, ...] = ()
    question: bool = False
    corrected: int = 0
    names: bool = False

    def mark(self, kind: str, value: Value) -> str:
        """A new mark for a value."""
        name = f"{kind}{len(self.values)}"
        self.values[name] = value
        return name

    def of(self, kind: str, text: str | None = None) -> list[Value]:
        """The values of a kind of mark, in the order of the text."""
        found = re.findall(rf"(?<!\S){kind}\d+(?!\S)", self.text if text is None else text)
        return [self.values[name.removeprefix("IN")] for name in found]

    def has(self, kind: str) -> bool:
        """Whether a mark of this kind is in the text."""
        return re.search(rf"(?<!\S){kind}\d+", self.text) is not None


class SlotReader:
    """Reads clauses in one language; build one a language and keep it."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._times = TimeReader(language)
        words = sorted(language.metric_words, key=len, reverse=True)
        self._metric = re.compile(rf"(?<!\S)(?:{'|'.join(map(re.escape, words))})(?!\S)")
        self._marks = MarkReader(language)
        self._triggers: dict[str, list[str]] = {}
        for word in language.triggers:
            self._triggers.setdefault(word[0], []).append(word)
        self._asking = frozenset(language.patterns["asking"].split("|"))
        self._called = frozenset(language.patterns["called"].split("|"))
        self._time_word = language.time_words["zone_noun"]
        self._spell = lru_cache(maxsize=4096)(self._nearest)

    # ── words to pieces ──

    def read(
        self, clause: Clause, context: Context, index: RunIndex, *, names: bool = False
    ) -> Reading:
        """Reads a clause.

        Args:
            clause: Its words.
            context: Where it was said.
            index: The known runs of that context.
            names: Whether unknown words are names, as after a slash command.

        Returns:
            The reading in which a word that is also a run's name is a word.
        """
        reading = Reading(question=clause.question, names=names)
        pieces: list[str] = []
        doubtful: list[tuple[int, str]] = []
        words = clause.words
        place = 0
        while place < len(words):
            taken, piece = self._several(words, place, index, reading)
            if taken:
                pieces.append(piece)
                place += taken
                continue
            word = words[place]
            if word.kind is Kind.WORD:
                exact = index.exact(word.text)
                if exact.path and self._known(word.text.lower()):
                    doubtful.append((len(pieces), exact.path))
            pieces += self._piece(word, index, reading, words, place)
            place += 1
        reading.pieces = tuple(pieces)
        reading.doubtful = tuple(doubtful)
        return self._mark_phrases(reading, context)

    def doubting(self, reading: Reading, place: int, path: str, context: Context) -> Reading:
        """The other reading of a doubtful word: as the run of that name."""
        other = Reading(values=dict(reading.values), question=reading.question)
        other.corrected = reading.corrected
        pieces = list(reading.pieces)
        pieces[place] = other.mark("RUN", path)
        other.pieces = tuple(pieces)
        other.doubtful = tuple(item for item in reading.doubtful if item[0] != place)
        return self._mark_phrases(other, context)

    def _several(
        self, words: tuple[Word, ...], place: int, index: RunIndex, reading: Reading
    ) -> tuple[int, str]:
        """Names of several words: "Lora sweep 7", or "calm otter 1" for "calm-otter-1"."""
        for length in (4, 3, 2):
            part = words[place : place + length]
            if len(part) < length or any(word.kind is not Kind.WORD for word in part):
                continue
            texts = [word.text for word in part]
            if (zone := self._city_time(texts)) is not None:
                return length, reading.mark("ZONE", zone)
            if all(self._known(text.lower()) for text in texts):
                continue
            found = index.spelled(texts)
            if not found.paths:
                found = index.begun(texts)
            if found.path:
                return length, reading.mark("RUN", found.path)
        return 0, ""

    def _city_time(self, texts: list[str]) -> str | None:
        """The time zone of "Warsaw time", where the city has one of its own."""
        *city, last = (text.lower() for text in texts)
        if last != self._time_word or all(map(self._known, city)):
            return None
        return zone_of_city(" ".join(city))

    def _known(self, word: str) -> bool:
        return word in self.language.vocabulary or word in self.language.expand

    def _piece(
        self, word: Word, index: RunIndex, reading: Reading, words: tuple[Word, ...], place: int
    ) -> list[str]:
        match word.kind:
            case Kind.COMMA:
                return [word.text]
            case Kind.OPERATOR:
                return [word.text]
            case Kind.BOT:
                return [reading.mark("BOT", word.text)]
            case Kind.USER:
                return [reading.mark("USER", word.text)]
            case Kind.CHANNEL:
                return [reading.mark("CHAN", word.text)]
            case Kind.URL:
                return [self._url(word.text, index, reading)]
            case Kind.QUOTE:
                found = index.exact(word.text)
                if not found.paths:
                    found = index.spelled([word.text])
                if found.path:
                    return [reading.mark("RUN", found.path)]
                metric = self.language.metric_words.get(word.text.lower())
                kind = "NAME" if reading.names else "QUOTE"
                return [reading.mark("MET", metric) if metric else reading.mark(kind, word.text)]
            case Kind.NAME:
                return [self._name(word.text, index, reading)]
            case Kind.WORD:
                return self._word(word.text, index, reading, words, place)

    def _url(self, url: str, index: RunIndex, reading: Reading) -> str:
        if path := run_of_url(url):
            return reading.mark("RUN", index.exact(path).path or path)
        if project := project_of_url(url):
            return reading.mark("PROJ", project)
        return reading.mark("URL", url)

    def _name(self, text: str, index: RunIndex, reading: Reading) -> str:
        """One word in quotes or code: a name, whatever it looks like."""
        if path := index.exact(text).path:
            return reading.mark("RUN", path)
        if text.startswith("http"):
            return self._url(text, index, reading)
        if "/" in text:
            return self._slashed(text, index, reading) or reading.mark("NAME", text)
        lower = text.lower()
        if lower in index.projects:
            return reading.mark("PROJ", (None, index.projects[lower]))
        if lower in index.entities:
            return reading.mark("ENT", index.entities[lower])
        if self._is_metric(lower):
            return reading.mark("MET", self.language.metric_words.get(lower, text))
        return reading.mark("NAME", text)

    def _word(
        self, text: str, index: RunIndex, reading: Reading, words: tuple[Word, ...], place: int
    ) -> list[str]:
        lower = text.lower()
        vocabulary = self.language.vocabulary
        if self._single_letter(text, words, place):
            return [reading.mark("NAME", text)]
        if lower in self.language.expand and not index.exact(text).path:
            stands_for = self.language.expand[lower]
            if not (reading.names and stands_for in _ANSWERS):
                return stands_for.split()
        after = words[place + 1].text.lower() if place + 1 < len(words) else ""
        if lower in self.language.openers and after in self._asking:
            return [self.language.openers[lower]]
        if lower in index.projects and place and words[place - 1].text.lower() in _BEFORE_PROJECT:
            return [reading.mark("PROJ", (None, index.projects[lower]))]
        called = place > 0 and words[place - 1].text.lower() in self._called
        if lower in vocabulary and not (called and index.exact(text).path):
            return [lower]
        if path := index.exact(text).path:
            return [reading.mark("RUN", path)]
        if lower.endswith("'s") and len(lower) > 3:
            owner = self._word(text[:-2], index, reading, words, place)
            return [*owner, "'s"]
        if (glued := _GLUED.match(lower)) and glued[1] in vocabulary:
            return [glued[1], glued[2]]
        named = self._named(text, lower, index, reading)
        return [named] if named is not None else self._unknown(text, index, reading)

    def _named(self, text: str, lower: str, index: RunIndex, reading: Reading) -> str | None:
        """A word that the context, a table or its own form tells what it is."""
        if "/" in text and not lower.startswith("/"):
            mark = self._slashed(text, index, reading)
            if mark is not None:
                return mark
        if _NUMBER_LIKE.match(lower) or lower in self.language.metric_words:
            return lower
        if lower in index.projects:
            return reading.mark("PROJ", (None, index.projects[lower]))
        if lower in index.users:
            return reading.mark("OWNER", index.users[lower])
        if lower in index.entities:
            return reading.mark("ENT", index.entities[lower])
        if self._is_metric(lower):
            return reading.mark("MET", text)
        zone = self._times.zone_of(text)
        return None if zone is None else reading.mark("ZONE", zone)

    def _unknown(self, text: str, index: RunIndex, reading: Reading) -> list[str]:
        lower = text.lower()
        if (short := self._shortened(lower)) is not None and not reading.names:
            return [short]
        if _NAMEY.search(text) or len(index.find(text, inside=False).paths) == 1:
            if lower.isalpha() and (right := self._corrected(lower, reading)) is not None:
                return right.split()
            halves = lower.split("/") if "/" in lower else lower.split("-")
            if len(halves) > 1 and all(half in self.language.vocabulary for half in halves):
                return [reading.mark("X", text)]
            return [reading.mark("NAME", text)]
        if not index.inside(text).paths and (right := self._corrected(lower, reading)) is not None:
            return right.split()
        return [reading.mark("X", text)]

    def _shortened(self, word: str) -> str | None:
        """The known word in a drawn-out one: "hellooo", "lossss"."""
        if not _DRAWN.search(word):
            return None
        ways = (_DRAWN.sub(r"\1", word), _DRAWN.sub(r"\1\1", word))
        known = (*self.language.vocabulary, *self.language.metric_words)
        return next((way for way in ways if way in known), None)

    def _corrected(self, word: str, reading: Reading) -> str | None:
        """The word that was misspelt; among names only the words that are no names count."""
        right = self._spell(word)
        known = self.language
        if right is None or (
            reading.names and right not in known.states and right not in known.weekdays
        ):
            return None
        reading.corrected += 1
        return right

    @staticmethod
    def _single_letter(text: str, words: tuple[Word, ...], place: int) -> bool:
        """Runs called A and B: capitals that stand together, or at the end."""
        if len(text) != 1 or not text.isupper() or text == "I":
            return False
        others = [word.text for word in words if len(word.text) == 1 and word.text.isupper()]
        return text != "A" or len(others) > 1 or place == len(words) - 1

    def _slashed(self, text: str, index: RunIndex, reading: Reading) -> str | None:
        """A path of a run, a project, a metric, a time zone, or none of these."""
        if path := index.exact(text).path:
            return reading.mark("RUN", path)
        parts = text.strip("/").split("/")
        lower = [part.lower() for part in parts]
        if len(parts) < 2 or not all(parts) or all(part.isdigit() for part in parts):
            return None
        if text.lower() in self.language.metric_words:
            return reading.mark("MET", self.language.metric_words[text.lower()])
        if lower[0] in METRIC_ROOTS and lower[0] not in index.entities:
            return reading.mark("MET", text)
        if len(parts) == 3:
            return reading.mark("RUN", text)
        if (zone := self._times.zone_of(text)) is not None:
            return reading.mark("ZONE", zone)
        if lower[0] in index.entities:
            return reading.mark("PROJ", (parts[0], parts[1]))
        if self._is_metric(lower[1]) or self._is_metric(lower[0]):
            return reading.mark("MET", text)
        if all(part in self.language.vocabulary for part in lower):
            return None
        if lower[0] in index.projects:
            return reading.mark("RUN", text)
        return reading.mark("PROJ", (parts[0], parts[1]))

    def _is_metric(self, lower: str) -> bool:
        if lower in self.language.metric_words or _AT_K.match(lower):
            return True
        if _RATE.match(lower):
            return True
        root, dot, _ = lower.partition(".")
        if dot and root in METRIC_ROOTS and not _FILE.search(lower):
            return True
        parts = lower.split("_")
        if parts[-1] in _SPLITS:  # wer_dev
            parts = [parts[-1], *parts[:-1]]
        if len(parts) < 2 or parts[-1] not in self.language.metric_parts:
            return False
        return parts[0] in METRIC_ROOTS or not any(part.isdigit() for part in parts)

    def _nearest(self, word: str) -> str | None:
        """The word of the table that a misspelt word meant, if that is clear."""
        if len(word) < 4 or not word.isalpha() or word in self.language.confusable:
            return None
        limit = 1 if len(word) < 8 else 2
        best: list[tuple[int, str]] = []
        for known in self._triggers.get(word[0], ()):
            if abs(len(known) - len(word)) > limit:
                continue
            far = DamerauLevenshtein.distance(known, word, score_cutoff=limit)
            if far <= limit and (len(known) > 4 or far == 1):
                best.append((far, known))
        if not best:
            return None
        best.sort()
        nearest = [known for far, known in best if far == best[0][0]]
        stems = {known[:4] for known in nearest}
        return min(nearest, key=len) if len(stems) == 1 else None

    # ── phrases to marks ──

    def _mark_phrases(self, reading: Reading, context: Context) -> Reading:
        text = f"{' '.join(reading.pieces)}"
        text = self._metric.sub(
            lambda found: reading.mark("MET", self.language.metric_words[found[0]]), text
        )
        text = self._times.mark(text, reading.mark, context.now)
        text = self._marks.mark(text, reading.values, reading.mark, context)
        reading.text = re.sub(r"\s+", " ", text).strip()
        return reading
