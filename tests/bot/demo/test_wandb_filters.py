"""W&B's filters and orders, as the local server understands them."""

import time
from typing import Any

import pytest

from bot.demo.wandb import LocalRun, User
from bot.demo.wandb.filters import FilterError, matches, ordered


def a_run(name: str = "r1", number: int = 1, **more: Any) -> LocalRun:
    """A run that began on 1 January 2026."""
    return LocalRun("e", "p", name, number, time.time, created_at=1_767_225_600.0, **more)


RUN = a_run(
    state="finished",
    config={"lr": 0.1, "model": {"dim": 64}, "a.b": 1},
    summary={"eval/loss": 0.5},
    tags=["baseline", "v2"],
    user=User("ada"),
    heartbeat_at=1_767_229_200.0,
    group="g",
)


@pytest.mark.parametrize(
    "fits",
    [
        {},
        {"state": "finished"},
        {"config.lr": 0.1},
        {"config.lr.value": {"$gte": 0.1, "$lt": 1}},
        {"config.model.dim": 64},
        {"config.a.b": 1},
        {"summary_metrics.eval/loss": {"$lt": 1}},
        {"tags": "baseline"},
        {"tags": {"$in": ["v2", "v3"]}},
        {"tags": {"$nin": ["v3"]}},
        {"tags.baseline": True},
        {"username": "ada"},
        {"jobType": None},
        {"job_type": {"$exists": False}},
        {"displayName": {"$regex": ""}},
        {"name": {"$regex": "^r[0-9]$"}},
        {"name": {"$not": {"$regex": "x"}}},
        {"createdAt": {"$gt": "2025-12-31T23:59:59"}},
        {"created_at": {"$lte": "2026-01-01T00:00:00Z"}},
        {"heartbeat_at": {"$gt": "2026-01-01T01:00:00+01:00"}},
        {"duration": {"$gt": 3599}},
        {"$and": [{"state": "finished"}, {"$or": [{"group": "x"}, {"group": "g"}]}]},
        {"$nor": [{"state": "running"}, {"group": "x"}]},
        {"state": {"$ne": "running"}},
    ],
)
def test_a_filter_that_fits(fits: dict[str, Any]) -> None:
    """Each of these means the run, and its negation does not."""
    assert matches(RUN, fits)
    assert not matches(RUN, {"$nor": [fits]})


@pytest.mark.parametrize(
    "other",
    [
        {"state": "running"},
        {"config.lr": "0.1"},
        {"config.none": {"$gt": 0}},
        {"createdAt": {"$gt": 1_767_000_000}},
        {"createdAt": {"$gt": "2026-01-01T00:00:01"}},
        {"tags": {"$in": []}},
        {"keys_info.keys.loss": {"$exists": True}},
    ],
)
def test_a_filter_that_does_not_fit(other: dict[str, Any]) -> None:
    """Times do not compare with numbers, numbers not with words; what is absent never fits."""
    assert not matches(RUN, other)


@pytest.mark.parametrize("wrong", [{"tags": {"$all": ["a"]}}, {"$xor": []}, [], {"$and": "x"}])
def test_a_filter_that_is_refused(wrong: Any) -> None:
    """An operator that W&B does not know is an error, not an empty answer."""
    with pytest.raises(FilterError):
        matches(RUN, wrong)


def test_orders() -> None:
    """By any key, up or down; runs without the value come last both ways."""
    runs = [
        a_run("a", 1, summary={"loss": 2.0}),
        a_run("b", 2, summary={"loss": 1.0}),
        a_run("c", 3),
    ]
    assert [r.name for r in ordered(runs, "+summary_metrics.loss")] == ["b", "a", "c"]
    assert [r.name for r in ordered(runs, "-summary_metrics.loss")] == ["a", "b", "c"]
    assert [r.name for r in ordered(runs, None)] == ["a", "b", "c"]
