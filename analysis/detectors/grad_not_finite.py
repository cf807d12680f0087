"""A gradient norm that is NaN or infinite.

Sees: s.grad_norm value, low, high float64[n]; config for mixed precision.
Formula: any non-finite value. Stretches of at most t.grad_not_finite rows that make up under 2 %
    (5 % under a gradient scaler, which raises its scale until a step overflows and then skips it)
    are skipped steps: a warning, under fp16 only information. So is up to sixteen rows at the very
    beginning, where a scaler looks for its scale.
Thresholds: t.grad_not_finite. Source: IEEE 754; growth_interval and init_scale
    of torch.amp.GradScaler.
Stays silent on: runs that log no gradient norm.
"""

from collections.abc import Iterator

import numpy as np

from analysis import robust
from analysis.detectors.base import Detector, finding, step
from analysis.findings import Finding, NotChecked, Severity
from analysis.signals import Signals, flat_config
from analysis.thresholds import Thresholds

CODE = "grad_not_finite"
_BEGINS = 3  # rows
_HALVINGS = 16
_ADVICE = (
    "Restart from a checkpoint before it with gradient clipping or a lower learning rate; in half "
    "precision prefer bf16."
)


def detect(s: Signals, t: Thresholds) -> Iterator[Finding | NotChecked]:
    """Reports what the module’s docstring tells of."""
    curve = s.grad_norm
    if curve is None:
        yield NotChecked(CODE, "no gradient norm is logged")
        return
    bad = ~(np.isfinite(curve.value) & np.isfinite(curve.low) & np.isfinite(curve.high))
    if not bad.any():
        return
    parts = robust.stretches(bad)
    longest = max(b - a + 1 for a, b in parts)
    share = float(bad.mean())
    scaled = _scaled(s)
    early = len(curve) < 200 and parts[-1][1] <= 0.1 * len(curve)
    # A scaler begins at 2¹⁶ and halves until nothing overflows.
    begins = parts[0][0] <= _BEGINS and parts[0][1] < _BEGINS + _HALVINGS
    later = max((b - a + 1 for a, b in parts[1:]), default=0)
    rare = (longest <= t.grad_not_finite or (begins and later <= t.grad_not_finite)) and (
        share <= (0.05 if scaled else 0.02) or int(bad.sum()) == 1 or (scaled and early)
    )
    skipped = rare and not bool(bad[-1])
    first, last = (parts[0][0] if skipped else parts[-1][0]), parts[-1][1]
    if skipped:
        times = "once" if bad.sum() == 1 else f"{int(bad.sum())} times"
        message = f"{curve.name} was not finite {times} and then went on as before."
        if scaled:
            message += " A gradient scaler skips such steps by design."
    elif last == len(curve) - 1:
        message = f"{curve.name} is not finite since step {step(int(curve.step[first]))}."
    else:
        first = parts[0][0]
        message = f"{curve.name} was not finite in {int(bad.sum())} of {len(curve)} rows."
    ceiling = Severity.CRITICAL
    if skipped:
        ceiling = Severity.INFO if scaled else Severity.WARNING
    yield finding(
        CODE,
        message,
        "" if ceiling is Severity.INFO else _ADVICE,
        curve=curve,
        first=first,
        last=last,
        value=float(curve.value[first]),
        at_most=ceiling,
    )


def _scaled(s: Signals) -> bool:
    """Whether the config speaks of half precision with a gradient scaler."""
    flat = {k.split(".")[-1].lower(): v for k, v in flat_config(s.run.config).items()}
    if flat.get("fp16") is True or flat.get("amp") is True or flat.get("use_amp") is True:
        return True
    texts = (str(flat.get(k, "")).lower() for k in ("precision", "mixed_precision", "dtype"))
    return any(text in ("16", "fp16", "float16", "half", "16-mixed") for text in texts)


DETECTOR = Detector((CODE,), "gradient", detect)
