"""A run that failed, or that W&B has lost.

Sees: s.run.state, exit_code, heartbeat_at.
Formula: the state as the source tells it. Killed by its user, pre-empted, canceled, pending and
    running are states, not findings.
Thresholds: none. Source: W&B's server calls a run crashed after about five minutes without a
    heartbeat; it may come back.
Stays silent on: every other state; one that is not known is not judged.
"""

from collections.abc import Iterator

from analysis.detectors.base import Detector, finding, step
from analysis.findings import Finding, NotChecked
from analysis.run import RunState
from analysis.signals import Signals
from analysis.thresholds import Thresholds

_FAILED = "Read the last lines of its console log."
_CRASHED = (
    "If it does not come back by itself, look at the machine and resume from the last checkpoint."
)


def detect(s: Signals, t: Thresholds) -> Iterator[Finding | NotChecked]:
    """Reports what the module’s docstring tells of."""
    run = s.run
    if run.state in (RunState.UNKNOWN, RunState.PENDING):
        reason = "its state is not known" if run.state is RunState.UNKNOWN else "it has not begun"
        yield NotChecked("run_failed", reason)
        yield NotChecked("run_crashed", reason)
        return
    at = "" if s.step is None else f" at step {step(s.step)}"
    if run.state is RunState.FAILED:
        code = "" if run.exit_code is None else f" with exit code {run.exit_code}"
        yield finding("run_failed", f"The run failed{at}{code}.", _FAILED, value=run.exit_code)
    if run.state is RunState.CRASHED:
        beat = run.heartbeat_at
        when = "" if beat is None else beat.strftime(" at %H:%M UTC on %d %b")
        last = "" if s.step is None else f", last step {step(s.step)}"
        yield finding("run_crashed", f"W&B lost contact{when}{last}; it may come back.", _CRASHED)


DETECTOR = Detector(("run_failed", "run_crashed"), "state", detect)
