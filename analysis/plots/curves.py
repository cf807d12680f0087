"""What a picture of a run shows: curves, marks and gaps, chosen from its signals and its report."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from analysis import metrics
from analysis.findings import Severity
from analysis.history import Bools, Floats
from analysis.reports import RunReport
from analysis.signals import Curve as Signal
from analysis.signals import Signals

_MARKS: Final = 6
_EVALS: Final = 2
Panel = Literal["loss", "gradient", "quality"]


_LARGEST: Final = 1e150


def _too_large(values: Floats) -> Bools:
    too_large: Bools = np.isfinite(values) & (np.abs(values) > _LARGEST)
    return too_large


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One line of a plot.

    Attributes:
        name: The logged name.
        step: float64[n], the run's own step axis, ascending.
        value: float64[n]; non-finite values stand where they were logged.
        low: float64[n] or ``None``: the least value that each point stands for.
        high: float64[n] or ``None``: the greatest.
    """

    name: str
    step: Floats
    value: Floats
    low: Floats | None = None
    high: Floats | None = None

    def __post_init__(self) -> None:
        # Beyond this, laying out an axis overflows; it looks the same.
        for name in ("value", "low", "high"):
            values = getattr(self, name)
            if values is not None and bool(np.any(_too_large(values))):
                cut = np.where(_too_large(values), np.sign(values) * _LARGEST, values)
                object.__setattr__(self, name, cut)

    def __len__(self) -> int:
        return int(self.step.size)

    @classmethod
    def of(cls, signal: Signal) -> "Curve":
        """The line of a signal; thinned ones keep their extremes."""
        step = signal.step.astype(np.float64)
        if signal.exact:
            return cls(signal.name, step, signal.value)
        return cls(signal.name, step, signal.value, signal.low, signal.high)

    @property
    def finite(self) -> Floats:
        """float64[k]: the values that are finite numbers."""
        return self.value[np.isfinite(self.value)]


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

    panel: Panel
    start: float
    end: float
    severity: Severity
    label: str


@dataclass(frozen=True, slots=True)
class RunCurves:
    """Everything that the plot of one run shows; any of it may be absent.

    Attributes:
        title: The run's name; for the alt text, not drawn.
        loss: The training loss.
        gradient: The gradient norm.
        evals: Evaluation losses, drawn with the loss.
        quality: The leading evaluation metric that is no loss, in a panel of its own.
        learning_rate: Drawn as a thin strip.
        marks: Findings with a place.
        axis: What the steps count: the logged name of the axis.
    """

    title: str = ""
    loss: Curve | None = None
    gradient: Curve | None = None
    evals: tuple[Curve, ...] = ()
    quality: Curve | None = None
    learning_rate: Curve | None = None
    marks: tuple[Mark, ...] = ()
    axis: str = "step"

    @property
    def drawable(self) -> bool:
        """Whether there is a line to draw: two finite points of any curve but the strip."""
        return any(curve.finite.size >= 2 for curve in self._lines())

    @property
    def points(self) -> int:
        """How many points there are in all."""
        return sum(len(curve) for curve in self._lines())

    def key(self) -> str:
        """A digest of all that is drawn: equal pictures have equal keys."""
        digest = hashlib.sha256(repr((self.marks, self.axis)).encode("utf-8", "replace"))
        everything = (self.loss, self.gradient, self.quality, self.learning_rate, *self.evals)
        for curve in everything:
            if curve is None:
                digest.update(b"-")
                continue
            digest.update(curve.name.encode("utf-8", "replace"))
            for column in (curve.step, curve.value, curve.low, curve.high):
                digest.update(b"|" if column is None else np.ascontiguousarray(column).tobytes())
        return digest.hexdigest()[:32]

    def _lines(self) -> Iterator[Curve]:
        for curve in (self.loss, self.gradient, self.quality, *self.evals):
            if curve is not None:
                yield curve


_WORDS: Final[dict[str, tuple[Panel, str]]] = {
    "loss_not_finite": ("loss", "not finite"),
    "loss_diverged": ("loss", "diverged"),
    "loss_spike": ("loss", "spike"),
    "loss_plateau": ("loss", "plateau"),
    "loss_not_decreasing": ("loss", "not decreasing"),
    "overfitting": ("loss", "overfitting"),
    "eval_degraded": ("quality", "eval degraded"),
    "grad_exploding": ("gradient", "exploding"),
    "grad_unstable": ("gradient", "unstable"),
    "grad_vanishing": ("gradient", "vanishing"),
    "grad_not_finite": ("gradient", "not finite"),
    "learning_rate_zero": ("loss", "learning rate 0"),
}


def curves_of(signals: Signals, report: RunReport) -> RunCurves:
    """What the plot of a described run shows.

    Args:
        signals: Its curves, on its own step axis.
        report: Its findings.
    """
    held_out = [curve for curve in signals.evals if curve is not signals.loss]
    losses = [curve for curve in held_out if metrics.is_loss_name(curve.name)]
    others = [curve for curve in held_out if not metrics.is_loss_name(curve.name)]
    # A second measure that falls, such as perplexity, says what the evaluation loss says already.
    quality = next((curve for curve in others if curve.direction == "up" or not losses), None)
    return RunCurves(
        title=report.run.name or report.run.id,
        loss=_line(signals.loss),
        gradient=_line(signals.grad_norm),
        evals=tuple(Curve.of(curve) for curve in losses[:_EVALS] if len(curve)),
        quality=_line(quality),
        learning_rate=_line(signals.learning_rate),
        marks=marks_of(report),
        axis=signals.axis,
    )


def marks_of(report: RunReport) -> tuple[Mark, ...]:
    """The findings that have a place on the curves, worst first."""
    marks: list[Mark] = []
    for finding in sorted(report.findings, key=lambda finding: -finding.severity.rank):
        if finding.step_start is None or finding.code not in _WORDS:
            continue
        panel, label = _WORDS[finding.code]
        if panel == "gradient" and finding.severity is Severity.INFO:
            label = "isolated peak"
        start = float(finding.step_start)
        end = float(finding.step_end) if finding.step_end is not None else start
        marks.append(Mark(panel, start, max(start, end), finding.severity, label))
    return tuple(marks[:_MARKS])


def _line(signal: Signal | None) -> Curve | None:
    return Curve.of(signal) if signal is not None and len(signal) else None
