"""A comparison as text for a terminal: the verdict, the deciding numbers, what differs."""

from collections.abc import Iterator
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from analysis.comparing.report import Comparison, SideReport
from bot.text import duration, number, plain

MOST_KEYS = 12
_VERDICT = {
    "a_better": ("●", "green", "A is better"),
    "b_better": ("●", "green", "B is better"),
    "ranked": ("●", "green", "ranked"),
    "too_close": ("○", "yellow", "too close to call"),
    "not_comparable": ("✖", "red", "not comparable"),
}


def comparison(report: Comparison) -> RenderableType:
    """The whole answer."""
    return Group(*_parts(report))


def _parts(report: Comparison) -> Iterator[RenderableType]:
    mark, colour, words = _VERDICT[report.verdict]
    so_far = "so far: " if report.so_far else ""
    sure = f"  {report.confidence} confidence ({report.confidence_value:.2f})"
    yield Text.assemble(
        (f"{mark} {so_far}{words}", f"bold {colour}"),
        ("" if report.verdict == "not_comparable" else sure, "bright_black"),
    )
    yield Text(plain(report.reason), style="bold")
    if report.axis_reason:
        yield Text(plain(report.axis_reason), style="bright_black")
    yield Text("")
    yield _figures(report)
    if report.ranking:
        yield Text("")
        for place in report.ranking:
            tied = (
                "  (not separable from the best)" if place.tied_with_best and place.p_best else ""
            )
            yield Text(f"{place.place}. {plain(place.label)}: {number(place.value)}{tied}")
    if report.config_diff:
        yield Text("")
        yield _config(report)
    for part in report.missing:
        yield Text(plain(f"{part.what} is missing: {part.reason}"), style="bright_black")


def _figures(report: Comparison) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("", style="bright_black")
    for letter, side in zip("ABCDEFGH", report.sides, strict=False):
        table.add_column(f"{letter}: {plain(side.label)}", overflow="fold")
    for label, values, better in _rows(report):
        cells = [
            Text(value, style="bold green" if index == better else "")
            for index, value in enumerate(values)
        ]
        table.add_row(plain(label), *cells)
    return table


def _rows(report: Comparison) -> Iterator[tuple[str, list[str], int | None]]:
    sides = report.sides
    yield "state", [side.state for side in sides], None
    yield "seeds", [str(len(side.runs)) for side in sides], None
    if report.metric:
        values = [side.value for side in sides]
        label = f"{report.metric} at {report.axis} {number(report.matched_at)}"
        yield label, [number(value) for value in values], _better(values, report.direction)
    for index in range(len(sides[0].eval)):
        figures = [side.eval[index] if index < len(side.eval) else None for side in sides]
        first = figures[0]
        if first is None:
            continue
        if first.metric != report.metric:
            values = [figure.value if figure else None for figure in figures]
            yield first.metric, [number(v) for v in values], _better(values, first.direction)
        best = [figure.best if figure else None for figure in figures]
        yield f"best {first.metric}", [number(v) for v in best], _better(best, first.direction)
    yield from _plain_rows(sides)


def _plain_rows(sides: tuple[SideReport, ...]) -> Iterator[tuple[str, list[str], int | None]]:
    losses = [side.loss.value if side.loss else None for side in sides]
    rows: list[tuple[str, list[float | None], str | None]] = [
        ("training loss", losses, "down"),
        ("gradient norm, median", [s.grad_median for s in sides], None),
        ("gradient norm, 95 %", [s.grad_p95 for s in sides], None),
        ("loss spikes", [s.loss_spikes for s in sides], None),
        ("not finite", [s.not_finite for s in sides], None),
        (f"pace, {sides[0].throughput_unit}", [s.throughput for s in sides], "up"),
        ("steps/hour", [s.steps_per_hour for s in sides], "up"),
        ("run-hours", [s.run_hours for s in sides], None),
    ]
    for label, values, direction in rows:
        if any(value is not None for value in values):
            yield label, [number(value) for value in values], _better(values, direction)
    reached = [s.reached_other_s for s in sides]
    if any(value is not None for value in reached):
        yield (
            "time to the other's best",
            [duration(v) if v is not None else "never" for v in reached],
            None,
        )


def _better(values: list[float | None], direction: str | None) -> int | None:
    known = [(value, index) for index, value in enumerate(values) if value is not None]
    if direction is None or len(known) < 2 or len({value for value, _ in known}) == 1:
        return None
    return (min(known) if direction == "down" else max(known))[1]


def _config(report: Comparison) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title="config", title_justify="left")
    table.add_column("key")
    for letter, _ in zip("ABCDEFGH", report.sides, strict=False):
        table.add_column(letter, overflow="fold")
    for item in report.config_diff[:MOST_KEYS]:
        style = "" if item.important else "bright_black"
        table.add_row(plain(item.key), *map(_value, item.values), style=style)
    more = len(report.config_diff) - MOST_KEYS
    hidden = report.hidden_config_differences
    notes = [f"{more} more differences"] if more > 0 else []
    notes += [f"{hidden} differences in paths, hosts and the like"] if hidden else []
    if notes:
        table.caption = ", ".join(notes)
        table.caption_justify = "left"
    return table


def _value(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return number(value)
    return plain(value)[:60]
