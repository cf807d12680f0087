"""The statistics of a comparison: levels with their noise, a test over seeds, seeds needed.

Two sources of chance are kept apart. *Noise within a curve* (batches, evaluation samples) is
estimated from the curve itself by the stationary bootstrap, which respects autocorrelation
(Politis & Romano 1994, “The Stationary Bootstrap”, JASA 89). *Noise between seeds* (initialisation,
data order) cannot be seen in one curve: it comes from runs that differ only in seed, and where
there are none it is assumed (``assumed_spread``), which is why one seed a side never yields more
than low confidence (Bouthillier et al. 2021, arXiv:2103.03098).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.history import Floats
from analysis.robust import autocorrelation, sigma

ALPHA = 0.04
"""Level of the two-sided test: under 5 % false winners with room for what the test assumes."""
ALPHA_HIGH = 0.005
"""Level at which a win is well established (Benjamin et al. 2018, Nature Human Behaviour 2)."""
MOVED_SPREAD = 0.01
"""The same relative to how far the curve has come."""
POWER = 0.8
RESAMPLES = 200
RELATIVE_SPREAD = 0.03
"""Assumed seed-to-seed spread relative to the level, where no seeds are there to measure it."""


@dataclass(frozen=True, slots=True)
class Level:
    """Where a curve stands at the matched point.

    Attributes:
        value: trimmed mean of the window before the point.
        error: its standard error, autocorrelation respected.
        scatter: robust standard deviation of the points in the window around their trend.
        points: how many points the window holds.
        moved: how far the curve has come since its first point, in the metric's unit.
    """

    value: float
    error: float
    scatter: float
    points: int
    moved: float = 0.0


@dataclass(frozen=True, slots=True)
class Difference:
    """Side A minus side B.

    Attributes:
        effect: difference of the sides' mean levels, in the metric's unit.
        low: lower end of the 95 % interval.
        high: upper end.
        p: two-sided probability of a difference at least this large by chance.
        spread: seed-to-seed standard deviation that was used.
        measured: whether that spread was measured (else assumed).
        seeds: runs on each side.
    """

    effect: float
    low: float
    high: float
    p: float
    spread: float
    measured: bool
    seeds: tuple[int, int]


def level_of(values: Floats, *, resamples: int = RESAMPLES, seed: int = 0) -> Level:
    """The level of a window and its error.

    Args:
        values: float64[n], finite, in order; n ≥ 1.
        resamples: of the bootstrap; 0 leaves the error out where it is not needed.
        seed: of the resampling, so that the same input gives the same output.
    """
    n = values.size
    value = float(trimmed_mean(values))
    if n < 4:
        spread = float(np.std(values)) if n > 1 else 0.0
        return Level(value, spread / math.sqrt(n), spread, n)
    place = np.arange(n, dtype=np.float64)
    slope, offset = np.polyfit(place, values, 1)
    residual = values - (slope * place + offset)
    scatter = sigma(residual)
    if not resamples:
        return Level(value, 0.0, scatter, n)
    block = block_length(residual)
    means = trimmed_mean(_resample(residual, block, resamples, seed))
    # Blocks cannot be longer than a third of the window: what they then miss, the process's own
    # autocorrelation time adds back.
    expected = scatter * math.sqrt(min(1.0, 0.5 * block / n))
    return Level(value, max(float(np.std(means)), expected), scatter, n)


def trimmed_mean(values: Floats) -> Floats:
    """Mean without the lowest and highest fifth, along the last axis.

    Nearly as sharp as the mean where noise is normal, far sharper where its tails are heavy
    (Tukey 1962, “The Future of Data Analysis”).
    """
    n = values.shape[-1]
    cut = n // 5
    if not cut:
        return np.asarray(values.mean(axis=-1))
    parted = np.partition(values, (cut, n - cut - 1), axis=-1)
    mean: Floats = parted[..., cut : n - cut].mean(axis=-1)
    return mean


def block_length(residual: Floats) -> float:
    """Expected block length: twice the integrated autocorrelation time, from 1 to n/3.

    The time is that of a first-order process, (1 + r)/(1 − r), with r corrected for the bias that
    a short series has towards zero (Kendall 1954): (n·r + 1)/(n − 4).
    """
    n = residual.size
    if n < 8:
        return 1.0
    r = min(0.97, (n * autocorrelation(residual) + 1.0) / max(4.0, n - 4.0))
    return float(min(max(1.0, 2.0 * (1.0 + r) / (1.0 - r)), max(1.0, n / 3)))


def _resample(values: Floats, block: float, resamples: int, seed: int) -> Floats:
    """Stationary bootstrap: blocks of geometric length from random places, wrapped around."""
    rng = np.random.default_rng(seed)
    n = values.size
    fresh = rng.random((resamples, n)) < 1.0 / block
    fresh[:, 0] = True
    starts = rng.integers(0, n, (resamples, n))
    column = np.arange(n)
    since = np.maximum.accumulate(np.where(fresh, column, 0), axis=1)
    begun = np.take_along_axis(starts, since, axis=1)
    resampled: Floats = values[(begun + column - since) % n]
    return resampled


def assumed_spread(levels: Sequence[Level]) -> float:
    """A seed-to-seed spread for when none was measured: deliberately not small.

    The largest of 3 % of the level (of its distance to 1 where that is nearer, as for an
    accuracy), 1 % of the way that the curve has come, and half the scatter of the points around
    their trend; of the calmer side, since the noise that the other shows is already in its
    bootstrap error. Assumed, not known: whatever rests on it has low confidence.
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
    bootstrap's, so that seeds that agree by luck do not create certainty.

    Args:
        a: levels of side A's runs.
        b: levels of side B's runs.
        siblings: levels of further runs of the project that differ only in seed, by group.
    """
    from scipy import special

    groups = [[level.value for level in a], [level.value for level in b], *siblings]
    spread, freedom = pooled_spread(groups)
    measured = freedom > 0
    if not measured:
        spread, freedom = assumed_spread([*a, *b]), 4
    within = float(np.mean([level.error**2 for level in (*a, *b)]))
    variance = max(spread**2, within) if measured else spread**2 + within
    error = math.sqrt(variance * (1 / len(a) + 1 / len(b)))
    effect = float(np.mean(groups[0]) - np.mean(groups[1]))
    if error == 0.0:
        p = 1.0 if effect == 0.0 else 0.0
        return Difference(effect, effect, effect, p, spread, measured, (len(a), len(b)))
    p = float(2 * special.stdtr(freedom, -abs(effect) / error))
    reach = float(special.stdtrit(freedom, 0.975)) * error
    seeds = (len(a), len(b))
    return Difference(effect, effect - reach, effect + reach, p, spread, measured, seeds)


def seeds_needed(effect: float, spread: float, most: int = 1000) -> int | None:
    """Seeds a side for 80 % power at ``ALPHA`` if the true difference were ``effect``.

    ``None`` when there is nothing to settle, or more than ``most`` would be needed.
    """
    from scipy import special

    if effect == 0.0 or not math.isfinite(effect) or spread <= 0.0:
        return None
    size = abs(effect) / spread
    n = np.arange(2, most + 1)
    freedom = 2 * n - 2
    reach = special.stdtrit(freedom, 1 - ALPHA / 2) + special.stdtrit(freedom, POWER)
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
