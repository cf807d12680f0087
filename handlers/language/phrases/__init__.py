"""The phrase tables: everything that depends on a language, one file a language.

A table is a `Language`. Its patterns are matched against the *reading* of a sentence: lower-case
words separated by single spaces, in which everything that is no plain word has become a numbered
mark (`RUN0`, `MET1`, …). `{run}` and its like stand for those marks; `MACROS` lists them.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources
from typing import Any

from handlers.language.intents import Intent

MARKS = (
    "RUN",  # a run that is known, or written as a path or an address
    "REF",  # a run that is pointed at: "it", "my last run"
    "MET",  # a metric
    "PROJ",  # a project, with or without its entity
    "ENT",  # an entity
    "OWNER",  # whose runs
    "SINCE",  # a point in time to look back to
    "HOURS",  # a span to look back over
    "DUR",  # a duration ahead
    "TIME",  # a time of day
    "ZONE",  # a time zone
    "DAYS",  # days of the week
    "AXIS",  # what to compare by
    "TOP",  # how many
    "RULE",  # a condition
    "NAME",  # an unknown word that looks like a name: digits, hyphens, quotes
    "X",  # an unknown plain word that may be a name
    "Y",  # an unknown plain word that is none
    "QUOTE",  # quoted words that are no name
    "USER",  # another person
    "BOT",  # the bot
    "CHAN",  # a channel
    "URL",  # an address that is no run
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """One way to say an intent.

    Attributes:
        intent: What it says.
        pattern: A regular expression over the reading, anchored at its start.
        score: Confidence when nothing of the sentence is left over.
        whole: Whether words left over rule it out.
        needs: Slots of which one must be filled, or `thread` (about something), `comparison`.
        command: The slash command that answers it, where it is not the intent's own.
    """

    intent: Intent
    pattern: str
    score: float = 0.95
    whole: bool = False
    needs: tuple[str, ...] = ()
    command: str | None = None


@dataclass(frozen=True)
class Language:
    """All that is needed to understand one language.

    Attributes:
        code: Its ISO 639-1 code.
        macros: Names for parts of patterns, on top of the common marks.
        cues: Loose signs of an intent, for questions that no phrase fits: (intent, pattern, needs).
        busy: Words of what changes something; with one of them no cue is trusted.
        phrases: The table; of equal scores the earlier entry wins.
        expand: Words, contractions and short forms to replace before anything else.
        metric_words: Spoken metric to its name.
        metric_parts: Parts by which an underscored or slashed name is seen to be a metric.
        states: Word to run state.
        openers: Short forms that count only before a verb: "y did it".
        numbers: Number word to number.
        clock_offsets: Words before an hour to the minutes that they move it by.
        units: Unit of time to its short form.
        months: Name of a month to its number, January 1.
        weekdays: Name of a day to its number, Monday 0.
        zones: Spoken time zone to its name.
        operators: Comparing words to an operator.
        time_words: Words of time that `times.py` builds its patterns of.
        references: Pointing words: (pattern, kind, place), read in order.
        ordinals: Word to place.
        axes: What to compare by: (pattern, axis).
        counts: Patterns of "how many", with groups `before` and `n`.
        owners: Patterns of whose runs, with a group `mark`.
        places: Patterns of where, with a group `mark`; with `keep` the words before it stay.
        factors: Word to factor of a ratio.
        patterns: The single patterns that other modules name.
        gerunds: The -ing form of what can be asked for, to its plain form.
        endings: How a run ended, in words: (pattern, state).
        topics: What a question about the bot is about: (pattern, command).
        lead: What may precede a sentence without meaning anything.
        request: What turns the rest of a sentence into a request to the bot.
        inquiry: What introduces an indirect question.
        filler: Words to ignore anywhere.
        small: Words that may be left over at no cost.
        guards: Why a sentence is not for the bot: (reason, pattern from its start).
        action_guards: The same, for sentences that would change something.
        foreign: Words of other walks of life.
        confusable: Real words that a spelling correction must leave alone.
        greetings: Words of which a greeting is made.
        thanks: A pattern of thanks.
        extra_words: Ordinary words, so that they are not taken for names.
    """

    code: str
    cues: tuple[tuple[Intent, str, tuple[str, ...]], ...]
    busy: str
    macros: Mapping[str, str]
    phrases: tuple[Phrase, ...]
    expand: Mapping[str, str]
    metric_words: Mapping[str, str]
    metric_parts: frozenset[str]
    states: Mapping[str, str]
    openers: Mapping[str, str]
    numbers: Mapping[str, float]
    clock_offsets: Mapping[str, int]
    units: Mapping[str, str]
    months: Mapping[str, int]
    weekdays: Mapping[str, int]
    zones: Mapping[str, str]
    operators: Mapping[str, str]
    time_words: Mapping[str, str]
    references: tuple[tuple[str, str, int | None], ...]
    ordinals: Mapping[str, int]
    axes: tuple[tuple[str, str], ...]
    counts: tuple[str, ...]
    owners: tuple[str, ...]
    places: tuple[str, ...]
    factors: Mapping[str, float]
    patterns: Mapping[str, str]
    gerunds: Mapping[str, str]
    endings: tuple[tuple[str, str], ...]
    topics: tuple[tuple[str, str], ...]
    lead: str
    request: str
    inquiry: str
    filler: str
    small: frozenset[str]
    guards: tuple[tuple[str, str], ...]
    action_guards: tuple[tuple[str, str], ...]
    foreign: frozenset[str]
    confusable: frozenset[str]
    greetings: frozenset[str]
    thanks: str
    extra_words: frozenset[str] = field(default_factory=frozenset)

    def compile(self, pattern: str) -> re.Pattern[str]:
        """Compiles a pattern of this table, its macros filled in."""
        return re.compile(fill(pattern, self.macros))

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Every word that the table knows."""
        sources: list[str] = [phrase.pattern for phrase in self.phrases]
        sources += self.macros.values()
        sources += [self.lead, self.request, self.inquiry, self.filler, self.thanks]
        sources += [*self.time_words.values(), *self.counts, *self.owners, *self.places]
        sources += [*self.patterns.values(), *(pattern for pattern, _, _ in self.references)]
        sources += [pattern for _, pattern in (*self.guards, *self.action_guards)]
        sources += [self.busy, *(pattern for _, pattern, _ in self.cues)]
        tables: tuple[Iterable[str], ...] = (
            self.metric_words,
            self.states,
            self.numbers,
            self.clock_offsets,
            self.units,
            self.months,
            self.weekdays,
            self.zones,
            self.operators,
            self.ordinals,
            self.factors,
            self.small,
            self.foreign,
            self.greetings,
            self.extra_words,
            self.expand.values(),
        )
        for table in tables:
            sources += table
        return frozenset(words_of(sources))

    @cached_property
    def triggers(self) -> tuple[str, ...]:
        """The words that a misspelt word may have meant: those of the patterns, four letters on."""
        sources = [phrase.pattern for phrase in self.phrases]
        sources += [*self.macros.values(), *self.metric_words, *self.weekdays, *self.units]
        sources += [self.request]
        words = {word for word in words_of(sources) if len(word) > 3 and word.isalpha()}
        return tuple(sorted(words - self.foreign))


_NO_WORDS = re.compile(r"\{\w+\}|\\[a-z]|\?P<\w+>|\(\?<?[!=]")
_CHOICE = re.compile(r"([a-z]*)\[([a-z]+)\]([a-z]*)")
_ENDING = re.compile(r"([a-z]+)\((?:\?:)?([a-z|]+)\)(\??)([a-z]*)")
_TOGETHER = re.compile(r"\b([a-z]+) \?([a-z]+)")
_OPTIONAL = re.compile(r"([a-z]+)([a-z])\?([a-z]*)")


def words_of(patterns: Iterable[str]) -> set[str]:
    """All words that patterns spell, however shortened: `fail(?:ed|s)?` gives three."""
    text = " | ".join(_NO_WORDS.sub(" ", pattern) for pattern in patterns)
    while found := _CHOICE.search(text):
        ways = "|".join(f"{found[1]}{letter}{found[3]}" for letter in found[2])
        text = text[: found.start()] + ways + text[found.end() :]
    for _ in range(3):
        text = _ENDING.sub(_spelled_out, text)
    text = _TOGETHER.sub(r"\1|\2|\1\2", text)
    text = _OPTIONAL.sub(lambda m: f"{m[1]}{m[3]}|{m[1]}{m[2]}{m[3]}", text)
    return set(re.findall(r"[a-z]+(?:'[a-z]+)?", text))


def _spelled_out(found: re.Match[str]) -> str:
    head, endings, optional, tail = found.groups()
    ways = [f"{head}{ending}{tail}" for ending in endings.split("|")]
    return "|".join([*ways, f"{head}{tail}"] if optional else ways)


def fill(pattern: str, macros: Mapping[str, str]) -> str:
    """Replaces `{name}` in a pattern by what it stands for, as deep as needed."""
    while found := re.search(r"\{([a-z_]+)\}", pattern):
        pattern = pattern.replace(found[0], f"(?:{macros[found[1]]})")
    return pattern


COMMON = {
    "name": r"(?:RUN|REF|NAME|X)\d+",
    "sure": r"(?:RUN|REF|NAME)\d+",
    "met": r"MET\d+",
    "proj": r"PROJ\d+",
    "ent": r"ENT\d+",
    "dur": r"DUR\d+",
    "time": r"TIME\d+",
    "zone": r"ZONE\d+",
    "days": r"DAYS\d+",
    "owner": r"OWNER\d+",
    "since": r"(?:SINCE|HOURS)\d+",
    "top": r"TOP\d+",
    "axis": r"AXIS\d+",
    "rule": r"RULE\d+",
    "user": r"USER\d+",
    "place": r"(?:PROJ|ENT|NAME|X)\d+",
    "who": r"(?:NAME|X|RUN|ENT|OWNER)\d+",
}
"""Macros that mean the same in every language."""


def load(code: str) -> Language:
    """Reads a language from its file, `CODE.toml` beside this one.

    Args:
        code: The ISO 639-1 code of the language.

    Returns:
        The table.

    Raises:
        FileNotFoundError: There is no such language.
        KeyError: A part is missing in its file.
    """
    text = resources.files(__name__).joinpath(f"{code}.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    return Language(
        code=data["code"],
        macros={
            **COMMON,
            **{name: _pointing(pattern) for name, pattern in _joined(data["macros"]).items()},
        },
        phrases=tuple(_phrase(entry) for entry in data["phrases"]),
        cues=tuple(
            (Intent(entry["intent"]), _join(entry["pattern"]), tuple(entry["needs"]))
            for entry in data["cues"]
        ),
        busy=_join(data["busy"]),
        expand=_inverted(data["expand"]),
        metric_words=_inverted(data["metric_words"]),
        metric_parts=frozenset(data["metric_parts"].split()),
        states=_inverted(data["states"]),
        openers=_inverted(data["openers"]),
        numbers={word: float(value) for word, value in _inverted(data["numbers"]).items()},
        clock_offsets={
            word: int(value) for word, value in _inverted(data["clock_offsets"]).items()
        },
        units=_inverted(data["units"]),
        months={word: int(value) for word, value in _inverted(data["months"]).items()},
        weekdays={word: int(value) for word, value in _inverted(data["weekdays"]).items()},
        zones=_inverted(data["zones"]),
        operators=_inverted(data["operators"]),
        time_words=_joined(data["time_words"]),
        references=tuple(
            (_join(entry["pattern"]), entry["kind"], entry.get("n")) for entry in data["references"]
        ),
        ordinals={word: int(value) for word, value in _inverted(data["ordinals"]).items()},
        axes=_pairs(data["axes"]),
        counts=_patterns(data["counts"]),
        owners=_patterns(data["owners"]),
        places=_patterns(data["places"]),
        factors={word: float(value) for word, value in _inverted(data["factors"]).items()},
        patterns=_joined(data["patterns"]),
        gerunds=_inverted(data["gerunds"]),
        endings=_pairs(data["endings"]),
        topics=_pairs(data["topics"]),
        lead=_join(data["lead"]),
        request=_join(data["request"]),
        inquiry=_join(data["inquiry"]),
        filler=_join(data["filler"]),
        small=frozenset(data["small"].split()),
        guards=tuple((entry["reason"], _join(entry["pattern"])) for entry in data["guards"]),
        action_guards=tuple(
            (entry["reason"], _join(entry["pattern"])) for entry in data["action_guards"]
        ),
        foreign=frozenset(data["foreign"].split()),
        confusable=frozenset(data["confusable"].split()),
        greetings=frozenset(data["greetings"].split()),
        thanks=_join(data["thanks"]),
        extra_words=frozenset(data["extra_words"].split()),
    )


def _phrase(entry: Mapping[str, Any]) -> Phrase:
    return Phrase(
        intent=Intent(entry["intent"]),
        pattern=_pointing(_join(entry["pattern"])),
        score=float(entry["score"]),
        whole=bool(entry.get("whole", False)),
        needs=tuple(entry.get("needs", ())),
        command=entry.get("command"),
    )


def _join(pattern: str) -> str:
    """A pattern without the line breaks and indents that only make it readable."""
    return re.sub(r"^[ \t]+|\n", "", pattern, flags=re.MULTILINE)


def _pointing(pattern: str) -> str:
    """A pattern whose "it" matches also once it was marked as a pointing word."""
    return re.sub(r"(?<![\\a-z'])it(?![a-z'])", r"(?:it|REF\\d+)", pattern)


def _joined(table: Mapping[str, str]) -> dict[str, str]:
    return {name: _join(pattern) for name, pattern in table.items()}


def _inverted(table: Mapping[str, str]) -> dict[str, str]:
    """Word to meaning, from the file's meaning to words."""
    return {word: meaning for meaning, words in table.items() for word in _join(words).split("|")}


def _pairs(table: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((_join(pattern), meaning) for meaning, pattern in table.items())


def _patterns(entries: Iterable[Mapping[str, str]]) -> tuple[str, ...]:
    return tuple(_join(entry["pattern"]) for entry in entries)
