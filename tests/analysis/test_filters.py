"""Filters: what is read, what it means, and that it reads back as it was written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.filters import (
    EVERYTHING,
    FIELDS,
    All,
    AnyOf,
    BadFilter,
    Compares,
    Filter,
    Is,
    Matter,
    Not,
    from_json,
    matches,
    parse,
    text_of,
    to_json,
)
from analysis.findings import Severity
from analysis.refs import RunRef
from analysis.run import Run, RunState

letters = st.characters(codec="utf-8", categories=("L", "N"), include_characters="-_*?./: \"'")
words = st.text(letters, min_size=1, max_size=20)
texts = words.filter(lambda word: word.strip() == word and word)
ops = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
numbers = st.floats(allow_nan=False, allow_infinity=False)
keys = st.text(st.characters(codec="ascii", categories=("L", "N"), include_characters="/_.- "),
               min_size=1, max_size=20).filter(
    lambda key: key.strip() == key and key.lower() not in (*FIELDS, "and", "or", "not", "user",
    "author", "status", "tags", "job_type") and not key.lower().startswith("config."))  # fmt: skip
leaves: st.SearchStrategy[Filter] = st.one_of(
    st.builds(
        Is,
        st.sampled_from(["owner", "state", "tag", "group", "sweep", "name", "job", "project"]),
        texts,
    ),
    st.builds(lambda s: Is("severity", s), st.sampled_from([s.value for s in Severity])),
    st.builds(lambda k, o, v: Compares("metric", k, o, v), keys, ops, numbers),
    st.builds(lambda k, o, v: Compares("config", k, o, v), keys, ops, numbers),
    st.builds(
        lambda k, o, v: Compares("config", k, o, v), keys, st.sampled_from(["==", "!="]), texts
    ),
)


def _grown(inner: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(st.builds(Not, inner), st.builds(All, several), st.builds(AnyOf, several))


filters = st.recursive(leaves, _grown, max_leaves=8) | st.just(EVERYTHING)


def a_run(**changes: object) -> Run:
    given_: dict[str, object] = {
        "name": "llama-7b",
        "state": RunState.FAILED,
        "user": "Ada",
        "tags": ("prod", "v2"),
        "group": "nightly",
        "sweep": "abc",
        "config": {"lr": 0.001, "model": {"name": "llama"}, "bs": "32"},
        "summary": {"eval/loss": 0.4, "train/loss": "NaN"},
    }
    return Run(RunRef("team", "proj", "r1"), **{**given_, **changes})  # type: ignore[arg-type]


def holds(text: str, **changes: object) -> bool:
    matter = Matter(a_run(**changes), severity=Severity.WARNING, me="ada")
    return matches(parse(text), matter)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "owner:me",
        "user:ada",
        "state:failed",
        "state = failed",
        "tag:PROD",
        "group:night*",
        "sweep:abc",
        'name:"llama-*"',
        "name:r1",
        "project:proj",
        "config.lr >= 1e-3",
        "config.bs == 32",
        "config.model.name == llama",
        "config.model/name = LLAMA",
        "eval/loss < 0.5",
        "severity:warning",
        "severity >= info",
        "owner:me and state:failed",
        "owner:me state:failed",
        "owner:bob or state:failed",
        "not state:running",
        "!state:running",
        "owner:bob and owner:ada or tag:v2",
        "tag:v2 and not (owner:bob or sweep:other)",
    ],
)
def test_what_holds(text: str) -> None:
    assert holds(text)


@pytest.mark.parametrize(
    "text",
    [
        "owner:bob",
        "state:crashed",
        "tag:v",
        "name:llama",
        "config.lr > 0.001",
        "config.nothing < 1",
        "config.nothing != 1",
        "train/loss < 9",
        "eval/loss > 0.5",
        "severity:critical",
        "owner:bob and (owner:ada or tag:v2)",
        "not owner:me",
    ],
)
def test_what_does_not_hold(text: str) -> None:
    assert not holds(text)


def test_who_is_not_known_is_nobody() -> None:
    """Without a linked account “me” matches no run, not even one without an owner."""
    assert not matches(parse("owner:me"), Matter(a_run()))
    assert not matches(parse("owner:me"), Matter(a_run(user=None)))


@pytest.mark.parametrize(
    "text",
    ["(", ")", "owner:", "foo", "and", "owner:me and", "loss <", "loss < x", "not", "severity:bad",
     "config.lr > fast", "a" * 10 + ' "', "(" * 60 + "tag:x" + ")" * 60, "tag < 3"],
)  # fmt: skip
def test_what_cannot_be_read_says_so(text: str) -> None:
    with pytest.raises(BadFilter) as caught:
        parse(text)
    assert caught.value.sentence
    assert caught.value.next_step


@given(filters)
def test_a_filter_reads_back_as_it_is_written(condition: Filter) -> None:
    assert parse(text_of(condition)) == condition
    assert from_json(to_json(condition)) == condition


@given(filters)
def test_not_is_the_opposite(condition: Filter) -> None:
    matter = Matter(a_run(), severity=Severity.WARNING, me="ada")
    assert matches(Not(condition), matter) is not matches(condition, matter)
    assert matches(All((condition, condition)), matter) is matches(condition, matter)
    assert matches(AnyOf((condition, Not(condition))), matter)


@given(st.text(max_size=80))
def test_no_text_breaks_the_parser(text: str) -> None:
    try:
        condition = parse(text)
    except BadFilter:
        return
    assert parse(text_of(condition)) == condition


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
                        st.sampled_from(["and", "or", "not", "field", "value", "op", "metric"]),
                        inner, max_size=3), max_leaves=10))  # fmt: skip
def test_no_json_breaks_the_reader(value: object) -> None:
    try:
        from_json(value)
    except BadFilter:
        return
