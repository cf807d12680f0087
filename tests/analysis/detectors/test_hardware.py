"""Idle GPUs and full memory."""

import numpy as np

from analysis.run import RunState
from tests.analysis.detectors.build import loud, reasons, see

LOSS = {"loss": np.linspace(2, 1, 50)}


def _with(**system: object) -> set[str]:
    named = {f"system.{name.replace('__', '.')}": value for name, value in system.items()}
    return loud(see(LOSS, state=RunState.RUNNING, system=named))  # type: ignore[arg-type]


def test_a_gpu_that_mostly_waits_is_idle() -> None:
    assert _with(gpu__0__gpu=np.full(40, 4.0)) == {"gpu_idle"}


def test_bursts_and_idle_neighbours_are_fine() -> None:
    assert not _with(gpu__0__gpu=np.tile([0.0, 90.0], 20), gpu__1__gpu=np.zeros(40))


def test_memory_that_fills_up_is_near_its_limit() -> None:
    assert _with(memory_percent=np.linspace(40, 99, 60)) == {"memory_near_limit"}
    assert _with(gpu__0__memoryAllocated=np.full(60, 97.0)) == {"memory_near_limit"}


def test_memory_that_was_given_back_is_fine() -> None:
    assert not _with(memory_percent=np.concatenate((np.full(40, 99.0), np.full(10, 50.0))))


def test_no_system_metrics_are_said_to_be_absent() -> None:
    assert reasons(see(LOSS))["gpu_idle"] == "no GPU use is logged"
