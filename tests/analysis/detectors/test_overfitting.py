"""Held-out loss that turns while training loss goes on."""

import numpy as np

from tests.analysis.detectors.build import all_of, falling, loud, reasons, see

ROWS = np.arange(24, 1000, 25)
U = ROWS / 1000
TURNS = 0.5 + 1.5 * np.exp(-U * 12) + 0.8 * np.maximum(0, U - 0.3)


def test_a_rise_over_several_evaluations_names_the_best_step() -> None:
    found = all_of(see({"train/loss": falling(1000), "eval/loss": (ROWS, TURNS)}))["overfitting"]
    assert 250 <= (found.step_start or 0) <= 350
    assert found.metric == "eval/loss"


def test_train_and_eval_are_paired_by_row_though_eval_is_rare() -> None:
    worse_train = falling(1000)
    worse_train[400:] += 0.5
    s = see({"train/loss": worse_train, "eval/loss": (ROWS, TURNS)})
    assert "overfitting" not in loud(s)


def test_a_gap_alone_is_none() -> None:
    held = 0.5 + 1.5 * np.exp(-U * 12)
    assert not loud(see({"train/loss": falling(1000, floor=0.01), "eval/loss": (ROWS, held)}))


def test_a_rise_of_a_hundredth_of_the_gain_is_none() -> None:
    held = 0.05 + 2.0 * np.exp(-U * 12) + 0.01 * np.maximum(0, U - 0.3)
    assert not loud(see({"train/loss": falling(1000, floor=0.01), "eval/loss": (ROWS, held)}))


def test_one_bad_evaluation_is_none() -> None:
    held = 0.5 + 1.5 * np.exp(-U * 12)
    held[-1] = 1.5
    assert not loud(see({"train/loss": falling(1000), "eval/loss": (ROWS, held)}))


def test_one_set_of_three_against_the_others_is_none() -> None:
    sound = 0.5 + 1.5 * np.exp(-U * 12)
    columns = {
        "train/loss": falling(1000),
        "eval/loss": (ROWS, sound),
        "eval/math_loss": (ROWS, sound + 0.1),
        "eval/other_loss": (ROWS, TURNS),
    }
    assert not loud(see(columns))


def test_boosted_trees_are_read_by_their_numbered_sets() -> None:
    fitted = 0.69 * np.exp(-np.arange(300) / 60)
    held = 0.5 + 0.19 * np.exp(-np.arange(300) / 5) + 0.001 * np.arange(300)
    s = see({"validation_0-logloss": fitted, "validation_1-logloss": held})
    assert all_of(s)["overfitting"].metric == "validation_1-logloss"


def test_three_evaluations_are_too_few() -> None:
    s = see({"train/loss": falling(100), "eval/loss": ([30, 60, 90], [1.0, 1.2, 1.5])})
    assert reasons(s)["overfitting"] == "too few evaluations yet"


def test_what_an_untrained_model_scored_does_not_hide_the_rise() -> None:
    turns = 0.38 + 3.0 * np.exp(-np.arange(120) / 2) + 0.0008 * np.arange(120)
    s = see({"loss": 2.3 * np.exp(-np.arange(120) / 6), "val_loss": turns})
    assert loud(s) == {"overfitting"}


def test_a_wobble_next_to_the_floor_is_no_overfitting() -> None:
    held = 0.002 + 3.0 * np.exp(-np.arange(120) / 2) + 0.00001 * np.arange(120)
    assert not loud(see({"loss": 2.3 * np.exp(-np.arange(120) / 6), "val_loss": held}))


def test_many_noisy_evaluations_tell_together_what_no_single_one_does() -> None:
    """A steady climb of two and a half times the scatter of one evaluation, over forty of them."""
    rows = np.arange(9, 600, 10)
    along = np.arange(60) / 60
    noise = 0.15 * np.random.default_rng(3).normal(size=60)
    held = 1.7 + 0.7 * np.exp(-along * 15) + 0.5 * np.maximum(0, along - 0.25) + noise
    flat = 1.7 + 0.7 * np.exp(-along * 15) + noise
    train = falling(600, floor=0.01)
    assert "overfitting" in loud(see({"train/loss": train, "val/loss": (rows, held)}))
    assert not loud(see({"train/loss": train, "val/loss": (rows, flat)}))


def test_noise_that_remembers_needs_a_greater_rise() -> None:
    """The same scatter with a memory of its neighbours wanders further without a cause."""
    alarms = dict.fromkeys((0.0, 0.6), 0)
    rows = np.arange(9, 800, 10)
    for seed in range(20):
        own = np.random.default_rng(seed).normal(size=80)
        for memory in alarms:
            noise = own.copy()
            for i in range(1, 80):
                noise[i] = memory * noise[i - 1] + np.sqrt(1 - memory**2) * own[i]
            held = 1 + 1.5 * np.exp(-np.arange(80) / 8) + 0.15 * noise
            found = loud(see({"train/loss": falling(800, floor=0.01), "val/loss": (rows, held)}))
            alarms[memory] += "overfitting" in found
    assert alarms == {0.0: 0, 0.6: 0}


def test_a_rise_that_came_with_a_spike_is_the_spikes() -> None:
    """One broken batch, and the evaluation stays a little worse from there on."""
    loss = falling(1000)
    loss[600] = 300.0
    held = 0.07 + 0.5 * np.exp(-U * 12) + 0.03 * (U > 0.6)
    assert loud(see({"train/loss": loss, "eval/loss": (ROWS, held)})) == {"loss_spike"}


def test_a_spike_does_not_hide_overfitting() -> None:
    loss = falling(1000)
    loss[600] = 300.0
    held = 0.5 + 1.5 * np.exp(-U * 12) + 1.6 * np.maximum(0, U - 0.3)
    found = loud(see({"train/loss": loss, "eval/loss": (ROWS, held)}))
    assert found == {"loss_spike", "overfitting"}
