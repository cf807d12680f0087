"""Curves are thinned without losing peaks, smoothed without inventing plateaus."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from analysis.plots.curves import Curve
from analysis.plots.shape import gaps, smoothed, thinned, wants_log


def curve(value: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Curve:
    return Curve("loss", np.arange(value.size, dtype=np.float64), value)


def test_a_one_step_peak_survives_thinning() -> None:
    """A million points become two thousand, the peak and the dip among them."""
    value = np.ones(1_000_000)
    value[123_456], value[777_777] = 900.0, -3.0
    step, shown = thinned(curve(value))
    assert step.size <= 2_000
    assert shown.max() == 900.0
    assert shown.min() == -3.0
    assert bool(np.all(np.diff(step) >= 0))


def test_a_one_step_peak_does_not_bend_the_smoothed_line() -> None:
    """The median passes by a single outlier."""
    value = np.linspace(2.0, 1.0, 1_000)
    value[500] = 1e6
    smooth = smoothed(curve(value), log=False)
    assert smooth is not None
    assert float(smooth[1].max()) < 2.1


def test_a_log_axis_is_for_wide_spans_of_positive_values() -> None:
    """Not for narrow ones, and never where a value is zero or negative."""
    assert wants_log((curve(np.geomspace(1e-3, 10, 50)),))
    assert not wants_log((curve(np.linspace(1, 3, 50)),))
    assert not wants_log((curve(np.linspace(-1, 300, 50)),))


def test_gaps_reach_to_their_finite_neighbours() -> None:
    """Each stretch of non-finite values is one span."""
    value = np.array([1.0, np.nan, np.inf, 2.0, 3.0, np.nan])
    assert gaps(curve(value)) == [(0.0, 3.0), (4.0, 5.0)]
    assert gaps(curve(np.ones(3))) == []


@given(hnp.arrays(np.float64, st.integers(0, 3_000), elements=st.floats(width=64)))
def test_any_values_can_be_shaped(value: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
    """No input raises; steps stay in order; only finite values are drawn."""
    with np.errstate(all="ignore"):
        one = curve(value)
        step, shown = thinned(one)
        smoothed(one, log=False)
        smoothed(one, log=True)
        wants_log((one,))
        gaps(one)
    assert bool(np.isfinite(shown).all())
    assert bool(np.all(np.diff(step) >= 0))
