"""GPUs that mostly wait.

Sees: s.gpu_use value float64[n] per GPU, %, by sample.
Formula: the mean use of the busiest GPU over the last half of the samples (at least 10) is under
    t.gpu_idle. The mean, since use comes in bursts; the busiest, since a shared machine has
    others.
Thresholds: t.gpu_idle. Source: NVML's utilisation is the share of time with any kernel running.
Stays silent on: machines without GPU, the first samples (loading, compiling).
"""

from collections.abc import Iterator

from analysis.detectors.base import Detector, finding
from analysis.findings import Finding, NotChecked
from analysis.signals import Signals
from analysis.thresholds import Thresholds

CODE = "gpu_idle"
_ADVICE = (
    "Find what it waits for: more data-loader workers, larger batches, less work between steps, "
    "or tensors that are still on the CPU."
)
_LEAST_SAMPLES = 10


def detect(s: Signals, t: Thresholds) -> Iterator[Finding | NotChecked]:
    """Reports what the module’s docstring tells of."""
    curves = [c for c in s.gpu_use if len(c) >= _LEAST_SAMPLES]
    if not curves:
        yield NotChecked(CODE, "too few samples yet" if s.gpu_use else "no GPU use is logged")
        return
    means = {c.name: float(c.value[-max(_LEAST_SAMPLES, len(c) // 2) :].mean()) for c in curves}
    busiest = max(curves, key=lambda c: means[c.name])
    mean = means[busiest.name]
    if mean >= t.gpu_idle:
        return
    which = "The GPU is" if len(curves) == 1 else f"All {len(curves)} GPUs are"
    yield finding(
        CODE,
        f"{which} idle most of the time: {mean:.0f} % use on average.",
        _ADVICE,
        value=round(mean, 1),
    )


DETECTOR = Detector((CODE,), "hardware", detect)
