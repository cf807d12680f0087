"""Memory that is nearly full, of the host or of a GPU.

Sees: s.memory value float64[n], %, by sample.
Formula: the median of the last five samples exceeds t.memory_near_limit.
Thresholds: t.memory_near_limit. Source: room for one more allocation of a twentieth.
Stays silent on: single peaks, memory that was given back.
"""

from collections.abc import Iterator

from analysis import robust
from analysis.detectors.base import Detector, finding
from analysis.findings import Finding, NotChecked
from analysis.signals import Signals
from analysis.thresholds import Thresholds

CODE = "memory_near_limit"
_HOST = "Fewer data-loader workers, no lists that grow, or a larger machine."
_GPU = "A smaller batch, gradient accumulation, checkpointing of activations, or bf16."


def detect(s: Signals, t: Thresholds) -> Iterator[Finding | NotChecked]:
    """Reports what the module’s docstring tells of."""
    curves = [c for c in s.memory if len(c) >= 3]
    if not curves:
        yield NotChecked(CODE, "too few samples yet" if s.memory else "no memory use is logged")
        return
    levels = {c.name: robust.median(c.value[-5:]) for c in curves}
    fullest = max(curves, key=lambda c: levels[c.name])
    level = levels[fullest.name]
    if level <= t.memory_near_limit:
        return
    on_gpu = "gpu" in fullest.name
    yield finding(
        CODE,
        f"{'GPU' if on_gpu else 'Host'} memory is {level:.0f} % full ({fullest.name}).",
        _GPU if on_gpu else _HOST,
        value=round(level, 1),
    )


DETECTOR = Detector((CODE,), "hardware", detect)
