"""Held-out quality that was reached and lost again.

Sees: s.evals value float64[m] (rewards too, in reinforcement learning), s.loss.
Formula: as in ``overfitting``, the level of the last evaluations is worse than the best smoothed
    one beyond the noise, and more than t.eval_degraded of the whole gain is lost. Where only one
    kind of metric turned (a loss, an accuracy) the leading one of the other kind must not
    contradict it. Beside ``overfitting`` it is said of a metric that is no loss and has lost more
    than half of its gain: the held-out loss alone may rise while the answers stay right.
Thresholds: t.eval_degraded, t.eval_noise. Source: as overfitting; Henderson et al. 2018 on the
    scatter of returns, hence the larger share.
Stays silent on: what ``overfitting`` reports already, what a training loss that is not finite or
    has diverged explains, a training that has learned nothing (what its evaluation seemed to gain
    was chance), restarts, single bad evaluations, losses of adversarial and variational
    models, one held-out set of many.
"""

from collections.abc import Iterator

import numpy as np

from analysis import robust
from analysis.detectors import divergence, not_decreasing, not_finite, overfitting
from analysis.detectors.base import Detector, finding, number, step
from analysis.detectors.evaluation import Worse, restarted, worse
from analysis.findings import Finding, NotChecked, Severity
from analysis.metrics import is_loss_name
from analysis.signals import Curve, Signals
from analysis.thresholds import Thresholds

CODE = "eval_degraded"
_ADVICE = "Keep the checkpoint of the best step, and look at what changed after it."
_COLLAPSE = 0.5  # of all that was gained


def detect(s: Signals, t: Thresholds) -> Iterator[Finding | NotChecked]:
    """Reports what the module’s docstring tells of."""
    held_out = _material(s)
    enough = [c for c in held_out if len(c.finite) >= max(4, t.min_points // 2)]
    if not enough:
        yield NotChecked(
            CODE, "too few evaluations yet" if held_out else "no evaluation metric is logged"
        )
        return
    if _explained(s, t):
        return
    if any(isinstance(found, Finding) for found in overfitting.detect(s, t)):
        enough = [c for c in enough if not is_loss_name(c.name)]
        lost = [w for w in _losses(enough, s, t) if w.rise > _COLLAPSE * w.gain]
    else:
        lost = _losses(enough, s, t)
    leading = bool(lost) and lost[0].curve.name == enough[0].name
    if lost and (leading or 2 * len(lost) >= len(enough)):
        yield _report(lost[0])


def _losses(curves: list[Curve], s: Signals, t: Thresholds) -> list[Worse]:
    return [w for c in curves if (w := _lost(c, s, t)) is not None and not restarted(w, s)]


def _explained(s: Signals, t: Thresholds) -> bool:
    """Whether the training broke down and its evaluation follows, or never had anything to lose."""
    broken = (*not_finite.detect(s, t), *divergence.detect(s, t))
    if any(isinstance(f, Finding) and f.severity is Severity.CRITICAL for f in broken):
        return True
    return any(isinstance(f, Finding) for f in not_decreasing.detect(s, t))


def _material(s: Signals) -> list[Curve]:
    curves = list(s.evals)
    if s.loss_kind.name in ("adversarial", "variational", "contrastive"):
        curves = [c for c in curves if not is_loss_name(c.name)]
    if s.loss_kind.name == "reinforcement":
        rewards = [c for c in curves if c.direction == "up"]
        return rewards[:1]
    return curves


def _lost(curve: Curve, s: Signals, t: Thresholds) -> Worse | None:
    found = worse(curve, t)
    if found is None or found.gain <= t.eval_noise * found.noise:
        return None
    if found.rise <= t.eval_degraded * found.gain:
        return None
    if found.rise <= 0.02 * abs(found.best_level):
        return None
    if s.loss_kind.name == "reinforcement" and not _collapsed(found):
        return None
    return found


def _collapsed(found: Worse) -> bool:
    """Returns scatter: a collapse has lasted an eighth of the run and has lost half of the gain."""
    bad = found.curve.badness
    last = bad[-max(5, bad.size // 8) :]
    best = float(np.min(robust.running_median(bad, max(3, bad.size // 20 * 2 + 1))))
    half = best + 0.5 * (float(np.max(bad[: max(3, bad.size // 10)])) - best)
    return found.rise > _COLLAPSE * found.gain and robust.median(last) > min(
        half, float(last.max())
    )


def _report(found: Worse) -> Finding:
    curve = found.curve
    verb = "risen" if curve.direction == "down" else "fallen"
    share = 100 * found.rise / found.gain if found.gain > 0 else 100.0
    lost = f"; {min(share, 100):.0f} % of what it had gained is lost" if found.gain > 0 else ""
    return finding(
        CODE,
        f"{curve.name} has {verb} from its best {number(found.best_level)} at step "
        f"{step(int(curve.step[found.best_index]))} to {number(found.now)}{lost}.",
        _ADVICE,
        curve=curve,
        first=found.best_index,
        last=len(curve) - 1,
        value=found.now,
        noise_ratio=found.rise / found.noise if found.noise > 0 else None,
    )


DETECTOR = Detector((CODE,), "eval", detect)
