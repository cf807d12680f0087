"""Curves of several runs at the same place: axes, the matched range, best values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis import robust
from analysis.comparing.report import Axis
from analysis.history import Floats
from analysis.signals import Curve, Signals, config_number

_BATCH = (
    "per_device_train_batch_size train_batch_size batch_size micro_batch_size batchsize bs batch"
).split()
_ACCUMULATION = (
    "gradient_accumulation_steps accumulate_grad_batches grad_accum_steps grad_accum "
    "gradient_accumulation accumulation_steps"
).split()
_DEVICES = "world_size num_gpus n_gpu n_gpus num_devices devices num_processes".split()
_SEQUENCE = (
    "max_seq_length max_seq_len seq_len seq_length sequence_length block_size max_length "
    "context_length context n_ctx"
).split()


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A curve on the axis of the comparison: x ascending, float64[n] each."""

    x: Floats
    y: Floats

    @property
    def finite(self) -> "Placed":
        """The points with a finite value."""
        keep = np.isfinite(self.y)
        return Placed(self.x[keep], self.y[keep])

    def until(self, x: float) -> "Placed":
        """The points at x and before."""
        keep = self.x <= x
        return Placed(self.x[keep], self.y[keep])

    def reaching(self, x: float) -> "Placed":
        """The finite points up to x; where others follow, its value there by interpolation.

        So that a sparse curve is read between its points, never beyond its last one before x.
        """
        sound, before = self.finite, self.until(x).finite
        after = sound.x[before.x.size :]
        if not after.size or not before.x.size or before.x[-1] >= x:
            return before
        there = np.interp(x, sound.x, sound.y)
        return Placed(np.append(before.x, x), np.append(before.y, there))


def effective_batch(config: Mapping[str, Any]) -> int | None:
    """Samples an optimiser step: batch × accumulation × devices; ``None`` when no batch is told."""
    told = config_number(config, ["effective_batch_size", "global_batch_size"])
    if told is not None:
        return round(told[1])
    batch = config_number(config, _BATCH)
    if batch is None:
        return None
    accumulation = config_number(config, _ACCUMULATION)
    devices = config_number(config, _DEVICES)
    return round(
        batch[1] * (accumulation[1] if accumulation else 1) * (devices[1] if devices else 1)
    )


def sequence_length(config: Mapping[str, Any]) -> int | None:
    """Tokens a sample, where the config tells."""
    told = config_number(config, _SEQUENCE)
    return round(told[1]) if told else None


def place(curve: Curve, signals: Signals, axis: Axis) -> Placed | None:
    """Puts a curve on an axis; ``None`` when the run does not tell where its points stand on it.

    A restart (the axis goes back) supersedes what was logged beyond it; of equal places the last
    value counts.
    """
    x = _axis_values(curve, signals, axis)
    if x is None:
        return None
    keep = np.isfinite(x)
    x, y = x[keep], curve.value[keep]
    if not x.size:
        return None
    least_later = np.minimum.accumulate(x[::-1])[::-1]
    last_of_equal = np.append(x[:-1] < least_later[1:], True)
    return Placed(x[last_of_equal], y[last_of_equal])


def _axis_values(curve: Curve, signals: Signals, axis: Axis) -> Floats | None:
    if axis == "step":
        return curve.step.astype(np.float64)
    if axis == "time":
        known = signals.row_times
        if not known.size or not bool(np.isfinite(curve.time).any()):
            return None
        seconds: Floats = curve.time - known[0]
        return seconds
    if axis == "tokens" and signals.tokens is not None and len(signals.tokens.finite) > 1:
        tokens = signals.tokens.finite
        return np.interp(curve.row.astype(np.float64), tokens.row.astype(np.float64), tokens.value)
    batch = effective_batch(signals.run.config)
    length = sequence_length(signals.run.config)
    if batch is None or (axis == "tokens" and length is None):
        return None
    scale = float(batch) * (float(length or 1) if axis == "tokens" else 1.0)
    return curve.step.astype(np.float64) * scale


def matched_range(curves: Sequence[Placed]) -> tuple[float, float] | None:
    """The range that every curve covers; ``None`` when there is none."""
    low = max(float(curve.x[0]) for curve in curves)
    high = min(float(curve.x[-1]) for curve in curves)
    return (low, high) if high >= low else None


def best_of(curve: Placed, high: float, direction: str) -> tuple[float, float] | None:
    """The best value of the lightly smoothed curve up to ``high``, and where it stood."""
    sound = curve.until(high).finite
    if not sound.x.size:
        return None
    smooth = _light(sound.y)
    place_of = int(np.argmin(smooth) if direction == "down" else np.argmax(smooth))
    return float(smooth[place_of]), float(sound.x[place_of])


def first_reach(curve: Placed, target: float, direction: str) -> float | None:
    """Where the lightly smoothed curve first is as good as ``target``."""
    sound = curve.finite
    if not sound.x.size:
        return None
    smooth = _light(sound.y)
    reached = smooth <= target if direction == "down" else smooth >= target
    return float(sound.x[int(np.argmax(reached))]) if bool(reached.any()) else None


def _light(values: Floats) -> Floats:
    """Single wild points do not make a best value: a running median where there are enough."""
    return (
        robust.running_median(values, max(3, values.size // 50) | 1) if values.size > 20 else values
    )


def spikes(values: Floats) -> int:
    """How many separate stretches stand more than 8 robust deviations over the running median."""
    sound = values[np.isfinite(values)]
    if sound.size < 20:
        return 0
    residual = sound - robust.running_median(sound, max(9, sound.size // 50) | 1)
    sigma = robust.sigma(residual)
    if sigma <= 0.0:
        return 0
    return len(robust.stretches(residual > 8 * sigma, gap=3))
