"""Which buckets are read again, and what a curve is made of them."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.history import Floats
from analysis.sources.buckets import (
    Buckets,
    Stretch,
    buckets_of,
    series_of,
    shows_lone,
    stretches,
)
from analysis.sources.decode import Points

WIDTH = 100


def summed_up(values: Floats) -> list[dict[str, Any]]:
    """Buckets of 100 rows, as the web app gets them."""
    made = []
    for start in range(0, values.size, WIDTH):
        part = values[start : start + WIDTH]
        finite = bool(np.isfinite(part).all())
        entry: dict[str, Any] = {
            "bucketSize": int(part.size),
            "_stepAvg": start + (part.size - 1) / 2,
            "_timestampAvg": 1_000.0 + start,
        }
        for name, value in zip(
            ("Avg", "Min", "Max", "Last"),
            (part.mean(), part.min(), part.max(), part[-1]),
            strict=True,
        ):
            entry[f"loss{name}"] = float(value) if finite else "NaN"
        made.append(entry)
    return made


def noise(rows: int = 20_000) -> Floats:
    return np.random.default_rng(1).normal(1.0, 0.05, rows)


def rows_of(values: Floats, stretch: Stretch) -> Points:
    low = -1 if stretch.after is None else stretch.after
    high = values.size if stretch.before is None else stretch.before
    step = np.arange(low + 1, high)
    return Points(step, step.astype(np.float64), values[step])


def read(values: Floats) -> tuple[Buckets, list[Stretch], int]:
    buckets = buckets_of(summed_up(values), "loss")
    plan, left_out = stretches(buckets, 24, 50_000)
    return buckets, plan, left_out


@pytest.mark.parametrize("place", [0, 57, 4_321, 19_999])
@pytest.mark.parametrize("value", [np.nan, 40.0, -40.0])
def test_one_odd_row_is_read_again_wherever_it_is(place: int, value: float) -> None:
    values = noise()
    values[place] = value
    buckets, plan, left_out = read(values)
    series = series_of(buckets, [(stretch, rows_of(values, stretch)) for stretch in plan])
    found = series.value[series.step == place]
    assert np.array_equal(found, [value], equal_nan=True)
    assert left_out == 0


def test_plain_noise_costs_its_two_ends_only() -> None:
    buckets, plan, left_out = read(noise())
    assert len(plan) == 2
    assert left_out == 0
    assert sum(stretch.rows for stretch in plan) < 5 * WIDTH
    assert len(series_of(buckets, [])) == len(buckets)


def test_of_a_long_stretch_of_nan_both_ends_are_read() -> None:
    values = noise()
    values[5_050:15_050] = np.nan
    buckets, plan, _ = read(values)
    assert sum(stretch.rows for stretch in plan) < 20 * WIDTH
    series = series_of(buckets, [(stretch, rows_of(values, stretch)) for stretch in plan])
    steps = series.step[np.isnan(series.value)]
    assert (steps[0], steps[-1]) == (5_050, 15_049)
    assert len(steps) > 100  # between the ends each bucket says it too


def test_what_costs_too_much_is_counted() -> None:
    values = noise()
    values[::500] = 30.0
    buckets = buckets_of(summed_up(values), "loss")
    plan, left_out = stretches(buckets, 24, 900)
    assert sum(stretch.rows for stretch in plan) <= 900 + 4 * WIDTH
    assert left_out > 0


def test_a_point_has_the_least_and_the_greatest_of_its_bucket() -> None:
    values = noise()
    series = series_of(buckets_of(summed_up(values), "loss"), [])
    assert np.array_equal(series.high, values.reshape(-1, WIDTH).max(axis=1))
    assert np.array_equal(series.low, values.reshape(-1, WIDTH).min(axis=1))
    assert not series.exact


def test_a_bucket_of_nulls_that_holds_finite_rows_shows_lone_values() -> None:
    nulls = summed_up(noise(1_000))
    for part in ("Avg", "Min", "Max", "Last"):
        nulls[4][f"loss{part}"] = None
    buckets = buckets_of(nulls, "loss")
    mixed, broken = noise(1_000), noise(1_000)
    mixed[450], broken[400:500] = np.nan, np.nan
    stretch = Stretch(349, 550, 300)
    assert shows_lone(buckets, [(stretch, rows_of(mixed, stretch))])
    assert not shows_lone(buckets, [(stretch, rows_of(broken, stretch))])


def test_a_field_that_a_server_does_not_send_makes_nothing_suspicious() -> None:
    made = [{k: v for k, v in entry.items() if k != "lossLast"} for entry in summed_up(noise())]
    assert not buckets_of(made, "loss").spoilt.any()


ODD = st.none() | st.booleans() | st.floats() | st.text(max_size=3) | st.integers()


@given(
    st.lists(
        st.none()
        | st.dictionaries(
            st.sampled_from(
                ["bucketSize", "_stepAvg", "lossAvg", "lossMin", "lossMax", "lossLast"]
            ),
            ODD,
        ),
        max_size=12,
    )
)
def test_any_buckets_make_a_curve(raw: list[Any]) -> None:
    raw = [
        {**each, "_stepAvg": float(place)} if each and place % 2 else each
        for place, each in enumerate(raw)
    ]
    buckets = buckets_of(raw, "loss")
    stretches(buckets, 5, 100)
    series = series_of(buckets, [])
    assert len(series) == len(buckets) <= len(raw)
    assert bool(np.all(np.diff(series.step) >= 0))
