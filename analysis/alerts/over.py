"""A run that finished, failed, or was stopped."""

import math
from collections.abc import Iterator

from analysis.alerts.base import (
    STOPPED,
    Context,
    Evidence,
    Kind,
    KindName,
    Leader,
    Moment,
    Said,
    Sight,
    at_step,
    final_metrics,
)
from analysis.detectors.base import number
from analysis.findings import Severity
from analysis.run import RunState

_PLAIN = frozenset({None, 0, 1})
"""Exit codes that say nothing beyond that it failed: Python's own for any exception is 1."""


def see(sight: Sight, context: Context) -> Iterator[tuple[KindName, Said]]:
    """One moment for each end of the run."""
    run, time = sight.run, context.attempt
    rule = Evidence(f"W&B says “{run.state_text or run.state.value}”.")
    metrics = final_metrics(sight.report)
    if run.state is RunState.FINISHED:
        said = f"Finished{_results(sight, context)}"
        yield "finished", Moment(said, rule, time=time, metrics=metrics)
    elif run.state is RunState.FAILED:
        code = "" if run.exit_code in _PLAIN else f" with exit code {run.exit_code}"
        said = f"Failed{at_step(sight)}{code}"
        yield "failed", Moment(said, rule, Severity.CRITICAL, time=time, metrics=metrics)
    elif run.state in STOPPED:
        said = f"{STOPPED[run.state]}{at_step(sight)}"
        yield "stopped", Moment(said, rule, time=time, metrics=metrics)


def _results(sight: Sight, context: Context) -> str:
    """The final values, and how they compare with the project's best so far."""
    report = sight.report
    lead = next((e for e in report.eval if e.last is not None and math.isfinite(e.last)), None)
    if lead is None or lead.last is None:
        loss = report.loss
        if loss is None or loss.current is None:
            return ""
        return f": {loss.metric} {number(loss.current)}"
    text = f": {lead.metric} {number(lead.last)}"
    where = f"{sight.run.ref.entity}/{sight.run.ref.project}"
    best: Leader | None = context.challengers.get((where, lead.metric)) or context.leaders.get(
        (where, lead.metric)
    )
    if best is None:
        return text
    if best.run == sight.path:
        return f"{text}, the best of the project so far ({number(best.value)})"
    return (
        f"{text}; best of the project so far {number(best.value)} ({best.run.rpartition('/')[2]})"
    )


KIND = Kind(("finished", "failed", "stopped"), see)
