"""Who is out of the race at the matched point: sides whose metric is not finite or ran away.

A run that diverged says nothing of how much seeds differ, yet its size would drown all that does.
So such a side loses, and nothing of it enters the statistics of the others.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.comparing.curves import Placed
from analysis.comparing.levels import WINDOW
from analysis.comparing.location import Level
from analysis.history import Floats
from analysis.metrics import Direction

How = Literal["not_finite", "ran_away", "partly_not_finite"]


@dataclass(frozen=True, slots=True)
class Lost:
    """A side that is out, or (``partly_not_finite``) some of whose runs are left out."""

    label: str
    how: How

    @property
    def whole(self) -> bool:
        """Whether the side is out as a whole."""
        return self.how != "partly_not_finite"


def lost_sides(
    levels: Sequence[Sequence[Level | None]], labels: Sequence[str], away: Collection[int]
) -> tuple[Lost, ...]:
    """What is out, in the order of the sides.

    Args:
        levels: for each side, one a run; ``None`` where it is not finite.
        labels: of the sides.
        away: numbers of the sides that ran away.
    """
    found = []
    for index, (label, side) in enumerate(zip(labels, levels, strict=True)):
        if index in away:
            found.append(Lost(label, "ran_away"))
        elif None in side:
            whole = all(level is None for level in side)
            found.append(Lost(label, "not_finite" if whole else "partly_not_finite"))
    return tuple(found)


def ran_away(
    sides: Sequence[Sequence[Placed]], reach: tuple[float, float], direction: Direction
) -> frozenset[int]:
    """The sides all of whose runs have diverged, by number.

    A run has where throughout the last tenth of the matched range it stands beyond the beginning
    of every run, by at least as far as the best rival has come from there: it has gone wrong as
    far as that one has gone right. No curve that merely lags, rises again (overfitting) or is
    noisy does that. One seed of several that diverges is a matter of chance, which the spread
    between the seeds then tells.
    """
    low, high = reach
    sign = 1.0 if direction == "down" else -1.0
    start, ends = -np.inf, dict[int, list[Floats]]()
    for index, side in enumerate(sides):
        for curve in side:
            inside = curve.until(high).finite
            y = sign * inside.y[inside.x >= low]
            if y.size > 1:
                near = sign * inside.y[inside.x > high - WINDOW * (high - low)]
                start = max(start, float(y[0]))
                ends.setdefault(index, []).append(near if near.size else y[-1:])
    levels = {index: min(float(np.median(y)) for y in found) for index, found in ends.items()}
    gained = start - min(levels.values(), default=start)
    return frozenset(
        index
        for index, found in ends.items()
        if gained > 0.0
        and len(found) == len(sides[index])
        and all(float(np.min(y)) >= start + gained for y in found)
    )
