"""Heartbeats of running runs."""

import pytest

from analysis.run import RunState
from tests.analysis.detectors.build import falling, loud, reasons, see


@pytest.mark.parametrize(
    ("minutes", "codes"),
    [(0.5, set()), (10, set()), (11, {"heartbeat_slow"}), (31, {"heartbeat_stalled"})],
)
def test_the_age_decides(minutes: float, codes: set[str]) -> None:
    s = see({"loss": falling(50)}, state=RunState.RUNNING, idle_s=60 * minutes)
    assert loud(s) == codes


@pytest.mark.parametrize("state", [RunState.FINISHED, RunState.KILLED, RunState.PREEMPTED])
def test_a_run_that_has_ended_cannot_stall(state: RunState) -> None:
    s = see({"loss": falling(50)}, state=state, idle_s=86_400)
    assert not loud(s)
    assert reasons(s)["heartbeat_stalled"] == "the run is not running"
