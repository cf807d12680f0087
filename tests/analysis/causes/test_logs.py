"""Each log ending of `logs/` gets its cause; the held-out half is measured, not tuned on."""

import json
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from analysis.causes import CAUSES, Diagnosis, WhyReport, diagnose
from analysis.causes.diagnose import MAX_QUOTE, MAX_QUOTES
from analysis.causes.rules import RULES, Rule
from tests.runs import RUNS

LOGS = Path(__file__).parent / "logs"
FRESH = [f"fresh_{letter}" for letter in "abcdefghijk"]


@cache
def expected(half: str) -> dict[str, dict[str, object]]:
    """Name of a log → what is true of it."""
    loaded: dict[str, dict[str, object]] = json.loads((LOGS / half / "expected.json").read_text())
    return loaded


def diagnosed(half: str, name: str) -> Diagnosis:
    truth = expected(half)[name]
    code, state = truth["exit_code"], truth.get("state")
    assert code is None or isinstance(code, int)
    assert state is None or isinstance(state, str)
    return diagnose((LOGS / half / f"{name}.log").read_bytes(), exit_code=code, state=state)


@pytest.mark.parametrize("half", FRESH)
def test_the_sets_that_were_measured_first_stay_right(half: str) -> None:
    """Committed before they were measured, then worked on; the docs hold the first figures."""
    found = {name: diagnosed(half, name).cause for name in expected(half)}
    assert found == {name: entry["cause"] for name, entry in expected(half).items()}


@pytest.mark.parametrize("name", sorted(expected("build")))
def test_each_log_ending_gets_its_cause(name: str) -> None:
    """Cause, exception type and own frame are those that a reader of the log would name."""
    truth, found = expected("build")[name], diagnosed("build", name)
    assert found.cause == truth["cause"]
    if "exception_type" in truth:
        assert found.exception_type == truth["exception_type"]
    if "function" in truth:
        assert found.frame is not None
        assert found.frame.function == truth["function"]


@pytest.mark.parametrize("half", ["build", "held_out", *FRESH])
def test_every_answer_is_complete_and_bounded(half: str) -> None:
    """A failure has quotes and advice; nothing is longer than promised."""
    for name in expected(half):
        found = diagnosed(half, name)
        assert len(found.quotes) <= MAX_QUOTES
        assert all(len(quote) <= MAX_QUOTE for quote in found.quotes)
        assert found.cause == "none" or found.quotes, name
        assert found.cause == "none" or found.advice, name
        assert WhyReport.of(found).sentence.endswith(".")


def test_the_held_out_half_is_right_nine_times_in_ten_and_hardly_ever_wrong() -> None:
    """The promise of the docs, measured on logs that no rule was written for."""
    found = {name: diagnosed("held_out", name).cause for name in expected("held_out")}
    truth = {name: entry["cause"] for name, entry in expected("held_out").items()}
    right = sum(found[name] == truth[name] for name in truth)
    wrong = [n for n in truth if found[n] != truth[n] and found[n] != "unknown"]
    assert right >= 0.9 * len(truth)
    assert len(wrong) <= 0.02 * len(truth), wrong


def test_every_cause_has_logs_in_both_halves() -> None:
    """No cause is promised without an example to build on and one to measure."""
    for half in ("build", "held_out"):
        assert {entry["cause"] for entry in expected(half).values()} == set(CAUSES)


def test_recorded_runs_that_failed_are_explained_and_finished_ones_did_not_fail() -> None:
    """Real console logs: two out-of-memory errors, and runs that ended well."""
    truth = json.loads((RUNS / "truth.json").read_text())
    special = {"out-of-memory": "host_oom", "hf-oom": "gpu_oom", "killed": "unknown"}
    seen = 0
    for name, entry in truth.items():
        path = RUNS / name / "files" / "output.log"
        if path.exists():
            found = diagnose(path.read_bytes(), exit_code=entry["exit_code"], state=entry["state"])
            assert found.cause == special.get(name, "none"), name
            seen += 1
    assert seen


def test_the_docs_name_every_cause_and_rule() -> None:
    """The page of causes cannot fall behind the table."""
    page = (Path(__file__).parents[3] / "docs" / "causes.md").read_text()
    assert [cause for cause in CAUSES if f"`{cause}`" not in page] == []
    assert [rule.id for rule in RULES if f"| `{rule.id}` | `{rule.cause}` |" not in page] == []


def test_rule_ids_are_unique_and_needles_are_lower_case() -> None:
    """A rule can be named, and the quick test of a line can match."""
    assert len({rule.id for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.source
        assert rule.needles or rule.where == "exception", rule.id
        assert all(needle == needle.lower() for needle in rule.needles), rule.id


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.needles], ids=lambda rule: rule.id)
def test_the_quick_test_of_a_line_lets_every_match_through(rule: Rule) -> None:
    """Whatever the pattern matches holds a needle; else the wording would never be looked at."""

    @settings(
        max_examples=60,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.from_regex(rule.pattern))
    def check(text: str) -> None:
        line = " ".join(text.split()).lower()
        if line.isascii() and rule.pattern.search(line):
            assert any(needle in line for needle in rule.needles), line

    check()
