"""Curves as numpy columns, as a source hands them over."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def _no_floats() -> Floats:
    return np.empty(0, dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """The logged values of one name, ascending in ``step`` (equal steps keep their order).

    Attributes:
        step: int64[n], W&B's ``_step`` (a row counter, not the optimiser's step).
        time: float64[n], Unix seconds; NaN where unknown.
        value: float64[n]; non-finite values stand where the run logged them.
        low: float64[n] or empty; the least value of the bucket that the point stands for.
        high: float64[n] or empty; the greatest.
        exact: whether every logged value is here (else the points are a thinned selection).
    """

    step: Ints
    time: Floats
    value: Floats
    low: Floats = field(default_factory=_no_floats)
    high: Floats = field(default_factory=_no_floats)
    exact: bool = True

    def __len__(self) -> int:
        return int(self.step.size)

    @classmethod
    def of(
        cls,
        step: npt.ArrayLike,
        value: npt.ArrayLike,
        time: npt.ArrayLike | None = None,
        *,
        exact: bool = True,
    ) -> "Series":
        """Makes a series of anything array-like, sorted by step; rows without a value are not.

        Args:
            step: [n] row counters.
            value: [n] numbers.
            time: [n] Unix seconds; unknown when absent.
            exact: whether every logged value is here.
        """
        steps = np.asarray(step, dtype=np.int64)
        values = np.asarray(value, dtype=np.float64)
        times = np.full(steps.size, np.nan) if time is None else np.asarray(time, dtype=np.float64)
        if steps.size > 1 and bool(np.any(np.diff(steps) < 0)):
            order = np.argsort(steps, kind="stable")
            steps, values, times = steps[order], values[order], times[order]
        return cls(steps, times, values, exact=exact)

    def since(self, step: int) -> "Series":
        """The points at ``step`` and later."""
        return self.take(self.step >= step)

    def until(self, step: int) -> "Series":
        """The points at ``step`` and earlier."""
        return self.take(self.step <= step)

    def take(self, mask: Bools) -> "Series":
        """The points where ``mask`` (bool[n]) is true."""
        return Series(
            self.step[mask],
            self.time[mask],
            self.value[mask],
            self.low[mask] if self.low.size else self.low,
            self.high[mask] if self.high.size else self.high,
            self.exact,
        )

    @property
    def finite(self) -> "Series":
        """The points whose value is a finite number."""
        return self.take(np.isfinite(self.value))


EMPTY = Series(np.empty(0, dtype=np.int64), _no_floats(), _no_floats())


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that did not come, or came incomplete, and why; both are phrases for users."""

    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class History(Mapping[str, Series]):
    """Series by name; a name that was never logged is not in it.

    Attributes:
        series: the columns.
        missing: what did not come, and what sampling may hide.
    """

    series: Mapping[str, Series] = field(default_factory=dict)
    missing: tuple[Missing, ...] = ()

    def __getitem__(self, name: str) -> Series:
        return self.series[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.series)

    def __len__(self) -> int:
        return len(self.series)

    def until(self, step: int) -> "History":
        """What was known when the run stood at ``step`` (W&B's ``_step``)."""
        cut = {name: series.until(step) for name, series in self.series.items()}
        return History({name: s for name, s in cut.items() if len(s)}, self.missing)
