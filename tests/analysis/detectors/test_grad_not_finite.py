"""Gradient norms that are NaN or infinite."""

import numpy as np

from analysis.findings import Severity
from tests.analysis.detectors.build import all_of, falling, see


def _found(at: object, config: dict[str, object] | None = None) -> Severity:
    grad = np.full(400, 1.0)
    grad[at] = np.inf  # type: ignore[call-overload]  # an index or a slice
    s = see({"loss": falling(400), "grad_norm": grad}, config=config)
    return all_of(s)["grad_not_finite"].severity


def test_for_good_is_critical() -> None:
    assert _found(slice(200, None)) is Severity.CRITICAL


def test_once_is_a_warning() -> None:
    assert _found(200) is Severity.WARNING


def test_once_under_a_gradient_scaler_is_information() -> None:
    assert _found(200, {"fp16": True}) is Severity.INFO


def test_the_search_for_a_scale_is_a_warning_only_at_the_beginning() -> None:
    assert _found(slice(0, 6)) is Severity.WARNING
    assert _found(slice(200, 206)) is Severity.CRITICAL
