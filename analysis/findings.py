"""What a detector says, and what all of it together means for the run's health."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Severity(StrEnum):
    """How much a finding matters; the contract fixes the greatest severity of each code."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for info, 1 for warning, 2 for critical."""
        return ("info", "warning", "critical").index(self.value)


class Health(StrEnum):
    """The run's health in one word."""

    HEALTHY = "healthy"
    WARNING = "warning"
    CRITICAL = "critical"
    UNKNOWN = "unknown"


_CRITICAL = frozenset(
    {
        "loss_not_finite",
        "loss_diverged",
        "grad_exploding",
        "grad_not_finite",
        "heartbeat_stalled",
        "run_failed",
        "run_crashed",
    }
)
_INFO = frozenset({"no_history", "no_loss"})

# In the order in which equally bad findings are told.
Subject = Literal["loss", "eval", "gradient", "state", "pace", "hardware", "data"]
# What a detector must have looked at for “healthy” to mean anything (contract: health).
JUDGES_HEALTH: frozenset[Subject] = frozenset({"loss", "eval", "gradient", "state"})


def severity_of(code: str) -> Severity:
    """The severity that the contract gives a code; a detector may lower it, never raise it."""
    if code in _CRITICAL:
        return Severity.CRITICAL
    return Severity.INFO if code in _INFO else Severity.WARNING


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a detector saw.

    Attributes:
        code: one of the contract's codes.
        severity: the code's, or lower.
        metric: the logged name that it was seen in, where there is one.
        step_start: first step of the range, on the run's own step axis (optimiser steps where
            they are logged).
        step_end: last step of the range.
        value: the telling number, in the metric's unit.
        noise_ratio: its size against the run's own noise (robust standard deviations).
        message: what was seen, one plain sentence; plain text, never mark-up.
        advice: what to try, one sentence; empty when nothing should be done.
    """

    code: str
    severity: Severity
    message: str
    advice: str = ""
    metric: str | None = None
    step_start: int | None = None
    step_end: int | None = None
    value: float | None = None
    noise_ratio: float | None = None


@dataclass(frozen=True, slots=True)
class NotChecked:
    """A detector that could not be applied, and why (a phrase for users)."""

    code: str
    reason: str


def health_of(findings: Iterable[Finding], *, judged: bool) -> Health:
    """The worst of warning and critical; healthy when there is neither.

    Args:
        findings: of all detectors.
        judged: whether a detector of loss, eval, gradient or state could be applied at all.
    """
    worst = max((finding.severity.rank for finding in findings), default=0)
    if worst:
        return Health.CRITICAL if worst == 2 else Health.WARNING
    return Health.HEALTHY if judged else Health.UNKNOWN
