"""Curves on a run's own step axis: which axis, and which points still count."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from analysis import metrics
from analysis.history import Bools, Floats, Ints, Series
from analysis.metrics import Direction, Overrides
from analysis.run import Run


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One metric on the run's own step axis; points that a rewind has superseded are left out.

    Attributes:
        name: the logged name.
        row: int64[n], W&B's ``_step``, ascending: the common order of all curves of a run.
        step: int64[n], the run's own step (optimiser steps where they are logged).
        time: float64[n], Unix seconds; NaN where unknown.
        value: float64[n], non-finite ones included.
        low: float64[n], the least value that each point stands for (the value itself when exact).
        high: float64[n], the greatest.
        exact: whether every logged value is here.
        direction: which way is better.
    """

    name: str
    row: Ints
    step: Ints
    time: Floats
    value: Floats
    low: Floats
    high: Floats
    exact: bool
    direction: Direction = "down"

    def __len__(self) -> int:
        return int(self.row.size)

    def take(self, mask: Bools) -> "Curve":
        """The points where ``mask`` (bool[n]) is true."""
        return replace(
            self,
            row=self.row[mask],
            step=self.step[mask],
            time=self.time[mask],
            value=self.value[mask],
            low=self.low[mask],
            high=self.high[mask],
        )

    @property
    def finite(self) -> "Curve":
        """The points whose value is a finite number."""
        mask = np.isfinite(self.value)
        return self if bool(mask.all()) else self.take(mask)

    @property
    def badness(self) -> Floats:
        """float64[n]: the value turned so that smaller is better."""
        return self.value if self.direction == "down" else -self.value

    def at_rows(self, rows: Ints) -> Floats:
        """The last known value at each of ``rows``, float64[k]; NaN before the first."""
        if not len(self):
            return np.full(rows.size, np.nan)
        place = np.searchsorted(self.row, rows, side="right") - 1
        return np.where(place >= 0, self.value[np.maximum(place, 0)], np.nan)


def axis_of(
    run: Run, own: Mapping[str, Series], loss_name: str | None, overrides: Overrides
) -> str:
    """The name of the run's step axis; ``_step`` where there is no better one.

    The user's own choice wins, then what ``define_metric`` gave the loss, then the usual names;
    each must hold whole numbers that go up, but for a few rewinds.
    """
    key = run.keys.get(loss_name) if loss_name else None
    asked = [key.step_metric] if key is not None and key.step_metric else []
    for name in (*metrics.chosen(overrides, "step", own), *asked, *metrics.STEP):
        if name in own and _counts(own[name].finite.value):
            return name
    return "_step"


def _counts(values: Floats) -> bool:
    """Whether values can be a step axis: whole numbers that go up, but for a few rewinds."""
    if values.size < 2 or not bool(np.all(values == np.round(values))):
        return False
    if float(np.max(np.abs(values))) > 2**62:
        return False
    moves = np.diff(values)
    back = int(np.count_nonzero(moves < 0))
    return bool(np.any(moves > 0)) and back <= max(3, values.size // 50)


def curve_of(name: str, series: Series, axis: Series | None, direction: Direction) -> Curve:
    """A logged name's points on the run's own step axis, rewound ones left out.

    Args:
        name: the logged name.
        series: its points.
        axis: the column that counts the run's own steps; W&B's ``_step`` where there is none.
        direction: which way is better.
    """
    step, keep = _steps_of(series.step, axis)
    exact_low = series.low if series.low.size else series.value
    exact_high = series.high if series.high.size else series.value
    curve = Curve(
        name, series.step, step, series.time, series.value, exact_low, exact_high,
        series.exact, direction,
    )  # fmt: skip
    return curve if bool(keep.all()) else curve.take(keep)


def _steps_of(rows: Ints, axis: Series | None) -> tuple[Ints, Bools]:
    """Own steps of rows, and which rows still count after the run was rewound."""
    every = np.ones(rows.size, dtype=np.bool_)
    if axis is None or not rows.size:
        return rows, every
    known = axis.finite
    place = np.searchsorted(known.step, rows, side="right") - 1
    step = known.value[np.maximum(place, 0)].astype(np.int64)
    if rows.size > 1 and int(step.min()) == int(step.max()):
        return rows, every
    keep = every
    for back in (np.flatnonzero(np.diff(step) < 0) + 1).tolist():
        keep[:back] &= step[:back] < step[back]
    if np.count_nonzero(keep) < 0.5 * rows.size:
        return rows, np.ones(rows.size, dtype=np.bool_)
    return step, keep
