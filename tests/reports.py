"""Reports to show in tests, as plain as can be."""

from datetime import UTC, datetime
from typing import Any

import numpy as np

from analysis.findings import Health, Severity
from analysis.plots.curves import Curve, RunCurves
from analysis.refs import RunRef
from analysis.reports import (
    EvalReport,
    FindingReport,
    GradNormReport,
    LossReport,
    ProgressReport,
    RunFacts,
    RunReport,
    ThroughputReport,
)
from analysis.run import Run, RunState
from handlers.services import Examined

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


def facts(id: str = "otter", **changes: Any) -> RunFacts:  # noqa: A002 - the field's own name
    given: dict[str, Any] = {
        "entity": "team",
        "project": "proj",
        "id": id,
        "name": f"calm-{id}",
        "state": "running",
        "url": f"https://wandb.ai/team/proj/runs/{id}",
        "user": "ada",
        "heartbeat_at": NOW,
        "runtime_s": 7_500.0,
        "last_step": 8_120,
    }
    return RunFacts(**{**given, **changes})


def a_run(id: str = "otter", state: RunState = RunState.RUNNING) -> Run:  # noqa: A002
    url = f"https://wandb.ai/team/proj/runs/{id}"
    return Run(RunRef("team", "proj", id), f"calm-{id}", state, url=url, heartbeat_at=NOW)


def healthy(id: str = "otter", **changes: Any) -> RunReport:  # noqa: A002
    given: dict[str, Any] = {
        "run": facts(id),
        "health": Health.HEALTHY,
        "headline": "Loss is improving: 1.823, down 43 % since the start",
        "loss": LossReport(
            metric="train/loss",
            first=3.2,
            current=1.8231,
            best=1.8102,
            best_step=8_000,
            change_pct=-43.0,
            direction="improving",
        ),
        "grad_norm": GradNormReport(
            metric="train/grad_norm", median=0.81, p95=1.9, max=4.2, current=0.77, verdict="normal"
        ),
        "eval": (
            EvalReport(metric="eval/loss", last=1.9, best=1.88, best_step=7_500, direction="down"),
        ),
        "progress": ProgressReport(
            step=8_120, total_steps=10_000, fraction=0.812, steps_per_hour=12_000.0, eta_s=564.0
        ),
        "throughput": ThroughputReport(
            metric="train/tokens_per_second", recent=10_200.0, overall=10_500.0, unit="tokens/s"
        ),
        "config": {"learning_rate": 1e-4, "batch_size": 32, "model": "gpt2"},
        "metrics_used": {"loss": "train/loss", "eval": ["eval/loss"]},
        "generated_at": NOW,
    }
    return RunReport(**{**given, **changes})


def broken(id: str = "broken") -> RunReport:  # noqa: A002
    return healthy(
        id,
        health=Health.CRITICAL,
        headline="Loss is not finite since step 100",
        findings=(
            FindingReport(
                code="loss_not_finite",
                severity=Severity.CRITICAL,
                metric="train/loss",
                step_start=100,
                step_end=200,
                value=float("nan"),
                message="The loss is NaN since step 100.",
                advice="Lower the learning rate, and look at the batch at step 100.",
            ),
        ),
    )


def curves(title: str = "calm-otter") -> RunCurves:
    step = np.arange(0.0, 200.0)
    return RunCurves(title=title, loss=Curve("train/loss", step, 3.0 * np.exp(-step / 80)))


def examined(report: RunReport) -> Examined:
    return Examined(report, curves(report.run.name))
