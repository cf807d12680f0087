"""What one sees in a plot, in words: for people who hear the message."""

from collections.abc import Iterator

import numpy as np

from analysis.plots import style
from analysis.plots.curves import Curve, RunCurves
from analysis.plots.shape import gaps

_PLACES = {"loss": "loss", "gradient": "gradient norm", "quality": "evaluation"}


def alt_text(curves: RunCurves) -> str:
    """One to six sentences, at most a few hundred characters; plain text."""
    return " ".join(_sentences(curves))[:1_500]


def _sentences(curves: RunCurves) -> Iterator[str]:
    yield f"Curves of {curves.title}." if curves.title else "Curves of a run."
    if curves.loss is not None:
        yield _course("Loss", curves.loss)
    for evaluation in curves.evals:
        yield _course("Evaluation loss", evaluation)
    if curves.gradient is not None and curves.gradient.finite.size:
        finite = curves.gradient.finite
        median, most = style.figure(float(np.median(finite))), style.figure(float(finite.max()))
        yield f"Gradient norm {curves.gradient.name}: median {median}, greatest {most}."
    if curves.quality is not None:
        yield _course("Evaluation", curves.quality)
    if curves.marks:
        marks = [
            f"{_PLACES[mark.panel]} {mark.label} at step {mark.start:,.0f}" for mark in curves.marks
        ]
        yield f"Marked: {'; '.join(marks)}."


def _course(what: str, curve: Curve) -> str:
    finite = curve.finite
    if not finite.size:
        return f"{what} {curve.name}: no finite value."
    first, last = float(finite[0]), float(finite[-1])
    way = "down to" if last < first else "up to" if last > first else "and still"
    steps = f"over steps {curve.step[0]:,.0f} to {curve.step[-1]:,.0f}"
    text = f"{what} {curve.name} {steps}: from {style.figure(first)} {way} {style.figure(last)}"
    broken = gaps(curve)
    return f"{text}; not finite from step {broken[0][0]:,.0f} on." if broken else f"{text}."
