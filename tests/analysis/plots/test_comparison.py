"""The picture of a comparison: the same bytes for the same curves, drawn whatever they are."""

import struct

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from analysis.plots.comparison import alt_text, draw
from analysis.plots.curves import Curve
from analysis.plots.overlay import Overlay, OverlaySide
from tests.comparisons import a_curve, a_read_run, a_side, clear_win, compared, one_each


def height_of(png: bytes) -> int:
    assert png.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", png[16:24])
    assert width == 1_200
    return int(height)


def overlay(found: object) -> Overlay:
    made = getattr(found, "overlay", None)
    assert isinstance(made, Overlay)
    return made


def test_the_same_comparison_gives_the_same_picture() -> None:
    """Bytes and key depend on nothing but what is drawn."""
    one, same, other = overlay(clear_win()), overlay(clear_win()), overlay(one_each())
    assert one.key() == same.key() != other.key()
    assert draw(one) == draw(same)


def test_sides_that_look_alike_are_enlarged() -> None:
    """Where the whole curve does not tell the sides apart, a second panel does."""
    assert height_of(draw(overlay(one_each()))) > height_of(draw(overlay(clear_win()))) + 200


def test_the_words_say_what_one_sees() -> None:
    """Metric, place and values, and which way is better."""
    text = alt_text(overlay(clear_win()))
    assert "train/loss of warm and cold" in text
    assert "at step 4,000: warm 0.5" in text
    assert "Lower is better" in text


def test_every_run_is_thin_and_the_middle_lies_between_them() -> None:
    """The middle of three seeds is their median."""
    side = overlay(clear_win()).sides[0]
    assert len(side.runs) == 3
    assert side.middle is not None
    ends = sorted(float(np.median(run.value[-40:])) for run in side.runs)
    assert ends[0] <= float(side.middle.value[-1]) <= ends[-1] + 0.02


def test_nothing_compared_is_nothing_drawn() -> None:
    """Without a matched point there is no picture."""
    a = a_side("a", a_read_run("a", a_curve(0.5, 1), metric="x/score"))
    b = a_side("b", a_read_run("b", a_curve(0.5, 1)))
    assert compared(a, b).overlay is None


def test_eight_sides_by_time_are_drawn() -> None:
    """The most sides that there can be, each with a colour and a letter."""
    sides = [
        a_side(f"run-{k}", a_read_run(f"run-{k}", a_curve(0.5 + 0.1 * k, k))) for k in range(8)
    ]
    made = overlay(compared(*sides, by="time"))
    assert height_of(draw(made)) > 700
    assert "after " in alt_text(made)


VALUES = st.floats(-1e12, 1e12) | st.sampled_from([np.nan, np.inf, -np.inf, 0.0, 1e-300])


@given(
    st.lists(hnp.arrays(np.float64, st.integers(2, 30), elements=VALUES), min_size=2, max_size=3),
    st.text(max_size=30),
    st.sampled_from(["step", "tokens", "samples", "time"]),
)
@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_any_curves_can_be_drawn(values: list[np.ndarray], label: str, axis: str) -> None:
    """Whatever was logged and whatever it is called."""
    sides = tuple(
        OverlaySide(
            label,
            (Curve("m", np.arange(float(y.size)), y),),
            None,
            float(y[-1]) if np.isfinite(y[-1]) else None,
        )
        for y in values
    )
    made = Overlay("m", axis, 1.0, "down", sides)  # type: ignore[arg-type]
    assume(made.drawable)
    assert height_of(draw(made)) > 0
    assert alt_text(made)
