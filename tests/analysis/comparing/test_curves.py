"""Curves at the same place: restarts, gaps, other intervals, a course that all share."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from analysis.comparing.curves import (
    Placed,
    best_of,
    first_reach,
    matched_range,
    place,
    spikes,
)
from analysis.comparing.levels import levels_at, steady_levels
from analysis.signals import Signals
from tests.comparisons import STEPS, a_curve, a_read_run


def placed(loss: np.ndarray, step: np.ndarray | None = None, **config: object) -> Placed:
    _, signals = a_read_run("r", loss, step=step, **config)  # type: ignore[arg-type]
    return on(signals, "step")


def on(signals: Signals, axis: str) -> Placed:
    assert signals.loss is not None
    found = place(signals.loss, signals, axis)  # type: ignore[arg-type]
    assert found is not None
    return found


def test_a_restart_supersedes_what_was_logged_beyond_it() -> None:
    """Steps 1–5, then back to 3: the later values count, places ascend strictly."""
    curve = placed(np.array([5.0, 4, 3, 2, 1, 30, 20, 10]), np.array([1, 2, 3, 4, 5, 3, 4, 5]))
    assert curve.x.tolist() == [1, 2, 3, 4, 5]
    assert curve.y.tolist() == [5, 4, 30, 20, 10]


def test_of_a_step_logged_twice_the_last_value_counts() -> None:
    """Two processes that log the same steps make one curve."""
    curve = placed(np.array([5.0, 50, 4, 40, 3, 30]), np.array([1, 1, 2, 2, 3, 3]))
    assert curve.x.tolist() == [1, 2, 3]
    assert curve.y.tolist() == [50, 40, 30]


@given(hnp.arrays(np.int64, st.integers(1, 40), elements=st.integers(0, 30)))
def test_places_always_ascend(step: np.ndarray) -> None:
    """Whatever the order in which steps were logged."""
    curve = placed(np.linspace(2.0, 1.0, step.size), step)
    assert np.all(np.diff(curve.x) > 0)
    assert curve.x[-1] == step[-1] or step.size == 0 or curve.x[-1] >= step[-1]


def test_equal_samples_are_the_place_where_batches_differ() -> None:
    """On the samples axis a step counts as many as the effective batch holds."""
    _, small = a_read_run("s", a_curve(0.5, 1), batch_size=8)
    _, large = a_read_run("l", a_curve(0.5, 1), batch_size=16, gradient_accumulation_steps=2)
    assert on(small, "samples").x[-1] * 4 == on(large, "samples").x[-1]
    _, silent = a_read_run("n", a_curve(0.5, 1))
    assert silent.loss is not None
    assert place(silent.loss, silent, "samples") is None


def test_only_the_range_that_all_have_counts() -> None:
    """From the latest beginning to the earliest end; none where they do not meet."""
    a = Placed(np.arange(0.0, 100), np.ones(100))
    b = Placed(np.arange(50.0, 300), np.ones(250))
    assert matched_range([a, b]) == (50.0, 99.0)
    assert matched_range([a, Placed(np.array([500.0]), np.ones(1))]) is None


def test_other_intervals_are_compared_at_the_same_places() -> None:
    """The same falling course logged every step and every 40th has the same level."""
    x = np.arange(1.0, 401)
    y = 3.0 * np.exp(-x / 150)
    dense, sparse = Placed(x, y), Placed(x[::40], y[::40])
    one, other = levels_at([dense, sparse], 1.0, 361.0)
    assert one is not None
    assert other is not None
    assert one.value == pytest.approx(other.value, rel=0.03)


def test_nan_within_is_passed_over_and_nan_at_the_end_is_no_level() -> None:
    """A few skipped steps cost nothing; a loss that ended as NaN has none."""
    holes, broken = a_curve(0.5, 1), a_curve(0.5, 1)
    holes[150:155] = np.nan
    broken[-60:] = np.nan
    found = levels_at([placed(holes), placed(broken)], 10.0, 10.0 * STEPS)
    assert found[0] is not None
    assert found[0].value == pytest.approx(0.5, rel=0.05)
    assert found[1] is None


def test_the_course_that_all_share_is_no_noise() -> None:
    """Curves that still fall, offset from each other: the levels differ by just the offset."""
    rng = np.random.default_rng(4)
    x = np.arange(1.0, 401)
    fall = 3.0 * (1 + x / 20) ** -0.7
    offsets = [0.0, 0.01, -0.01, 0.05, 0.06, 0.04]
    curves = [Placed(x, fall + off + 0.002 * rng.standard_normal(400)) for off in offsets]
    (levels,) = steady_levels([curves], 1.0, 400.0)
    values = [level.value for level in levels if level is not None]
    assert np.array(values) - values[0] == pytest.approx(offsets, abs=0.002)
    assert all(level is not None and level.error < 0.001 for level in levels)
    assert values[0] == pytest.approx(fall[-20:].mean(), abs=0.01)


def test_curves_that_run_apart_are_not_judged_by_a_wider_window() -> None:
    """What diverged far away does not shift the level of its rival."""
    x = np.arange(0.0, 20) * 50
    calm = Placed(x, 2.0 + 3.0 * np.exp(-np.arange(20) / 3.0))
    wild = Placed(x, np.geomspace(20_000.0, 26.0, 20))
    ((level, _),) = (steady_levels([[calm], [wild]], 0.0, 950.0)[0] + [None],)
    assert level is not None
    assert level.value == pytest.approx(2.0, abs=0.1)


def test_best_and_first_reach_ignore_single_wild_points() -> None:
    """One lucky batch is no best value."""
    y = np.linspace(2.0, 1.0, 200)
    y[20] = 0.1
    curve = Placed(np.arange(200.0), y)
    best = best_of(curve, 199.0, "down")
    assert best is not None
    assert best[0] > 0.9
    assert (first_reach(curve, 1.5, "down") or 0) > 90
    assert first_reach(curve, 0.5, "down") is None
    assert first_reach(curve, 0.5, "up") == 0.0


def test_spikes_are_stretches() -> None:
    """Two excursions of several points are two spikes; noise is none."""
    rng = np.random.default_rng(0)
    y = 1.0 + 0.01 * rng.standard_normal(400)
    assert spikes(y) == 0
    y[100:104] += 1.0
    y[300] += 1.0
    assert spikes(y) == 2


@given(
    st.lists(
        hnp.arrays(
            np.float64, st.integers(2, 60),
            elements=st.floats(-1e6, 1e6) | st.sampled_from([np.nan, np.inf]),
        ),
        min_size=1, max_size=4,
    )
)  # fmt: skip
@example([np.array([0.0] * 16 + [2e-309, 0.0, 0.0, 1.0, 0.0, 0.0])])  # steps that are hardly any
def test_any_curves_have_levels_or_none(values: list[np.ndarray]) -> None:
    """Whatever was logged: a level is a finite number with a finite error, or there is none."""
    curves = [Placed(np.arange(float(y.size)), y) for y in values]
    reach = matched_range(curves)
    assert reach is not None
    for level in steady_levels([curves], *reach)[0]:
        assert level is None or (np.isfinite(level.value) and np.isfinite(level.error))


def test_a_sparse_rival_does_not_make_the_past_speak() -> None:
    """Three points of a rival spread over everything: the level is still that of the end."""
    x = np.arange(1.0, 17)
    fast = Placed(x, 0.1 + 2.0 * np.exp(-x / 2))
    rare = Placed(np.array([1.0, 8.0, 15.0]), np.array([4.0, 3.0, 2.9]))
    level, other = levels_at([fast, rare], 1.0, 15.0)
    assert level is not None
    assert other is not None
    assert level.value == pytest.approx(0.1, abs=0.05)
    assert other.value == pytest.approx(2.9, abs=0.05)


def test_a_sparse_curve_is_read_between_its_points() -> None:
    """Never beyond the last one before the matched point."""
    sparse = Placed(np.array([0.0, 300.0, 600.0]), np.array([2.3, 0.18, 0.1]))
    dense = Placed(np.arange(0.0, 451.0, 50.0), 2.3 * np.exp(-np.arange(0.0, 451.0, 50.0) / 120))
    first, second = levels_at([sparse, dense], 0.0, 450.0)
    assert first is not None
    assert second is not None
    assert 0.1 <= first.value <= 0.18
    assert sparse.reaching(450.0).y[-1] == pytest.approx(0.14)
    assert sparse.reaching(600.0).x.size == 3
