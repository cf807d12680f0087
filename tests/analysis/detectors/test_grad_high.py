"""Gradient norms that are too high, for how long, and against what."""

import numpy as np

from analysis.findings import Severity
from tests.analysis.detectors.build import all_of, falling, loud, see

RNG = np.random.default_rng(0)
WOBBLE = np.exp(0.2 * RNG.normal(size=400))


def test_a_sustained_level_is_exploding() -> None:
    found = all_of(see({"loss": falling(400), "grad_norm": 30 * WOBBLE}))
    assert found["grad_exploding"].severity is Severity.CRITICAL
    assert "grad_unstable" not in found


def test_a_level_between_the_thresholds_is_unstable() -> None:
    assert loud(see({"loss": falling(400), "grad_norm": 7 * WOBBLE})) == {"grad_unstable"}


def test_growth_at_the_end_is_seen_before_it_fills_half_the_run() -> None:
    grad = WOBBLE.copy()
    grad[370:] *= np.linspace(20, 500, 30)
    found = all_of(see({"loss": falling(400), "grad_norm": grad}))["grad_exploding"]
    assert found.severity is Severity.CRITICAL
    assert 360 <= (found.step_start or 0) <= 380


def test_one_peak_is_information_however_high() -> None:
    grad = WOBBLE.copy()
    grad[200] = 1e6
    found = all_of(see({"loss": falling(400), "grad_norm": grad}))["grad_exploding"]
    assert found.severity is Severity.INFO
    assert found.advice == ""


def test_a_high_beginning_that_settles_is_healthy() -> None:
    grad = (1.5 + 9 * np.exp(-np.arange(400) / 40)) * WOBBLE
    assert not loud(see({"loss": falling(400), "grad_norm": grad}))


def test_large_units_that_shrink_with_the_loss_are_information() -> None:
    loss = falling(400, top=1e5, floor=4e3)
    grad = 3000 * np.exp(-np.arange(400) / 20) + 200 * WOBBLE
    found = all_of(see({"train/mse": loss, "train/grad_norm": grad}))
    assert found["grad_exploding"].severity is Severity.INFO


def test_bursts_are_no_units() -> None:
    loss = falling(400, top=1e5, floor=4e3)
    bursts = np.exp(1.2 * np.random.default_rng(0).normal(size=400))
    grad = (3000 * np.exp(-np.arange(400) / 20) + 200) * bursts
    assert "grad_exploding" in loud(see({"train/mse": loss, "train/grad_norm": grad}))
