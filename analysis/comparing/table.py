"""The decisive numbers of a comparison as rows: a label, a value a side, which one is better."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from analysis.comparing.report import AXIS_WORDS, Comparison, SideReport

Kind = Literal["number", "amount", "duration", "text"]
Value = float | str | None


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        label: What is told, unit included.
        values: Of each side.
        kind: How to write them.
        better: Index of the better side, where one is; a tie has none.
        decisive: Whether the verdict rests on it, or nearly.
    """

    label: str
    values: tuple[Value, ...]
    kind: Kind = "number"
    better: int | None = None
    decisive: bool = False


def rows(report: Comparison) -> Iterator[Row]:
    """The rows, the deciding metric first; a row that no side has a value for is left out."""
    for row in _all(report):
        if any(value is not None and value != "" for value in row.values):
            yield row


def _all(report: Comparison) -> Iterator[Row]:
    sides = report.sides
    if report.metric is not None:
        # Too close to call means that neither is marked.
        mark = report.verdict not in {"too_close", "not_comparable"}
        yield _numbers(
            report.metric,
            [side.value for side in sides],
            report.direction if mark else None,
            decisive=True,
        )
        if any(side.spread is not None for side in sides):
            yield _numbers("± between its seeds", [side.spread for side in sides], None)
    yield from _evals(report)
    losses = [side.loss.value if side.loss else None for side in sides]
    same = {side.loss.metric for side in sides if side.loss} == {report.metric}
    if not same:
        yield _numbers("training loss", losses, "down", decisive=True)
    reached = [side.reached_other_s for side in sides]
    if any(value is not None for value in reached):
        told = tuple("never" if value is None else value for value in reached)
        yield Row("time to the other's best" if len(sides) == 2 else "time to the others' best",
                  told, "duration", _better(reached, "down"))  # fmt: skip
    yield from _plain(sides)


def _evals(report: Comparison) -> Iterator[Row]:
    first = next((side.eval for side in report.sides if side.eval), ())
    for figure in first:
        same = [
            next((other for other in side.eval if other.metric == figure.metric), None)
            for side in report.sides
        ]
        if figure.metric != report.metric:
            values = [other.value if other else None for other in same]
            yield _numbers(figure.metric, values, figure.direction)
        best = [other.best if other else None for other in same]
        yield _numbers(f"best {figure.metric}", best, figure.direction)


def _plain(sides: Sequence[SideReport]) -> Iterator[Row]:
    units = {side.throughput_unit for side in sides if side.throughput is not None}
    if len(units) == 1:
        paces = [side.throughput for side in sides]
        yield _numbers(f"pace, {units.pop()}", paces, "up", kind="amount", decisive=True)
    yield _numbers("steps/hour", [s.steps_per_hour for s in sides], "up", kind="amount")
    yield _numbers("gradient norm, median", [s.grad_median for s in sides], None)
    yield _numbers("gradient norm, p95", [s.grad_p95 for s in sides], None)
    yield _numbers("gradient spikes", [s.grad_spikes for s in sides], "down")
    yield _numbers("loss spikes", [s.loss_spikes for s in sides], "down")
    if any(side.not_finite for side in sides):
        yield _numbers("values not finite", [float(s.not_finite) for s in sides], "down")
    hours = [None if side.run_hours is None else side.run_hours * 3600 for side in sides]
    yield Row("cost, run-time", tuple(hours), "duration", _better(hours, "down"))
    yield Row("runs", tuple(str(len(side.runs)) for side in sides), "text")
    yield Row("state", tuple(side.state for side in sides), "text")


def _numbers(
    label: str,
    values: Sequence[float | None],
    direction: Literal["down", "up"] | None,
    *,
    kind: Kind = "number",
    decisive: bool = False,
) -> Row:
    return Row(label, tuple(values), kind, _better(values, direction), decisive)


def _better(values: Sequence[float | None], direction: str | None) -> int | None:
    known = [(value, index) for index, value in enumerate(values) if value is not None]
    if direction is None or len(known) < 2 or len({value for value, _ in known}) == 1:
        return None
    return (min(known) if direction == "down" else max(known))[1]


def axis_place(report: Comparison) -> str:
    """Where the sides were compared: “at step 1,200”, “after 12.5 min”, “at 1.5M tokens”."""
    if report.matched_at is None:
        return ""
    at = report.matched_at
    if report.axis == "time":
        scale, unit = (1, "s") if at < 120 else (60, "min") if at < 7_200 else (3_600, "h")
        return f"after {at / scale:.3g} {unit}"
    return (
        f"at step {at:,.0f}" if report.axis == "step" else f"at {at:,.0f} {AXIS_WORDS[report.axis]}"
    )
