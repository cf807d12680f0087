"""The cause of a failure, and the failures of a project, as text for a terminal."""

from collections.abc import Iterator

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from analysis.causes.report import WhyReport
from analysis.failures import FailuresReport
from analysis.run import Run
from bot.text import number, plain, when


def explanation(report: WhyReport, run: Run | None) -> RenderableType:
    """The whole answer about one failure."""
    return Group(*_parts(report, run))


def _parts(report: WhyReport, run: Run | None) -> Iterator[RenderableType]:
    mark, colour = {"none": ("●", "green"), "unknown": ("○", "yellow")}.get(
        report.cause, ("✖", "red")
    )
    yield Text.assemble(
        (f"{mark} {report.cause} ", f"bold {colour}"),
        (plain(run.name) if run else "", "bold"),
        (f"  {report.confidence} confidence ({report.confidence_value:.2f})", "bright_black"),
    )
    yield Text(plain(report.sentence), style="bold")
    if report.quotes:
        yield Text("")
        for quote in report.quotes:
            yield Text(f"  │ {plain(quote)}", style="bright_black")
    if report.frame:
        where = f"{plain(report.frame.file)}:{report.frame.line}"
        code = f"  {plain(report.frame.code)}" if report.frame.code else ""
        yield Text(f"  at {where} in {plain(report.frame.function or '?')}{code}")
    if report.advice:
        yield Text(f"\n→ {plain(report.advice)}")
    for part in report.missing:
        yield Text(f"{part.what} is missing: {plain(part.reason)}", style="bright_black")
    for also in report.also:
        yield Text(f"also: {plain(also)}", style="bright_black")


def failures(report: FailuresReport) -> RenderableType:
    """The failures of a project, the most frequent error first."""
    where = report.entity if report.project is None else f"{report.entity}/{report.project}"
    runs = "1 run" if report.total == 1 else f"{report.total} runs"
    days = "day" if report.days == 1 else f"{number(report.days)} days"
    title = f"{runs} of {where} failed in the last {days}"
    parts: list[RenderableType] = [Text(plain(title), style="bold")]
    if report.groups:
        table = Table("count", "cause", "error", "first", "latest", box=box.SIMPLE_HEAD)
        for group in report.groups:
            table.add_row(
                str(group.count),
                group.cause,
                plain(group.title),
                f"{plain(group.first_run.rsplit('/', 1)[-1])}\n{when(group.first_at)}",
                f"{plain(group.last_run.rsplit('/', 1)[-1])}\n{when(group.last_at)}",
            )
        parts.append(table)
    if report.unread:
        parts.append(Text(f"The console of {report.unread} could not be read."))
    return Group(*parts)
