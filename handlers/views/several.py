"""Several runs described in one message: the worst named first, then a part a run."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from analysis.findings import Health
from analysis.reports import RunReport
from handlers.reply import Block, Message
from handlers.views import blocks as b
from handlers.views.escape import Mrkdwn, code, date, escape, join, link, mrkdwn
from handlers.views.figures import figures
from handlers.views.numbers import plural
from handlers.views.runs import OPEN
from handlers.views.words import HEALTH, state_sentence

_WORST_FIRST: Final = (Health.CRITICAL, Health.WARNING, Health.UNKNOWN, Health.HEALTHY)
_FIGURES: Final = 2

Unread = Sequence[tuple[str, str]]
"""Paths of runs that could not be read, each with the reason."""


def message(
    reports: Sequence[RunReport], *, now: datetime, unread: Unread = (), more: int = 0
) -> Message:
    """Runs in the order in which they were asked for, numbered: “run 2” is the second.

    Args:
        reports: Of the runs that were read, at least one.
        now: When it is shown.
        unread: Those that could not be read.
        more: How many were not looked at.
    """
    counts = Counter(report.health for report in reports)
    told = ", ".join(f"{counts[h]} {h.value}" for h in _WORST_FIRST if counts[h])
    worst = next(health for health in _WORST_FIRST if counts[health])
    text = mrkdwn(
        "{emoji} {runs}: {told}", emoji=HEALTH[worst].emoji, runs=plural(len(reports), "run"),
        told=told,
    )  # fmt: skip
    parts = [b.section(_part(n, each), accessory=_open(each)) for n, each in enumerate(reports, 1)]
    notes = [*notes_of(unread, more), mrkdwn("W&amp;B, {when}", when=date(now))]
    blocks: list[Block] = [
        b.section(mrkdwn("*{text}*", text=text)),
        *parts,
        b.context(join("\n", notes)),
    ]
    return b.message(text, blocks)


def _part(place: int, report: RunReport) -> Mrkdwn:
    run = report.run
    shown = join("  ·  ", figures(report, short=True)[:_FIGURES])
    head = mrkdwn(
        "{place}. {mark} *{name}*: {headline}",
        place=place,
        mark=HEALTH[report.health].emoji,
        name=link(run.url, run.name or run.id, 80),
        headline=escape(report.headline, 300),
    )
    return join("\n", [line for line in (head, state_sentence(run), shown) if line])


def _open(report: RunReport) -> Any:
    path = report.run.path
    label = f"Describe {report.run.name or report.run.id}"
    return b.button("Describe", OPEN, path, label=label)


def notes_of(unread: Unread, more: int) -> Iterator[Mrkdwn]:
    """What an answer about several runs lacks."""
    for path, reason in unread:
        yield mrkdwn("⚠️ {path}: {reason}", path=code(path, 120), reason=escape(reason, 300))
    if more:
        yield mrkdwn("{more} not looked at: ask for fewer at once.", more=plural(more, "more run"))
