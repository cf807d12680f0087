"""Why the runs failed that a look found failed: asked within a bound, after the look."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from analysis.alerts.base import Alert
from analysis.causes.report import WhyReport
from analysis.errors import AnalysisError
from analysis.run import Run
from analysis.sources.base import Effort, RunSource
from analysis.why import why

MOST = 5
"""Failures of one look whose cause is asked for at once; a wave of them has one cause."""
_EXPLAINED = frozenset({"failed", "crashed"})


async def with_causes(
    source: RunSource,
    alerts: Sequence[Alert],
    runs: Iterable[Run],
    *,
    now: datetime,
    deadline_s: float = 8.0,
    most: int = MOST,
) -> tuple[Alert, ...]:
    """The alerts, those of failures with their cause as far as it came in time.

    Args:
        source: where the runs are.
        alerts: of a look; in the same order they come back.
        runs: of the look.
        now: the clock, UTC.
        deadline_s: for all of them together.
        most: how many failures are asked about.
    """
    by_path = {run.ref.path: run for run in runs}
    asked = [a for a in alerts if a.opens and a.kind in _EXPLAINED and a.subject in by_path][:most]
    causes: dict[str, WhyReport] = {}

    async def one(alert: Alert) -> None:
        try:
            found = await why(
                source, by_path[alert.subject], now=now, effort=Effort(deadline_s=deadline_s)
            )
        except AnalysisError:
            return  # the alert goes out without a cause; “Why?” asks again
        if found.report.cause not in ("none", "unknown"):
            causes[alert.subject] = found.report

    try:
        async with asyncio.timeout(deadline_s):
            await asyncio.gather(*(one(alert) for alert in asked))
    except TimeoutError:
        pass  # as above, for those that were not explained in time
    return tuple(_with(alert, causes) for alert in alerts)


def _with(alert: Alert, causes: Mapping[str, WhyReport]) -> Alert:
    cause = causes.get(alert.subject)
    if cause is None or not alert.opens or alert.kind not in _EXPLAINED:
        return alert
    if " at step " in alert.headline:  # said once, where the alert says when
        cause = cause.model_copy(update={"sentence": _without_step(cause)})
    return replace(alert, cause=cause, headline=f"{alert.headline}: {_lower(cause.sentence)}")


def _without_step(cause: WhyReport) -> str:
    """The cause's sentence without the step after which it happened."""
    return cause.sentence.replace(f" after step {cause.evidence.get('last_step')}", "", 1)


def _lower(sentence: str) -> str:
    text = sentence.removesuffix(".")
    return text[:1].lower() + text[1:]
