"""Names of metrics as people say them, against the names that runs log."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.metric_names import metric_named, nearest_metrics

LOGGED = (
    "train/loss",
    "train/grad_norm",
    "train/learning_rate",
    "eval/loss",
    "eval/accuracy",
    "perf/tokens_per_second",
    "_step",
)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("eval/loss", "eval/loss"),
        ("Eval/Loss", "eval/loss"),
        ("eval_loss", "eval/loss"),
        ("eval loss", "eval/loss"),
        ("val loss", "eval/loss"),
        ("validation_loss", "eval/loss"),
        ("loss", "train/loss"),
        ("training loss", "train/loss"),
        ("grad_norm", "train/grad_norm"),
        ("gradients", "train/grad_norm"),
        ("lr", "train/learning_rate"),
        ("learning_rate", "train/learning_rate"),
        ("val_acc", "eval/accuracy"),
        ("accuracy", "eval/accuracy"),
        ("throughput", "perf/tokens_per_second"),
        ("eval/acuracy", "eval/accuracy"),
        ("banana", None),
        ("_step", None),
    ],
)
def test_what_is_meant(said: str, meant: str | None) -> None:
    """Exact, same letters, signal, words, spelling: in this order, else nothing."""
    assert metric_named(said, LOGGED) == meant


def test_the_nearest_names_are_offered() -> None:
    """For a name that is not logged."""
    assert "eval/loss" in nearest_metrics("eval/lossy_thing", LOGGED)


@given(st.text(max_size=60), st.lists(st.text(min_size=1, max_size=30), max_size=8))
def test_any_text_gives_a_logged_name_or_none(said: str, names: list[str]) -> None:
    """Nothing raises, and nothing is made up."""
    found = metric_named(said, names)
    assert found is None or found in names
