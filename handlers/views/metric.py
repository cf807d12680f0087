"""A metric's value, course and curve: the takeaway as text, the picture under it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from analysis.metric_lines import Lines, MetricOfRun, MetricReport, NoSuchMetric
from analysis.reports import RunFacts
from handlers.reply import Block, Image, Message
from handlers.views import blocks as b
from handlers.views.charts import of_lines as charts_of
from handlers.views.escape import Mrkdwn, code, date, escape, join, link, mrkdwn
from handlers.views.numbers import change, number, plural, step

_COURSE: Final = {"falling": "↘ falling", "rising": "↗ rising", "flat": "→ flat", "unknown": ""}
_MOST: Final = 12


def message(
    report: MetricReport,
    *,
    now: datetime,
    picture: Image | None = None,
    lines: Lines | None = None,
    pending: str = "",
) -> Message:
    """Metrics of one run or several.

    Args:
        report: What was read.
        now: When it is shown.
        picture: The curves.
        lines: What the picture shows; of a few points they are Slack's own charts instead.
        pending: What is still being drawn.
    """
    text = _headline(report)
    drawn = [] if picture is None else [b.image(picture.name, picture.alt)]
    waiting = [b.context(mrkdwn("⏳ {pending}", pending=pending))] if pending else []
    flat = b.first_that_fits([list(_blocks(report, text, now, drawn or waiting))])
    charts = [] if pending else charts_of(lines)
    shown = b.first_that_fits([list(_blocks(report, text, now, charts or drawn or waiting))])
    images = () if picture is None else (picture,)
    return b.message(text, shown, flat, images=images)


def reading(names: Sequence[str], metrics: Sequence[str]) -> Message:
    """A promise."""
    what = join(", ", [code(name, 60) for name in metrics]) or mrkdwn("the curves")
    runs = join(", ", [code(name, 80) for name in names[:4]])
    text = mrkdwn("👀 Reading {what} of {runs} …", what=what, runs=runs)
    return b.message(text, [b.context(text)])


def _headline(report: MetricReport) -> Mrkdwn:
    if not report.values:
        return _absent(report.absent[0]) if report.absent else mrkdwn("Nothing was logged.")
    shown = [
        mrkdwn(
            "{metric} of {run}: {value}",
            metric=escape(value.metric, 80),
            run=escape(value.run.name or value.run.id, 60),
            value=_value(value),
        )
        for value in report.values[:2]
    ]
    more = len(report.values) - len(shown)
    tail = mrkdwn(" … and {more} more", more=more) if more > 0 else Mrkdwn()
    return mrkdwn("📈 {shown}{tail}", shown=join("  ·  ", shown), tail=tail)


def _blocks(
    report: MetricReport, text: Mrkdwn, now: datetime, drawn: Sequence[Block]
) -> Iterator[Block]:
    by_run: dict[str, list[MetricOfRun]] = {}
    for value in report.values:
        by_run.setdefault(value.run.path, []).append(value)
    if not by_run:
        yield b.section(text)
    for values in list(by_run.values())[:_MOST]:
        lines = [_run(values[0].run), *(_line(value) for value in values)]
        yield b.section(join("\n", lines))
    for gone in report.absent[:4]:
        if by_run:
            yield b.context(mrkdwn("⚠️ {what}", what=_absent(gone)))
    yield from drawn
    notes = [mrkdwn("⚠️ Incomplete: {what} ({why})", what=part.what, why=part.reason)
             for part in report.missing[:2]]  # fmt: skip
    yield b.context(*notes, mrkdwn("W&amp;B, {when}", when=date(now)))
    row = b.actions(
        [
            b.button("Describe", "help.try", f"/wandb describe {path}", label=f"Describe {path}")
            if len(by_run) == 1
            else None
            for path in list(by_run)[:1]
        ]
    )
    if row:
        yield row


def _run(run: RunFacts) -> Mrkdwn:
    return mrkdwn(
        "*{name}* in {project}", name=link(run.url, run.name or run.id, 100),
        project=escape(run.project, 80),
    )  # fmt: skip


def _line(value: MetricOfRun) -> Mrkdwn:
    parts = [mrkdwn("{metric} *{last}*", metric=code(value.metric, 80), last=_value(value))]
    course = _COURSE[value.course]
    if course:
        how = change(value.change_pct) if value.course != "flat" else ""
        since = (
            f" since step {step(value.since_step)}" if how and value.since_step is not None else ""
        )
        parts.append(mrkdwn("{course}", course=f"{course}{', ' if how else ''}{how}{since}"))
    if value.best is not None and value.best_step is not None:
        which = "highest" if value.better == "up" else "lowest"
        parts.append(
            mrkdwn("{which} {best} at step {place}", which=which, best=number(value.best),
                   place=step(value.best_step))
        )  # fmt: skip
    elif value.highest is not None:
        parts.append(
            mrkdwn("median {median}, {low} to {high}", median=number(value.median, 3),
                   low=number(value.lowest, 3), high=number(value.highest, 3))
        )  # fmt: skip
    if value.not_finite:
        parts.append(mrkdwn("{bad} not finite", bad=plural(value.not_finite, "point")))
    return join("  ·  ", parts)


def _value(value: MetricOfRun) -> Mrkdwn:
    where = mrkdwn(" at step {step}", step=step(value.last_step))
    return mrkdwn(
        "{last}{where}",
        last=number(value.last),
        where=where if value.last_step is not None else Mrkdwn(),
    )


def _absent(gone: NoSuchMetric) -> Mrkdwn:
    near = join(", ", [code(name, 80) for name in gone.near])
    tail = mrkdwn(" Near it: {near}.", near=near) if near else Mrkdwn()
    return mrkdwn(
        "{run} logs no {said}.{tail}",
        run=escape(gone.run.name or gone.run.id, 80),
        said=code(gone.said, 80),
        tail=tail,
    )
