"""Reports whose every number is written here, for messages that are held word by word."""

from datetime import timedelta
from typing import Any, Final

import numpy as np

from analysis.causes.model import Cause
from analysis.causes.report import FrameReport, WhyReport
from analysis.comparing.report import Comparison, ConfigDiff, Figure, Ranked, SideReport
from analysis.failures import FailureGroupReport, FailuresReport
from analysis.findings import Health, Severity
from analysis.looking.report import Look, LookEntry, LookError, LookGroup, LookSummary
from analysis.metric_lines import Line, Lines, MetricOfRun, MetricReport, NoSuchMetric, Panel
from analysis.plots.curves import Curve
from analysis.ranking import Ranked as RankedRun
from analysis.ranking import Ranking
from analysis.refs import ProjectRef, RunRef
from analysis.reports import (
    CauseReport,
    FindingReport,
    MissingPart,
    NotCheckedReport,
    RunReport,
)
from analysis.run import Run, RunState
from analysis.why import Explanation
from handlers.checkup import Check, Checkup
from handlers.language import Command
from handlers.language.intents import Intent
from handlers.reply import Image
from handlers.watching.ports import Briefed, Reminded, RuleSet, Silence, Told, Watched
from tests.reports import NOW, broken, facts, healthy

PICTURE: Final = Image("curves", b"png", "The curves.", "key")
PLACE: Final = ProjectRef("team", "proj")
ERROR: Final = "KeyError: 'pixel_values'"


def hours(count: float) -> Any:
    return NOW - timedelta(hours=count)


def warned() -> RunReport:
    """Two findings, one of them mild."""
    spike = FindingReport(
        code="loss_spike",
        severity=Severity.WARNING,
        metric="train/loss",
        step_start=4_200,
        step_end=4_260,
        value=5.1,
        noise_ratio=14.2,
        message="The loss jumped to 5.1 and came back.",
        advice="Look at the batches around step 4,200.",
    )
    note = FindingReport(
        code="grad_exploding",
        severity=Severity.INFO,
        metric="train/grad_norm",
        step_start=4_200,
        step_end=4_200,
        value=88.0,
        message="An isolated peak of the gradient norm.",
    )
    return healthy(
        "seal", health=Health.WARNING, headline="Loss spiked at step 4,200", findings=(spike, note)
    )


def failed() -> RunReport:
    """It failed, and the log says why."""
    cause = CauseReport(
        cause="python_exception",
        sentence=f"It stopped with an exception in `train_step` (train.py:88): {ERROR}.",
        confidence="high",
        quotes=("loss = model(batch['pixel_values'])", ERROR),
        advice="Check what the data loader yields.",
    )
    found = FindingReport(
        code="run_failed", severity=Severity.CRITICAL, metric=None, step_start=8_120, step_end=None,
        value=None, message="The run failed.", advice="",
    )  # fmt: skip
    return healthy(
        "broken",
        run=facts("broken", state="failed", ended_at=NOW),
        health=Health.CRITICAL,
        headline="Failed at step 8,120",
        findings=(found,),
        cause=cause,
    )


def partial() -> RunReport:
    """Something did not come in time."""
    return healthy(
        partial=True,
        missing=(MissingPart(what="system metrics", reason="it did not come in time"),),
        not_checked=(NotCheckedReport(code="gpu_idle", reason="no GPU metrics"),),
    )


def run_named(name: str, state: RunState = RunState.RUNNING, **more: Any) -> Run:
    given = {"heartbeat_at": NOW, "created_at": hours(3), "user": "ada", "runtime_s": 7_500.0}
    url = f"https://wandb.ai/team/proj/runs/{name}"
    return Run(RunRef("team", "proj", name), f"calm-{name}", state, url=url, **{**given, **more})


RUNS: Final = (
    run_named("otter", summary={"eval/loss": 1.9, "train/loss": 1.82}),
    run_named("seal", RunState.FAILED, ended_at=hours(2), summary={"train/loss": 2.4}),
    run_named("orca", RunState.FINISHED, ended_at=hours(30), user="bob",
              summary={"eval/loss": 1.7}),
    run_named("crab", RunState.CRASHED, heartbeat_at=hours(5), summary={"eval/loss": 2.2}),
    run_named("<eel>", RunState.PENDING, heartbeat_at=None, user=None),
)  # fmt: skip


def explanation(cause: Cause = "python_exception") -> Explanation:
    """Why a run stopped; or that it did not fail."""
    if cause == "none":
        report = WhyReport(cause="none", confidence="high", confidence_value=0.95,
                           sentence="It finished by itself.")  # fmt: skip
        return Explanation(run_named("orca", RunState.FINISHED, ended_at=NOW), report)
    report = WhyReport(
        cause=cause,
        confidence="high",
        confidence_value=0.92,
        exception_type="KeyError",
        exception_message="'pixel_values'",
        frame=FrameReport(file="train.py", line=88, function="train_step", code="loss = model(…)"),
        sentence=f"It stopped with an exception in `train_step` (train.py:88): {ERROR}.",
        quotes=["step 120 loss 2.31", "Traceback (most recent call last):", ERROR],
        advice="Check what the data loader yields.",
    )
    return Explanation(run_named("broken", RunState.FAILED, ended_at=NOW), report)


def comparison(**changes: Any) -> Comparison:
    """Three seeds a side, and one side is better."""
    sides = tuple(
        SideReport(
            label=label,
            runs=tuple(f"team/proj/{label}-{n}" for n in range(3)),
            urls=tuple(f"https://wandb.ai/team/proj/runs/{label}-{n}" for n in range(3)),
            value=level,
            values=(level, level + 0.01, level - 0.01),
            spread=0.01,
            state="finished",
            loss=Figure(metric="train/loss", direction="down", value=level, best=level - 0.02,
                        best_at=3_900.0),
            grad_median=0.8,
            grad_p95=1.9,
            run_hours=1.4,
            steps_per_hour=2_800.0,
            commit=commit,
        )
        for label, level, commit in (("warm", 0.517, "a1b2c3d"), ("cold", 1.021, "e4f5a6b"))
    )  # fmt: skip
    given: dict[str, Any] = {
        "verdict": "a_better",
        "metric": "train/loss",
        "direction": "down",
        "axis": "step",
        "matched_at": 4_000.0,
        "effect": -0.504,
        "interval": (-0.53, -0.48),
        "confidence": "high",
        "confidence_value": 0.97,
        "seeds": (3, 3),
        "seeds_needed": None,
        "reason": "train/loss is 0.504 lower at step 4,000, 25 times the spread of the seeds.",
        "so_far": False,
        "sides": sides,
        "config_diff": (
            ConfigDiff(key="lr", values=(1e-3, 1e-4), important=True),
            ConfigDiff(key="model.depth", values=(6, 12), important=True),
            ConfigDiff(key="warmup", values=(500, None), important=True, present=(True, False)),
        ),
        "hidden_config_differences": 1,
        "axis_reason": "the batch sizes are the same, so steps are fair",
        "generated_at": NOW,
    }
    return Comparison(**{**given, **changes})


def too_close() -> Comparison:
    """One run a side, nearly alike."""
    return comparison(
        verdict="too_close", effect=-0.005, interval=(-0.03, 0.02), confidence="low",
        confidence_value=0.55, seeds=(1, 1), seeds_needed=5, so_far=True, config_diff=(),
        hidden_config_differences=0,
        reason="The difference of 0.005 is within the noise; 5 seeds a side would tell.",
    )  # fmt: skip


def ranked() -> Comparison:
    """Three sides in their order."""
    first = comparison()
    third = first.sides[1].model_copy(update={"label": "frozen", "value": 1.5})
    places = (
        ("warm", 0.517, None, True),
        ("cold", 1.021, 0.001, False),
        ("frozen", 1.5, 0.0, False),
    )
    return comparison(
        verdict="ranked",
        seeds=(3, 3, 3),
        sides=(*first.sides, third),
        config_diff=(ConfigDiff(key="lr", values=(1e-3, 1e-4, 1e-5), important=True),),
        ranking=tuple(
            Ranked(place=n, label=label, value=value, p_best=p, tied_with_best=tied)
            for n, (label, value, p, tied) in enumerate(places, start=1)
        ),
    )


def not_comparable() -> Comparison:
    """Nothing in common."""
    return comparison(
        verdict="not_comparable", metric=None, matched_at=None, effect=None, interval=None,
        confidence="low", confidence_value=0.0, config_diff=(), hidden_config_differences=0,
        reason="The runs log no metric in common.",
    )  # fmt: skip


def failures(groups: int = 2, **changes: Any) -> FailuresReport:
    """Errors, the most frequent first."""
    kinds = ("python_exception", "cuda_oom", "host_oom", "killed", "unknown")
    made = tuple(
        FailureGroupReport(
            fingerprint=f"f{n}",
            cause=kinds[n % len(kinds)],
            title=f"Error number {n + 1}",
            count=groups - n,
            first_run=f"team/proj/a{n}",
            first_at=hours(24 + n),
            last_run=f"team/proj/b{n}",
            last_at=hours(1 + n),
            runs=(f"team/proj/a{n}", f"team/proj/b{n}"),
        )
        for n in range(groups)
    )
    by_cause: dict[str, int] = {}
    for group in made:
        by_cause[group.cause] = by_cause.get(group.cause, 0) + group.count
    given: dict[str, Any] = {
        "entity": "team", "project": "proj", "days": 7.0, "total": sum(g.count for g in made),
        "unread": 1 if groups else 0, "by_cause": by_cause, "groups": made, "generated_at": NOW,
    }  # fmt: skip
    return FailuresReport(**{**given, **changes})


def ranking(runs: int = 4) -> Ranking:
    """The best runs by an evaluation loss."""
    return Ranking(
        metric="eval/loss",
        direction="down",
        chosen=True,
        runs=tuple(
            RankedRun(run=facts(f"r{n}"), value=1.7 + n / 10, best=1.6 + n / 10, best_step=7_000)
            for n in range(runs)
        ),
        total=40,
        without=2,
        within="team/proj",
        generated_at=NOW,
    )


def metric_report(**changes: Any) -> MetricReport:
    """A loss that falls, and a name that nobody logs."""
    value = MetricOfRun(
        run=facts(), metric="train/loss", points=812, first=3.2, last=1.823, last_step=8_120,
        best=1.81, best_step=8_000, lowest=1.81, highest=3.2, median=2.1, course="falling",
        change_pct=-4.2, since_step=6_000, better="down",
    )  # fmt: skip
    absent = NoSuchMetric(run=facts(), said="accuracy", near=("eval/acc",))
    return MetricReport(**{"values": (value,), "absent": (absent,), "generated_at": NOW, **changes})


def few_points() -> Lines:
    """Twelve epochs of one metric."""
    step = np.arange(1.0, 13.0)
    return Lines(
        "otter", (Panel("eval/loss", (Line("otter", Curve("eval/loss", step, 2 / step)),)),)
    )


def look() -> Look:
    """Every kind of entry, a sweep, and something that could not be read."""
    running = (
        LookEntry.of(broken("eel"), live=True),
        LookEntry.of(warned(), live=True),
        LookEntry.of(healthy(), live=True),
    )
    ended = LookEntry.of(failed(), live=False)
    done = LookEntry.of(healthy("orca", run=facts("orca", state="finished")), live=False)
    ill = warned()
    unwell = LookEntry.of(
        ill.model_copy(update={"run": facts("squid", state="finished")}), live=False
    )
    members = tuple(
        LookEntry.of(healthy(f"s{n}", run=facts(f"s{n}", sweep="sw1")), live=True) for n in range(2)
    )
    sweep = LookGroup(
        kind="sweep", name="sw1", entity="team", project="proj",
        runs=tuple(entry.run.path for entry in members), running=2, critical=0, warning=0,
        failed=0, crashed=0, finished=0, stopped=0, health=Health.HEALTHY,
        best_metric="eval/loss", best=1.88, best_run="team/proj/s0",
    )  # fmt: skip
    summary = LookSummary(
        running=5, critical=1, warning=1, failed=1, crashed=0, finished=2, stopped=0, hours=24.0
    )
    return Look(
        sentence="5 running, 1 of them critical; 1 failed, 2 finished in the last 24 h",
        summary=summary,
        running=(*running, *members),
        failed=(ended,),
        finished=(unwell, done),
        groups=(sweep,),
        errors=(LookError(what="team/old", reason="it did not come in time"),),
        within=("team/proj",),
        generated_at=NOW,
    )


def nothing() -> Look:
    """Nobody trains."""
    summary = LookSummary(
        running=0, critical=0, warning=0, failed=0, crashed=0, finished=0, stopped=0, hours=24.0
    )
    return Look(sentence="Nothing is running", summary=summary, within=("team/proj",),
                generated_at=NOW)  # fmt: skip


def watched(**changes: Any) -> Watched:
    given: dict[str, Any] = {"id": 7, "channel": "C1", "where": PLACE, "creator": "U1",
                             "created_at": NOW}  # fmt: skip
    return Watched(**{**given, **changes})


WATCHES: Final = (
    watched(),
    watched(id=8, where=ProjectRef("team"), filters="owner:me", paused="not_in_channel"),
)
RULE: Final = RuleSet(3, "C1", PLACE, "eval/loss > 2", "U1")
BRIEFED: Final = Briefed(4, "C1", "0 9 * * 1-5", "Europe/Berlin", None, "U1", NOW)
REMINDED: Final = Reminded(5, "team/proj/otter", "when it is done", NOW, waits=True)
SILENCES: Final = (
    Silence("C1", "run", "team/proj/otter", "U1"),
    Silence("C1", "kind", "finished", "U1", NOW + timedelta(hours=4)),
)
CHECKUP: Final = Checkup(
    (
        Check("Database", "ok", "SQLite file", ms=1.2),
        Check("Clock", "warn", "45 s ahead of Slack", "Use NTP."),
        Check("W&B key", "fail", "W&B refuses it.", "Set WANDB_API_KEY.", exit_code=4),
    )
)
EVENT: Final[dict[str, Any]] = {
    "kind": "finding",
    "code": "loss_not_finite",
    "severity": "critical",
    "headline": "Loss is not finite since step 100",
    "at": NOW.isoformat(),
    "closed_at": None,
    "advice": "Lower the learning rate.",
}
ALERT: Final[dict[str, Any]] = {
    "subject": "team/proj/otter",
    "name": "calm-otter",
    "facts": facts().model_dump(mode="json"),
    "events": [
        {**EVENT, "code": "loss_spike", "severity": "warning", "headline": "Loss spiked",
         "closed_at": (NOW + timedelta(minutes=12)).isoformat()},
        EVENT,
    ],
    "metrics": {"train/loss": 1.8231},
    "mention": "U1",
    "kind": "finding",
}  # fmt: skip
TOLD: Final = Told(
    "k", 7, "C1", "team/proj/otter", "finding", "loss_spike", "warning", "posted",
    {"headline": "Loss spiked", "rule": "A jump of 8 robust deviations.",
     "numbers": {"noise_ratio": 14.2}, "why": "new, so the card was posted"},
    NOW, NOW + timedelta(minutes=12),
)  # fmt: skip
COMMANDS: Final = (
    Command("describe", Intent.DESCRIBE, "RUN [--full]", "How a run is doing, and why.",
            "Reads the run’s curves and says what it finds.", ("describe team/proj/a1b2c3d4",)),
    Command("failures", Intent.FAILURES, "[PROJECT] [--days N]", "What failed lately.",
            "The same error once, with its count.", ("failures", "failures team/proj --days 3")),
)  # fmt: skip
