"""The failures of a project as a list: the most frequent error first, each once with its count."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from analysis.causes.report import TITLES
from analysis.failures import FailureGroupReport, FailuresReport
from handlers.reply import Block, Message
from handlers.views import blocks as b
from handlers.views.escape import Mrkdwn, code, date, escape, join, mrkdwn
from handlers.views.help import TRY
from handlers.views.numbers import age, number, plural

SHOWN: Final = 12
_FIRST: Final = 3
"""Errors with their details and a button, above the table of all."""
_TABLE: Final = 5_000  # of the characters that a whole message may hold
_TITLES: Final[dict[str, str]] = {str(cause): title for cause, title in TITLES.items()}


def message(report: FailuresReport, *, now: datetime) -> Message:
    """The list.

    Args:
        report: What failed.
        now: When it is shown.
    """
    text = _headline(report)
    flat = b.first_that_fits(b.only(_blocks(report, text, now, most)) for most in (SHOWN, 8, 4))
    if len(report.groups) <= _FIRST:
        return b.message(text, flat)
    every = b.only(_blocks(report, text, now, _FIRST, native=True))
    return b.message(text, b.first_that_fits([every]), flat)


def looking(where: str) -> Message:
    """A promise."""
    text = mrkdwn("👀 Reading what failed in {where} …", where=code(where, 120))
    return b.message(text, [b.context(text)])


def _headline(report: FailuresReport) -> Mrkdwn:
    where = escape(_where(report), 120)
    days = f"{number(report.days, 2)} days" if report.days != 1 else "day"
    if not report.total:
        return mrkdwn("✅ No run of {where} failed in the last {days}", where=where, days=days)
    head = mrkdwn(
        "❌ {runs} of {where} failed in the last {days}",
        runs=plural(report.total, "run"),
        where=where,
        days=days,
    )
    if not report.groups:
        return head
    top = report.groups[0]
    if top.count == 1:
        return head
    return mrkdwn(
        "{head}, {count} with the same error",
        head=head,
        count="all" if top.count == report.total else str(top.count),
    )


def _where(report: FailuresReport) -> str:
    return report.entity if report.project is None else f"{report.entity}/{report.project}"


def _blocks(
    report: FailuresReport, text: Mrkdwn, now: datetime, most: int, *, native: bool = False
) -> Iterator[Block | None]:
    yield b.section(mrkdwn("*{text}*", text=text))
    if len(report.by_cause) > 1:
        counted = [
            mrkdwn("{count} × {cause}", count=count, cause=code(cause))
            for cause, count in report.by_cause.items()
        ]
        yield b.context(join("  ·  ", counted))
    for group in report.groups[:most]:
        yield b.section(
            _group(group),
            accessory=b.button(
                "Why?",
                TRY,
                f"/wandb why {group.last_run}",
                label=f"Why {group.last_run.rsplit('/', 1)[-1]} failed"[:70],
            ),
        )
    left = len(report.groups) - most
    if native:
        yield _table(report, now)
    elif left > 0:
        yield b.context(mrkdwn("… and {left}", left=plural(left, "further error")))
    notes = [mrkdwn("W&amp;B, {when}", when=date(min(report.generated_at, now)))]
    if report.unread:
        notes.append(
            mrkdwn("⚠️ the console of {runs} could not be read",
                   runs=plural(report.unread, "run"))
        )  # fmt: skip
    yield b.context(join("  ·  ", notes))


def _table(report: FailuresReport, now: datetime) -> Block:
    """Every error in one table that sorts: how often, what, why, since when."""
    rows: list[list[b.Cell]] = [
        [
            group.count,
            group.title,
            _TITLES.get(group.cause, group.cause),
            _age(group.first_at, now),
            _age(group.last_at, now),
        ]
        for group in report.groups
    ]
    columns = ("Runs", "Error", "Cause", "First", "Latest")
    caption = f"All {plural(len(rows), 'error')} in {_where(report)}"
    return b.data_table(caption, columns, rows, head=1, characters=_TABLE)


def _age(when: datetime, now: datetime) -> b.Cell:
    seconds = max(0.0, (now - when).total_seconds())
    return b.Sized(round(seconds), age(seconds))


def _group(group: FailureGroupReport) -> Mrkdwn:
    title = _TITLES.get(group.cause, group.cause)
    first, last = (path.rsplit("/", 1)[-1] for path in (group.first_run, group.last_run))
    when = (
        mrkdwn("first {run}, {at}", run=code(first, 60), at=date(group.first_at))
        if group.count > 1
        else mrkdwn("{run}, {at}", run=code(first, 60), at=date(group.first_at))
    )
    latest = (
        mrkdwn("  ·  latest {run}, {at}", run=code(last, 60), at=date(group.last_at))
        if group.count > 1
        else Mrkdwn()
    )
    head = mrkdwn("*{count}*  {title}", count=f"{group.count} ×", title=title)
    same = group.title.rstrip(". ") == title  # nothing is known but that
    error = Mrkdwn() if same else code(group.title, 200)
    return join("\n", [head, error, mrkdwn("{when}{latest}", when=when, latest=latest)])
