"""One way to write numbers, in every message."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.views import numbers


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1.82345, "1.823"),
        (0.0123, "0.0123"),
        (0.000032, "3.2e−5"),
        (12_345.6, "12,346"),
        (-0.5, "−0.5"),
        (0.0, "0"),
        (100.0, "100"),
        (math.nan, "NaN"),
        (-math.inf, "−∞"),
        (None, "–"),
    ],
)
def test_numbers(value: float | None, shown: str) -> None:
    """Three to four significant digits, thousands separators, a real minus."""
    assert numbers.number(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(812.0, "812"), (9_120.0, "9,120"), (12_400.0, "12.4k"), (3.1e6, "3.1M"), (0.5, "0.5")],
)
def test_amounts_are_abbreviated_from_ten_thousand(value: float, shown: str) -> None:
    """Sizes are short, with their unit."""
    assert numbers.amount(value, "it/s") == f"{shown} it/s"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 s"),
        (45, "45 s"),
        (90, "1 min 30 s"),
        (3_599, "1 h"),
        (7_500, "2 h 5 min"),
        (273_600, "3 d 4 h"),
        (86_400, "1 d"),
        (-1, "–"),
        (math.inf, "–"),
    ],
)
def test_durations(seconds: float, shown: str) -> None:
    """The two greatest units."""
    assert numbers.duration(seconds) == shown


@pytest.mark.parametrize(
    ("change", "shown"),
    [(-3.14, "down 3.1 %"), (12.0, "up 12 %"), (0.01, "unchanged"), (math.nan, ""), (None, "")],
)
def test_changes(change: float | None, shown: str) -> None:
    """Direction in words."""
    assert numbers.change(change) == shown


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [(100, 100, "step 100"), (100, 1_250, "steps 100 to 1,250"), (None, 5, "step 5")],
)
def test_step_ranges(start: int | None, end: int, shown: str) -> None:
    """Steps are exact, so that they can be found again."""
    assert numbers.steps(start, end) == shown


@given(st.floats())
def test_no_number_is_too_long_or_raises(value: float) -> None:
    """Every float has a short form."""
    for write in (numbers.number, numbers.amount, numbers.percent, numbers.share):
        assert 1 <= len(write(value)) <= 16
    numbers.duration(value)
    numbers.change(value)
    assert len(numbers.bar(value)) in {0, 10}


@given(st.floats(min_value=1e-3, max_value=9_999, allow_nan=False))
def test_numbers_keep_four_digits(value: float) -> None:
    """What is shown is the value to four significant digits."""
    assert float(numbers.number(value).replace(",", "")) == pytest.approx(value, rel=5.1e-4)
