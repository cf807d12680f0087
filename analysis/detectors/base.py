"""What a detector is, how all of them are run, and a few words that they share."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import get_args

import numpy as np

from analysis import plugins
from analysis.findings import (
    JUDGES_HEALTH,
    Finding,
    NotChecked,
    Severity,
    Subject,
    severity_of,
)
from analysis.signals import Curve, Signals
from analysis.thresholds import Thresholds

Detect = Callable[[Signals, Thresholds], Iterator[Finding | NotChecked]]

# Of findings equally bad, the one on what people care about leads: the loss before its gradient.
_ORDER: tuple[Subject, ...] = get_args(Subject)


@dataclass(frozen=True, slots=True)
class Detector:
    """A detector's entry in the register.

    Attributes:
        codes: what it can report.
        subject: what it looks at; health is unknown when none of loss, eval, gradient and state
            could be looked at.
        detect: yields findings, and what could not be checked and why.
    """

    codes: tuple[str, ...]
    subject: Subject
    detect: Detect


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All that the detectors say of a run, worst first.

    Attributes:
        findings: by severity, then by subject (loss, eval, gradient, state, pace, …), then in the
            register's order.
        not_checked: what could not be applied.
        judged: whether anything that decides about health could be applied.
    """

    findings: tuple[Finding, ...]
    not_checked: tuple[NotChecked, ...]
    judged: bool


def registered() -> tuple[Detector, ...]:
    """All detectors, by file name."""
    return plugins.load("analysis.detectors", "DETECTOR")


@np.errstate(all="ignore")  # values near the ends of float64 are judged as they come
def run_all(signals: Signals, thresholds: Thresholds) -> Diagnosis:
    """Runs every detector over the signals."""
    findings: list[Finding] = []
    blind: list[NotChecked] = []
    judged = False
    for detector in sorted(registered(), key=lambda entry: _ORDER.index(entry.subject)):
        said = list(detector.detect(signals, thresholds))
        missed = [item for item in said if isinstance(item, NotChecked)]
        findings += [item for item in said if isinstance(item, Finding)]
        blind += missed
        applied = {item.code for item in missed} != set(detector.codes)
        judged = judged or (applied and detector.subject in JUDGES_HEALTH)
    findings.sort(key=lambda finding: -finding.severity.rank)
    return Diagnosis(tuple(findings), tuple(blind), judged and not signals.history_failed)


def finding(
    code: str,
    message: str,
    advice: str = "",
    *,
    curve: Curve | None = None,
    first: int | None = None,
    last: int | None = None,
    value: float | None = None,
    noise_ratio: float | None = None,
    at_most: Severity = Severity.CRITICAL,
) -> Finding:
    """Makes a finding whose severity is the code's own or ``at_most``, whichever is less.

    Args:
        code: one of the contract's codes.
        message: what was seen, one sentence.
        advice: what to try, one sentence; none for what is merely worth knowing.
        curve: where it was seen.
        first: index of the first point of the range.
        last: index of the last one.
        value: the telling number.
        noise_ratio: its size in robust standard deviations of the run's own noise.
        at_most: a lower ceiling for the severity.
    """
    severity = min(severity_of(code), at_most, key=lambda level: level.rank)
    return Finding(
        code=code,
        severity=severity,
        message=message,
        advice=advice,
        metric=None if curve is None else curve.name,
        step_start=None if curve is None or first is None else int(curve.step[first]),
        step_end=None if curve is None or last is None else int(curve.step[last]),
        value=value,
        noise_ratio=None
        if noise_ratio is None or not np.isfinite(noise_ratio)
        else round(float(noise_ratio), 1),
    )


def number(value: float) -> str:
    """A number as people write it: four significant digits, thousands apart."""
    if not np.isfinite(value):
        return "NaN" if np.isnan(value) else ("infinity" if value > 0 else "−infinity")
    size = abs(value)
    if size >= 1e6 or (0 < size < 1e-3):
        text = f"{value:.2e}"
    elif size >= 1000:
        text = f"{value:,.0f}"
    else:
        text = f"{value:.4g}" if size >= 1 else f"{value:.3g}"
    return text.replace("-", "−") if value < 0 else text


def step(value: int) -> str:
    """A step with its thousands apart."""
    return f"{value:,}"


def near(curve: Curve, index: int, rows: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> bool:
    """Whether one of ``rows`` lies close to a point: within 2 % of the run's rows."""
    if not rows.size:
        return False
    reach = max(3.0, 0.02 * float(curve.row[-1] - curve.row[0]))
    return bool(np.any(np.abs(rows - curve.row[index]) <= reach))
