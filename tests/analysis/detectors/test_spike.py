"""A jump of the loss."""

import numpy as np

from tests.analysis.detectors.build import all_of, falling, loud, see


def test_two_bad_batches_are_one_finding_with_the_height() -> None:
    loss = falling(800)
    loss[500:502] = 60.0
    found = all_of(see({"loss": loss}))["loss_spike"]
    assert (found.step_start, found.step_end, found.value) == (500, 501, 60.0)
    assert "came back" in found.message


def test_a_jump_that_has_not_come_back_says_so() -> None:
    loss = falling(400, top=6)
    loss[380:] += 2.0
    found = all_of(see({"loss": loss}))
    assert "has not come back" in found["loss_spike"].message


def test_a_spike_hidden_inside_a_bucket_is_seen() -> None:
    s = see({"loss": falling(400)})
    assert s.loss is not None
    s.loss.high[200] = 40.0
    assert "loss_spike" in loud(s)


def test_a_batch_of_one_is_noisy_by_nature() -> None:
    rng = np.random.default_rng(3)
    assert "loss_spike" not in loud(see({"loss": falling(1500) * rng.gamma(1.2, 1 / 1.2, 1500)}))


def test_the_saw_tooth_of_a_running_mean_is_no_spike() -> None:
    loss = falling(600, noise=0.1)
    for a in range(0, 600, 50):
        loss[a : a + 50] = np.cumsum(loss[a : a + 50]) / np.arange(1, 51)
    assert "loss_spike" not in loud(see({"batch/loss": loss}))


def test_ripples_at_the_floor_are_no_spikes() -> None:
    loss = 2.3 * np.exp(-np.arange(1000) / 40) + 1e-5
    loss[[700, 800]] = 0.01
    assert "loss_spike" not in loud(see({"loss": loss}))


def test_stages_that_nobody_logged_are_no_spikes() -> None:
    u = np.arange(900) % 225 / 225
    loss = 0.01 + 3.0 * np.exp(-u * 10) * np.exp(0.05 * np.random.default_rng(0).normal(size=900))
    assert "loss_spike" not in loud(see({"loss": loss}))


def test_stages_of_equal_length_may_fall_quickly_while_accidents_may_not() -> None:
    loss = 0.05 * np.exp(0.1 * np.random.default_rng(0).normal(size=1800))
    fall = 3.0 * np.exp(-np.arange(120) / 8)
    for stage in (0, 300, 600, 900):
        loss[stage : stage + 120] += fall
    assert "loss_spike" not in loud(see({"loss": loss}))
    uneven = loss.copy()
    uneven[600:720] -= fall
    uneven[720:840] += fall
    assert "loss_spike" in loud(see({"loss": uneven}))


def test_even_accidents_are_told_from_stages_by_the_gradient_norm() -> None:
    rng = np.random.default_rng(0)
    loss = (3.0 + 3.0 * np.exp(-np.arange(1200) / 60)) * np.exp(0.01 * rng.normal(size=1200))
    norm = 0.3 * np.exp(0.2 * rng.normal(size=1200))
    for jump in (300, 600, 900):
        loss[jump : jump + 100] += 3.0 * np.exp(-np.arange(100) / 15)
    assert "loss_spike" not in loud(see({"loss": loss, "grad_norm": norm}))
    norm[[300, 600, 900]] = 8.0
    assert "loss_spike" in loud(see({"loss": loss, "grad_norm": norm}))


def test_a_blow_up_with_the_first_steps_is_no_spike() -> None:
    loss = 8 + 50 * np.exp(-((np.arange(100) - 12) ** 2) / 800)
    loss *= np.exp(0.1 * np.random.default_rng(0).normal(size=100))
    loss[:4] = 7.0, 17.0, 31.0, 48.0
    assert "loss_spike" not in loud(see({"loss": loss}))
