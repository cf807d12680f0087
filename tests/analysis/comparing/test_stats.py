"""The statistics: levels and their errors, the test over seeds, corrections, seeds needed."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as reference

from analysis.comparing.location import Level
from analysis.comparing.stats import (
    ALPHA_FEW,
    difference,
    holm,
    level_of_test,
    pooled_spread,
    seeds_needed,
)

FINITE = st.floats(-1e6, 1e6)


def levels(*values: float, error: float = 0.0) -> list[Level]:
    return [Level(value, error, error, 50) for value in values]


def test_the_test_is_students() -> None:
    """With measured seeds and quiet curves it is the pooled two-sample t-test."""
    a, b = (1.0, 1.2, 0.9, 1.1), (1.6, 1.4, 1.7)
    found = difference(levels(*a), levels(*b))
    expected = reference.ttest_ind(a, b)
    assert found.p == pytest.approx(expected.pvalue)
    low, high = expected.confidence_interval(1 - ALPHA_FEW)
    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.measured


def test_seeds_that_agree_by_luck_do_not_create_certainty() -> None:
    """The noise of the curves is the least variance there is."""
    noisy = difference(levels(1.0, 1.0, 1.0, error=0.1), levels(1.01, 1.01, 1.01, error=0.1))
    assert noisy.p > 0.5


def test_one_seed_a_side_rests_on_an_assumption() -> None:
    """Without seeds the spread is assumed, and said to be."""
    alone = difference(levels(1.0), levels(1.5))
    assert not alone.measured
    assert alone.spread > 0
    helped = difference(levels(1.0), levels(1.5), [[1.0, 1.1, 0.9]])
    assert helped.measured


@given(st.lists(FINITE, min_size=1, max_size=5), st.lists(FINITE, min_size=1, max_size=5))
def test_swapping_the_sides_turns_the_sign(a: list[float], b: list[float]) -> None:
    """A against B and B against A say the same."""
    one, other = difference(levels(*a), levels(*b)), difference(levels(*b), levels(*a))
    assert one.effect == pytest.approx(-other.effect)
    assert one.p == pytest.approx(other.p)
    assert 0.0 <= one.p <= 1.0
    assert one.low <= one.effect <= one.high


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_is_between_no_correction_and_bonferronis(p: list[float]) -> None:
    """Order is kept, nothing gets more certain, nothing worse than times n."""
    adjusted = holm(p)
    assert all(value <= found <= min(1.0, len(p) * value) + 1e-12
               for value, found in zip(p, adjusted, strict=True))  # fmt: skip
    order = np.argsort(p, kind="stable")
    assert all(
        a <= b
        for a, b in zip(np.array(adjusted)[order], np.array(adjusted)[order][1:], strict=False)
    )


def test_holms_own_numbers() -> None:
    """The textbook case."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_seeds_needed_gives_the_power_it_promises() -> None:
    """So many seeds find the difference in four of five cases; one less does not quite."""
    rng = np.random.default_rng(3)
    count = seeds_needed(1.0, 1.0)
    assert count is not None
    a = rng.standard_normal((4_000, count))
    b = rng.standard_normal((4_000, count)) + 1.0
    power = float(np.mean(reference.ttest_ind(a, b, axis=1).pvalue < level_of_test(2 * count - 2)))
    assert 0.76 < power < 0.86
    assert seeds_needed(0.0, 1.0) is None
    assert seeds_needed(1.0, 0.0) is None
    assert (seeds_needed(4.0, 1.0) or 0) < (seeds_needed(1.0, 1.0) or 0)


def test_pooled_spread() -> None:
    """Groups of one tell nothing; the others are weighted by their freedom."""
    assert pooled_spread([[1.0], [2.0]]) == (0.0, 0)
    spread, freedom = pooled_spread([[0.0, 2.0], [5.0, 5.0, 5.0]])
    assert spread == pytest.approx(math.sqrt(2 / 3))
    assert freedom == 3
