"""Plots of runs: drawn for any curves, the same bytes for the same curves, kept within bounds."""

import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from analysis.findings import Severity
from analysis.plots.alt import alt_text
from analysis.plots.curves import Curve, Mark, RunCurves
from analysis.plots.drawing import render
from analysis.plots.studio import Studio

STEP = np.arange(300.0)
LOSS = 3.0 * np.exp(-STEP / 90) + 0.1


def some(**changes: object) -> RunCurves:
    given_: dict[str, object] = {
        "title": "calm-otter",
        "loss": Curve("train/loss", STEP, LOSS),
        "gradient": Curve("train/grad_norm", STEP, np.ones(300)),
        "evals": (Curve("eval/loss", STEP[::50], LOSS[::50] + 0.1),),
        "learning_rate": Curve("lr", STEP, 1e-3 * (1 - STEP / 300)),
        "marks": (Mark("loss", 120, 125, Severity.WARNING, "spike"),),
    }
    return RunCurves(**{**given_, **changes})  # type: ignore[arg-type]


def size_of(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def test_the_same_curves_give_the_same_picture() -> None:
    """Bytes and key depend on nothing but what is drawn."""
    assert render(some()) == render(some())
    assert some().key() == some(title="another name").key()
    assert some().key() != some(marks=()).key()


def test_a_picture_is_sharp_on_a_phone() -> None:
    """1,200 pixels wide, and not taller than two screens."""
    width, height = size_of(render(some()))
    assert width == 1_200
    assert height < 1_600


def test_a_run_that_broke_is_drawn_with_its_gap() -> None:
    """NaN from the middle on: the picture differs from that of the first half alone."""
    broken = np.where(STEP > 150, np.nan, LOSS)
    whole = render(some(loss=Curve("train/loss", STEP, broken)))
    half = render(some(loss=Curve("train/loss", STEP[:151], LOSS[:151])))
    assert whole != half
    alt = alt_text(some(loss=Curve("train/loss", STEP, broken)))
    assert "not finite from step 150 on" in alt


def test_alt_text_says_what_one_sees() -> None:
    """Course of the loss, gradients and marks, in words."""
    alt = alt_text(some())
    assert "Loss train/loss over steps 0 to 299: from 3.1 down to" in alt
    assert "Marked: loss spike at step 120." in alt


@pytest.mark.parametrize(
    "name", ["$\\frac{a}{b}$", "_hidden", "损失/训练", "a" * 300, "\ud800", "{}%s"]
)
def test_any_metric_name_can_be_drawn(name: str) -> None:
    """Names are labels: no mathematics, no missing letters, no overflow."""
    curve = Curve(name, STEP, LOSS)
    size_of(render(some(loss=curve, gradient=curve, evals=(curve,), axis=name)))


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    hnp.arrays(np.float64, st.integers(2, 90), elements=st.floats(width=64)),
    st.integers(-(2**53), 2**53),
)
def test_any_values_can_be_drawn(
    value: np.ndarray[tuple[int], np.dtype[np.float64]], first: int
) -> None:
    """Infinite, huge, tiny, negative, constant: there is a picture or nothing to draw."""
    curve = Curve("loss", first + np.arange(value.size, dtype=np.float64), value)
    curves = RunCurves(loss=curve, gradient=curve, evals=(curve,), learning_rate=curve)
    if curves.drawable:
        size_of(render(curves))
    alt_text(curves)


async def test_a_studio_keeps_pictures_within_its_memory() -> None:
    """The same curves are drawn once; old pictures go when the bound is reached."""
    studio = Studio(kept_bytes=1)
    try:
        first = await studio.draw(some())
        assert first is not None
        assert studio.kept_bytes <= 1
        roomy = Studio()
        one, two = await roomy.draw(some()), await roomy.draw(some())
        assert one is not None
        assert two is not None
        assert one.png is two.png
        assert await roomy.draw(RunCurves()) is None
        roomy.close()
    finally:
        studio.close()
