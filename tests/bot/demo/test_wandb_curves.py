"""How the local server thins, pages and buckets a run's rows."""

import math
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.demo.wandb import curves
from bot.demo.wandb.buckets import buckets
from bot.demo.wandb.columns import Table, flatten

values = st.lists(
    st.one_of(
        st.none(),
        st.floats(),
        st.integers(-(2**60), 2**60),
        st.text(max_size=3),
        st.booleans(),
    ),
    max_size=60,
)


def table_of(rows: list[dict[str, Any]]) -> Table:
    """A table that was logged row by row."""
    table = Table()
    for row in rows:
        table.append(flatten(row))
    return table


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


@given(logged=values)
def test_what_is_logged_comes_back(logged: list[Any]) -> None:
    """Every value of any mixture of types comes back equal, non-finite ones as strings."""
    rows = [{"_step": n, **({} if v is None else {"x": v})} for n, v in enumerate(logged)]
    table = table_of(rows)
    expected = [{key: plain(value) for key, value in row.items()} for row in rows]
    assert curves.page(table, None, None, None, "") == expected
    held = [row for row in expected if "x" in row]
    assert curves.sampled(table, {"keys": ["_step", "x"], "samples": 10_000}, "") == held


@given(
    rows=st.integers(0, 300), samples=st.integers(0, 320), low=st.integers(0, 300), seed=st.text()
)
def test_thinning_keeps_the_order_and_the_number(
    rows: int, samples: int, low: int, seed: str
) -> None:
    """At most so many rows, in order, repeatably, and all of them where they fit."""
    table = table_of([{"_step": n, "x": n / 7} for n in range(rows)])
    spec = {"keys": ["_step", "x"], "samples": samples, "minStep": low}
    found = [row["_step"] for row in curves.sampled(table, spec, seed)]
    assert found == sorted(set(found))
    assert len(found) == min(samples, max(0, rows - low))
    assert found == [row["_step"] for row in curves.sampled(table, spec, seed)]


def test_only_rows_with_all_keys_are_sampled() -> None:
    """Metrics that were logged at different steps have no row in common."""
    table = table_of([{"_step": 0, "a": 1.0}, {"_step": 1, "b": 2.0}, {"_step": 2, "a": 3, "b": 4}])
    assert curves.sampled(table, {"keys": ["a", "b"]}, "") == [{"a": 3, "b": 4}]
    assert curves.sampled(table, {"keys": ["a", "none"]}, "") == []


def test_the_bounds_of_a_sample_are_inclusive_and_those_of_a_page_are_not() -> None:
    """``sampledHistory`` includes ``maxStep``, ``history`` does not."""
    table = table_of([{"_step": n} for n in range(10)])
    sample = curves.sampled(table, {"keys": ["_step"], "minStep": 3, "maxStep": 5}, "")
    assert [row["_step"] for row in sample] == [3, 4, 5]
    assert [row["_step"] for row in curves.page(table, 3, 5, None, "")] == [3, 4]


def test_a_rewound_run_is_found_by_its_steps() -> None:
    """Steps that step back are still found by their range, in the order of the rows."""
    table = table_of([{"_step": step, "x": n} for n, step in enumerate([0, 1, 2, 1, 2, 3])])
    assert [row["x"] for row in curves.page(table, 1, 3, None, "")] == [1, 2, 3, 4]
    assert table.last_step == 3


def test_nested_values_are_names_with_dots_and_media_stay_whole() -> None:
    """A nested dict is sampled by dotted names and sent nested; a histogram is one value."""
    row = {"_step": 0, "eval": {"loss": 1.5}, "h": {"_type": "histogram", "values": [1]}}
    table = table_of([row])
    assert curves.sampled(table, {"keys": ["eval.loss"]}, "") == [{"eval.loss": 1.5}]
    assert curves.page(table, None, None, None, "") == [row]
    kinds = {k: v["typeCounts"][0]["type"] for k, v in curves.history_keys(table)["keys"].items()}
    assert kinds == {"_step": "number", "eval.loss": "number", "h": "histogram"}


finite = st.floats(-1e6, 1e6)


@given(loss=st.lists(finite, min_size=1, max_size=400), bins=st.integers(1, 50))
def test_buckets_hold_every_point(loss: list[float], bins: int) -> None:
    """No spike is lost: sizes add up, the least and the greatest value are in some bucket."""
    table = table_of([{"_step": n, "loss": v} for n, v in enumerate(loss)])
    made = buckets(table, {"keys": ["loss"], "bins": bins}, non_finite="string", factor=1.0)
    assert sum(each["bucketSize"] for each in made) == len(loss)
    full = [each for each in made if each["lossMin"] is not None]
    assert min(each["lossMin"] for each in full) == min(loss)
    assert max(each["lossMax"] for each in full) == max(loss)
    assert full[-1]["lossLast"] == loss[-1]
    total = sum(each["lossAvg"] * each["bucketSize"] for each in full)
    assert total == pytest.approx(sum(loss), rel=1e-6, abs=1e-3)


@pytest.mark.parametrize(
    ("non_finite", "shown"),
    [("string", ["NaN", "NaN"]), ("null", [None, None]), ("dropped", [1.0, 3.0])],
)
def test_a_bucket_shows_nan_as_the_server_likes(
    non_finite: Literal["string", "null", "dropped"], shown: list[Any]
) -> None:
    """As strings, as nulls, or not at all; the size of the bucket counts it in any case."""
    table = table_of([{"_step": n, "x": v} for n, v in enumerate([1.0, math.nan, 3.0, 4.0])])
    first, second = buckets(table, {"keys": ["x"], "bins": 2}, non_finite=non_finite, factor=1.0)
    if first["bucketSize"] == 2:
        shown = [shown[0], shown[0]] if non_finite == "dropped" else shown
    assert [first["xMin"], first["xMax"]] == shown
    assert (second["xMin"], second["xMax"]) == (3.0, 4.0)
    assert first["bucketSize"] + second["bucketSize"] == 4


def test_buckets_over_another_axis() -> None:
    """An axis that falls with the rows sorts the points into buckets all the same."""
    rows = [{"_step": n, "x": float(n), "t": float(-n)} for n in range(100)]
    spec = {"keys": ["x"], "bins": 4, "xAxis": "t"}
    made = buckets(table_of(rows), spec, non_finite="string", factor=1.0)
    assert [each["xMin"] for each in made] == sorted((e["xMin"] for e in made), reverse=True)
    assert made[0]["xLast"] == 99.0


def test_columns_of_a_million_rows_are_kept_as_arrays() -> None:
    """Dense columns share one array of row numbers, and hold their values once."""
    loss = np.linspace(2.0, 1.0, 1_000_000)
    table = Table.of(np.arange(loss.size), {"loss": loss}, {"eval": ([10, 999_999], [1, 2])})
    assert np.shares_memory(table.columns["loss"].values, loss)
    assert np.shares_memory(table.columns["loss"].rows, table.columns["_step"].rows)
    spec = {"keys": ["_step", "eval"], "samples": 10}
    assert curves.sampled(table, spec, "") == [
        {"_step": 10, "eval": 1},
        {"_step": 999_999, "eval": 2},
    ]
