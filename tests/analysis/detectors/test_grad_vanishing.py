"""Gradients that have all but vanished."""

import numpy as np

from tests.analysis.detectors.build import falling, loud, see


def test_no_gradient_and_no_learning_is_found() -> None:
    loss = 2.3 * np.exp(0.01 * np.random.default_rng(0).normal(size=300))
    assert "grad_vanishing" in loud(see({"loss": loss, "grad_norm": np.full(300, 1e-6)}))


def test_a_converged_run_has_none_left_and_is_healthy() -> None:
    loss = 2.3 * np.exp(-np.arange(300) / 15) + 1e-5
    assert not loud(see({"loss": loss, "grad_norm": 0.5 * loss}))


def test_small_units_that_still_fall_are_healthy() -> None:
    loss = falling(300, noise=0.01) * 1e-5 + 1e-3
    assert "grad_vanishing" not in loud(see({"train/mse": loss, "grad_norm": np.full(300, 5e-5)}))
