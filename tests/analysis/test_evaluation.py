"""Scores as the contract defines them."""

import json
from pathlib import Path

import pytest

from analysis.errors import LogUnreadable
from analysis.evaluation import Label, Verdict, evaluate, read_labels, render, score
from tests.runs import RUNS


def _label(*must: str, may: tuple[str, ...] = (), health: tuple[str, ...] = ("warning",)) -> Label:
    return Label(file="", must=must, may=may, health=health)


def _said(*codes: str, health: str = "warning") -> Verdict:
    return Verdict(frozenset(codes), health)


def test_a_hit_a_miss_a_false_alarm_and_a_tolerated_code() -> None:
    labels = {
        "a": _label("loss_spike"),
        "b": _label("loss_spike"),
        "c": _label(may=("loss_plateau",), health=("healthy",)),
        "d": _label(health=("healthy",)),
    }
    verdicts = {
        "a": _said("loss_spike"),
        "b": _said("overfitting"),
        "c": _said("loss_plateau"),
        "d": _said(health="healthy"),
    }
    result = score(labels, verdicts)
    by_code = {item.code: item for item in result.by_code}
    assert (by_code["loss_spike"].recall.hits, by_code["loss_spike"].recall.n) == (1, 2)
    assert (by_code["loss_spike"].precision.hits, by_code["loss_spike"].precision.n) == (1, 1)
    assert by_code["overfitting"].recall.value is None
    assert by_code["overfitting"].precision.value == 0.0
    assert by_code["loss_plateau"].precision.n == 0
    assert (result.recall.hits, result.recall.n) == (1, 2)
    assert (result.precision.hits, result.precision.n) == (1, 2)
    assert (result.health.hits, result.health.n) == (3, 4)
    assert [c.run for c in result.confusions] == ["b", "c"]


def test_another_code_is_no_substitute() -> None:
    result = score({"a": _label("loss_diverged")}, {"a": _said("loss_not_decreasing")})
    assert result.recall.hits == 0
    assert result.confusions[0].missed == ("loss_diverged",)
    assert result.confusions[0].false_alarms == ("loss_not_decreasing",)


def test_nothing_to_count_is_a_dash() -> None:
    text = render(score({"a": _label(health=("healthy",))}, {"a": _said(health="healthy")}))
    assert "| **all** | **–** | **–** |" in text
    assert "No confusions." in text


def test_a_run_that_cannot_be_read_counts_as_missed() -> None:
    result = score({"a": _label("run_failed")}, {}, ["a"])
    assert (result.recall.hits, result.recall.n) == (0, 1)
    assert "Could not be read: a." in render(result)


async def test_recorded_runs_score_as_they_should() -> None:
    """On the recorded runs nothing is missed and nothing is alarmed for nothing."""
    result = await evaluate(RUNS)
    assert result.confusions == ()
    assert result.unreadable == ()


async def test_a_damaged_file_does_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / "x.wandb").write_bytes(b"not a log")
    labels = {"x": {"file": "x.wandb", "must": [], "may": [], "health": ["healthy"]}}
    (tmp_path / "truth.json").write_text(json.dumps(labels))
    assert (await evaluate(tmp_path)).unreadable == ("x",)


@pytest.mark.parametrize("content", [None, "{", '{"a": {"must": 3}}'])
def test_labels_that_cannot_be_read_are_a_clear_error(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "truth.json").write_text(content)
    with pytest.raises(LogUnreadable, match=r"truth\.json"):
        read_labels(tmp_path)
