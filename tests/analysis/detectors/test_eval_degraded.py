"""Held-out quality that was reached and lost again."""

import numpy as np

from tests.analysis.detectors.build import all_of, falling, loud, see

ROWS = np.arange(24, 1000, 25)
U = ROWS / 1000


def test_an_accuracy_that_is_lost_is_found() -> None:
    acc = 0.1 + 0.8 * (1 - np.exp(-U * 10)) - 0.6 * (U > 0.6)
    found = all_of(see({"train/loss": falling(1000), "val/acc": (ROWS, acc)}))["eval_degraded"]
    assert found.metric == "val/acc"
    assert "fallen" in found.message


def test_what_is_overfitting_is_not_said_twice() -> None:
    held = 0.5 + 1.5 * np.exp(-U * 12) + 1.6 * np.maximum(0, U - 0.3)
    assert loud(see({"train/loss": falling(1000), "eval/loss": (ROWS, held)})) == {"overfitting"}


def test_an_accuracy_that_collapses_beside_overfitting_is_said_too() -> None:
    """A held-out loss may rise while the answers stay right; here they do not."""
    held = 0.5 + 1.5 * np.exp(-U * 12) + 1.6 * np.maximum(0, U - 0.3)
    columns = {"train/loss": falling(1000), "eval/loss": (ROWS, held)}
    right = 0.1 + 0.8 * (1 - np.exp(-U * 10))
    lost = np.where(U > 0.4, 0.25, right)
    both = {"overfitting", "eval_degraded"}
    assert loud(see(columns | {"eval/accuracy": (ROWS, lost)})) == both
    assert loud(see(columns | {"eval/accuracy": (ROWS, right - 0.1 * U)})) == {"overfitting"}


def test_a_collapsed_reward_is_found_though_the_loss_looks_calm() -> None:
    t = np.arange(300) / 300
    reward = 20 + 280 / (1 + np.exp(-(t - 0.3) * 20))
    reward[200:] = 40.0
    reward *= np.exp(0.05 * np.random.default_rng(0).normal(size=300))
    columns = {"train/loss": np.full(300, 30.0) + t, "rollout/ep_rew_mean": reward}
    assert loud(see(columns)) == {"eval_degraded"}


def test_a_reward_that_sways_is_not() -> None:
    t = np.arange(300) / 300
    reward = 20 + 280 * t * (1 - 0.2 * np.sin(t * 30) ** 2)
    assert not loud(see({"train/loss": np.full(300, 30.0), "rollout/ep_rew_mean": reward}))


def test_a_training_that_broke_down_explains_its_evaluation() -> None:
    acc = 0.1 + 0.8 * (1 - np.exp(-U * 10)) - 0.8 * (U > 0.7)
    loss = falling(1000)
    loss[690:] = np.nan
    assert loud(see({"train/loss": loss, "val/acc": (ROWS, acc)})) == {"loss_not_finite"}


def test_a_reward_that_lost_over_half_and_sways_there_is_found() -> None:
    t = np.arange(400)
    reward = np.where(t < 250, 20 + 1.9 * t, 235 + 35 * np.sin(t / 9))
    s = see({"train/policy_loss": np.zeros(400), "rollout/ep_rew_mean": reward})
    assert loud(s) == {"eval_degraded"}


def test_what_seemed_gained_by_chance_is_not_lost() -> None:
    """Where the loss never went down, the best of some accuracies at chance is no gain."""
    rng = np.random.default_rng(4)
    acc = np.full(18, 0.08)
    acc[[0, 4, 6, 7, 8, 9]] = [0.107, 0.118, 0.12, 0.102, 0.1, 0.109]
    loss = 2.31 + 0.01 * rng.normal(size=900)
    rows = np.arange(0, 900, 50)
    assert loud(see({"loss": loss, "val_acc": (rows, acc)})) == {"loss_not_decreasing"}
