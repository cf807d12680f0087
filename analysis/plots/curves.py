"""What a picture of a run shows: curves, marks and gaps, chosen from what was fetched."""

import hashlib
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from analysis.findings import Severity
from analysis.history import Floats, Series
from analysis.reports import RunReport

_MARKS = 6


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One line of a plot.

    Attributes:
        name: The logged name.
        step: float64[n], the run's own step axis, ascending.
        value: float64[n]; non-finite values stand where they were logged.
    """

    name: str
    step: Floats
    value: Floats

    def __len__(self) -> int:
        return int(self.step.size)

    @classmethod
    def of(cls, name: str, series: Series) -> "Curve":
        """The curve of a logged series, over W&B's own step."""
        return cls(name, series.step.astype(np.float64), series.value)


@dataclass(frozen=True, slots=True)
class Mark:
    """A finding's place in the plot.

    Attributes:
        panel: Where it belongs.
        start: First step.
        end: Last step; equal to ``start`` for a moment.
        severity: Its colour.
        label: A few words.
    """

    panel: Literal["loss", "gradient"]
    start: float
    end: float
    severity: Severity
    label: str


@dataclass(frozen=True, slots=True)
class RunCurves:
    """Everything that the plot of one run shows; any of it may be absent.

    Attributes:
        title: The run's name.
        loss: The training loss.
        gradient: The gradient norm.
        evals: Evaluation metrics in the unit of the loss, drawn with it.
        learning_rate: Drawn as a thin strip.
        marks: Findings with a place.
        step_label: What the axis counts.
    """

    title: str = ""
    loss: Curve | None = None
    gradient: Curve | None = None
    evals: tuple[Curve, ...] = ()
    learning_rate: Curve | None = None
    marks: tuple[Mark, ...] = field(default=())
    step_label: str = "step"

    @property
    def drawable(self) -> bool:
        """Whether there is a line to draw: two finite points of the loss or the gradient norm."""
        shown = [curve for curve in (self.loss, self.gradient, *self.evals) if curve is not None]
        return any(int(np.isfinite(curve.value).sum()) >= 2 for curve in shown)

    def key(self) -> str:
        """A digest of all that is drawn: equal pictures have equal keys."""
        digest = hashlib.sha256(repr((self.title, self.marks, self.step_label)).encode())
        for curve in (self.loss, self.gradient, *self.evals, self.learning_rate):
            if curve is None:
                digest.update(b"-")
                continue
            digest.update(curve.name.encode("utf-8", "replace"))
            digest.update(np.ascontiguousarray(curve.step).tobytes())
            digest.update(np.ascontiguousarray(curve.value).tobytes())
        return digest.hexdigest()[:32]


_WORDS = {
    "loss_not_finite": "loss not finite",
    "loss_diverged": "diverged",
    "loss_spike": "spike",
    "loss_plateau": "plateau",
    "loss_not_decreasing": "not decreasing",
    "overfitting": "overfitting",
    "eval_degraded": "eval degraded",
    "grad_exploding": "exploding",
    "grad_unstable": "unstable",
    "grad_vanishing": "vanishing",
    "grad_not_finite": "not finite",
    "learning_rate_zero": "learning rate zero",
}


def marks_of(report: RunReport) -> tuple[Mark, ...]:
    """The findings that have a place on the curves, worst first."""
    placed = [
        finding
        for finding in sorted(report.findings, key=lambda finding: -finding.severity.rank)
        if finding.step_start is not None and finding.code in _WORDS
    ]
    return tuple(
        Mark(
            panel="gradient" if finding.code.startswith("grad_") else "loss",
            start=float(finding.step_start or 0),
            end=float(
                finding.step_end if finding.step_end is not None else finding.step_start or 0
            ),
            severity=finding.severity,
            label=_WORDS[finding.code],
        )
        for finding in placed[:_MARKS]
    )
