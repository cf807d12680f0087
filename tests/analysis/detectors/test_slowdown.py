"""A run that is slower than itself."""

import numpy as np

from tests.analysis.detectors.build import all_of, falling, loud, see

WOBBLE = np.exp(0.05 * np.random.default_rng(0).normal(size=600))


def test_a_logged_pace_that_halves_is_found() -> None:
    pace = 1000 * WOBBLE
    pace[400:] *= 0.4
    found = all_of(see({"loss": falling(600), "samples_per_second": pace}))["throughput_drop"]
    assert 350 <= (found.step_start or 0) <= 450


def test_without_a_logged_pace_the_clock_tells() -> None:
    rows = np.concatenate((np.arange(300), 300 + 4 * np.arange(300)))  # time goes by rows
    columns = {"train/loss": (rows, falling(600)), "train/global_step": (rows, np.arange(600))}
    assert "throughput_drop" in loud(see(columns))


def test_pauses_for_evaluation_are_no_drop() -> None:
    rows = np.cumsum(np.where(np.arange(600) % 50 == 49, 60, 1))
    columns = {"train/loss": (rows, falling(600)), "train/global_step": (rows, np.arange(600))}
    assert not loud(see(columns))


def test_milliseconds_that_nobody_waits_for_are_no_drop() -> None:
    pace = 1000 * WOBBLE
    pace[400:] *= 0.4
    s = see({"loss": falling(600), "samples_per_second": pace}, seconds=0.002)
    assert "throughput_drop" not in loud(s)


def test_a_slow_part_that_is_over_is_no_drop() -> None:
    pace = 1000 * WOBBLE
    pace[200:300] *= 0.3
    assert not loud(see({"loss": falling(600), "samples_per_second": pace}))


def test_what_a_neighbour_takes_for_some_seconds_is_no_drop() -> None:
    pace = 1000 * WOBBLE
    pace[400:] *= 0.6
    columns = {"loss": falling(600), "samples_per_second": pace}
    assert "throughput_drop" not in loud(see(columns, seconds=0.05))
    assert "throughput_drop" in loud(see(columns, seconds=1.0))


def test_a_neighbour_who_comes_and_goes_is_no_drop() -> None:
    pace = 1000 * WOBBLE
    pace[300:] *= 0.2
    pace[400:475] *= 4.5
    columns = {"loss": falling(600), "samples_per_second": pace}
    assert "throughput_drop" not in loud(see(columns, seconds=0.05))


def test_a_pace_that_falls_all_along_is_found_though_it_fell_nowhere() -> None:
    pace = 1000 * WOBBLE / (1 + 3 * np.arange(600) / 600)
    found = all_of(see({"loss": falling(600), "samples_per_second": pace}))["throughput_drop"]
    assert "steadily" in found.message


def test_a_pace_that_falls_by_a_third_all_along_is_no_drop() -> None:
    pace = 1000 * WOBBLE / (1 + 0.5 * np.arange(600) / 600)
    assert not loud(see({"loss": falling(600), "samples_per_second": pace}))


def test_a_pace_that_wanders_is_no_steady_fall() -> None:
    """Its end is at under half of its beginning, but it was there and back in between."""
    pace = 1000 * WOBBLE * np.exp(0.6 * np.cos(np.arange(600) / 600 * 3 * np.pi))
    assert "throughput_drop" not in loud(see({"loss": falling(600), "samples_per_second": pace}))


def test_answers_that_grow_longer_are_no_drop() -> None:
    """In reinforcement learning each step takes longer as episodes last longer."""
    pace = 10 * WOBBLE / (1 + 3 * np.arange(600) / 600)
    columns = {"train/loss": 1e-3 * WOBBLE, "train/reward": np.arange(600) / 600}
    told = see(columns | {"samples_per_second": pace}, config={"num_generations": 8})
    assert "throughput_drop" not in loud(told)
