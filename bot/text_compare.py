"""A comparison as text for a terminal: the verdict, the deciding numbers, what differs."""

from collections.abc import Iterator
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from analysis.comparing.report import Comparison
from analysis.comparing.table import Row, Value, axis_place, rows
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
    table.add_column(axis_place(report), style="bright_black")
    for letter, side in zip("ABCDEFGH", report.sides, strict=False):
        table.add_column(f"{letter}: {plain(side.label)}", overflow="fold")
    for row in rows(report):
        cells = [
            Text(_written(row, value), style="bold green" if index == row.better else "")
            for index, value in enumerate(row.values)
        ]
        table.add_row(plain(row.label), *cells)
    return table


def _written(row: Row, value: Value) -> str:
    if value is None or isinstance(value, str):
        return plain(value or "–")
    return duration(value) if row.kind == "duration" else number(value)


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
    notes = [_differences(more, "more ")] if more > 0 else []
    notes += [f"{_differences(hidden)} in paths, hosts and the like"] if hidden else []
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


def _differences(count: int, more: str = "") -> str:
    return f"{count} {more}difference{'' if count == 1 else 's'}"
