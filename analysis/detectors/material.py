"""A run that gives nothing, or no loss, to look at.

Sees: whether s has any curve, and whether a loss is among them.
Formula: none.
Thresholds: none. Source: the product's contract (both are information).
Stays silent on: a history that failed to come (that is in the report's ``missing``).
"""

from collections.abc import Iterator

from analysis.detectors.base import Detector, finding
from analysis.findings import Finding, NotChecked
from analysis.signals import Signals
from analysis.thresholds import Thresholds


def detect(s: Signals, t: Thresholds) -> Iterator[Finding | NotChecked]:
    """Reports what the module’s docstring tells of."""
    if s.history_failed:
        yield NotChecked("no_history", "the history did not come")
        yield NotChecked("no_loss", "the history did not come")
    elif not s.has_history:
        yield finding("no_history", "Nothing that can be read as a metric was logged.")
    elif s.loss is None:
        yield finding("no_loss", "No logged name was recognised as a training loss.")


DETECTOR = Detector(("no_history", "no_loss"), "data", detect)
