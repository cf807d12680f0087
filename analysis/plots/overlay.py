"""What the picture of a comparison shows: every side's curves over the fair axis, made ready."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.comparing.curves import Placed
from analysis.comparing.matter import Matter
from analysis.comparing.report import Axis, Comparison
from analysis.history import Floats
from analysis.plots.curves import Curve
from analysis.plots.shape import smoothed

_GRID = 400
"""Places at which the runs of one side are averaged; more than the picture can tell apart."""


@dataclass(frozen=True, slots=True, eq=False)
class OverlaySide:
    """One side of a comparison.

    Attributes:
        label: Its name.
        runs: The curve of each of its runs.
        middle: The median over its runs, each smoothed; ``None`` where they share no range.
        value: What the verdict used at the matched point.
    """

    label: str
    runs: tuple[Curve, ...]
    middle: Curve | None
    value: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Overlay:
    """Everything that the picture of a comparison shows.

    Attributes:
        metric: What decided.
        axis: What stands to the right; seconds where it is ``time``.
        matched_at: Where on it the sides were compared.
        direction: Which way is better.
        sides: In the order of the comparison.
    """

    metric: str
    axis: Axis
    matched_at: float
    direction: str
    sides: tuple[OverlaySide, ...]

    @property
    def title(self) -> str:
        """The sides' names."""
        return " and ".join(side.label for side in self.sides)

    @property
    def drawable(self) -> bool:
        """Whether there is a line to draw: two finite points of any run."""
        return any(curve.finite.size >= 2 for curve in self.curves())

    def curves(self) -> Iterator[Curve]:
        """Every run's curve."""
        for side in self.sides:
            yield from side.runs

    def key(self) -> str:
        """A digest of all that is drawn: equal pictures have equal keys."""
        told = (self.metric, self.axis, self.matched_at, self.direction)
        digest = hashlib.sha256(repr(told).encode("utf-8", "replace"))
        for side in self.sides:
            digest.update(repr((side.label, side.value)).encode("utf-8", "replace"))
            for curve in side.runs:
                digest.update(np.ascontiguousarray(curve.step).tobytes())
                digest.update(b"|" + np.ascontiguousarray(curve.value).tobytes())
        return digest.hexdigest()[:32]


def overlay_of(matter: Matter, report: Comparison) -> Overlay | None:
    """What the picture of a comparison shows; ``None`` where nothing was compared."""
    if report.matched_at is None:
        return None
    sides = tuple(
        _side(side.label, curves, side.value, matter.metric)
        for side, curves in zip(report.sides, matter.curves, strict=True)
    )
    overlay = Overlay(matter.metric, matter.axis, report.matched_at, matter.direction, sides)
    return overlay if overlay.drawable else None


def _side(label: str, placed: Sequence[Placed], value: float | None, metric: str) -> OverlaySide:
    runs = tuple(Curve(metric, curve.x, curve.y) for curve in placed)
    return OverlaySide(label, runs, _middle(runs, metric), value)


def _middle(runs: Sequence[Curve], metric: str) -> Curve | None:
    """The median over runs where all of them are; one run is its own middle."""
    lines = [line for run in runs if (line := _smooth(run))[0].size >= 2]
    if not lines:
        return None
    low = max(float(step[0]) for step, _ in lines)
    high = min(float(step[-1]) for step, _ in lines)
    if len(lines) == 1:
        step, value = lines[0]
        return Curve(metric, step, value)
    if high <= low:
        return None
    # The places of the sparsest run, so that straight lines between its points stay straight.
    sparsest = min((step for step, _ in lines), key=lambda step: step.size)
    grid = sparsest[(sparsest >= low) & (sparsest <= high)]
    if grid.size > _GRID or grid.size < 2:
        grid = np.linspace(low, high, _GRID)
    every = np.stack([np.interp(grid, step, value) for step, value in lines])
    return Curve(metric, grid, np.median(every, axis=0))


def _smooth(curve: Curve) -> tuple[Floats, Floats]:
    found = smoothed(curve, log=False)
    if found is not None:
        return found
    keep = np.isfinite(curve.value)
    return curve.step[keep], curve.value[keep]
