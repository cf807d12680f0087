"""A loss that learned something and then nothing more."""

import numpy as np

from analysis.findings import Severity
from tests.analysis.detectors.build import all_of, falling, see

T = np.arange(1000) / 1000
NOISE = np.exp(0.02 * np.random.default_rng(0).normal(size=1000))
STUCK = 4.0 * (0.8 + 0.2 * np.exp(-T * 40)) * NOISE


def test_a_high_loss_that_stays_is_a_warning() -> None:
    found = all_of(see({"loss": STUCK}))["loss_plateau"]
    assert found.severity is Severity.WARNING
    assert (found.step_start or 0) < 400


def test_a_schedule_at_its_end_is_convergence() -> None:
    rate = 1e-3 * 0.5 * (1 + np.cos(np.pi * T))
    assert "loss_plateau" not in all_of(see({"loss": STUCK, "lr": rate}))


def test_a_loss_that_fell_by_more_than_half_is_information() -> None:
    loss = 4.0 * (0.4 + 0.6 * np.exp(-T * 40)) * NOISE
    assert all_of(see({"loss": loss}))["loss_plateau"].severity is Severity.INFO


def test_fine_tuning_is_information() -> None:
    found = all_of(see({"loss": STUCK}, config={"model_name_or_path": "gpt2"}))
    assert found["loss_plateau"].severity is Severity.INFO


def test_a_rate_that_was_cut_early_is_named() -> None:
    rate = np.where(np.arange(1000) < 100, 1e-2, 1e-6)
    found = all_of(see({"loss": STUCK, "lr": rate}))["loss_plateau"]
    assert "cut" in found.message


def test_slow_progress_is_no_plateau() -> None:
    assert "loss_plateau" not in all_of(see({"loss": falling(1000, noise=0.01)}))


def test_the_luckiest_of_many_noisy_stretches_is_no_rise_since() -> None:
    """The lowest of sixty block medians lies a third of the gain under a curve that is flat."""
    noise = 0.055 * np.random.default_rng(1).normal(size=1200)
    loss = 2.25 + 0.17 * np.exp(-np.arange(1200) / 15) + noise
    assert all_of(see({"loss": loss}))["loss_plateau"].severity is Severity.WARNING


def test_a_rate_that_was_cut_needs_no_proof_that_the_loss_is_flat() -> None:
    """Over few noisy points flatness is not shown; without a learning rate nothing can move."""
    noise = 0.06 * np.random.default_rng(2).normal(size=300)
    loss = 2.25 + 0.22 * np.exp(-np.arange(300) / 10) + noise
    rate = np.maximum(1e-2 * 0.1 ** (np.arange(300) // 30), 1e-9)
    assert "loss_plateau" not in all_of(see({"loss": loss}))
    assert "loss_plateau" in all_of(see({"loss": loss, "lr": rate}))


def test_a_loss_that_sways_has_not_stayed() -> None:
    """Each half has the same level, and no point of it is near for long."""
    n = np.arange(2400)
    course = 2.3 + 2.7 * np.exp(-n / 100) + 0.8 * np.sin(2 * np.pi * n / 600)
    noise = 0.3 * np.random.default_rng(0).normal(size=n.size)
    assert "loss_plateau" not in all_of(see({"loss": course * np.exp(noise)}))


def test_a_plateau_begins_after_what_lay_below_it() -> None:
    """A dip and a step up, then level: it has stayed since the step, not since before the dip."""
    n = np.arange(2500)
    course = np.interp(n, [0, 300, 700, 1000, 2500], [5.0, 2.4, 1.9, 2.4, 2.4])
    noise = np.exp(0.05 * np.random.default_rng(0).normal(size=n.size))
    found = all_of(see({"loss": course * noise}))["loss_plateau"]
    assert (found.step_start or 0) > 800
