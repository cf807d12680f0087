"""Held-out loss rises from its best while training loss keeps falling.

Sees: the losses among s.evals value float64[m], s.loss; paired by row, never by index.
Formula: the level of the last evaluations (a fifth, at least 3) stands above the best smoothed
    one by more than t.eval_noise robust standard deviations of the evaluation's own noise, by more
    than t.overfitting of all that it had gained (or of its best, where an untrained model's loss
    makes the gain large), and by t.overfitting_level of its best; the last three all lie above;
    and the training loss is not above where it stood at the best step. Noise that remembers its
    neighbours counts for more; where twelve or more evaluations since the best climb steadily,
    by t.eval_noise standard errors of their line, two thirds of the usual rise are enough.
    Where the training loss spiked, a rise that came between the evaluations on either side of the
    spike and has not grown since is the spike's.
Thresholds: t.overfitting, t.overfitting_level, t.eval_noise. Source: SageMaker Debugger's
    Overfit rule (ratio 0.1), made relative to gain and noise; Prechelt 1998 (early stopping).
Stays silent on: a mere gap, single bad evaluations, restarts of the learning rate, other losses
    that need not fall, one of several held-out sets against the others.
"""

from collections.abc import Iterator

import numpy as np

from analysis import robust
from analysis.detectors import spike
from analysis.detectors.base import Detector, finding, number, step
from analysis.detectors.evaluation import Worse, climbs, patience, restarted, worse
from analysis.findings import Finding, NotChecked, Severity
from analysis.metrics import is_loss_name
from analysis.signals import Curve, Signals
from analysis.thresholds import Thresholds

CODE = "overfitting"
_ADVICE = (
    "Keep the checkpoint of the best step, and try early stopping, more data, more regularisation "
    "or a smaller model."
)


def detect(s: Signals, t: Thresholds) -> Iterator[Finding | NotChecked]:
    """Reports what the module’s docstring tells of."""
    reason, held_out = _material(s, t)
    if reason or s.loss is None:
        yield NotChecked(CODE, reason)
        return
    risen = [w for c in held_out if (w := _risen(c, s.loss, t)) is not None]
    leading = bool(risen) and risen[0].curve is held_out[0]
    if not risen or not (leading or 2 * len(risen) >= len(held_out)) or restarted(risen[0], s):
        return
    if _came_with_a_spike(risen[0], s, t):
        return
    yield _report(risen[0], s)


def _material(s: Signals, t: Thresholds) -> tuple[str, list[Curve]]:
    if s.loss is None or s.loss_is_held_out:
        return "no training loss is logged", []
    if s.loss_kind.name in ("adversarial", "reinforcement", "contrastive"):
        return s.loss_kind.reason, []
    found = [c for c in s.evals if is_loss_name(c.name)] or [
        c for c in s.evals if c.direction == "down"
    ]
    found = [c for c in found if c.name != s.loss.name]
    if not found:
        return "no evaluation loss is logged", []
    enough = [c for c in found if len(c.finite) >= max(4, t.min_points // 2)]
    return ("", enough) if enough else ("too few evaluations yet", [])


def _risen(curve: Curve, loss: Curve, t: Thresholds) -> Worse | None:
    found = worse(curve, t)
    if found is None or not _large(found, t):
        return None
    if found.best_level > 0 and found.rise <= t.overfitting_level * abs(found.best_level):
        return None
    return found if _training_held(loss, found) else None


def _large(found: Worse, t: Thresholds) -> bool:
    """Whether the rise is a real part of what was gained, or of the best level.

    What an untrained model scores is arbitrary: against a loss that began at thousands no later
    rise would count. A fifth of the usual share of the gain is asked for all the same, or a loss
    next to its floor would alarm at every wobble.
    """
    steadily = climbs(found.curve.badness[found.best_index :], t)
    usual = t.overfitting / 1.5 if steadily else t.overfitting
    share = found.rise / found.gain if found.gain > 0 else float("inf")
    of_best = found.rise / found.best_level if found.best_level > 0 else 0.0
    return share > usual or (of_best > usual and share > 0.2 * usual)


def _came_with_a_spike(found: Worse, s: Signals, t: Thresholds) -> bool:
    """Whether all of the rise came at a spike of the training loss: damage, not overfitting."""
    curve = found.curve
    bad = curve.badness[found.best_index :]
    best = found.best_level if curve.direction == "down" else -found.best_level
    for jump in spike.detect(s, t):
        if not isinstance(jump, Finding) or jump.step_start is None:
            continue
        after = curve.step[found.best_index :] >= jump.step_start
        if not after.any() or after.all():
            continue
        before, soon = bad[~after], bad[after][: max(2, int(after.sum()) // 4)]
        if robust.median(before) < best + 0.2 * found.rise and (
            robust.median(soon) > best + 0.8 * found.rise
        ):
            return True
    return False


def _training_held(loss: Curve, found: Worse) -> bool:
    """Whether the training loss is no higher now than around the best evaluation."""
    known = loss.finite
    if len(known) < 4:
        return False
    smooth = robust.smooth(known.value)
    place = int(np.searchsorted(known.row, found.best_row, side="right")) - 1
    then = float(smooth[max(0, place)])
    now = robust.median(known.value[-max(3, len(known) // 20) :])
    gained = max(float(smooth[: max(1, place) + 1].max()) - then, 0.0)
    room = max(2 * robust.level(known.value[-max(5, len(known) // 10) :]).error, 0.02 * gained)
    return now <= then + room


def _report(found: Worse, s: Signals) -> Finding:
    curve = found.curve
    kept = patience(s)
    expected = kept is not None and found.after_best <= kept + 1
    fraction = found.rise / abs(found.best_level) if found.best_level > 0 else None
    by = "" if fraction is None else f" ({100 * fraction:.0f} %)"
    return finding(
        CODE,
        f"{curve.name} has risen from its best {number(found.best_level)} at step "
        f"{step(int(curve.step[found.best_index]))} to {number(found.now)}{by} while the "
        "training loss did not.",
        "" if expected else _ADVICE,
        curve=curve,
        first=found.best_index,
        last=len(curve) - 1,
        value=found.now,
        noise_ratio=found.rise / found.noise if found.noise > 0 else None,
        at_most=Severity.INFO if expected else Severity.CRITICAL,
    )


DETECTOR = Detector((CODE,), "eval", detect)
