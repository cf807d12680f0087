"""States that are findings, and states that are not."""

import pytest

from analysis.detectors.base import run_all
from analysis.findings import Severity, health_of
from analysis.run import RunState
from analysis.thresholds import DEFAULTS
from tests.analysis.detectors.build import all_of, falling, loud, see


def test_a_failed_run_tells_its_step_and_exit_code() -> None:
    found = all_of(see({"loss": falling(50)}, state=RunState.FAILED, exit_code=137))["run_failed"]
    assert found.message == "The run failed at step 49 with exit code 137."


def test_a_crashed_run_may_come_back() -> None:
    found = all_of(see({"loss": falling(50)}, state=RunState.CRASHED))["run_crashed"]
    assert found.severity is Severity.CRITICAL
    assert "lost contact" in found.message
    assert "may come back" in found.message


@pytest.mark.parametrize(
    "state", [s for s in RunState if s not in (RunState.FAILED, RunState.CRASHED)]
)
def test_every_other_state_is_no_finding(state: RunState) -> None:
    assert not loud(see({"loss": falling(50)}, state=state))


def test_a_pending_run_without_curves_has_unknown_health() -> None:
    diagnosis = run_all(see({}, state=RunState.PENDING), DEFAULTS)
    assert health_of(diagnosis.findings, judged=diagnosis.judged) == "unknown"


def test_a_run_without_metrics_or_without_a_loss_says_so() -> None:
    assert all_of(see({}))["no_history"].severity is Severity.INFO
    assert all_of(see({"eval/accuracy": [0.1, 0.2]}))["no_loss"].severity is Severity.INFO
