"""The first line of an answer: the state and the verdict in one sentence."""

import math
from datetime import UTC, datetime

from analysis.detectors.base import number, step
from analysis.findings import Finding, Severity
from analysis.reports import EvalReport, LossReport, ProgressReport
from analysis.run import Run, RunState

_STATES = {
    RunState.RUNNING: "Running",
    RunState.FINISHED: "Finished",
    RunState.FAILED: "Failed",
    RunState.KILLED: "Stopped by its user",
    RunState.PREEMPTING: "Being pre-empted",
    RunState.PREEMPTED: "Pre-empted",
    RunState.CANCELED: "Canceled",
    RunState.PENDING: "Waiting to start",
}


def headline(
    run: Run,
    findings: tuple[Finding, ...],
    loss: LossReport | None,
    evals: tuple[EvalReport, ...],
    progress: ProgressReport | None,
    *,
    now: datetime,
    history_failed: bool = False,
) -> str:
    """One sentence that answers “how is it?”; plain text.

    A crashed run is never spoken of as over. The worst finding stands beside the state; without
    one the numbers do.
    """
    other = next(
        (f for f in findings if f.severity is not Severity.INFO and not f.code.startswith("run_")),
        None,
    )
    state = _state(run, progress, now)
    if other is not None:
        return f"{state}: {_lower(other.message.removesuffix('.'))}"
    if run.state in (RunState.CRASHED, RunState.FAILED):
        return f"{state}"
    if history_failed:
        return f"{state}; its curves did not come"
    numbers = _numbers(loss, evals)
    return f"{state}: {numbers}" if numbers else f"{state}; no metrics to show"


def _state(run: Run, progress: ProgressReport | None, now: datetime) -> str:
    at = None if progress is None or progress.step is None else step(progress.step)
    if run.state is RunState.CRASHED:
        when = _clock(run.heartbeat_at, now)
        last = "" if at is None else f", last step {at}"
        return f"W&B lost contact{when}{last}; it may come back"
    if run.state is RunState.FAILED:
        code = "" if run.exit_code is None else f" with exit code {run.exit_code}"
        return f"Failed{'' if at is None else f' at step {at}'}{code}"
    if run.state is RunState.UNKNOWN:
        word = run.state_text or "unknown"
        return f"In state “{word[:40]}”"
    state = _STATES[run.state]
    if run.state is RunState.RUNNING and progress is not None and at is not None:
        share = "" if progress.fraction is None else f" ({100 * progress.fraction:.0f} %)"
        return f"{state}, step {at}{share}"
    if run.state in (RunState.KILLED, RunState.PREEMPTED, RunState.CANCELED) and at is not None:
        return f"{state} at step {at}"
    return state


def _clock(when: datetime | None, now: datetime) -> str:
    if when is None:
        return ""
    utc = when.astimezone(UTC)
    far = abs((now - utc).total_seconds()) > 20 * 3600
    return utc.strftime(" on %d %b at %H:%M UTC" if far else " at %H:%M UTC")


def _numbers(loss: LossReport | None, evals: tuple[EvalReport, ...]) -> str:
    parts = []
    if loss is not None and loss.current is not None:
        parts.append(f"{_short(loss.metric)} {number(loss.current)}")
    lead = next((e for e in evals if e.last is not None and math.isfinite(e.last)), None)
    if lead is not None and lead.last is not None and (not loss or lead.metric != loss.metric):
        text = f"{_short(lead.metric)} {number(lead.last)}"
        if lead.best is not None and lead.best_step is not None and lead.best != lead.last:
            text += f" (best {number(lead.best)} at step {step(lead.best_step)})"
        parts.append(text)
    return ", ".join(parts)


def _short(name: str) -> str:
    return name if len(name) <= 60 else name[:59] + "…"


def _lower(text: str) -> str:
    """A sentence's start in the middle of another; names of metrics stay as they are."""
    first = text.split(" ", 1)[0]
    words = ("No", "The", "All", "GPU", "Host")
    return text[0].lower() + text[1:] if first in words and first != "GPU" else text
