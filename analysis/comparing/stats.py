"""The statistics of a comparison: levels with their noise, a test over seeds, seeds needed.

Two sources of chance are kept apart. *Noise within a curve* (batches, evaluation samples) is
estimated from the curve itself, autocorrelation respected (``location``). *Noise between seeds*
(initialisation, data order) cannot be seen in one curve: it comes from runs that differ only in
seed, and where there are none it is assumed (``assumed_spread``), which is why one seed a side
never yields more than low confidence (Bouthillier et al. 2021, arXiv:2103.03098).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.comparing.location import Level

ALPHA = 0.045
"""Level of the two-sided test. At 4 % two points less were found, for 0.3 fewer false winners."""
ALPHA_FEW = 0.03
"""The same where the spread rests on few seeds, and so what it assumes cannot show."""
ENOUGH = 8
"""Degrees of freedom of the spread from which seeds are not few."""
ALPHA_HIGH = 0.005
"""Level at which a win is well established (Benjamin et al. 2018, Nature Human Behaviour 2)."""
MOVED_SPREAD = 0.01
"""The same relative to how far the curve has come."""
POWER = 0.8
ROUNDING = 1e-6
"""Relative to the level; what is logged as float32 is right to about this."""
RELATIVE_SPREAD = 0.03
"""Assumed seed-to-seed spread relative to the level, where no seeds are there to measure it."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Side A minus side B.

    Attributes:
        effect: difference of the sides' mean levels, in the metric's unit.
        low: lower end of the interval at the test's level: a winner is named where it excludes 0.
        high: upper end.
        p: two-sided probability of a difference at least this large by chance.
        spread: seed-to-seed standard deviation that was used.
        measured: whether that spread was measured (else assumed).
        seeds: runs on each side.
        alpha: level of the test.
    """

    effect: float
    low: float
    high: float
    p: float
    spread: float
    measured: bool
    seeds: tuple[int, int]
    alpha: float = ALPHA_FEW

    @property
    def significant(self) -> bool:
        """Whether chance alone is an unlikely reason."""
        return self.p < self.alpha and self.effect != 0.0


def level_of_test(freedom: int) -> float:
    """The level at which a spread of so many degrees of freedom is tested."""
    return ALPHA if freedom >= ENOUGH else ALPHA_FEW


def assumed_spread(levels: Sequence[Level]) -> float:
    """A seed-to-seed spread for when none was measured: deliberately not small.

    The largest of 3 % of the level (of its distance to 1 where that is nearer, as for an
    accuracy), 1 % of the way that the curve has come, and half the scatter of the points around
    their trend; of the calmer side, since the noise that the other shows is already in its
    error. Assumed, not known: whatever rests on it has low confidence.
    """
    return min((_spread_of(level) for level in levels), default=0.0)


def _spread_of(level: Level) -> float:
    near = min(level.value, 1.0 - level.value) if 0.5 < level.value < 1.0 else abs(level.value)
    return max(RELATIVE_SPREAD * near, MOVED_SPREAD * level.moved, 0.5 * level.scatter)


def pooled_spread(groups: Sequence[Sequence[float]]) -> tuple[float, int]:
    """Standard deviation within groups of runs that differ only in seed, and its freedom."""
    freedom = sum(len(group) - 1 for group in groups if len(group) > 1)
    if freedom == 0:
        return 0.0, 0
    squares = sum(float(np.var(group)) * len(group) for group in groups if len(group) > 1)
    return math.sqrt(squares / freedom), freedom


def difference(
    a: Sequence[Level], b: Sequence[Level], siblings: Sequence[Sequence[float]] = ()
) -> Difference:
    """Tests two sides against each other with a pooled t-test over seeds.

    The pooled test keeps more freedom than Welch's at two or three seeds a side, where a
    permutation test cannot get under p = 0.1 at all. Its variance never goes under the
    curves' own, so that seeds that agree by luck do not create certainty.

    Args:
        a: levels of side A's runs.
        b: levels of side B's runs.
        siblings: levels of further runs of the project that differ only in seed, by group.
    """
    from scipy import special

    groups = [[level.value for level in a], [level.value for level in b], *siblings]
    spread, freedom = pooled_spread(groups)
    # One pair of seeds tells next to nothing: two may agree by luck.
    measured = freedom > 1
    if not measured:
        spread, freedom = max(spread, assumed_spread([*a, *b])), 4
    within = float(np.mean([level.error**2 for level in (*a, *b)]))
    variance = max(spread**2, within) if measured else spread**2 + within
    error = math.sqrt(variance * (1 / len(a) + 1 / len(b)))
    effect = float(np.mean(groups[0]) - np.mean(groups[1]))
    alpha, seeds = level_of_test(freedom), (len(a), len(b))
    # What two values differ by in their last digits is rounding, however well the seeds agree.
    error = max(error, ROUNDING * max(abs(level.value) for level in (*a, *b)))
    if error == 0.0:
        p = 1.0 if effect == 0.0 else 0.0
        return Difference(effect, effect, effect, p, spread, measured, seeds, alpha)
    p = float(2 * special.stdtr(freedom, -abs(effect) / error))
    reach = float(special.stdtrit(freedom, 1 - alpha / 2)) * error
    return Difference(effect, effect - reach, effect + reach, p, spread, measured, seeds, alpha)


def seeds_needed(effect: float, spread: float, most: int = 1000) -> int | None:
    """Seeds a side for 80 % power at the test's level if the true difference were ``effect``.

    ``None`` when there is nothing to settle, or more than ``most`` would be needed.
    """
    from scipy import special

    if effect == 0.0 or not math.isfinite(effect) or spread <= 0.0:
        return None
    size = abs(effect) / spread
    n = np.arange(2, most + 1)
    freedom = 2 * n - 2
    alpha = np.where(freedom >= ENOUGH, ALPHA, ALPHA_FEW)
    reach = special.stdtrit(freedom, 1 - alpha / 2) + special.stdtrit(freedom, POWER)
    enough = size * np.sqrt(n / 2) >= reach
    return int(n[int(np.argmax(enough))]) if bool(enough.any()) else None


def holm(p: Sequence[float]) -> list[float]:
    """Holm's step-down correction (1979): adjusted probabilities in the order given."""
    order = np.argsort(p)
    adjusted = [0.0] * len(p)
    worst = 0.0
    for rank, index in enumerate(order):
        worst = max(worst, min(1.0, (len(p) - rank) * float(p[int(index)])))
        adjusted[int(index)] = worst
    return adjusted
