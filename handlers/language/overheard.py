"""Overheard: a sentence in a thread of the bot, without a mention, is rarely for the bot.

One table of reasons why such a sentence is left alone; only where none holds is it answered.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from handlers.language.fill import pronouns_left
from handlers.language.intents import ACTIONS, RUN_INTENTS, Context, Intent, Slots
from handlers.language.match import Candidate
from handlers.language.resolve import RunIndex
from handlers.language.smalltalk import SmallTalk

SURE_OVERHEARD = 0.86
"""Confidence from which a sentence without a mention counts as clearly for the bot."""
LOUD = 14
"""Words that a sentence to the bot rarely exceeds when it is overheard."""
_OBJECT = re.compile(r"(?<!\S)(?:IN)?(?:RUN|REF|NAME|PROJ|ENT|OWNER|DUR|TIME|DAYS|RULE|X)\d+")
_LISTS = frozenset({Intent.BEST_RUN, Intent.LIST_RUNS})
_OF_THE_BOT = frozenset({Intent.DOCTOR, Intent.HELP})


@dataclass(frozen=True, slots=True)
class Case:
    """An overheard sentence as it was read."""

    best: Candidate
    slots: Slots
    context: Context
    index: RunIndex
    talk: SmallTalk


def not_for_us(case: Case) -> str | None:
    """Why an overheard sentence is not clearly for the bot; None when it is."""
    return next((f"overheard, and {why}" for why, holds in _REASONS if holds(case)), None)


def _states(case: Case) -> bool:
    reading = case.best.reading
    exact = case.best.intent in _LISTS and not case.best.rest
    told = exact and any(reading.has(kind) for kind in ("INPROJ", "SINCE", "HOURS", "MET"))
    return not told and not case.talk.is_directed(reading, case.best.intent)


def _lacks_object(case: Case) -> bool:
    return case.best.intent in ACTIONS and not _OBJECT.search(case.best.reading.text)


def _asks_anybody(case: Case) -> bool:
    best = case.best
    return best.intent is Intent.DESCRIBE and best.requested and not best.reading.has("RUN")


def _links_nobody(case: Case) -> bool:
    owner = (case.slots.owner or "").lower()
    return case.best.intent is Intent.LINK_ACCOUNT and owner not in case.index.users


def _about_nothing(case: Case) -> bool:
    slots = case.slots
    placed = slots.runs or slots.projects or slots.entity
    return case.best.intent in RUN_INTENTS and not placed


def _points_nowhere(case: Case) -> bool:
    return case.best.intent in RUN_INTENTS and pronouns_left(case.slots.runs or ())


def _names_a_stranger(case: Case) -> bool:
    if case.best.intent not in RUN_INTENTS:
        return False
    paths = set(case.context.thread.paths)
    named = [run for run in case.slots.runs or () if isinstance(run, str)]
    return any(run not in paths and not case.index.exact(run).paths for run in named)


_REASONS: tuple[tuple[str, Callable[[Case], bool]], ...] = (
    ("not clearly for the bot", lambda case: case.best.confidence < SURE_OVERHEARD),
    ("too long to be an order", lambda case: len(case.best.reading.text.split()) > LOUD),
    ("neither a question nor an order", _states),
    ("an order without an object", _lacks_object),
    ("anybody could be asked to look at it", _asks_anybody),
    (
        "not clearly about the bot",
        lambda case: case.best.intent in _OF_THE_BOT and not case.best.reading.has("BOT"),
    ),
    ("no known user is named", _links_nobody),
    ("about no run of the thread", _about_nothing),
    ("the thread does not say which run is meant", _points_nowhere),
    ("about a run that is not known", _names_a_stranger),
)
