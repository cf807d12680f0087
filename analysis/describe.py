"""“How is this run doing?”: fetch what there is in the time allowed, then judge it, purely."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from analysis import metrics, robust, signals
from analysis.detectors.base import Diagnosis, run_all
from analysis.errors import AnalysisError, TimedOut
from analysis.findings import Finding, Severity, health_of
from analysis.flight import off_loop
from analysis.headline import headline
from analysis.highlights import highlights
from analysis.history import History, Missing
from analysis.metrics import Overrides
from analysis.progress import progress_of, throughput_of
from analysis.refs import RunRef
from analysis.reports import (
    EvalReport,
    FindingReport,
    GradNormReport,
    GradVerdict,
    LossDirection,
    LossReport,
    MissingPart,
    NotCheckedReport,
    RunFacts,
    RunReport,
)
from analysis.run import ConsoleLine, Run, RunState
from analysis.signals import Curve, Signals
from analysis.sources.base import Effort, Progress, RunSource
from analysis.thresholds import DEFAULTS, Thresholds
from analysis.trend import trend

_MANY_NAMES = 300  # names from which choosing among them leaves the event loop
_ENDED_BADLY = frozenset({RunState.FAILED, RunState.CRASHED})
_JUDGING_S = 0.5  # kept back of the deadline for judging


@dataclass(frozen=True, slots=True, eq=False)
class Examination:
    """A report, and the signals that it was made from (what plots show)."""

    report: RunReport
    signals: Signals


async def describe(
    source: RunSource,
    ref: RunRef | Run,
    *,
    now: datetime,
    thresholds: Thresholds = DEFAULTS,
    effort: Effort | None = None,
    overrides: Overrides | None = None,
    progress: Progress | None = None,
) -> RunReport:
    """Fetches a run and says how it is doing.

    Metadata must come; curves and system metrics that do not come in time are named as missing.

    Args:
        source: where the run is.
        ref: which run; a ``Run`` that is at hand already is not fetched again.
        now: the clock, UTC: the same input gives the same report.
        thresholds: what is how much too much.
        effort: how much may be spent; ten seconds by default.
        overrides: the user's own metric names by signal.
        progress: told how far a long fetch is.

    Raises:
        AnalysisError: when not even the metadata came.
    """
    examination = await examine(
        source,
        ref,
        now=now,
        thresholds=thresholds,
        effort=effort,
        overrides=overrides,
        progress=progress,
    )
    return examination.report


async def examine(
    source: RunSource,
    ref: RunRef | Run,
    *,
    now: datetime,
    thresholds: Thresholds = DEFAULTS,
    effort: Effort | None = None,
    overrides: Overrides | None = None,
    progress: Progress | None = None,
    on_run: Callable[[Run], None] | None = None,
) -> Examination:
    """``describe``, with the signals beside the report; takes and raises the same.

    Args:
        source: where the run is.
        ref: which run.
        now: the clock, UTC.
        thresholds: what is how much too much.
        effort: how much may be spent.
        overrides: the user's own metric names by signal.
        progress: told how far a long fetch is.
        on_run: told the run's facts as soon as they are there, before its curves.
    """
    run, history, system, lines = await fetch(
        source,
        ref,
        effort=effort or Effort(),
        overrides=overrides,
        progress=progress,
        on_run=on_run,
    )

    def judge() -> Examination:
        s = signals.of(run, history, system, now=now, overrides=overrides)
        report = report_on(s, run_all(s, thresholds), system.missing)
        return Examination(report, s)

    made = await off_loop(judge)
    if run.state not in _ENDED_BADLY:
        return made
    # Only such runs need what tells causes: importing it takes as long as reading a run.
    from analysis.why import cause_of

    cause = await off_loop(cause_of, run, lines, made.signals, system)
    return Examination(made.report.model_copy(update={"cause": cause}), made.signals)


async def fetch(
    source: RunSource,
    ref: RunRef | Run,
    *,
    effort: Effort,
    overrides: Overrides | None = None,
    progress: Progress | None = None,
    on_run: Callable[[Run], None] | None = None,
) -> tuple[Run, History, History, tuple[ConsoleLine, ...]]:
    """The run, its curves, its system metrics, and the console of a run that ended badly.

    All but the run itself as far as it came in time.

    Raises:
        AnalysisError: when the metadata did not come.
    """
    loop = asyncio.get_running_loop()
    ends = None if effort.full else loop.time() + effort.deadline_s
    run = ref if isinstance(ref, Run) else await _metadata(source, ref, ends)
    if on_run is not None:
        on_run(run)
    left = None if ends is None else max(0.1, ends - loop.time() - _JUDGING_S)
    if len(run.keys) < _MANY_NAMES:
        keys = metrics.select_keys(run, overrides)
    else:
        keys = await asyncio.to_thread(metrics.select_keys, run, overrides)
    history, system, lines = await asyncio.gather(
        _part("history", source.history(run, keys, effort, progress=progress), left),
        _part("system metrics", source.system(run, effort), left),
        _console(source, run, left),
    )
    return run, history, system, lines


async def _console(source: RunSource, run: Run, left: float | None) -> tuple[ConsoleLine, ...]:
    """The last lines of a run that failed or crashed; what does not come is not worth an error."""
    if run.state not in _ENDED_BADLY:
        return ()
    from analysis.why import LINES

    try:
        async with asyncio.timeout(left):
            return await source.console(run, LINES)
    except (TimeoutError, AnalysisError):
        return ()


async def _metadata(source: RunSource, ref: RunRef, ends: float | None) -> Run:
    try:
        async with asyncio.timeout_at(ends):
            return await source.run(ref)
    except TimeoutError:
        raise TimedOut("W&B did not answer in time.") from None


async def _part(what: str, call: Coroutine[Any, Any, History], left: float | None) -> History:
    try:
        async with asyncio.timeout(left):
            return await call
    except TimeoutError:
        return History(missing=(Missing(what, "it did not come in time"),))
    except AnalysisError as error:
        return History(missing=(Missing(what, error.sentence),))


def report_of(
    run: Run,
    history: History,
    system: History | None = None,
    *,
    now: datetime,
    thresholds: Thresholds = DEFAULTS,
    overrides: Overrides | None = None,
) -> RunReport:
    """The report on a run from what was fetched of it: pure, no I/O.

    Args:
        run: from the source.
        history: the curves that came.
        system: system metrics that came.
        now: the clock, UTC.
        thresholds: what is how much too much.
        overrides: the user's own metric names by signal.
    """
    s = signals.of(run, history, system, now=now, overrides=overrides)
    return report_on(s, run_all(s, thresholds), () if system is None else system.missing)


@np.errstate(all="ignore")  # values near the ends of float64 are judged as they come
def report_on(
    s: Signals, diagnosis: Diagnosis, also_missing: tuple[Missing, ...] = ()
) -> RunReport:
    """Puts signals and diagnosis into the report's shape."""
    findings = diagnosis.findings
    loss = None if s.loss is None else loss_report(s, findings)
    evals = tuple(eval_report(curve) for curve in s.evals if len(curve))
    progress = progress_of(s)
    missing = tuple(dict.fromkeys((*s.missing, *also_missing)))
    return RunReport(
        run=RunFacts.of(s.run),
        health=health_of(findings, judged=diagnosis.judged),
        headline=headline(
            s.run, findings, loss, evals, progress, now=s.now, history_failed=s.history_failed
        ),
        findings=tuple(FindingReport.of(finding) for finding in findings),
        not_checked=tuple(
            NotCheckedReport(code=item.code, reason=item.reason) for item in diagnosis.not_checked
        ),
        loss=loss,
        grad_norm=None if s.grad_norm is None else grad_report(s.grad_norm, findings),
        eval=evals,
        progress=progress,
        throughput=throughput_of(s.pace),
        config=highlights(s.run.config),
        metrics_used=metrics_used(s),
        partial=bool(missing),
        missing=tuple(MissingPart(what=part.what, reason=part.reason) for part in missing),
        generated_at=s.now,
    )


def loss_report(s: Signals, findings: tuple[Finding, ...] = ()) -> LossReport:
    """The loss in six numbers and a word (see ``LossReport``)."""
    curve = s.loss
    if curve is None or not len(curve):
        raise ValueError("a run without a loss has no loss report")
    finite = curve.finite
    best = int(np.argmin(finite.value)) if len(finite) else None
    course = trend(curve)
    change = None
    if course is not None and course.positive:
        change = 100.0 * (course.tail.value - course.start.value) / course.start.value
    return LossReport(
        metric=curve.name,
        first=float(curve.value[0]),
        current=float(curve.value[-1]),
        best=None if best is None else float(finite.value[best]),
        best_step=None if best is None else int(finite.step[best]),
        change_pct=None if change is None else round(change, 2),
        direction=_direction(s, findings),
    )


def _direction(s: Signals, findings: tuple[Finding, ...]) -> LossDirection | None:
    codes = {f.code for f in findings if f.severity is not Severity.INFO}
    if "loss_diverged" in codes:
        return "diverged"
    if s.loss is None:
        return None
    if not bool(np.isfinite(s.loss.value[-1])) or (
        "loss_not_finite" in codes and s.loss.value[-1] == 0
    ):
        return "diverged"
    course = trend(s.loss)
    if course is None:
        return None
    if codes & {"loss_not_decreasing", "loss_plateau"}:
        return "flat"
    value = course.curve.value
    recent = value[-max(8, value.size // 3) :]
    half = recent.size // 2
    early, late = robust.level(recent[:half]), robust.level(recent[half:])
    change = late.value - early.value
    # Beyond the noise, or (short and noisy stretches) a real part of all that was learned.
    error = 2.0 * float(np.hypot(early.error, late.error))
    if abs(change) <= max(error, 0.005 * course.gain):
        whole = course.start.value - course.tail.value
        error = 3.0 * float(np.hypot(course.start.error, course.tail.error))
        return "improving" if value.size < 30 and whole > error else "flat"
    if change < 0:
        return "improving"
    return "worsening" if s.loss_kind.must_fall else None


def grad_report(curve: Curve, findings: tuple[Finding, ...] = ()) -> GradNormReport:
    """The gradient norm: robust figures over its finite values, and a verdict."""
    finite = curve.finite.value
    by_code = {f.code: f.severity for f in findings if f.code.startswith("grad_")}
    verdict: GradVerdict = "normal"
    if by_code.get("grad_not_finite", Severity.INFO) is not Severity.INFO:
        verdict = "not_finite"
    elif "grad_exploding" in by_code:
        verdict = "peak" if by_code["grad_exploding"] is Severity.INFO else "exploding"
    elif "grad_unstable" in by_code:
        verdict = "peak" if by_code["grad_unstable"] is Severity.INFO else "unstable"
    elif "grad_vanishing" in by_code:
        verdict = "vanishing"
    some = finite.size > 0
    return GradNormReport(
        metric=curve.name,
        median=robust.median(finite) if some else None,
        p95=float(np.quantile(finite, 0.95)) if some else None,
        max=float(np.nanmax(np.concatenate((finite, curve.finite.high)))) if some else None,
        current=float(curve.value[-1]) if len(curve) else None,
        verdict=verdict,
    )


def eval_report(curve: Curve) -> EvalReport:
    """One evaluation metric: its last and its best value."""
    finite = curve.finite
    best = int(np.argmin(finite.badness)) if len(finite) else None
    return EvalReport(
        metric=curve.name,
        last=float(curve.value[-1]),
        best=None if best is None else float(finite.value[best]),
        best_step=None if best is None else int(finite.step[best]),
        direction=curve.direction,
    )


def metrics_used(s: Signals) -> dict[str, str | list[str]]:
    """Which logged name stands for which signal."""
    single = {
        "loss": s.loss,
        "grad_norm": s.grad_norm,
        "learning_rate": s.learning_rate,
        "epoch": s.epoch,
        "tokens": s.tokens,
    }
    used: dict[str, str | list[str]] = {"step": s.axis}
    used |= {signal: curve.name for signal, curve in single.items() if curve is not None}
    if s.evals:
        used["eval"] = [curve.name for curve in s.evals]
    if s.pace is not None:
        used["throughput"] = s.pace.metric
    if s.loss is not None and s.loss_kind.name != "supervised":
        used["loss_kind"] = s.loss_kind.name
    return used
