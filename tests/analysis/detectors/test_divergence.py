"""A loss that ran away, and what only looks like it."""

import numpy as np

from tests.analysis.detectors.build import all_of, falling, loud, reasons, see


def test_a_loss_that_blows_up_is_named_with_where_it_began() -> None:
    loss = falling(400)
    loss[250:] += np.linspace(0, 50, 150)
    found = all_of(see({"loss": loss}))["loss_diverged"]
    assert 245 <= (found.step_start or 0) <= 340
    assert found.noise_ratio is not None
    assert found.noise_ratio > 8


def test_a_collapse_back_to_the_start_is_divergence_and_no_decrease() -> None:
    loss = falling(400)
    loss[200:] = 2.32 + 0.02 * np.random.default_rng(1).normal(size=200)
    assert {"loss_diverged", "loss_not_decreasing"} <= loud(see({"loss": loss}))


def test_a_run_that_blows_up_at_its_second_step_is_measured_from_its_first() -> None:
    loss = np.concatenate(([2.3, 9.0, 4e3, 1e9, 1e5], np.full(200, 12.0)))
    loss[5:] += np.random.default_rng(0).normal(size=200) * 0.1
    assert "loss_diverged" in loud(see({"loss": loss}))


def test_a_rise_that_is_small_against_the_gain_is_not() -> None:
    loss = falling(400, top=5.0, floor=0.05)
    loss[300:] += 0.3
    assert "loss_diverged" not in loud(see({"loss": loss}))


def test_warm_restarts_are_not() -> None:
    u = np.arange(600) % 200 / 200
    rate = 0.1 * 0.5 * (1 + np.cos(np.pi * u))
    loss = 0.2 + 1.0 * np.exp(-u * 6) + 0.01 * np.random.default_rng(0).normal(size=600)
    assert not loud(see({"loss": loss[:450], "lr": rate[:450]}))


def test_a_logged_curriculum_is_not() -> None:
    stage = np.arange(600) // 200
    u = np.arange(600) % 200 / 200
    loss = 0.3 * (1 + stage) + 1.5 * np.exp(-u * 6)
    assert "loss_diverged" not in loud(see({"loss": loss[:430], "curriculum/stage": stage[:430]}))


def test_too_few_points_are_said_to_be() -> None:
    assert reasons(see({"loss": [2.0, 1.5, 9.0]}))["loss_diverged"] == "too few points yet"
