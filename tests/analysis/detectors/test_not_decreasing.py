"""A loss that never went down."""

import numpy as np

from analysis.run import RunState
from tests.analysis.detectors.build import falling, loud, reasons, see


def flat(
    n: int, level: float = 2.3, noise: float = 0.02
) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    return level * np.exp(noise * np.random.default_rng(0).normal(size=n))


def test_a_loss_at_chance_throughout_is_found() -> None:
    assert loud(see({"loss": flat(500)})) == {"loss_not_decreasing"}


def test_what_falls_in_the_first_steps_only_is_not_learning() -> None:
    loss = flat(800, noise=0.005)
    loss[:6] += [0.05, 0.04, 0.03, 0.02, 0.01, 0.005]
    assert "loss_not_decreasing" in loud(see({"loss": loss}))


def test_fine_tuning_with_a_small_gain_is_learning() -> None:
    t = np.arange(600) / 600
    loss = flat(600, noise=0.05) * (1 - 0.1 * (1 - np.exp(-5 * t)))
    assert not loud(see({"train/loss": loss}))


def test_noise_too_large_to_tell_gives_no_verdict() -> None:
    rng = np.random.default_rng(5)
    assert not loud(see({"loss": 1.0 + rng.gamma(1.0, 1.0, 30)}))


def test_a_rate_of_zero_needs_no_further_proof() -> None:
    rng = np.random.default_rng(6)
    loss = 5 * np.exp(0.2 * rng.normal(size=80))
    assert loud(see({"loss": loss, "lr": np.zeros(80)})) == {
        "loss_not_decreasing",
        "learning_rate_zero",
    }


def test_an_evaluation_that_never_changes_proves_it() -> None:
    noisy = flat(400, level=3.4, noise=0.2)
    rows = np.arange(19, 400, 20)
    same, moving = np.full(20, 3.4648), 3.4648 + 1e-4 * np.random.default_rng(0).normal(size=20)
    assert loud(see({"train_loss": noisy})) == set()
    assert "loss_not_decreasing" in loud(see({"train_loss": noisy, "val_loss": (rows, same)}))
    assert not loud(see({"train_loss": noisy, "val_loss": (rows, moving)}))


def test_a_loss_at_its_floor_from_the_start_is_fine() -> None:
    assert not loud(see({"loss": flat(300, level=1e-3)}))


def test_reinforcement_learning_gets_no_verdict_and_a_reason() -> None:
    columns = {"train/loss": flat(200, 40.0), "rollout/ep_rew_mean": np.linspace(20, 300, 200)}
    assert not loud(see(columns))
    assert "reward" in reasons(see(columns))["loss_not_decreasing"]


def test_a_resumed_part_is_not_judged_by_its_start() -> None:
    columns = {"train/loss": flat(100, 3.0, 0.01), "train/global_step": 5000 + np.arange(100) * 10}
    assert "resumed" in reasons(see(columns))["loss_not_decreasing"]


def test_a_falling_loss_is_not_found() -> None:
    assert not loud(see({"loss": falling(12)}))


def test_a_loss_that_blew_up_at_once_and_is_not_back_has_not_gone_down() -> None:
    loss = 9 + 50 * np.exp(-np.arange(100) / 40)
    loss *= np.exp(0.1 * np.random.default_rng(0).normal(size=100))
    loss[:3] = 7.0, 17.0, 31.0
    assert "loss_not_decreasing" in loud(see({"loss": loss}))


def test_a_run_that_goes_on_and_has_just_begun_to_fall_is_given_its_time() -> None:
    """What is not quite proof of learning yet is no proof of the opposite either."""
    t = np.arange(80) / 80

    def told(state: RunState) -> int:
        slow = [
            2.31 * (1 - 0.012 * t) + 0.012 * np.random.default_rng(seed).normal(size=80)
            for seed in range(60)
        ]
        return sum("loss_not_decreasing" in loud(see({"loss": one}, state=state)) for one in slow)

    assert told(RunState.RUNNING) < told(RunState.FINISHED)
    assert "loss_not_decreasing" in loud(see({"loss": flat(500)}, state=RunState.RUNNING))


def test_a_loss_that_learned_and_then_ran_away_did_go_down() -> None:
    """It is far above its start now, which is another fault than never having learned."""
    rise = np.exp(np.maximum(0, np.arange(1200) - 700) / 90)
    found = loud(see({"loss": falling(1200) + 0.05 * (rise - 1)}))
    assert "loss_diverged" in found
    assert "loss_not_decreasing" not in found


def test_a_loss_that_came_back_to_its_start_has_not_learned() -> None:
    """A fit that is lost again, at chance from a sixth of the run on."""
    loss = flat(600)
    loss[20:100] -= 0.5 * np.sin(np.pi * np.arange(80) / 80)
    assert "loss_not_decreasing" in loud(see({"loss": loss}))


def test_a_lucky_first_sample_of_a_batch_of_one_is_no_blow_up() -> None:
    """Single samples scatter over decades: a first one near zero is not where the loss began."""
    rng = np.random.default_rng(0)
    margin = 4 * np.exp(-np.arange(2500) / 250) - 3 + 2.2 * rng.normal(size=2500)
    loss = np.logaddexp(0, margin)
    loss[0] = 0.003
    assert not loud(see({"loss": loss}))


def test_a_short_run_that_fell_step_by_step_and_then_ran_away_did_go_down() -> None:
    """With twelve points the blow-up is all the noise there is; the order of the first tells."""
    found = loud(see({"loss": [2.3, 2.1, 1.9, 1.85, 1.8, 2.4, 6.1, 14.2, 31, 52, 88, 120]}))
    assert "loss_diverged" in found
    assert "loss_not_decreasing" not in found


def test_a_short_run_that_never_fell_before_it_ran_away_has_not_gone_down() -> None:
    found = loud(see({"loss": [2.3, 2.34, 2.5, 2.9, 3.4, 4.4, 6.1, 14.2, 31, 52, 88, 120]}))
    assert "loss_not_decreasing" in found
