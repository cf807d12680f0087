"""The register of detectors is whole: codes, docstrings, pages, plots, numbers."""

import inspect
from pathlib import Path

import numpy as np
import pytest

from analysis.detectors.base import Detector, registered, run_all
from analysis.findings import severity_of
from analysis.thresholds import Thresholds
from tests.analysis.detectors.build import falling, see

DOCS = Path(__file__).resolve().parents[3] / "docs"
CODES = """
loss_not_finite loss_diverged loss_spike loss_plateau loss_not_decreasing grad_exploding
grad_unstable grad_vanishing grad_not_finite overfitting eval_degraded heartbeat_stalled
heartbeat_slow step_stalled throughput_drop learning_rate_zero gpu_idle memory_near_limit
run_failed run_crashed no_history no_loss
""".split()
EACH = pytest.mark.parametrize("detector", registered(), ids=lambda d: d.codes[0])


def test_every_code_of_the_contract_has_one_detector_and_no_other_code_exists() -> None:
    assert sorted(code for d in registered() for code in d.codes) == sorted(CODES)


@EACH
def test_its_docstring_tells_what_it_does(detector: Detector) -> None:
    doc = inspect.getdoc(inspect.getmodule(detector.detect)) or ""
    for part in ("Sees:", "Formula:", "Thresholds:", "Source:", "Stays silent on:"):
        assert part in doc


@EACH
def test_it_has_a_page_and_a_plot(detector: Detector) -> None:
    page = (DOCS / "diagnosis.md").read_text(encoding="utf-8")
    for code in detector.codes:
        assert f"`{code}`" in page
        if severity_of(code) != "info":
            assert f"images/detectors/{code}.png" in page
            assert (DOCS / "images" / "detectors" / f"{code}.png").is_file()


@EACH
def test_it_only_says_its_own_codes(detector: Detector) -> None:
    for s in (see({}), see({"loss": falling(200), "grad_norm": falling(200) * 9})):
        said = {item.code for item in detector.detect(s, Thresholds())}
        assert said <= set(detector.codes)


def test_every_threshold_has_a_description_and_a_source() -> None:
    for name, field in Thresholds.model_fields.items():
        assert field.description, name
        assert isinstance(field.json_schema_extra, dict), name
        assert field.json_schema_extra["source"], name


def test_of_equally_bad_findings_the_one_on_the_loss_leads() -> None:
    loss, norm = falling(200), falling(200)
    loss[40:], norm[38:] = np.nan, np.nan
    diagnosis = run_all(see({"loss": loss, "grad_norm": norm}), Thresholds())
    assert [f.code for f in diagnosis.findings[:2]] == ["loss_not_finite", "grad_not_finite"]
