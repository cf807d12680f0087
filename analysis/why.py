"""“Why did it fail?”: fetch the evidence of a run in the time allowed, then judge it, purely."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

import numpy as np

from analysis import metrics, signals
from analysis.causes.diagnose import diagnose
from analysis.causes.grouping import Failure, fingerprint, group_failures
from analysis.causes.model import MetricEvidence
from analysis.causes.report import WhyReport
from analysis.detectors.base import run_all
from analysis.errors import AnalysisError, TimedOut
from analysis.failures import FailuresReport
from analysis.findings import Severity
from analysis.flight import off_loop
from analysis.history import History, Missing
from analysis.refs import ProjectRef, RunRef
from analysis.reports import CauseReport, MissingPart
from analysis.run import ConsoleLine, Run, RunState
from analysis.signals import Curve, Signals
from analysis.sources.base import Effort, RunQuery, RunSource
from analysis.thresholds import DEFAULTS

T = TypeVar("T")

LINES = 2_000
"""Console lines that are read of one run: the cause often stands far above the last traceback."""
LINES_OF_OTHERS = 300
MOST_OTHERS = 12
MOST_FAILURES = 200
_FAILED = frozenset({RunState.FAILED, RunState.CRASHED, RunState.KILLED, RunState.PREEMPTED})
_KEPT_BACK_S = 0.5


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a run ended, and what of the evidence did not come."""

    run: Run
    report: WhyReport
    missing: tuple[Missing, ...] = ()


async def why(
    source: RunSource, ref: RunRef | Run, *, now: datetime, effort: Effort | None = None
) -> Explanation:
    """Tells why a run ended.

    Args:
        source: where the run is.
        ref: which run.
        now: the clock, UTC.
        effort: how much may be spent.

    Raises:
        AnalysisError: when not even the run's metadata came.
    """
    effort = effort or Effort()
    loop = asyncio.get_running_loop()
    ends = loop.time() + effort.deadline_s - _KEPT_BACK_S

    def left() -> float:
        return max(0.05, ends - loop.time())

    try:
        async with asyncio.timeout(left()):
            run = ref if isinstance(ref, Run) else await source.run(ref)
    except TimeoutError:
        raise TimedOut(f"The run did not come within {effort.deadline_s:g} seconds.") from None
    missing: list[Missing] = []

    async def part(what: str, call: Awaitable[T], otherwise: T) -> T:
        try:
            async with asyncio.timeout(left()):
                return await call
        except TimeoutError:
            missing.append(Missing(what, f"not answered within {effort.deadline_s:g} s"))
        except AnalysisError as error:
            missing.append(Missing(what, error.sentence))
        return otherwise

    lines, history, system = await asyncio.gather(
        part("console", source.console(run, LINES), ()),
        part("history", source.history(run, metrics.select_keys(run), effort), History()),
        part("system metrics", source.system(run, effort), History()),
    )
    read = await off_loop(signals.of, run, history, system, now=now)
    evidence = evidence_of(read, system)
    report = await off_loop(_judge, run, lines, evidence)
    if report.cause == "none":
        report = await off_loop(_with_findings, report, read)
    if report.cause not in {"none", "unknown"} and run.state.ended:
        similar = await part("other runs", _similar(source, run, report), None)
        if similar is not None:
            count, scope = similar
            evidence = replace(evidence, similar_failures=count, similar_scope=scope)
            report = await off_loop(_judge, run, lines, evidence)
    return Explanation(run, _with_missing(report, missing), tuple(missing))


def cause_of(
    run: Run, lines: tuple[ConsoleLine, ...], read: Signals, system: History
) -> CauseReport | None:
    """The cause in short, for a run that failed; ``None`` where there is nothing to say.

    A run whose contact was lost may still live: only a cause that its log names is told then.

    Args:
        run: that failed or crashed.
        lines: its last console lines.
        read: its signals.
        system: its system metrics.
    """
    if not lines:
        return None
    found = _judge(run, lines, evidence_of(read, system))
    if found.cause == "none" or (found.cause == "unknown" and run.state is RunState.CRASHED):
        return None
    return CauseReport(
        cause=found.cause,
        sentence=found.sentence,
        confidence=found.confidence,
        quotes=tuple(found.quotes),
        advice=found.advice,
    )


def _judge(run: Run, lines: tuple[ConsoleLine, ...], evidence: MetricEvidence) -> WhyReport:
    return WhyReport.of(
        diagnose(
            "\n".join(line.text for line in lines),
            exit_code=run.exit_code,
            state=run.state_text or run.state.value,
            metrics=evidence,
            config=run.config,
        )
    )


def _with_missing(report: WhyReport, missing: Sequence[Missing]) -> WhyReport:
    """What of the evidence did not come; without the console nobody looked at the log."""
    console = next((part for part in missing if part.what == "console"), None)
    update: dict[str, object] = {
        "missing": [MissingPart(what=part.what, reason=part.reason) for part in missing]
    }
    if console is not None and report.cause == "unknown":
        update["sentence"] = f"The console could not be read ({console.reason.rstrip('.')})."
        update["advice"] = "Try again, or give its log to `wandb-bot why --log FILE`."
    return report.model_copy(update=update)


def _with_findings(report: WhyReport, read: Signals) -> WhyReport:
    """What is wrong with a run that did not fail: its warnings and critical findings."""
    findings = [f for f in run_all(read, DEFAULTS).findings if f.severity is not Severity.INFO]
    if not findings:
        return report
    told = [finding.message for finding in findings]
    advice = report.advice or findings[0].advice
    return report.model_copy(update={"also": [*told, *report.also], "advice": advice})


def evidence_of(read: Signals, system: History) -> MetricEvidence:
    """What the metrics say about the end of a run."""
    curves = [curve for curve in (read.loss, read.grad_norm) if curve is not None and len(curve)]
    since = [step for curve in curves if (step := _not_finite_since(curve)) is not None]
    gpu = _ends(system, _is_gpu_memory)
    host = _ends(system, {"memory_percent", "memory", "memory.percent"}.__contains__)
    disk = _ends(system, lambda name: name == "disk" or name.endswith(".usagePercent"))
    return MetricEvidence(
        last_step=read.step,
        last_time=float(read.row_times[-1]) if read.row_times.size else None,
        last_loss=_last(read.loss),
        last_grad_norm=_last(read.grad_norm),
        nan_before_end=bool(since) if curves else None,
        nan_since_step=min(since, default=None),
        gpu_memory_pct=gpu[0],
        gpu_memory_trend_pct=gpu[1],
        host_memory_pct=host[0],
        host_memory_trend_pct=host[1],
        disk_pct=disk[0],
        disk_trend_pct=disk[1],
    )


def _last(curve: Curve | None) -> float | None:
    return float(curve.value[-1]) if curve is not None and len(curve) else None


def _not_finite_since(curve: Curve) -> int | None:
    """First step of the non-finite values that last to the end."""
    finite = np.flatnonzero(np.isfinite(curve.value))
    first = int(finite[-1]) + 1 if finite.size else 0
    return int(curve.step[first]) if first < len(curve) else None


def _is_gpu_memory(name: str) -> bool:
    parts = name.split(".")
    return len(parts) == 3 and parts[0] == "gpu" and parts[2] == "memoryAllocated"


def _ends(
    system: History, wanted: Callable[[str], bool]
) -> tuple[float, float] | tuple[None, None]:
    """The fullest at the end, and its change over the last fifth of the samples, percent."""
    curves = [s.finite.value for n, s in system.items() if wanted(n.removeprefix("system."))]
    values = max((v for v in curves if v.size), key=lambda v: float(v[-1]), default=None)
    if values is None:
        return None, None
    before = values[-max(2, values.size // 5) :]
    return float(values[-1]), float(before[-1] - before[0])


async def _similar(source: RunSource, run: Run, report: WhyReport) -> tuple[int, str] | None:
    """How many other failed runs of the sweep, group or project show the same error."""
    within = ProjectRef(run.ref.entity, run.ref.project)
    filters: Mapping[str, str] = {}
    scope = "project"
    if run.sweep:
        filters, scope = {"sweep": run.sweep}, "sweep"
    elif run.group:
        filters, scope = {"group": run.group}, "group"
    query = RunQuery(within, states=_FAILED, filters=filters, limit=MOST_OTHERS + 1)
    others = [other for other in (await source.runs(query)).runs if other.ref != run.ref]
    found = await asyncio.gather(*(_of_console(source, other) for other in others[:MOST_OTHERS]))
    same = sum(1 for other in found if other and fingerprint(other) == fingerprint(report))
    return (same, scope) if same else None


async def _of_console(source: RunSource, run: Run) -> WhyReport | None:
    """A cause from the console alone; ``None`` when that cannot be read."""
    try:
        lines = await source.console(run, LINES_OF_OTHERS)
    except AnalysisError:
        return None
    return await off_loop(_judge, run, lines, MetricEvidence())


async def failures(
    source: RunSource,
    within: ProjectRef,
    *,
    days: float,
    now: datetime,
    effort: Effort | None = None,
) -> FailuresReport:
    """The failures of a project in the last days, grouped by their error.

    Args:
        source: where the runs are.
        within: which project.
        days: how far back, by when a run ended.
        now: the clock, UTC.
        effort: how much may be spent; what was not read in time is counted.

    Raises:
        AnalysisError: when the runs cannot be listed.
    """
    effort = effort or Effort()
    since = now - timedelta(days=days)
    query = RunQuery(within, states=_FAILED, active_since=since, order="-heartbeat_at",
                     limit=MOST_FAILURES)  # fmt: skip
    try:
        async with asyncio.timeout(effort.deadline_s):
            page = await source.runs(query)
    except TimeoutError:
        raise TimedOut(f"The runs did not come within {effort.deadline_s:g} seconds.") from None
    runs = [run for run in page.runs if (run.ended_at or run.heartbeat_at or now) >= since]
    read: list[Failure] = []

    async def one(run: Run) -> None:
        found = await _of_console(source, run)
        if found is not None:
            read.append(Failure(run.ref.path, run.ended_at or now, found))

    try:
        async with asyncio.timeout(effort.deadline_s):
            await asyncio.gather(*(one(run) for run in runs))
    except TimeoutError:
        pass  # the report counts what was not read in time
    return FailuresReport.of(within, days, now, group_failures(read), runs, len(read))
