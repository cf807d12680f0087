"""What somebody may have meant: the nearest things that can be done, filled in with what is known.

Used where a sentence was not understood, or not surely enough. Nothing is done until a button is
pressed; a button's text is what would have been typed.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz import fuzz

from handlers import registry
from handlers.language import COMMANDS
from handlers.language.intents import Context, Intent, Understanding
from handlers.language.resolve import run_of_url
from handlers.views.help import Suggestion

_WORD: Final = re.compile(r"[\w./:\-]{3,}")
_TEXT: Final = 300
_WATCHED: Final = re.compile(r"\b(?:un)?(?:watch|follow|track|monitor|subscri)", re.IGNORECASE)
_TOLD: Final = re.compile(r"\b(?:alert|notif|ping|messag|warn|spam|nois)", re.IGNORECASE)
_ENOUGH: Final = re.compile(r"\b(?:no|not|stop|enough|cannot|\w+n['’]?t)\b", re.IGNORECASE)
_LOOK: Final = "What runs now, and what failed or finished lately."


@dataclass(frozen=True, slots=True)
class _Offer:
    """Something that can be offered.

    Attributes:
        intent: What it would be.
        command: The slash command whose words are compared with what was typed.
        label: The button's words.
        text: What it says.
        does: What it does, where that is not all that the command does.
    """

    intent: Intent
    command: str
    label: str
    text: str
    does: str = ""


@dataclass(frozen=True, slots=True)
class _Known:
    """What a sentence holds that can be filled in: paths, and how people call the runs."""

    runs: tuple[str, ...]
    metric: str | None
    project: str | None
    names: dict[str, str]

    def name(self, path: str) -> str:
        return self.names.get(path) or path.rsplit("/", 1)[-1]


def suggestions(
    reading: Understanding, text: str, context: Context, most: int = 3
) -> list[Suggestion]:
    """The nearest things that can be done, the likeliest first.

    Args:
        reading: What was understood, and why it was not enough.
        text: What was typed.
        context: Where.
        most: How many.
    """
    registry.load()
    known = _known(reading, text[: 4 * _TEXT], context)
    every = [*_ends(known, text[:_TEXT]), *_offers(known)]
    offers = [offer for offer in every if offer.intent in registry.COMMANDS]
    words = text[:_TEXT].lower()
    ranked = sorted(
        enumerate(offers), key=lambda each: (-_score(each[1], words, reading, known), each[0])
    )
    return [
        Suggestion(offer.label, offer.text, offer.does or COMMANDS[offer.command].summary)
        for _, offer in ranked[:most]
    ]


def _ends(known: _Known, text: str) -> Iterator[_Offer]:
    """What ends a watch or its alerts, where somebody has had enough of them."""
    if not _ENOUGH.search(text):
        return
    what = known.runs[0] if known.runs else known.project
    name = known.name(known.runs[0]) if known.runs else known.project
    if what and _WATCHED.search(text):
        yield _Offer(
            Intent.STOP_WATCH, "unwatch", f"Stop Watching {name}", f"/wandb unwatch {what}"
        )
    if known.runs and _TOLD.search(text):
        yield _Offer(Intent.MUTE, "mute", f"Mute {name}", f"/wandb mute {what}")


def _offers(known: _Known) -> Iterator[_Offer]:
    place = f" {known.project}" if known.project else ""
    by = f" by {known.metric}" if known.metric else ""
    if len(known.runs) >= 2:
        one, other = known.runs[:2]
        names = f"{known.name(one)} and {known.name(other)}"
        yield _Offer(Intent.COMPARE, "compare", f"Compare {names}", f"/wandb compare {one} {other}")
    if known.runs:
        run = known.runs[0]
        name, metric = known.name(run), known.metric
        yield _Offer(Intent.DESCRIBE, "describe", f"Describe {name}", f"/wandb describe {run}")
        plotted = f"Plot {metric} of {name}" if metric else f"Plot {name}"
        yield _Offer(
            Intent.SHOW_METRIC, "plot", plotted, f"/wandb plot {run} {metric or ''}".strip()
        )
        yield _Offer(Intent.WHY, "why", f"Why Did {name} Fail", f"/wandb why {run}")
    yield _Offer(Intent.WATCH_NOW, "watch", "How Is Training", "how's training?", _LOOK)
    yield _Offer(Intent.LIST_RUNS, "runs", "Latest Runs", f"/wandb runs{place}")
    yield _Offer(Intent.BEST_RUN, "best", f"Best Run{by}", f"/wandb best{place}{by}")
    yield _Offer(Intent.HELP, "help", "What I Can Do", "/wandb help")


def _score(offer: _Offer, words: str, reading: Understanding, known: _Known) -> float:
    command = COMMANDS[offer.command]
    sounds = " ".join((command.name, command.summary, *command.examples)).lower()
    guessed = any(note.endswith(f"perhaps {offer.intent.value}") for note in reading.notes)
    filled = offer.intent in {Intent.DESCRIBE, Intent.SHOW_METRIC, Intent.COMPARE, Intent.WHY}
    extra = (
        60.0 * guessed
        + 80.0 * (offer.intent in {Intent.STOP_WATCH, Intent.MUTE})
        + 25.0 * filled
        + 20.0 * (known.metric is not None and known.metric in offer.text)
    )
    return fuzz.token_set_ratio(words, sounds) + extra - 10.0 * (offer.intent is Intent.HELP)


def _known(reading: Understanding, text: str, context: Context) -> _Known:
    slots = reading.slots
    names = {run.path: run.name or run.id for run in context.known_runs}
    said = [run for run in slots.runs or () if isinstance(run, str)]
    said += _mentioned(text, context)
    runs = tuple(dict.fromkeys(said)) or context.thread.paths[:2]
    project = None
    if slots.projects:
        project = f"{slots.entity}/{slots.projects[0]}" if slots.entity else slots.projects[0]
    metric = slots.metrics[0] if slots.metrics else None
    return _Known(runs[:2], metric, project, names)


def _mentioned(text: str, context: Context) -> Sequence[str]:
    """Runs that stand in a text by their exact name, id or address."""
    by_name = {run.id.lower(): run.path for run in context.known_runs}
    by_name |= {run.name.lower(): run.path for run in context.known_runs if run.name}
    by_name |= {run.path.lower(): run.path for run in context.known_runs}
    found = []
    for word in _WORD.findall(text):
        path = run_of_url(word) or by_name.get(word.lower().rstrip(".:"))
        if path:
            found.append(path)
    return found
