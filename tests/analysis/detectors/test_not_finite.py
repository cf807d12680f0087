"""A loss that is not finite: seen, hidden, or skipped."""

import numpy as np

from analysis.findings import Severity
from tests.analysis.detectors.build import all_of, falling, see


def test_a_loss_that_stays_nan_is_critical_with_its_first_step() -> None:
    loss = falling(300)
    loss[120:] = np.nan
    found = all_of(see({"train/loss": loss, "train/global_step": np.arange(300) * 10}))
    assert found["loss_not_finite"].severity is Severity.CRITICAL
    assert found["loss_not_finite"].step_start == 1200
    assert found["loss_not_finite"].message == "train/loss is not finite since step 1,200."


def test_one_skipped_step_is_only_a_warning() -> None:
    loss = falling(300)
    loss[150] = np.nan
    found = all_of(see({"loss": loss}))["loss_not_finite"]
    assert found.severity is Severity.WARNING
    assert "once" in found.message
    assert (found.step_start, found.step_end) == (150, 150)


def test_a_nan_after_which_the_loss_is_worse_is_critical() -> None:
    loss = falling(300)
    loss[150] = np.nan
    loss[151:] += 2.0
    assert all_of(see({"loss": loss}))["loss_not_finite"].severity is Severity.CRITICAL


def test_zeros_that_transformers_shows_in_place_of_nan_are_seen_through() -> None:
    loss, grad = falling(60), np.full(60, 1.0)
    loss[40:], grad[40:] = 0.0, np.nan
    found = all_of(see({"train/loss": loss, "train/grad_norm": grad}))["loss_not_finite"]
    assert found.severity is Severity.CRITICAL
    assert found.step_start == 40
    assert "train/grad_norm" in found.message


def test_a_loss_of_exactly_zero_with_sound_gradients_is_none_of_it() -> None:
    loss = np.zeros(60)
    assert "loss_not_finite" not in all_of(see({"train/loss": loss, "train/grad_norm": loss + 0.3}))


def test_a_spoilt_running_sum_is_told_from_broken_training() -> None:
    loss = falling(100)
    loss[40:] = np.nan
    held = (np.arange(9, 100, 10), np.linspace(2, 0.4, 10))
    columns = {"train/loss": loss, "train/grad_norm": np.full(100, 1.0), "eval/loss": held}
    found = all_of(see(columns))["loss_not_finite"]
    assert "running sum" in found.message


def test_nan_in_a_gan_is_not_forgiven() -> None:
    d = np.full(200, 0.7)
    g = np.full(200, 1.2)
    g[150:] = np.nan
    found = all_of(see({"d_loss": d, "g_loss": g}))["loss_not_finite"]
    assert found.metric == "g_loss"


def test_infinity_that_turns_into_nan_is_called_not_finite() -> None:
    loss = falling(300)
    loss[120:], loss[121:] = np.inf, np.nan
    message = all_of(see({"loss": loss}))["loss_not_finite"].message
    assert message == "loss is not finite since step 120."


def test_hidden_zeros_of_the_training_loss_lead_before_the_evaluation() -> None:
    loss, grad = falling(60), np.full(60, 1.0)
    loss[40:], grad[40:] = 0.0, np.nan
    held = np.where(np.arange(6) < 5, 0.5, np.nan)
    columns = {
        "train/loss": loss,
        "train/grad_norm": grad,
        "eval/loss": ([9, 19, 29, 35, 39, 49], held),
    }
    found = all_of(see(columns))["loss_not_finite"]
    assert (found.metric, found.step_start) == ("train/loss", 40)
