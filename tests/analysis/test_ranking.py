"""The order of runs by a metric."""

import math

from analysis.history import History, Series
from analysis.ranking import leading_metric, rank
from analysis.refs import RunRef
from analysis.run import Run, RunState


def a_run(name: str, value: object) -> Run:
    ref = RunRef("team", "proj", name)
    return Run(ref, name, RunState.FINISHED, summary={"eval/loss": value})


def test_the_lowest_loss_is_first_and_nan_never() -> None:
    """Values that are not finite are no values; W&B writes them as words."""
    runs = [a_run("b", 0.5), a_run("nan", "NaN"), a_run("a", 0.5), a_run("c", math.inf)]
    runs += [a_run("best", {"min": 0.1}), a_run("none", None), a_run("flag", True)]
    ranked = rank(runs, {}, "eval/loss", "down")
    assert [each.run.id for each in ranked] == ["best", "a", "b"]


def test_the_best_on_the_way_is_told() -> None:
    """The last value ranks; the curve tells the best one and its step."""
    run = a_run("otter", 0.9)
    history = History({"eval/loss": Series.of([0, 50, 100], [1.2, 0.6, 0.9])})
    only = rank([run], {run.ref: history}, "eval/loss", "down")[0]
    assert (only.value, only.best, only.best_step) == (0.9, 0.6, 50)
    up = rank([run], {run.ref: history}, "eval/loss", "up")[0]
    assert (up.best, up.best_step) == (1.2, 0)


def test_what_a_project_is_judged_by() -> None:
    """Evaluation before reward before training loss."""
    assert leading_metric(["train/loss", "eval/loss"]) == "eval/loss"
    assert leading_metric(["train/loss", "rollout/ep_rew_mean"]) == "rollout/ep_rew_mean"
    assert leading_metric(["train/loss", "lr"]) == "train/loss"
    assert leading_metric(["lr"]) is None
