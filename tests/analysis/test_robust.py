"""Statistics that a few wild points cannot bend."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from analysis import robust
from analysis.history import Floats

FINITE = st.floats(-1e6, 1e6, allow_nan=False, width=32)
COLUMNS = hnp.arrays(np.float64, st.integers(1, 200), elements=FINITE)


def test_sigma_of_normal_noise_is_its_standard_deviation() -> None:
    noise = np.random.default_rng(0).normal(scale=3.0, size=5000)
    noise[:500] = 1e9
    assert robust.sigma(noise) == pytest.approx(3.0, rel=0.2)


def test_noise_ignores_a_straight_trend() -> None:
    rng = np.random.default_rng(0)
    assert robust.noise(np.arange(2000) * 5.0 + rng.normal(size=2000)) == pytest.approx(1, rel=0.1)


def test_autocorrelated_points_are_worth_fewer() -> None:
    rng = np.random.default_rng(0)
    white = rng.normal(size=2000)
    slow = np.convolve(white, np.full(20, 0.05), "same")
    assert robust.effective_size(white) > 1500
    assert robust.effective_size(slow) < 300


def test_theil_sen_is_not_bent_by_a_third_of_wild_points() -> None:
    x = np.arange(90, dtype=np.float64)
    y = 2.0 * x
    y[::4] = 1e6
    assert robust.theil_sen(x, y) == pytest.approx(2.0, rel=0.05)


def test_stretches_join_over_small_gaps() -> None:
    mask = np.array([0, 1, 1, 0, 1, 0, 0, 0, 1], dtype=np.bool_)
    assert robust.stretches(mask) == [(1, 2), (4, 4), (8, 8)]
    assert robust.stretches(mask, gap=1) == [(1, 4), (8, 8)]


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"), [(0, 10, 0.0, 0.278), (13, 13, 0.772, 1.0), (5, 10, 0.237, 0.763)]
)
def test_wilson_matches_the_published_intervals(hits: int, n: int, low: float, high: float) -> None:
    assert robust.wilson(hits, n) == pytest.approx((low, high), abs=1e-3)


def test_wilson_of_nothing_is_none() -> None:
    assert robust.wilson(0, 0) is None


@given(COLUMNS)
def test_smoothing_stays_within_the_values_and_keeps_the_length(values: Floats) -> None:
    for smoothed in (robust.smooth(values), robust.running_median(values, 9)):
        assert smoothed.shape == values.shape
        assert smoothed.min() >= values.min()
        assert smoothed.max() <= values.max()


@given(COLUMNS, st.integers(1, 40))
def test_block_medians_are_those_of_the_blocks(values: Floats, blocks: int) -> None:
    bounds = robust.edges(values.size, blocks)
    wanted = [np.median(values[a:b]) for a, b in pairwise(bounds)]
    assert robust.block_medians(values, blocks).tolist() == pytest.approx(wanted)


@given(COLUMNS, FINITE)
def test_levels_move_with_the_values(values: Floats, shift: float) -> None:
    here, there = robust.level(values), robust.level(values + shift)
    assert there.value == pytest.approx(here.value + shift, abs=1e-3)
    assert here.error >= 0
    assert here.n == values.size


@given(COLUMNS)
def test_running_median_is_the_median_of_its_window(values: Floats) -> None:
    smoothed = robust.running_median(values, 5)
    for i in range(2, values.size - 2):
        assert smoothed[i] == np.median(values[i - 2 : i + 3])


def test_a_wide_running_median_is_near_the_exact_one_and_within_the_values() -> None:
    rng = np.random.default_rng(0)
    values = np.exp(-np.arange(4000) / 900) + rng.normal(0, 0.05, 4000)
    wide = robust.running_median(values, 601)
    exact = np.array([np.median(values[i - 300 : i + 301]) for i in range(300, 3700)])
    assert np.max(np.abs(wide[300:3700] - exact)) < 0.02
    assert values.min() <= wide.min() <= wide.max() <= values.max()
