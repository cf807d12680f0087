"""Rows as they come, columns of numbers as they are needed: a compact, growing table."""

from array import array
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from analysis.history import Series


class Columns:
    """A sparse table of numbers: one step and one time a row, and values by name.

    A name takes 16 bytes for each row that holds it, and none for the others.
    """

    def __init__(self) -> None:
        self._step = array("q")
        self._time = array("d")
        self._rows: dict[str, array[int]] = {}
        self._values: dict[str, array[float]] = {}

    def __len__(self) -> int:
        """Rows so far."""
        return len(self._step)

    @property
    def names(self) -> Sequence[str]:
        """Names that hold at least one number."""
        return tuple(self._rows)

    @property
    def last_step(self) -> int | None:
        """The greatest step."""
        return max(self._step, default=None)

    def add(self, step: int, time: float, values: Iterable[tuple[str, float]]) -> None:
        """Add a row; ``time`` is NaN where unknown."""
        row = len(self._step)
        self._step.append(step)
        self._time.append(time)
        for name, value in values:
            rows = self._rows.get(name)
            if rows is None:
                rows = self._rows[name] = array("q")
                self._values[name] = array("d")
            rows.append(row)
            self._values[name].append(value)

    def count(self, name: str) -> int:
        """Rows that hold a number under this name."""
        return len(self._rows.get(name, ()))

    def series(self, names: Iterable[str], since_step: int | None = None) -> Mapping[str, Series]:
        """The columns of ``names``, ascending in step; names that hold nothing are left out."""
        step = np.array(self._step, dtype=np.int64)
        time = np.array(self._time, dtype=np.float64)
        found: dict[str, Series] = {}
        for name in names:
            if name not in self._rows:
                continue
            rows = np.array(self._rows[name], dtype=np.int64)
            series = Series.of(step[rows], np.array(self._values[name]), time[rows])
            series = series if since_step is None else series.since(since_step)
            if len(series):
                found[name] = series
        return found
