"""How an evaluation metric has worsened since its best: shared by two detectors."""

from dataclasses import dataclass

import numpy as np

from analysis import robust
from analysis.history import Floats
from analysis.signals import Curve, Signals, config_number
from analysis.thresholds import Thresholds

_FEW = 8  # evaluations, under which their noise cannot be told
_BLOCKS = 8  # of the smooth curve around which the memory of the noise is measured
_MANY = 12  # evaluations since the best, from which a steady climb can be told from their noise


@dataclass(frozen=True, slots=True, eq=False)
class Worse:
    """A held-out metric that stands clearly worse than it did.

    ``rise``, ``gain`` and ``noise`` are in the metric's unit, worse counted upwards.

    Attributes:
        curve: its finite points.
        best_index: where it was best.
        best_level: its best smoothed value, as logged.
        now: its level now, as logged.
        rise: how much worse that is than the best.
        gain: how much better the best was than the first evaluations.
        noise: robust standard deviation of single evaluations.
        after_best: evaluations since the best.
    """

    curve: Curve
    best_index: int
    best_level: float
    now: float
    rise: float
    gain: float
    noise: float
    after_best: int

    @property
    def best_row(self) -> int:
        """W&B's row of the best evaluation."""
        return int(self.curve.row[self.best_index])


def worse(curve: Curve, t: Thresholds) -> Worse | None:
    """How a metric has worsened beyond its own noise; None where it has not.

    The best is sought in the medians of three neighbours, so that one lucky evaluation does not
    make all later ones look bad; the last three evaluations must all be worse. Of fewer than eight
    evaluations all since the best must rise, by a tenth of it in all. A rise of less than the
    usual multiple of the noise counts where it is two thirds of it and the evaluations since the
    best climb steadily: many noisy ones tell together what no single one does.
    """
    known = curve.finite
    bad = known.badness
    m = bad.size
    if m < 4:
        return None
    few = m < _FEW
    smooth = bad if few else robust.running_median(bad, 3 if m < 60 else 2 * (m // 60) + 3)
    tail_n = 2 if few else max(3, m // 10)
    best = int(np.argmin(smooth[: max(1, m - tail_n + 1)]))
    now = float(bad[-1]) if few else robust.median(bad[-tail_n:])
    rise = now - float(smooth[best])
    noise = 0.0 if few else max(robust.noise(bad), robust.sigma(bad - smooth)) * _memory(bad)
    # Slow wandering counts as noise too: what the metric did before its best, against its trend.
    before = smooth[: best + 1]
    wander = float(np.max(before - np.minimum.accumulate(before))) if before.size > 2 else 0.0
    if m - 1 - best < tail_n or rise <= wander:
        return None
    if rise <= t.eval_noise * noise and not (
        rise > t.eval_noise * noise / 1.5 and climbs(bad[best:], t)
    ):
        return None
    least = 0.4 * rise if rise > t.eval_noise * noise else 0.0
    if not bool(np.all(bad[-min(3, tail_n) :] > smooth[best] + least)):
        return None
    if few and (rise < 0.1 * abs(float(smooth[best])) or not bool(np.all(np.diff(bad[best:]) > 0))):
        return None  # too few to know their noise: only a clear and steady rise counts
    sign = 1.0 if curve.direction == "down" else -1.0
    first = float(np.max(bad[: max(1, min(3, best))])) if best else float(bad[0])
    return Worse(
        curve=known,
        best_index=best,
        best_level=sign * float(smooth[best]),
        now=sign * now,
        rise=rise,
        gain=max(0.0, first - float(smooth[best])),
        noise=noise,
        after_best=m - 1 - best,
    )


def _memory(bad: Floats) -> float:
    """How much wider levels of a few neighbours scatter than if noise had no memory: ≥ 1.

    √((1 + r)/(1 − r)), r the lag-one autocorrelation around a smooth curve (an AR(1) process;
    Bartlett 1946). Where a block of that curve holds fewer than three points it is unknown: 1.
    """
    if bad.size < 3 * _BLOCKS:
        return 1.0
    r = robust.autocorrelation(bad - robust.smooth(bad, _BLOCKS))
    return float(np.sqrt((1.0 + r) / (1.0 - r)))


def climbs(bad: Floats, t: Thresholds) -> bool:
    """Whether values rise along a line by more than t.eval_noise of its standard errors.

    The error of the rise of a line over n points is σ·√(12/n); the residuals' autocorrelation
    makes n smaller. Theil's slope test (Theil 1950, Sen 1968).
    """
    if bad.size < _MANY:
        return False
    along = np.arange(bad.size, dtype=np.float64)
    slope = robust.theil_sen(along, bad)
    residual = bad - slope * along
    error = robust.sigma(residual) * float(np.sqrt(12.0 / robust.effective_size(residual)))
    return slope * bad.size > t.eval_noise * error


def restarted(found: Worse, s: Signals) -> bool:
    """Whether the schedule moved on after the best: the next low is still to come."""
    if bool(np.any(s.stage_rows > found.best_row)):
        rate = s.learning_rate
        if rate is None or not len(rate.finite):
            return True
        then = float(rate.at_rows(np.array([found.best_row]))[0])
        return bool(rate.finite.value[-1] > 1.5 * then)
    return False


def patience(s: Signals) -> float | None:
    """The patience of early stopping, in evaluations, where the config tells it."""
    names = ["early_stopping_patience", "patience", "early_stop_patience", "early_stopping_rounds"]
    found = config_number(s.run.config, names)
    return None if found is None else found[1]
