"""The course of a loss in a few robust numbers: where it began, its best, where it stands."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from analysis import robust
from analysis.history import Floats
from analysis.robust import Level
from analysis.signals import Curve


@dataclass(frozen=True, slots=True, eq=False)
class Trend:
    """A finite curve's course.

    Attributes:
        curve: the finite points.
        smooth: float64[n], a curve through block medians.
        noise: robust standard deviation of points around ``smooth``, up to the best stretch or in
            the last tenth, whichever is less.
        spread: the same over the whole run.
        start: level of the first few points.
        early: level of the first tenth.
        late: level of the last fifth.
        tail: level of the last points: what is true now.
        tail_n: how many points ``tail`` is made of.
        best: the lowest smoothed level.
        best_index: where that is.
    """

    curve: Curve
    smooth: Floats
    noise: float
    spread: float
    start: Level
    early: Level
    late: Level
    tail: Level
    tail_n: int
    best: float
    best_index: int

    @property
    def gain(self) -> float:
        """How far the loss had come down at its best, from where it began."""
        return max(0.0, self.start.value - self.best)

    @property
    def lost(self) -> float:
        """How far it stands above its best now."""
        return self.tail.value - self.best

    @property
    def positive(self) -> bool:
        """Whether percentages of the loss mean anything."""
        return bool(np.all(self.curve.value >= 0)) and self.start.value > 0


@lru_cache(maxsize=2)
def trend(curve: Curve) -> Trend | None:
    """The course of a curve's finite values; None where there are fewer than four.

    Several detectors ask for the same curve in turn: the last answers are kept (curves are
    immutable and equal only to themselves).
    """
    finite = curve.finite
    value = finite.value
    n = value.size
    if n < 4:
        return None
    smoothed = robust.smooth(value)
    first = min(n, max(3, min(5, n // 4)))
    tenth = max(first, n // 10)
    if float(np.median(value[:first])) > 2.0 * abs(float(value[0])):
        # It blew up at once: only the first point tells where it began.
        first = tenth = 1
        smoothed[0] = value[0]
    # A best that a single point makes is noise: it is sought in the smoothed curve.
    best_index = int(np.argmin(smoothed[:-1] if n >= 8 else smoothed))
    tail_n = max(10, n // 50) if n >= 100 else max(3, n // 10)
    noise = spread = robust.noise(value)
    if n >= 20:
        # What comes after a blow-up is no measure of noise; nor is a tail that has gone wild.
        residual = value - smoothed
        spread = robust.sigma(residual)
        until_best = residual[: best_index + max(3, n // 20)]
        noise = min(robust.sigma(until_best), robust.sigma(residual[-max(tail_n, n // 10) :]))
        if first >= 3 and best_index < max(10, n // 20):
            noise = min(noise, robust.level(value[:first]).sigma)
    return Trend(
        curve=finite,
        smooth=smoothed,
        noise=noise,
        spread=spread,
        start=robust.level(value[:first]),
        early=robust.level(value[:tenth]),
        late=robust.level(value[-max(5, n // 5) :]),
        tail=robust.level(value[-tail_n:]),
        tail_n=tail_n,
        best=float(smoothed[best_index]),
        best_index=best_index,
    )
