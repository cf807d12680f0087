"""The picture of a run's curves, as PNG.

Uses matplotlib's objects (``Figure`` on an Agg canvas), never ``pyplot``, whose state is global;
matplotlib is imported here and inside functions only, since that takes half a second.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from analysis.plots import style
from analysis.plots.curves import Curve, Mark, Panel, RunCurves
from analysis.plots.shape import gaps, smoothed, thinned, wants_log

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_GAPS: Final = 60
_SHORT: Final = 0.1  # of the width: a finding that is a moment, seen as a whole
_HEIGHTS: Final[dict[Panel, float]] = {"loss": 2.35, "gradient": 1.55, "quality": 1.55}
_STRIP_IN: Final = 0.42
_FRAME_IN: Final = 0.75  # the step axis and the margins


@dataclass(frozen=True, slots=True)
class _Part:
    """A panel: what it draws, as lines and as points."""

    panel: Panel
    title: str
    lines: tuple[tuple[Curve, str], ...]
    points: tuple[tuple[Curve, str], ...] = ()

    @property
    def curves(self) -> tuple[Curve, ...]:
        return tuple(curve for curve, _ in (*self.lines, *self.points))


def render(curves: RunCurves) -> bytes:
    """Draws a run.

    Args:
        curves: What to show; must be ``drawable``.

    Returns:
        A PNG, 1,200 pixels wide; the same bytes for the same curves.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    parts = _parts(curves)
    rate = curves.learning_rate if _worth_a_strip(curves.learning_rate) else None
    heights = [_HEIGHTS[part.panel] for part in parts] + ([_STRIP_IN] if rate else [])
    total = sum(heights) + _FRAME_IN + 0.12 * len(heights)
    layout = ConstrainedLayoutEngine(h_pad=0.05, w_pad=0.06, hspace=0.02)
    figure = Figure(
        figsize=(style.WIDTH_IN, total), dpi=style.DPI, facecolor=style.PAPER, layout=layout
    )
    FigureCanvasAgg(figure)
    grid = figure.subplots(
        len(heights), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": heights}
    )
    axes: list[Axes] = list(grid[:, 0])
    span = _span(curves)
    for axis, part in zip(axes, parts, strict=False):
        _panel(axis, part, [mark for mark in curves.marks if mark.panel == part.panel], span)
    if rate is not None:
        _strip(axes[-1], rate)
    _step_axis(axes[-1], curves, span)
    buffer = BytesIO()
    figure.savefig(buffer, format="png", facecolor=style.PAPER, metadata={"Software": None})
    return buffer.getvalue()


def _parts(curves: RunCurves) -> list[_Part]:
    evals = tuple(zip(curves.evals, style.EVALS, strict=False))
    parts: list[_Part] = []
    if curves.loss is not None or evals:
        own = () if curves.loss is None else ((curves.loss, style.LOSS),)
        parts.append(_Part("loss", "loss", own, evals))
    if curves.gradient is not None and curves.gradient.finite.size >= 2:
        parts.append(_Part("gradient", "gradient norm", ((curves.gradient, style.GRADIENT),)))
    if curves.quality is not None and curves.quality.finite.size >= 2:
        quality = ((curves.quality, style.QUALITY),)
        parts.append(_Part("quality", "evaluation", (), quality))
    return parts


def _panel(axis: "Axes", part: _Part, marks: Sequence[Mark], span: tuple[float, float]) -> None:
    bare_axis(axis)
    log = wants_log(part.curves) and not (part.panel == "quality" and _rises(part.curves[0]))
    if log:
        axis.set_yscale("log")
    for curve, colour in part.lines:
        _line(axis, curve, colour, log=log)
    for curve, colour in part.points:
        _points(axis, curve, colour)
    _gaps(axis, part.curves, span)
    _marks(axis, marks, span)
    _peaks(axis, part, marks, span)
    value_axis(axis, log=log)
    axis.set_ylabel(
        part.title + ("  (log)" if log else ""), fontsize=style.TEXT_PT, color=style.INK
    )
    legend_above(axis)


def _line(axis: "Axes", curve: Curve, colour: str, *, log: bool) -> None:
    step, value = thinned(curve)
    smooth = smoothed(curve, log=log)
    name = style.label(curve.name)
    few = step.size < 40
    if smooth is None:
        marker = "o" if few else None
        axis.plot(
            step, value, color=colour, linewidth=1.9, marker=marker, markersize=3.2, label=name
        )
    else:
        axis.plot(step, value, color=colour, linewidth=0.8, alpha=0.28, label="_raw")
        axis.plot(*smooth, color=colour, linewidth=1.9, label=name)


def _points(axis: "Axes", curve: Curve, colour: str) -> None:
    step, value = thinned(curve)
    many = step.size > 60
    axis.plot(
        step,
        value,
        color=colour,
        linewidth=1.4,
        linestyle=(0, (4, 1.6)),
        marker=None if many else "o",
        markersize=4,
        markeredgecolor=style.PAPER,
        markeredgewidth=0.6,
        label=style.label(curve.name),
        zorder=4,
    )


def _gaps(axis: "Axes", curves: Sequence[Curve], span: tuple[float, float]) -> None:
    """Stretches without a finite value, hatched: the eye must not bridge them."""
    found = [gap for curve in curves for gap in gaps(curve)][:_MOST_GAPS]
    least = (span[1] - span[0]) * 0.004
    for place, (start, end) in enumerate(found):
        middle, half = (start + end) / 2, max(end - start, least) / 2
        axis.axvspan(
            middle - half,
            middle + half,
            facecolor="#f4d9d6",
            edgecolor="#d9867f",
            hatch="////",
            linewidth=0,
            alpha=0.75,
            zorder=0.5,
            label="NaN or infinite" if place == 0 else "_gap",
        )


def _marks(axis: "Axes", marks: Sequence[Mark], span: tuple[float, float]) -> None:
    """Findings at their steps; labels side by side keep out of each other's way."""
    width = max(span[1] - span[0], 1e-9)
    taken: list[tuple[float, int]] = []
    for mark in sorted(marks, key=lambda mark: mark.start):
        colour = style.SEVERITY[mark.severity]
        start, end = max(mark.start, span[0]), min(mark.end, span[1])
        if end - start > 0.01 * width:
            axis.axvspan(start, end, color=colour, alpha=0.07, linewidth=0, zorder=0.4)
        axis.axvline(start, color=colour, linewidth=1.1, linestyle=(0, (2, 1.5)), zorder=3)
        share = (start - span[0]) / width
        row = next(
            (
                row
                for row in range(4)
                if all(row != other or abs(share - at) > 0.24 for at, other in taken)
            ),
            3,
        )
        taken.append((share, row))
        right = share > 0.72
        axis.annotate(
            mark.label,
            xy=(start, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(-5 if right else 5, -3 - 11 * row),  # clear of a peak’s dot
            textcoords="offset points",
            ha="right" if right else "left",
            va="top",
            fontsize=style.SMALL_PT,
            fontweight="bold",
            color=colour,
            bbox={"facecolor": style.PAPER, "edgecolor": "none", "alpha": 0.8, "pad": 0.8},
            zorder=5,
        )


def _peaks(axis: "Axes", part: _Part, marks: Sequence[Mark], span: tuple[float, float]) -> None:
    """The highest value of a short finding: its raw curve is a hair behind the finding's line."""
    if not part.lines:
        return
    curve = part.lines[0][0]
    top = curve.value if curve.high is None else curve.high
    for mark in marks:
        if mark.end - mark.start > _SHORT * (span[1] - span[0]):
            continue
        inside = (curve.step >= mark.start) & (curve.step <= mark.end) & np.isfinite(top)
        if not inside.any():
            continue
        at = int(np.argmax(np.where(inside, top, -np.inf)))
        axis.plot(
            curve.step[at],
            top[at],
            marker="o",
            markersize=5.5,
            markeredgecolor=style.PAPER,
            markeredgewidth=0.8,
            color=style.SEVERITY[mark.severity],
            label="_peak",
            zorder=4.5,
        )


def _strip(axis: "Axes", rate: Curve) -> None:
    bare_axis(axis)
    step, value = thinned(rate)
    axis.fill_between(step, 0, value, color=style.RATE, alpha=0.22, linewidth=0)
    axis.plot(step, value, color=style.RATE, linewidth=1.2)
    top = float(value.max()) if value.size else 1.0
    axis.set_ylim(0, top * 1.15 if top > 0 else 1.0)
    axis.set_yticks([top] if top > 0 else [0], labels=[style.tick(top)])
    axis.tick_params(axis="y", labelsize=style.SMALL_PT, colors=style.FAINT, length=0)
    axis.set_ylabel("lr", fontsize=style.TEXT_PT, color=style.INK)


def _step_axis(axis: "Axes", curves: RunCurves, span: tuple[float, float]) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    margin = max(0.015 * (span[1] - span[0]), 1e-9 * abs(span[1])) or 0.5
    axis.set_xlim(span[0] - margin, span[1] + margin)
    axis.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axis.xaxis.set_major_formatter(FuncFormatter(style.tick))
    name = "step" if curves.axis in {"", "_step"} else curves.axis
    axis.set_xlabel(style.label(name), fontsize=style.TEXT_PT, color=style.INK, parse_math=False)
    axis.tick_params(axis="x", labelsize=style.TEXT_PT, colors=style.INK)


def value_axis(axis: "Axes", *, log: bool) -> None:
    """Few, round ticks, written as everywhere."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator

    if not log:
        axis.yaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]))
    else:
        low, high = axis.get_ylim()
        decades = np.log10(high) - np.log10(low) if low > 0 else 1.0
        subs = (1.0, 2.0, 5.0) if decades < 2 else (1.0,)
        axis.yaxis.set_major_locator(LogLocator(base=10, subs=subs, numticks=5))
        axis.yaxis.set_minor_locator(NullLocator())
        axis.yaxis.set_minor_formatter(NullFormatter())
    axis.yaxis.set_major_formatter(FuncFormatter(style.tick))


def legend_above(axis: "Axes", columns: int = 0) -> None:
    """The names over the panel, in one row, or in so many columns."""
    handles, names = axis.get_legend_handles_labels()
    if not handles:
        return
    legend = axis.legend(
        handles,
        names,
        loc="lower left",
        bbox_to_anchor=(0.0, 1.02),
        ncols=columns or len(names),
        columnspacing=1.4,
        fontsize=style.SMALL_PT,
        frameon=False,
        labelcolor=style.INK,
        handlelength=1.7,
        borderaxespad=0.0,
        borderpad=0.1,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)


def bare_axis(axis: "Axes") -> None:
    """No frame, faint lines behind the values."""
    axis.set_facecolor(style.PAPER)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axis.spines[side].set_color(style.GRID)
    axis.grid(axis="y", color=style.GRID, linewidth=0.7)
    axis.set_axisbelow(True)
    axis.tick_params(labelsize=style.TEXT_PT, colors=style.INK, length=0)


def _rises(curve: Curve) -> bool:
    """A score that grows is read on a plain axis."""
    return bool(curve.finite[-1] >= curve.finite[0])


def _worth_a_strip(rate: Curve | None) -> bool:
    """A rate that never changes is a number, not a curve."""
    if rate is None:
        return False
    finite = rate.finite
    return finite.size >= 3 and float(np.ptp(finite)) > 0


def _span(curves: RunCurves) -> tuple[float, float]:
    shown = (curves.loss, curves.gradient, curves.quality, *curves.evals)
    ends: list[Any] = [
        (curve.step[0], curve.step[-1]) for curve in shown if curve is not None and len(curve)
    ]
    return float(min(first for first, _ in ends)), float(max(last for _, last in ends))
