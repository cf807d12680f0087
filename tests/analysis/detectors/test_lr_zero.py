"""A learning rate of zero."""

import numpy as np

from tests.analysis.detectors.build import all_of, falling, loud, see

T = np.arange(401) / 400


def test_a_schedule_that_ends_before_the_training_is_found() -> None:
    rate = np.maximum(0, 1e-3 * (1 - 2 * T))
    found = all_of(see({"loss": falling(401), "lr": rate}))["learning_rate_zero"]
    assert (found.step_start, found.step_end) == (200, 400)


def test_a_decay_to_zero_at_the_end_and_a_warm_up_from_zero_are_fine() -> None:
    rate = np.minimum(1, T * 20) * 0.5 * (1 + np.cos(np.pi * T))
    rate[-1] = 0.0
    assert not loud(see({"loss": falling(401), "lr": rate}))


def test_a_config_of_zero_is_enough_where_none_is_logged() -> None:
    assert "learning_rate_zero" in loud(see({"loss": falling(50)}, config={"lr": 0.0}))
