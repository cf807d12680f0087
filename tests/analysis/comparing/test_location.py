"""Where a noisy stretch stands: sharp, within its values, and with an error that holds."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import lfilter

from analysis.comparing.location import (
    block_length,
    locate,
    mean_variance,
    memories,
    roughness,
)

FINITE = st.floats(-1e6, 1e6)


def correlated(rng: np.random.Generator, n: int, rho: float, tail: float = 300.0) -> np.ndarray:
    """A first-order process of unit variance whose shocks have ``tail`` degrees of freedom."""
    shocks = rng.standard_t(tail, n + 400) / math.sqrt(tail / (tail - 2))
    noise = lfilter([math.sqrt(1 - rho**2)], [1, -rho], shocks)
    return np.asarray(noise[400:])


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.8, 0.95])
def test_the_error_of_a_level_respects_autocorrelation(rho: float) -> None:
    """The error is that of many repetitions, to a third, whatever the memory."""
    rng = np.random.default_rng(7)
    windows = [correlated(rng, 300, rho) for _ in range(120)]
    kept = memories(windows)
    found = [locate(w, memory=m) for w, m in zip(windows, kept, strict=True)]
    true = float(np.std([level.value for level in found]))
    told = float(np.median([level.error for level in found]))
    assert 0.67 * true < told < 1.5 * true


def test_heavy_tails_cost_little() -> None:
    """Where shocks have heavy tails and a memory, the level is far sharper than the mean."""
    rng = np.random.default_rng(3)
    windows = [correlated(rng, 300, 0.8, tail=2.5) for _ in range(150)]
    kept = memories(windows)
    sharp = [locate(w, memory=m).value for w, m in zip(windows, kept, strict=True)]
    assert np.std(sharp) < 0.75 * np.std([w.mean() for w in windows])


def test_normal_noise_is_all_but_averaged() -> None:
    """On white normal noise the level is as sharp as the mean, to a tenth."""
    rng = np.random.default_rng(4)
    windows = [rng.standard_normal(200) for _ in range(200)]
    sharp = [locate(w).value for w in windows]
    assert np.std(sharp) < 1.1 * np.std([w.mean() for w in windows])


def test_calm_stretches_count_more() -> None:
    """Noise that is ten times larger in the first half: the level comes from the second."""
    rng = np.random.default_rng(5)
    x = np.arange(400.0)
    size = np.where(x < 200, 10.0, 1.0)
    windows = [size * rng.standard_normal(400) for _ in range(60)]
    shapes = roughness([x] * 60, windows)
    assert np.median(shapes[0][:150]) > 5 * np.median(shapes[0][250:])
    sharp = [locate(w, s).value for w, s in zip(windows, shapes, strict=True)]
    assert np.std(sharp) < 0.3 * np.std([w.mean() for w in windows])


def test_a_wrong_memory_is_no_bias() -> None:
    """White noise taken for slow noise, and slow noise for white: right on average."""
    rng = np.random.default_rng(6)
    for rho, told in ((0.0, 0.9), (0.9, 0.0)):
        found = [locate(3.0 + correlated(rng, 200, rho), memory=told).value for _ in range(300)]
        assert np.mean(found) == pytest.approx(3.0, abs=4 * float(np.std(found)) / math.sqrt(300))


def test_one_wild_batch_moves_nothing() -> None:
    """A spike of a thousand deviations counts as much as one of a few."""
    values = 1.0 + 0.01 * np.random.default_rng(0).standard_normal(100)
    wild = values.copy()
    wild[50] += 10.0
    assert locate(wild, memory=0.5).value == pytest.approx(
        locate(values, memory=0.5).value, abs=3e-3
    )


def test_the_variance_of_a_mean_is_the_stationary_bootstraps() -> None:
    """The closed form is what resampling gives: blocks of geometric length, wrapped around."""
    rng = np.random.default_rng(8)
    values, block, draws = correlated(rng, 120, 0.7), 12.0, 4_000
    fresh = rng.random((draws, 120)) < 1.0 / block
    fresh[:, 0] = True
    column = np.arange(120)
    since = np.maximum.accumulate(np.where(fresh, column, 0), axis=1)
    begun = np.take_along_axis(rng.integers(0, 120, (draws, 120)), since, axis=1)
    means = values[(begun + column - since) % 120].mean(axis=1)
    assert mean_variance(values, block) == pytest.approx(float(np.var(means)), rel=0.08)


def test_blocks_grow_with_memory() -> None:
    """White noise needs blocks of about two points, a slow process long ones."""
    rng = np.random.default_rng(1)
    assert block_length(rng.standard_normal(400)) < 4
    assert block_length(correlated(rng, 400, 0.9)) > 15


@given(
    st.lists(FINITE, min_size=1, max_size=60),
    st.floats(0.0, 0.98),
    st.none() | st.floats(1e-6, 1e6),
)
def test_a_level_lies_within_its_window(
    values: list[float], memory: float, size: float | None
) -> None:
    """No window gives a level outside its values, nor a negative or unknown error."""
    level = locate(np.array(values), memory=memory, size=size)
    slack = 1e-9 * max(1.0, *(abs(value) for value in values))
    assert min(values) - slack <= level.value <= max(values) + slack
    assert level.error >= 0.0
    assert math.isfinite(level.error)


@given(st.lists(st.sampled_from([0.0, 1.0, 1.0, 2.0]), min_size=2, max_size=200))
def test_rounded_values_have_a_shape(values: list[float]) -> None:
    """Curves of few different values, flat pieces among them: roughness is finite and positive."""
    window = np.array(values)
    (shape,) = roughness([np.arange(window.size, dtype=float)], [window])
    assert np.all(np.isfinite(shape))
    assert np.all(shape > 0)
