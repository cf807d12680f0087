"""A heartbeat that lives while no new row comes."""

import numpy as np

from analysis.run import RunState
from tests.analysis.detectors.build import all_of, falling, loud, see


def test_far_longer_than_the_longest_pause_is_a_stall() -> None:
    s = see({"loss": falling(100)}, state=RunState.RUNNING, seconds=5, idle_s=1200, beat_s=20)
    found = all_of(s)["step_stalled"]
    assert "20 min" in found.message


def test_pauses_for_checkpoints_as_long_as_this_are_usual() -> None:
    rows = np.concatenate((np.arange(50), 450 + np.arange(50)))  # a pause of 400 rows' time
    s = see(
        {"loss": (rows, falling(100))}, state=RunState.RUNNING, seconds=2, idle_s=1000, beat_s=20
    )
    assert not loud(s)


def test_an_old_heartbeat_is_the_heartbeat_s_matter() -> None:
    s = see({"loss": falling(100)}, state=RunState.RUNNING, seconds=5, idle_s=1500)
    assert loud(s) == {"heartbeat_slow"}
