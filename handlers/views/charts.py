"""Slack's own chart for curves of a few points, drawn from what the picture would show.

Only where it shows as much as the picture: no more than twenty points a line, all lines at the
same places, no axis that wants to be logarithmic. Dense curves stay pictures. A chart is never the
only place of what it says: the message's text says it too, and a workspace that does not know
charts gets the picture instead (``reply.Message.plainer``).
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from analysis.findings import Severity
from analysis.history import Floats
from analysis.metric_lines import Lines
from analysis.plots.curves import Curve, RunCurves
from analysis.plots.overlay import Overlay
from analysis.plots.shape import wants_log
from handlers.reply import Block
from handlers.views import blocks as b
from handlers.views import limits
from handlers.views.escape import mrkdwn
from handlers.views.numbers import duration, plural, step

_FEWEST: Final = 2
_TOKENS: Final = {"tokens": "tokens", "samples": "samples", "time": "time"}


def of_run(curves: RunCurves | None) -> list[Block]:
    """The curves of a run as charts, at most two; empty where a picture says more.

    A warning or a critical finding is marked in the picture, and a chart has no marks.
    """
    if curves is None or any(mark.severity is not Severity.INFO for mark in curves.marks):
        return []
    losses = [curve for curve in (curves.loss, *curves.evals) if curve is not None]
    groups = [
        ("Loss", losses),
        ("Gradient norm", [curves.gradient] if curves.gradient else []),
        (curves.quality.name if curves.quality else "", [curves.quality] if curves.quality else []),
    ]
    named = [
        (title, [(curve.name, curve) for curve in group if curve.finite.size])
        for title, group in groups
    ]
    return _charts([pair for pair in named if pair[1]], _axis(curves.axis))


def of_lines(lines: Lines | None) -> list[Block]:
    """Metrics of one run or several as charts; empty where a picture says more."""
    if lines is None:
        return []
    panels = [
        (panel.title, [(line.label, line.curve) for line in panel.lines if line.curve.finite.size])
        for panel in lines.panels
    ]
    return _charts([pair for pair in panels if pair[1]], _axis(lines.axis))


def of_overlay(overlay: Overlay | None) -> list[Block]:
    """A comparison of single runs as a chart, a line a side; empty where a picture says more."""
    if overlay is None or any(len(side.runs) != 1 for side in overlay.sides):
        return []
    sides = [(side.label, side.runs[0]) for side in overlay.sides]
    return _charts([(overlay.metric, sides)], _TOKENS.get(overlay.axis, "step"))


def _axis(logged: str) -> str:
    return "step" if logged in {"", "_step"} else logged


def _charts(groups: Sequence[tuple[str, Sequence[tuple[str, Curve]]]], axis: str) -> list[Block]:
    if not 0 < len(groups) <= limits.MESSAGE_CHARTS:
        return []
    made: list[Block] = []
    dropped = 0
    for title, lines in groups:
        chart = _chart(title, lines, axis)
        if chart is None:
            return []
        made.append(chart)
        dropped += sum(not _whole([curve for _, curve in lines], at) for at in _places(lines))
    if dropped:
        gone = plural(dropped, "point")
        made.append(b.context(mrkdwn("{gone} not finite, left out of the chart", gone=gone)))
    return made


def _chart(title: str, lines: Sequence[tuple[str, Curve]], axis: str) -> Block | None:
    curves = [curve for _, curve in lines]
    places = curves[0].step
    same = all(np.array_equal(curve.step, places) for curve in curves)
    finite = [at for at in range(places.size) if _whole(curves, at)] if same else []
    if not _FEWEST <= len(finite) <= limits.CHART_POINTS or len(lines) > limits.CHART_SERIES:
        return None
    if wants_log(tuple(curves)):
        return None
    return b.data_visualization(
        title,
        [_label(places, at, axis) for at in range(places.size)],
        [b.Line(name, [float(value) for value in curve.value]) for name, curve in lines],
        x_label=axis,
    )


def _places(lines: Sequence[tuple[str, Curve]]) -> range:
    return range(lines[0][1].step.size)


def _whole(curves: Sequence[Curve], at: int) -> bool:
    return all(bool(np.isfinite(curve.value[at])) for curve in curves)


def _label(places: Floats, at: int, axis: str) -> str:
    place = float(places[at])
    if axis == "time":
        return duration(place)
    return step(int(place)) if place == int(place) else f"{place:.4g}"
