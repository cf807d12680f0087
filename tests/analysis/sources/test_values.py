"""Numbers and times as W&B writes them."""

import json
import math
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.sources.values import flatten, instant, number, parse_json

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.floats())
def test_a_number_survives_the_way_through_wandb(value: float) -> None:
    """Non-finite ones as the words that the server uses, and as the bare tokens of a log."""
    words = {math.inf: "Infinity", -math.inf: "-Infinity"}
    sent = "NaN" if math.isnan(value) else words.get(value, value)
    for found in (number(sent), number(parse_json(json.dumps(value)))):
        assert found is not None
        assert found == value or (math.isnan(found) and math.isnan(value))


@given(ANYTHING)
def test_nothing_but_numbers_and_their_words_is_a_number(value: Any) -> None:
    is_one = (isinstance(value, int | float) and not isinstance(value, bool)) or value in (
        "NaN",
        "Infinity",
        "-Infinity",
    )
    assert (number(value) is not None) == is_one


@pytest.mark.parametrize("digits", ["9" * 400, "1" + "0" * 5000])
def test_an_integer_of_any_size_is_read(digits: str) -> None:
    found = number(parse_json(f'{{"steps": {digits}}}')["steps"])
    assert found is not None
    assert found >= sys.float_info.max


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-24T20:00:00",
        "2026-11-24T20:00:00Z",
        "2026-11-24T21:00:00+01:00",
        "2026-11-24T20:00:00.000000",
    ],
)
def test_a_time_without_a_zone_is_utc(text: str) -> None:
    assert instant(text) == datetime(2026, 11, 24, 20, tzinfo=UTC)


@given(ANYTHING)
def test_what_is_no_time_is_none(value: Any) -> None:
    found = instant(value)
    assert found is None or found.tzinfo is UTC


def test_too_deep_nesting_is_an_error_like_any_other() -> None:
    with pytest.raises(ValueError, match="nested"):
        parse_json("[" * 200_000)


def test_nested_values_get_dotted_names_and_media_stay_whole() -> None:
    row = {"a": {"b": 1, "c": {"d": 2}}, "image": {"_type": "image-file", "width": 8}}
    assert dict(flatten(row)) == {"a.b": 1, "a.c.d": 2, "image": row["image"]}
