"""A running run whose process has stopped reporting.

Sees: s.run.heartbeat_at, s.now.
Formula: age = now − heartbeat, of a run that counts as running.
Thresholds: t.heartbeat_slow and t.heartbeat_stalled, minutes. Source: the product's contract (a
    live process reports about every 30 s).
Stays silent on: runs that have ended, a clock that is behind the heartbeat.
"""

from collections.abc import Iterator

from analysis.detectors.base import Detector, finding
from analysis.findings import Finding, NotChecked
from analysis.signals import Signals
from analysis.thresholds import Thresholds

_ADVICE = "Look at the machine and its network; if the process is gone, resume from a checkpoint."


def detect(s: Signals, t: Thresholds) -> Iterator[Finding | NotChecked]:
    """Reports what the module’s docstring tells of."""
    codes = ("heartbeat_stalled", "heartbeat_slow")
    if not s.run.state.live or s.run.heartbeat_at is None:
        reason = "the run is not running" if not s.run.state.live else "no heartbeat is known"
        yield from (NotChecked(code, reason) for code in codes)
        return
    minutes = (s.now - s.run.heartbeat_at).total_seconds() / 60.0
    if minutes <= t.heartbeat_slow:
        return
    code = "heartbeat_stalled" if minutes > t.heartbeat_stalled else "heartbeat_slow"
    when = s.run.heartbeat_at.strftime("%H:%M UTC")
    yield finding(
        code,
        f"No heartbeat for {minutes:,.0f} minutes, since {when}.",
        _ADVICE,
        value=round(minutes, 1),
    )


DETECTOR = Detector(("heartbeat_stalled", "heartbeat_slow"), "state", detect)
