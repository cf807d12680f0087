"""Names and axes of a run, resolved."""

import numpy as np

from analysis import signals
from analysis.history import History, Series
from analysis.refs import RunRef
from analysis.run import Key, Run, RunState
from tests.analysis.detectors.build import START, Column, falling, see


def test_steps_come_from_the_optimiser_not_from_the_rows() -> None:
    s = see({"train/loss": falling(50), "train/global_step": np.arange(50) * 10 + 10})
    assert (s.axis, s.first_step, s.step) == ("train/global_step", 10, 500)


def test_a_defined_step_metric_wins() -> None:
    rows = np.arange(40)
    history = History(
        {
            "epoch/loss": Series.of(rows, falling(40)),
            "epoch/epoch": Series.of(rows, rows.astype(np.float64)),
            "global_step": Series.of(rows, rows * 500.0),
        }
    )
    keys = {
        "epoch/loss": Key(step_metric="epoch/epoch"),
        "epoch/epoch": Key(),
        "global_step": Key(),
    }
    run = Run(RunRef("e", "p", "r"), "r", RunState.FINISHED, keys=keys)
    assert signals.of(run, history, now=START).axis == "epoch/epoch"


def test_an_evaluation_that_logs_step_zero_throughout_falls_back_to_rows() -> None:
    s = see({"eval/loss": falling(20), "train/global_step": np.zeros(20)})
    assert s.axis == "_step"
    assert s.step == 19


def test_a_step_that_starts_again_in_each_epoch_is_no_axis() -> None:
    s = see({"loss": falling(200), "step": np.tile(np.arange(20), 10)})
    assert s.axis == "_step"


def test_points_that_a_rewind_superseded_are_left_out() -> None:
    step = np.concatenate((np.arange(100), np.arange(60, 120)))
    loss = falling(160)
    loss[80:100] = 99.0  # a spike, cured by going back to step 60
    s = see({"loss": loss, "global_step": step})
    assert s.loss is not None
    assert s.loss.step.tolist() == list(range(120))
    assert float(s.loss.value.max()) < 99


def test_evaluations_between_training_rows_get_the_step_before_them() -> None:
    columns: dict[str, Column] = {
        "train/loss": (np.arange(0, 40, 2), falling(20)),
        "train/global_step": (np.arange(0, 40, 2), np.arange(20) * 100.0),
        "eval/loss": ([9, 19, 29], [1.0, 0.8, 0.7]),
    }
    assert see(columns).evals[0].step.tolist() == [400, 900, 1400]


def test_without_a_logged_pace_it_comes_from_the_clock() -> None:
    s = see({"train/loss": falling(50), "train/global_step": np.arange(50) * 10}, seconds=2.0)
    assert s.pace is not None
    assert s.pace.derived
    assert np.allclose(s.pace.curve.value, 5.0)


def test_seconds_a_step_are_turned_round() -> None:
    s = see({"loss": falling(50), "step_time": np.full(50, 0.25)})
    assert s.pace is not None
    assert s.pace.unit == "steps/s"
    assert np.allclose(s.pace.curve.value, 4.0)


def test_a_step_budget_of_minus_one_means_epochs_rule() -> None:
    epoch = np.arange(1, 51) / 10
    columns = {
        "train/loss": falling(50),
        "train/global_step": np.arange(1, 51) * 10,
        "train/epoch": epoch,
    }
    s = see(columns, config={"max_steps": -1, "num_train_epochs": 10}, state=RunState.RUNNING)
    assert s.total_steps == 1000
    assert s.fraction == 0.5


def test_whole_epochs_give_the_steps_of_one() -> None:
    columns = {"train_loss": falling(90), "epoch": np.arange(90) // 30}
    assert see(columns, config={"max_epochs": 6}).total_steps == 180


def test_ppo_s_inner_steps_and_epochs_are_no_plan() -> None:
    columns = {"train/loss": falling(50), "rollout/ep_rew_mean": falling(50)}
    config = {"n_steps": 256, "n_epochs": 10, "total_timesteps": 60_000, "algo": "PPO"}
    assert see(columns, config=config).total_steps == 60_000


def test_the_better_numbered_set_is_the_one_that_was_fitted() -> None:
    held, fitted = falling(80, floor=0.5), falling(80, floor=0.01)
    s = see({"validation_0-logloss": held, "validation_1-logloss": fitted})
    assert s.loss is not None
    assert s.loss.name == "validation_1-logloss"
    assert [c.name for c in s.evals] == ["validation_0-logloss"]


def test_a_user_s_names_win_and_ones_that_are_not_logged_are_passed_over() -> None:
    run = Run(RunRef("e", "p", "r"), "r", RunState.FINISHED)
    rows = np.arange(30)
    history = History({n: Series.of(rows, falling(30)) for n in ("train/loss", "my/cost")})
    s = signals.of(run, history, now=START, overrides={"loss": ["absent", "my/cost"]})
    assert s.loss is not None
    assert s.loss.name == "my/cost"


def test_a_lone_held_out_loss_stands_in_and_is_marked() -> None:
    s = see({"val_loss": falling(30)})
    assert s.loss is not None
    assert s.loss_is_held_out


def test_one_point_constant_and_huge_values_are_borne() -> None:
    for values in (
        [1.0],
        [0.0] * 40,
        [1e308] * 40,
        [5e-324] * 40,
        [np.nan] * 40,
        [-1e300, 1e300] * 20,
    ):
        see({"loss": values, "grad_norm": values, "lr": values, "eval/loss": values})
