"""The heartbeat lives, but no new row comes: a deadlock, or a loader that waits.

Sees: s.row_times float64[m], Unix seconds; s.run.heartbeat_at; s.now.
Formula: age of the last row > t.step_stalled times the longest gap between rows so far
    (evaluations and checkpoints included), and > 20 times the median gap, and
    > t.step_stalled_minutes; with fewer than five rows half an hour.
Thresholds: t.step_stalled, t.step_stalled_minutes. Source: SageMaker Debugger's StalledTraining
    (1,800 s) made relative to the run's own gaps.
Stays silent on: runs that have ended, a heartbeat that is old itself (``heartbeat_*`` says so).
"""

from collections.abc import Iterator

import numpy as np

from analysis.detectors.base import Detector, finding, step
from analysis.findings import Finding, NotChecked
from analysis.signals import Signals
from analysis.thresholds import Thresholds

CODE = "step_stalled"
_ADVICE = "Look for a deadlock (collectives, data loader) in the process: py-spy dump shows where."
_UNKNOWN_PACE_S = 1800.0


def detect(s: Signals, t: Thresholds) -> Iterator[Finding | NotChecked]:
    """Reports what the module’s docstring tells of."""
    if not s.run.state.live:
        yield NotChecked(CODE, "the run is not running")
        return
    if not s.row_times.size:
        yield NotChecked(CODE, "no row has a time yet")
        return
    now = s.now.timestamp()
    beat = s.run.heartbeat_at
    if beat is None or now - beat.timestamp() > 60 * t.heartbeat_slow:
        yield NotChecked(CODE, "the heartbeat is old itself")
        return
    age = now - float(s.row_times[-1])
    gaps = np.diff(s.row_times)
    limit = _UNKNOWN_PACE_S
    if gaps.size >= 4:
        usual, longest = float(np.median(gaps)), float(gaps.max())
        limit = max(60 * t.step_stalled_minutes, t.step_stalled * longest, 20 * usual)
    if age <= limit:
        return
    longest = float(gaps.max()) if gaps.size else 0.0
    at = "" if s.step is None else f" after step {step(s.step)}"
    yield finding(
        CODE,
        f"The process lives, but nothing new was logged for {_duration(age)}{at}; its longest "
        f"pause before was {_duration(longest)}.",
        _ADVICE,
        value=round(age, 1),
        noise_ratio=age / longest if longest > 0 else None,
    )


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


DETECTOR = Detector((CODE,), "pace", detect)
