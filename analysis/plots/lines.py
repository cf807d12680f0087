"""The picture of metrics: a panel a metric, a line a run, the same look as a run's own plot."""

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Final

import numpy as np

from analysis.metric_lines import Line, Lines, Panel
from analysis.plots import style
from analysis.plots.drawing import bare_axis, legend_above, value_axis
from analysis.plots.shape import gaps, smoothed, thinned, wants_log

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PANEL_IN: Final = 2.35
_FRAME_IN: Final = 0.75
# Okabe–Ito; each line has a dash of its own as well.
_COLOURS: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
_DASHES: Final = ("-", (0, (5, 1.5)), (0, (2, 1.2)), (0, (6, 1.5, 1.5, 1.5)))
_MOST_LINES: Final = 12
_FEW: Final = 40


def render_lines(lines: Lines) -> bytes:
    """Draws metrics.

    Args:
        lines: What to show; must be ``drawable``.

    Returns:
        A PNG, 1,200 pixels wide; the same bytes for the same lines.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    panels = [panel for panel in lines.panels if any(_drawable(line) for line in panel.lines)]
    height = _PANEL_IN * len(panels) + _FRAME_IN
    layout = ConstrainedLayoutEngine(h_pad=0.05, w_pad=0.06, hspace=0.02)
    figure = Figure(
        figsize=(style.WIDTH_IN, height), dpi=style.DPI, facecolor=style.PAPER, layout=layout
    )
    FigureCanvasAgg(figure)
    axes: list[Axes] = list(
        figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0],
    )
    several = any(len(panel.lines) > 1 for panel in panels)
    for axis, panel in zip(axes, panels, strict=True):
        _panel(axis, panel, several=several)
    _step_axis(axes[-1], lines)
    buffer = BytesIO()
    figure.savefig(buffer, format="png", facecolor=style.PAPER, metadata={"Software": None})
    return buffer.getvalue()


def alt_text(lines: Lines) -> str:
    """What one sees, in words; plain text."""
    said = [f"Curves of {lines.title}." if lines.title else "Curves."]
    for panel in lines.panels:
        said += [_course(panel, line, lines.axis) for line in panel.lines[:_MOST_LINES]]
    return " ".join(said)[:1_500]


def _course(panel: Panel, line: Line, axis: str) -> str:
    finite = line.curve.finite
    if not finite.size:
        return f"{panel.title} of {line.label}: no finite value."
    first, last = style.figure(float(finite[0])), style.figure(float(finite[-1]))
    low, high = float(line.curve.step[0]), float(line.curve.step[-1])
    where = f"over steps {low:,.0f} to {high:,.0f}"
    if axis == "time":
        scale, unit = style.time_unit(high)
        where = f"over {high / scale:.3g} {unit}"
    elif axis in {"tokens", "samples"}:
        where = f"up to {style.tick(high)} {axis}"
    return f"{panel.title} of {line.label} {where}: from {first} to {last}."


def _drawable(line: Line) -> bool:
    return line.curve.finite.size >= 2


def _panel(axis: "Axes", panel: Panel, *, several: bool) -> None:
    bare_axis(axis)
    drawn = [line for line in panel.lines if _drawable(line)][:_MOST_LINES]
    log = wants_log(tuple(line.curve for line in drawn))
    if log:
        axis.set_yscale("log")
    for place, line in enumerate(drawn):
        _line(axis, line, place, log=log, label=line.label if several else panel.title)
    _hatch_gaps(axis, drawn)
    value_axis(axis, log=log)
    axis.set_ylabel(
        style.label(panel.title) + ("  (log)" if log else ""),
        fontsize=style.TEXT_PT,
        color=style.INK,
        parse_math=False,
    )
    if several:
        legend_above(axis, columns=min(3, len(drawn)))


def _line(axis: "Axes", line: Line, place: int, *, log: bool, label: str) -> None:
    step, value = thinned(line.curve)
    colour = _COLOURS[place % len(_COLOURS)]
    dash = _DASHES[place // len(_COLOURS) % len(_DASHES)] if place >= len(_COLOURS) else "-"
    name = style.label(label)
    smooth = smoothed(line.curve, log=log)
    if smooth is None:
        marker = "o" if step.size < _FEW else None
        axis.plot(
            step, value, color=colour, linewidth=1.9, linestyle=dash, marker=marker,
            markersize=3.2, label=name,
        )  # fmt: skip
        return
    axis.plot(step, value, color=colour, linewidth=0.8, alpha=0.22, label="_raw")
    axis.plot(*smooth, color=colour, linewidth=1.9, linestyle=dash, label=name)


def _hatch_gaps(axis: "Axes", lines: Sequence[Line]) -> None:
    """Stretches without a finite value; of one line only, since they would hide the others."""
    if len(lines) != 1:
        return
    for start, end in gaps(lines[0].curve)[:60]:
        axis.axvspan(
            start, max(end, start), facecolor="#f4d9d6", edgecolor="#d9867f", hatch="////",
            linewidth=0, alpha=0.75, zorder=0.5,
        )  # fmt: skip


def _step_axis(axis: "Axes", lines: Lines) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    every = [line.curve.step for panel in lines.panels for line in panel.lines if len(line.curve)]
    low, high = float(min(map(np.min, every))), float(max(map(np.max, every)))
    margin = 0.015 * (high - low) or 0.5
    axis.set_xlim(low - margin, high + margin)
    scale, unit = style.time_unit(high) if lines.axis == "time" else (1.0, "")
    axis.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=not unit))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: style.tick(value / scale)))
    logged = "step" if lines.axis in {"", "_step"} else lines.axis
    name = f"time ({unit})" if unit else logged
    axis.set_xlabel(style.label(name), fontsize=style.TEXT_PT, color=style.INK, parse_math=False)
    axis.tick_params(axis="x", labelsize=style.TEXT_PT, colors=style.INK)
