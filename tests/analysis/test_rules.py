"""People's own alert rules: what is read, and when a rule holds."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from analysis.history import Series
from analysis.rules import BadRule, Rule, check, parse, rule_of

numbers = st.floats(allow_nan=False, allow_infinity=False)
names = st.text(st.characters(codec="ascii", categories=("L", "N"), include_characters="/_-. "),
                min_size=1, max_size=30).filter(lambda name: name.strip() == name)  # fmt: skip
spans = st.none() | st.integers(1, 10**6)
factors = st.floats(1e-3, 1e6)
ops = st.sampled_from(["<", "<=", ">", ">="])
rules = st.one_of(
    st.builds(lambda m, o, v: Rule(m, op=o, value=v), names, st.just("==") | ops, numbers),
    st.builds(
        lambda m, o, f, s: Rule(m, "ratio", o, factor=f, steps=s), names, ops, factors, spans
    ),
    st.builds(
        lambda m, o, f, s: Rule(m, "zscore", o, factor=f, steps=s), names, ops, factors, spans
    ),
    st.builds(lambda m: Rule(m, "nan"), names),
)


def curve(*values: float) -> Series:
    return Series.of(np.arange(len(values)), values)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("eval/loss < 0.5", Rule("eval/loss", op="<", value=0.5)),
        ("alert when eval/loss<.5", Rule("eval/loss", op="<", value=0.5)),
        ("acc = 1", Rule("acc", op="==", value=1.0)),
        (
            "train/loss > 2 x its median for 100 steps",
            Rule("train/loss", "ratio", ">", factor=2.0, steps=100),
        ),
        ("loss > 3×median", Rule("loss", "ratio", ">", factor=3.0)),
        (
            "loss > 2.5 times the median over the last 1,000 steps",
            Rule("loss", "ratio", ">", factor=2.5, steps=1000),
        ),
        ("loss z > 4", Rule("loss", "zscore", ">", factor=4.0)),
        ("loss > 5 sigma over 200 steps", Rule("loss", "zscore", ">", factor=5.0, steps=200)),
        ("z(loss) > 3", Rule("loss", "zscore", ">", factor=3.0)),
        ("loss is NaN", Rule("loss", "nan")),
        ("train/loss is not finite", Rule("train/loss", "nan")),
        ("“my metric” >= 1e-3", Rule("my metric", op=">=", value=1e-3)),
    ],
)
def test_what_people_write(text: str, rule: Rule) -> None:
    assert parse(text) == rule


@pytest.mark.parametrize("text", ["", "loss", "loss <", "< 3", "loss ~ 3", "loss > 0 x median",
                                  "loss > -1 sigma", "loss > 2 x median for 0 steps"])  # fmt: skip
def test_what_cannot_be_read_says_what_is_expected(text: str) -> None:
    with pytest.raises(BadRule) as caught:
        parse(text)
    assert caught.value.next_step


@given(rules)
@example(Rule("IF", "nan"))
@example(Rule("when", "zscore", "<", factor=1.0))
def test_a_rule_reads_back_as_it_is_written(rule: Rule) -> None:
    assert parse(str(rule)) == rule
    assert rule_of(rule.to_json()) == rule


@given(st.text(max_size=60))
def test_no_text_breaks_the_parser(text: str) -> None:
    try:
        rule = parse(text)
    except BadRule:
        return
    assert rule_of(rule.to_json()) == rule


@pytest.mark.parametrize(
    "values",
    [
        {"metric": "loss", "op": "<", "value": 0.5},
        {"metric": "loss", "kind": "ratio", "factor": 2, "steps": 100},
        {"metric": "loss", "kind": "zscore", "factor": 4.0, "op": None, "steps": None},
        {"metric": "loss", "kind": "nan"},
    ],
)
def test_what_a_sentence_was_understood_as(values: dict[str, object]) -> None:
    assert rule_of(values).metric == "loss"


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"metric": "", "op": "<", "value": 1},
        {"metric": "loss"},
        {"metric": "loss", "op": "~", "value": 1},
        {"metric": "loss", "op": "<", "value": True},
        {"metric": "loss", "kind": "ratio"},
        {"metric": "loss", "kind": "ratio", "factor": 2, "steps": 0},
        {"metric": "loss", "kind": "odd", "factor": 2},
    ],
)
def test_fields_that_make_no_rule(values: dict[str, object]) -> None:
    with pytest.raises(BadRule):
        rule_of(values)


def test_a_threshold_looks_at_the_last_value() -> None:
    rule = parse("loss < 0.5")
    assert check(rule, curve(0.1, 0.6)).holds is False
    verdict = check(rule, curve(0.6, 0.4))
    assert (verdict.holds, verdict.step, verdict.value) == (True, 1, 0.4)
    assert check(rule, curve(0.4, math.nan)).holds is False


def test_a_metric_that_is_not_logged_cannot_be_told() -> None:
    assert check(parse("loss < 0.5"), None).holds is None


def test_a_ratio_must_hold_for_all_of_its_steps() -> None:
    rule = parse("loss > 2 x its median for 3 steps")
    calm = [1.0] * 20
    assert check(rule, curve(*calm, 5, 5, 5)).holds is True
    assert check(rule, curve(*calm, 5, 1, 5)).holds is False
    assert check(rule, curve(5, 5, 5)).holds is None


def test_a_z_score_is_measured_in_the_runs_own_noise() -> None:
    rule = parse("loss z > 6")
    noise = np.random.default_rng(1).normal(1.0, 0.1, 200)
    assert check(rule, curve(*noise, 1.2)).holds is False
    assert check(rule, curve(*noise, 3.0)).holds is True
    assert check(parse("loss z < 6"), curve(*noise, -1.0)).holds is True
    assert check(rule, curve(*[1.0] * 50, 9.0)).holds is None


def test_nan() -> None:
    assert check(parse("loss is nan"), curve(1, math.inf)).holds is True
    assert check(parse("loss is nan"), curve(math.nan, 1)).holds is False
