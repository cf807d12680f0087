"""A learning rate of zero where there should be one.

Sees: s.learning_rate value float64[n]; the config where none is logged.
Formula: exact zeros (or under 1e-12 of the run's peak) in a stretch that is longer than
    t.learning_rate_zero of the run and of the planned steps, or throughout.
Thresholds: t.learning_rate_zero. Source: what an optimiser does with it: nothing.
Stays silent on: the first step of a warm-up, the scheduled end of a decay.
"""

from collections.abc import Iterator

import numpy as np

from analysis import robust
from analysis.detectors.base import Detector, finding, step
from analysis.findings import Finding, NotChecked
from analysis.signals import Signals, flat_config
from analysis.thresholds import Thresholds

CODE = "learning_rate_zero"
_ADVICE = (
    "Check the schedule: its length, its warm-up, and that its steps are counted as the "
    "optimiser's are."
)
_CONFIG_NAMES = frozenset({"lr", "learning_rate", "base_lr", "init_lr"})


def detect(s: Signals, t: Thresholds) -> Iterator[Finding | NotChecked]:
    """Reports what the module’s docstring tells of."""
    curve = None if s.learning_rate is None else s.learning_rate.finite
    if curve is None or len(curve) < 3:
        if _config_zero(s):
            yield finding(CODE, "The learning rate in the config is 0.", _ADVICE, value=0.0)
        else:
            yield NotChecked(CODE, "no learning rate is logged")
        return
    peak = float(np.max(np.abs(curve.value)))
    zero = np.abs(curve.value) <= 1e-12 * peak
    parts = robust.stretches(zero)
    if not parts:
        return
    first, last = max(parts, key=lambda part: part[1] - part[0])
    whole = float(curve.row[-1] - curve.row[0])
    length = float(curve.row[last] - curve.row[first])
    if last - first + 1 < 3 or whole <= 0 or length <= t.learning_rate_zero * whole:
        return
    planned = s.total_steps if s.run.state.live else None
    if planned and curve.step[last] - curve.step[first] <= t.learning_rate_zero * planned:
        return
    where = (
        "throughout"
        if peak == 0
        else f"from step {step(int(curve.step[first]))} to {step(int(curve.step[last]))}"
    )
    yield finding(
        CODE,
        f"{curve.name} is 0 {where}: nothing is learned.",
        _ADVICE,
        curve=curve,
        first=first,
        last=last,
        value=0.0,
    )


def _config_zero(s: Signals) -> bool:
    for key, value in flat_config(s.run.config, 1).items():
        if key in _CONFIG_NAMES and isinstance(value, int | float):
            return value == 0 and not isinstance(value, bool)
    return False


DETECTOR = Detector((CODE,), "pace", detect)
