"""A loss that is not a finite number, seen or hidden.

Sees: s.losses (value float64[n] in the loss's unit, step int64[n]), s.grad_norm.
Formula: any NaN or infinity. A stretch of at most t.loss_not_finite rows after which the loss
    goes on within its own noise is a skipped step (warning). transformers hides a loss that is
    not finite by reporting exactly 0: a stretch of exact zeros at the end, after values well
    above zero, while the gradient norm (or the evaluation loss) is not finite, is the same.
Thresholds: t.loss_not_finite. Source: IEEE 754; transformers' ``logging_nan_inf_filter``.
Stays silent on: GRPO's loss of exactly 0 with sound gradients; metrics other than losses.
"""

from collections.abc import Iterator

import numpy as np

from analysis import robust
from analysis.detectors.base import Detector, finding, number, step
from analysis.findings import Finding, NotChecked, Severity
from analysis.signals import Curve, Signals
from analysis.thresholds import Thresholds

_ADVICE = (
    "Restart from a checkpoint before it with a lower learning rate or gradient clipping, and "
    "look at the batch of that step."
)
_SKIPPED = "Look at the batch of that step; gradient clipping or a data check prevents the next."


def detect(s: Signals, t: Thresholds) -> Iterator[Finding | NotChecked]:
    """Reports what the module’s docstring tells of."""
    if not s.losses:
        yield NotChecked("loss_not_finite", "no loss is logged")
        return
    found = [f for c in _in_order(s) if (f := _of_curve(c, s, t)) is not None]
    seen = any(f.metric == _name(s) for f in found)
    hidden = None if seen or s.loss is None else _hidden(s.loss, s)
    if hidden is not None:
        yield hidden
    elif found:
        # One cause shows in many losses: the worst, and of equals the training loss, stands.
        yield max(found, key=lambda f: (f.severity.rank, f.metric == _name(s)))


def _name(s: Signals) -> str | None:
    return None if s.loss is None else s.loss.name


def _in_order(s: Signals) -> list[Curve]:
    return sorted(s.losses, key=lambda c: c.name != _name(s))


def _of_curve(curve: Curve, s: Signals, t: Thresholds) -> Finding | None:
    bad = ~(np.isfinite(curve.value) & np.isfinite(curve.low) & np.isfinite(curve.high))
    if not bad.any():
        return None
    parts = robust.stretches(bad)
    first, last = parts[0][0], parts[-1][1]
    longest = max(b - a + 1 for a, b in parts)
    rare = longest <= t.loss_not_finite and bad.sum() <= max(t.loss_not_finite, 0.01 * len(curve))
    value = float(curve.value[first])
    word = "infinite" if bool(np.isinf(curve.value[bad]).all()) else "not finite"
    if rare and not bad[-1] and _went_on(curve, parts):
        count = int(bad.sum())
        times = "once" if count == 1 else f"{count} times"
        return finding(
            "loss_not_finite",
            f"{curve.name} was {word} {times} (first at step {step(int(curve.step[first]))}) "
            "and then went on as before.",
            _SKIPPED,
            curve=curve,
            first=first,
            last=last,
            value=value,
            at_most=Severity.WARNING,
        )
    lasts = parts[-1][1] == len(curve) - 1
    start = parts[-1][0] if lasts else first
    message = (
        f"{curve.name} is {word} since step {step(int(curve.step[start]))}."
        if lasts
        else f"{curve.name} was {word} from step {step(int(curve.step[first]))} to "
        f"{step(int(curve.step[last]))}."
    )
    if lasts and _only_the_log(curve, s, start):
        message += (
            " Gradients and evaluation are still finite: one bad batch has spoilt the running "
            "sum that is logged."
        )
    return finding(
        "loss_not_finite", message, _ADVICE, curve=curve, first=start, last=last, value=value
    )


def _went_on(curve: Curve, parts: list[tuple[int, int]]) -> bool:
    """Whether the loss after each stretch is where it was before, within its own noise."""
    for a, b in parts:
        before = curve.value[max(0, a - 10) : a]
        after = curve.value[b + 1 : b + 11]
        before, after = before[np.isfinite(before)], after[np.isfinite(after)]
        if not after.size:
            return False
        if before.size < 3:
            continue
        room = max(6 * robust.noise(np.concatenate((before, after))), 0.3 * abs(before.mean()))
        if np.median(after) > np.median(before) + room:
            return False
    return True


def _only_the_log(curve: Curve, s: Signals, start: int) -> bool:
    row = curve.row[start]
    gradient = s.grad_norm
    if gradient is None:
        return False
    after = gradient.value[gradient.row > row]
    held_out = [c.value[c.row > row] for c in s.evals]
    sound = after.size > 1 and bool(np.isfinite(after[1:]).mean() > 0.9)
    return sound and all(bool(np.isfinite(v).all()) for v in held_out)


def _hidden(loss: Curve, s: Signals) -> Finding | None:
    """Exact zeros, as transformers shows them, in place of a loss that is not finite."""
    parts = robust.stretches(loss.value == 0.0)
    if not parts or not len(loss.finite):
        return None
    first, last = parts[-1]
    if last != len(loss) - 1 or (last - first + 1 < 2 and len(loss) > 8):
        return None
    before = loss.value[:first]
    if before.size and np.median(np.abs(before[-10:])) < 1e-3:
        return None
    row = loss.row[first]
    witnesses = [c for c in (s.grad_norm, *(c for c in s.losses if c is not loss)) if c]
    for witness in witnesses:
        later = witness.value[witness.row >= row]
        if later.size and np.mean(~np.isfinite(later)) > 0.5:
            return finding(
                "loss_not_finite",
                f"{loss.name} reads exactly {number(0.0)} since step {step(int(loss.step[first]))}"
                f" while {witness.name} is not finite: transformers shows 0 in place of NaN.",
                _ADVICE,
                curve=loss,
                first=first,
                last=last,
                value=float("nan"),
            )
    return None


DETECTOR = Detector(("loss_not_finite",), "loss", detect)
