"""Reports as text for a terminal: the answer first, evidence under it, a small curve.

Everything that comes from W&B passes ``plain``, so that a run's name cannot move the cursor or
change colours. Colour and width are the console's business (``NO_COLOR`` is honoured by it).
"""

import math
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from analysis.findings import Health, Severity
from analysis.history import Series
from analysis.reports import FindingReport, LossReport, RunReport

MARK = {
    Health.HEALTHY: ("●", "green"),
    Health.WARNING: ("▲", "yellow"),
    Health.CRITICAL: ("✖", "red"),
    Health.UNKNOWN: ("○", "bright_black"),
}
_SEVERITY = {Severity.INFO: "bright_black", Severity.WARNING: "yellow", Severity.CRITICAL: "red"}
_BARS = "▁▂▃▄▅▆▇█"
_QUOTED = 4
_COURSE = {"flat": "flat now"}


def plain(value: object) -> str:
    """The text on one line without control characters."""
    text = " ".join(str(value).split())
    return "".join(c for c in text if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn"})


def number(value: float | None, digits: int = 4) -> str:
    """3 to 4 significant digits, thousands apart, powers of ten where needed; “–” for nothing."""
    if value is None:
        return "–"
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("∞" if value > 0 else "−∞")
    size = abs(value)
    if value == int(value) and size < 1e9:
        return f"{int(value):,}"
    if size >= 1e6 or (size != 0 and size < 1e-3):
        return f"{value:.{digits - 2}e}"
    if size >= 1000:
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"


def duration(seconds: float | None) -> str:
    """A length of time in its two largest units."""
    if seconds is None or not math.isfinite(seconds):
        return "–"
    left = max(0, round(seconds))
    parts = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        if left >= size:
            parts.append(f"{left // size} {unit}")
            left %= size
        elif parts:
            break
        if len(parts) == 2:
            break
    return " ".join(parts) or "0 s"


def when(moment: datetime | None) -> str:
    """A moment in UTC, to the minute."""
    return "–" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def sparkline(series: Series, width: int = 48) -> str:
    """The curve in ``width`` characters: the median of each part of the step range.

    Parts without a finite value are blank, parts with a non-finite one show ``!``.
    """
    if not len(series) or width < 2:
        return ""
    low, high = int(series.step[0]), int(series.step[-1])
    column = ((series.step - low) * (width - 1) // max(1, high - low)).astype(np.int64)
    medians: list[float | None] = []
    for index in range(width):
        part = series.value[column == index]
        finite = part[np.isfinite(part)]
        broken = part.size > finite.size
        medians.append(math.nan if broken else float(np.median(finite)) if finite.size else None)
    shown = [m for m in medians if m is not None and math.isfinite(m)]
    if not shown:
        return "!" * width
    bottom, top = min(shown), max(shown)
    span = (top - bottom) or 1.0
    return "".join(
        " " if m is None else "!" if math.isnan(m) else _BARS[round((m - bottom) / span * 7)]
        for m in medians
    )


def describe(report: RunReport, curve: Series | None = None) -> RenderableType:
    """The whole answer about one run."""
    return Group(*_describe(report, curve))


def _describe(report: RunReport, curve: Series | None) -> Iterator[RenderableType]:
    mark, colour = MARK[report.health]
    run = report.run
    yield Text.assemble(
        (f"{mark} {report.health.value} ", f"bold {colour}"),
        (plain(run.name), "bold"),
        (f"  {run.state}", "bright_black"),
    )
    yield Text(plain(report.headline), style="bold")
    if report.cause is not None:
        yield Text(f"why: {plain(report.cause.sentence)}", style=colour)
        for quote in report.cause.quotes[-_QUOTED:]:
            yield Text(f"  │ {plain(quote)}", style="bright_black")
    if curve is not None and len(curve) > 1:
        yield Text.assemble((sparkline(curve), colour), f"  {_curve_words(report)}")
    yield Text("")
    yield _facts(report)
    if report.findings:
        yield Text("")
        yield from (_finding(finding) for finding in report.findings)
    yield from _footnotes(report)


def _curve_words(report: RunReport) -> str:
    if report.loss is None:
        return ""
    loss = report.loss
    return f"{plain(loss.metric)}: {number(loss.first)} → {number(loss.current)}{_course(loss)}"


def _course(loss: LossReport) -> str:
    """Where the curve is going now, after a comma; nothing where that is not known."""
    return f", {_COURSE.get(loss.direction, loss.direction)}" if loss.direction else ""


def _facts(report: RunReport) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bright_black", no_wrap=True)
    table.add_column(overflow="fold")
    for label, value in _rows(report):
        table.add_row(label, plain(value))
    return table


def _rows(report: RunReport) -> Iterator[tuple[str, str]]:
    run, loss, grad, progress = report.run, report.loss, report.grad_norm, report.progress
    yield "run", f"{run.path}" + (f" by {run.user}" if run.user else "")
    if run.url:
        yield "link", run.url
    yield "time", f"began {when(run.created_at)}, last sign of life {when(run.heartbeat_at)}"
    if progress is not None:
        yield "progress", _progress(report)
    if loss is not None:
        change = "" if loss.change_pct is None else f" ({loss.change_pct:+.1f} %)"
        best = f", best {number(loss.best)} at step {number(loss.best_step)}"
        yield (
            "loss",
            f"{number(loss.first)} → {number(loss.current)}{change}{best}{_course(loss)}",
        )
    if grad is not None:
        yield (
            "gradient norm",
            (
                f"median {number(grad.median)}, 95 % under {number(grad.p95)}, "
                f"largest {number(grad.max)}, now {number(grad.current)} ({grad.verdict})"
            ),
        )
    for metric in report.eval:
        better = "lower" if metric.direction == "down" else "higher"
        yield (
            plain(metric.metric),
            (
                f"{number(metric.last)}, best {number(metric.best)} at step "
                f"{number(metric.best_step)} ({better} is better)"
            ),
        )
    if report.throughput is not None:
        pace = report.throughput
        yield "pace", f"{number(pace.recent)} {pace.unit} now, {number(pace.overall)} overall"
    if report.config:
        shown = (f"{key} {_value(value)}" for key, value in report.config.items())
        yield "config", ", ".join(shown)


def _progress(report: RunReport) -> str:
    progress = report.progress
    if progress is None:
        return "–"
    words = [f"step {number(progress.step)}"]
    if progress.total_steps:
        words[0] += f" of {number(progress.total_steps)}"
    if progress.fraction is not None:
        words[0] += f" ({progress.fraction:.0%})"
    if progress.steps_per_hour is not None:
        words.append(f"{number(progress.steps_per_hour, 3)} steps/hour")
    if progress.eta_s is not None:
        words.append(f"about {duration(progress.eta_s)} left")
    return ", ".join(words)


def _value(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return number(float(value))


def _finding(finding: FindingReport) -> RenderableType:
    colour = _SEVERITY[finding.severity]
    lines = [Text.assemble((f"{finding.severity.value:<8} ", colour), plain(finding.message))]
    if finding.advice:
        lines.append(Text(f"         → {plain(finding.advice)}", style="bright_black"))
    return Group(*lines)


def _footnotes(report: RunReport) -> Iterator[RenderableType]:
    notes: list[str] = []
    notes.extend(f"{part.what} is missing: {part.reason}" for part in report.missing)
    if report.not_checked:
        reasons: dict[str, list[str]] = {}
        for item in report.not_checked:
            reasons.setdefault(item.reason, []).append(item.code)
        notes.extend(f"not checked ({reason}): {', '.join(c)}" for reason, c in reasons.items())
    if report.metrics_used:
        notes.append("read from: " + ", ".join(_used(report)))
    if notes:
        yield Text("")
        for note in notes:
            yield Text(plain(note), style="bright_black")


def _used(report: RunReport) -> Iterable[str]:
    for signal, names in report.metrics_used.items():
        shown: Sequence[str] = [names] if isinstance(names, str) else names
        yield f"{signal} = {', '.join(shown)}"


class Lines:
    """Several renderables, a blank line between them."""

    def __init__(self, parts: Sequence[RenderableType]) -> None:
        self.parts = parts

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for index, part in enumerate(self.parts):
            if index:
                yield Text("")
            yield part
