"""The picture of a comparison, as PNG: who was better, where it was measured, and by how much.

Every run is a thin line, each side's middle a thick one of its own colour and marker. The matched
point carries the values that the verdict used. Where they are too near to each other to be told
apart on the whole curve, a second panel shows the end enlarged.
"""

import itertools
import math
from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Final

import numpy as np

from analysis.comparing.matter import Matter
from analysis.comparing.report import AXIS_WORDS, Comparison
from analysis.plots import style
from analysis.plots.curves import Curve
from analysis.plots.drawing import bare_axis, legend_above, value_axis
from analysis.plots.overlay import Overlay, OverlaySide, overlay_of
from analysis.plots.shape import thinned, wants_log

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe–Ito, without its yellow, which is too pale for a line on white.
COLOURS: Final = (
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#a67c00", "#5b3a8e", "#3c3c3c"
)  # fmt: skip
_MARKERS: Final = "osD^vP*X"
LETTERS: Final = "ABCDEFGH"
_PANEL_IN: Final = 2.9
_CLOSE_IN: Final = 1.9
_FRAME_IN: Final = 0.85
_NEAR: Final = 0.09
"""Share of the panel's height under which two values look the same."""
_END: Final = 0.3
"""Share of the matched range that the enlarged panel shows."""
_ROW: Final = 0.085
"""Height of a value's label, as a share of a panel."""


def render(matter: Matter, report: Comparison) -> bytes:
    """Draws a comparison.

    Args:
        matter: Its curves.
        report: Its verdict, with a matched point.

    Returns:
        A PNG, 1,200 pixels wide; the same bytes for the same curves.

    Raises:
        ValueError: When nothing was compared.
    """
    overlay = overlay_of(matter, report)
    if overlay is None:
        raise ValueError("there is nothing to draw")
    return draw(overlay)


def draw(overlay: Overlay) -> bytes:
    """Draws what ``overlay_of`` made ready; the same bytes for the same overlay."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    log = wants_log(tuple(overlay.curves()))
    limits = _limits(list(overlay.curves()), log=log)
    close = _near_ones(overlay, limits, log=log)
    legend_rows = math.ceil(len(overlay.sides) / 2)
    heights = [_PANEL_IN, *([_CLOSE_IN] if close else [])]
    total = sum(heights) + _FRAME_IN + 0.19 * legend_rows
    layout = ConstrainedLayoutEngine(h_pad=0.05, w_pad=0.06, hspace=0.04)
    figure = Figure(
        figsize=(style.WIDTH_IN, total), dpi=style.DPI, facecolor=style.PAPER, layout=layout
    )
    FigureCanvasAgg(figure)
    grid = figure.subplots(
        len(heights), 1, squeeze=False, gridspec_kw={"height_ratios": heights}
    )  # fmt: skip
    axes: list[Axes] = list(grid[:, 0])
    valued = [index for index in range(len(overlay.sides)) if index not in close]
    _panel(axes[0], overlay, limits, valued, log=log)
    legend_above(axes[0], columns=min(2, len(overlay.sides)))
    if close:
        _close_up(axes[1], overlay, close)
    _place_axis(axes[-1], overlay, named=True)
    if close:
        _place_axis(axes[0], overlay, named=False)
    buffer = BytesIO()
    figure.savefig(buffer, format="png", facecolor=style.PAPER, metadata={"Software": None})
    return buffer.getvalue()


def alt_text(overlay: Overlay) -> str:
    """What one sees, in words; plain text, a few hundred characters."""
    at = place_words(overlay.axis, overlay.matched_at)
    said = [f"{overlay.metric} of {overlay.title} over {AXIS_WORDS[overlay.axis]}."]
    values = [
        f"{side.label} {style.figure(side.value)}"
        for side in overlay.sides
        if side.value is not None
    ]
    if values:
        said.append(f"Compared {at}: {', '.join(values)}.")
    better = "Lower" if overlay.direction == "down" else "Higher"
    said.append(f"{better} is better.")
    return " ".join(said)[:1_500]


def place_words(axis: str, at: float) -> str:
    """Where the sides were compared: “at step 1,200”, “after 12.5 min”, “at 1.5M tokens”."""
    if axis == "time":
        scale, unit = style.time_unit(at)
        return f"after {at / scale:.3g} {unit}"
    if axis == "step":
        return f"at step {at:,.0f}"
    return f"at {style.tick(at)} {AXIS_WORDS[axis]}"


def _panel(
    axis: "Axes",
    overlay: Overlay,
    limits: tuple[float, float],
    valued: Sequence[int],
    *,
    log: bool,
) -> None:
    bare_axis(axis)
    if log:
        axis.set_yscale("log")
    axis.set_ylim(*limits)
    for index, side in enumerate(overlay.sides):
        _side(axis, side, index)
    _matched(axis, overlay, named=True)
    _values(axis, overlay, valued, log=log)
    value_axis(axis, log=log)
    axis.set_ylabel(
        style.label(overlay.metric) + ("  (log)" if log else ""),
        fontsize=style.TEXT_PT,
        color=style.INK,
        parse_math=False,
    )


def _close_up(axis: "Axes", overlay: Overlay, near: Sequence[int]) -> None:
    """The end of the matched range with the middles of the near sides, as large as they allow."""
    bare_axis(axis)
    start = overlay.matched_at * (1 - _END)
    shown: list[float] = []
    for index in near:
        side = overlay.sides[index]
        _side(axis, side, index)
        shown += [side.value] if side.value is not None else []
        if side.middle is not None:
            inside = (side.middle.step >= start) & (side.middle.step <= overlay.matched_at)
            shown += side.middle.value[inside].tolist()
    low, high = min(shown), max(shown)
    margin = 0.12 * (high - low) or 0.01 * abs(high) or 1.0
    axis.set_ylim(low - margin, high + margin)
    axis.set_xlim(start, overlay.matched_at + 0.27 * (overlay.matched_at - start))
    _matched(axis, overlay, named=False)
    _values(axis, overlay, near, log=False)
    value_axis(axis, log=False)
    axis.set_ylabel("enlarged", fontsize=style.TEXT_PT, color=style.INK)


def _side(axis: "Axes", side: OverlaySide, index: int) -> None:
    colour = COLOURS[index % len(COLOURS)]
    for curve in side.runs:
        step, value = thinned(curve)
        axis.plot(step, value, color=colour, linewidth=0.8, alpha=0.3, label="_run")
    name = f"{LETTERS[index % len(LETTERS)]}  {style.label(side.label, 26)}"
    middle = side.middle or max(side.runs, key=lambda curve: curve.finite.size, default=None)
    if middle is None:
        return
    few = len(middle) < 40
    axis.plot(
        middle.step,
        middle.value,
        color=colour,
        linewidth=2.1,
        marker=_MARKERS[index % len(_MARKERS)],
        markersize=4.2,
        markevery=1 if few else max(1, len(middle) // 8),
        markeredgecolor=style.PAPER,
        markeredgewidth=0.6,
        label=name,
        zorder=4,
    )


def _matched(axis: "Axes", overlay: Overlay, *, named: bool) -> None:
    axis.axvline(
        overlay.matched_at, color=style.INK, linewidth=1.1, linestyle=(0, (2, 1.5)), zorder=3
    )
    if not named:
        return
    axis.annotate(
        f"compared {place_words(overlay.axis, overlay.matched_at)}",
        xy=(overlay.matched_at, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(-4, -3),
        textcoords="offset points",
        ha="right",
        va="top",
        fontsize=style.SMALL_PT,
        fontweight="bold",
        color=style.INK,
        bbox={"facecolor": style.PAPER, "edgecolor": "none", "alpha": 0.8, "pad": 0.8},
        zorder=6,
    )


def _values(axis: "Axes", overlay: Overlay, which: Sequence[int], *, log: bool) -> None:
    """The value of each of these sides beside the matched point, without overlap."""
    low, high = axis.get_ylim()
    known = [
        (_share(side.value, low, high, log=log), index, side.value)
        for index, side in enumerate(overlay.sides)
        if index in which and side.value is not None and math.isfinite(side.value)
    ]
    places = _spread_out([share for share, _, _ in sorted(known)])
    for (_, index, value), share in zip(sorted(known), places, strict=True):
        colour = COLOURS[index % len(COLOURS)]
        axis.plot(
            [overlay.matched_at], [value], marker=_MARKERS[index % len(_MARKERS)],
            markersize=8, color=colour, markeredgecolor=style.PAPER, markeredgewidth=1.2,
            linestyle="none", zorder=7, label="_matched",
        )  # fmt: skip
        axis.annotate(
            f"{LETTERS[index % len(LETTERS)]}  {style.figure(value)}",
            xy=(overlay.matched_at, share),
            xycoords=("data", "axes fraction"),
            xytext=(9, 0),
            textcoords="offset points",
            ha="left",
            va="center",
            fontsize=style.TEXT_PT,
            fontweight="bold",
            color=colour,
            bbox={"facecolor": style.PAPER, "edgecolor": "none", "alpha": 0.85, "pad": 0.6},
            zorder=8,
        )


def _spread_out(shares: Sequence[float]) -> list[float]:
    """Ascending places, moved apart to at least a row each, within the panel."""
    row = min(_ROW, 0.92 / max(1, len(shares)))
    places: list[float] = []
    for share in shares:
        least = places[-1] + row if places else 0.04
        places.append(max(share, least))
    over = max(0.0, places[-1] - 0.96) if places else 0.0
    moved = [place - over for place in places]
    for index in range(len(moved) - 2, -1, -1):
        moved[index] = min(places[index], moved[index + 1] - row)
    return moved


def _limits(curves: Sequence[Curve], *, log: bool) -> tuple[float, float]:
    """All that matters: wild single points may stand outside."""
    finite = [curve.finite for curve in curves if curve.finite.size]
    values = np.concatenate(finite)
    if values.size > 400:
        low, high = (float(v) for v in np.quantile(values, [0.001, 0.999]))
    else:
        low, high = float(values.min()), float(values.max())
    if log:
        return low / 1.15, high * 1.15
    margin = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
    return low - margin, high + margin


def _near_ones(overlay: Overlay, limits: tuple[float, float], *, log: bool) -> list[int]:
    """The sides that the whole picture cannot tell apart: of the densest spot, if there are any."""
    shares = sorted(
        (_share(side.value, *limits, log=log), index)
        for index, side in enumerate(overlay.sides)
        if side.value is not None and math.isfinite(side.value)
    )
    best: list[int] = []
    for place in range(len(shares)):
        cluster = [shares[place][1]]
        for before, after in itertools.pairwise(shares[place:]):
            if after[0] - before[0] >= _NEAR:
                break
            cluster.append(after[1])
        if len(cluster) > max(1, len(best)):
            best = cluster
    return best


def _share(value: float, low: float, high: float, *, log: bool) -> float:
    """Where a value stands in the panel, from 0 at its foot to 1 at its head."""
    if log:
        low, high, value = math.log(low), math.log(high), math.log(max(value, low))
    return min(1.0, max(0.0, (value - low) / (high - low))) if high > low else 0.5


def _place_axis(axis: "Axes", overlay: Overlay, *, named: bool) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    ends = [float(curve.step[-1]) for curve in overlay.curves() if len(curve)]
    starts = [float(curve.step[0]) for curve in overlay.curves() if len(curve)]
    low, high = min(starts), max(ends)
    if axis.get_autoscalex_on():
        room = 0.22 * (high - low) if overlay.matched_at > high - 0.22 * (high - low) else 0.0
        axis.set_xlim(low - 0.015 * (high - low), high + max(room, 0.015 * (high - low)))
    scale, unit = style.time_unit(high) if overlay.axis == "time" else (1.0, "")
    axis.xaxis.set_major_locator(MaxNLocator(nbins=6))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: style.tick(value / scale)))
    if named:
        name = f"time ({unit})" if unit else overlay.axis
        axis.set_xlabel(name, fontsize=style.TEXT_PT, color=style.INK, parse_math=False)
    axis.tick_params(axis="x", labelsize=style.TEXT_PT, colors=style.INK)
