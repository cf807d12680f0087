"""The best values that a project's runs have reached so far, asked for once, when watching begins.

W&B orders runs by the last value in their summaries: one request for each metric finds the leaders
of a project of any size, and their curves, which come along, tell the best value on their way.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from analysis import metrics
from analysis.alerts.base import Leader
from analysis.ranking import rank
from analysis.refs import ProjectRef
from analysis.run import Run
from analysis.sources.base import RunQuery, RunSource

MOST_METRICS: Final = 3
_DEEP: Final = 10  # runs whose way is looked at: one that ended a little worse may have been better
_SAMPLES: Final = 500
_NAMED: Final = 50  # runs whose names tell what a project is judged by, where no run says so now


async def records(
    source: RunSource,
    where: ProjectRef,
    judged_by: Sequence[str] = (),
    *,
    before: datetime | None = None,
) -> dict[tuple[str, str], Leader]:
    """The best value of each metric in a project, and whose it is.

    Args:
        source: where the runs are.
        where: the project.
        judged_by: leading evaluation metrics of its runs; what its newest runs log where none is
            known.
        before: only runs that were created earlier, UTC.

    Raises:
        AnalysisError: as the source raises.
    """
    query = _asked(where, before)
    names = tuple(dict.fromkeys(judged_by)) or await _judged_by(source, query)
    found: dict[tuple[str, str], Leader] = {}
    for name in names[:MOST_METRICS]:
        direction = metrics.direction_of(name) or "up"
        sign = "+" if direction == "down" else "-"
        ordered = replace(query, order=f"{sign}summary_metrics.{name}", limit=_DEEP)
        page = await source.runs(ordered, curve_keys=(name,), samples=_SAMPLES)
        turn = 1.0 if direction == "down" else -1.0
        ranked = [
            (turn * (each.value if each.best is None else each.best), each.run.path)
            for each in rank(page.runs, page.curves, name, direction)
        ]
        if ranked:
            best, path = min(ranked)
            found[f"{where.entity}/{where.project}", name] = Leader(turn * best, path, direction)
    return found


def _asked(where: ProjectRef, before: datetime | None) -> RunQuery:
    if before is None:
        return RunQuery(where)
    stamp = before.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return RunQuery(where, filters={"createdAt": {"$lt": stamp}})


async def _judged_by(source: RunSource, query: RunQuery) -> tuple[str, ...]:
    """What the newest runs are judged by, as a report judges them."""
    page = await source.runs(replace(query, limit=_NAMED))
    names = _logged(page.runs)
    return tuple((metrics.evals(names) or metrics.rewards(names))[:1])


def _logged(runs: Iterable[Run]) -> list[str]:
    return list(dict.fromkeys(name for run in runs for name, v in run.summary.items() if _is(v)))


def _is(value: Any) -> bool:
    """Whether a summary holds a number there, plain or as an aggregate."""
    if isinstance(value, dict):
        return any(_is(each) for each in value.values())
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
