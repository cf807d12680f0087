"""“Which is the best run?”: the runs of a place in the order of a metric.

W&B keeps the last value of every metric in a run's summary and orders runs by it, so that one
request answers for a project of any size; the best value on the way is told beside it, from the
curves that come along in the same request.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, Literal

import numpy as np

from analysis import metrics
from analysis.errors import NotFound
from analysis.history import History
from analysis.metric_names import metric_named, nearest_metrics
from analysis.refs import RunRef
from analysis.reports import Report, RunFacts, Time
from analysis.run import Run
from analysis.sources.base import RunQuery, RunSource

_LOOKED_AT: Final = 50  # runs whose names tell what the project logs
_SAMPLES: Final = 500
_DEEPEST: Final = 50


class Ranked(Report):
    """A run and its value: the last one logged, and the best on the way where that is known."""

    run: RunFacts
    value: float
    best: float | None = None
    best_step: int | None = None


class Ranking(Report):
    """The best runs of a place by one metric.

    ``chosen`` says that the metric was not asked for by name. ``without`` counts runs among those
    looked at that log no finite value of it; ``total`` is the number of runs that have one.
    """

    metric: str
    direction: Literal["down", "up"]
    chosen: bool
    runs: tuple[Ranked, ...]
    total: int | None = None
    without: int = 0
    within: str
    generated_at: Time


async def best_runs(
    source: RunSource,
    query: RunQuery,
    *,
    now: datetime,
    metric: str | None = None,
    top: int = 5,
) -> Ranking:
    """The best runs that a query means, by a metric or by what they are evaluated by.

    Args:
        source: where the runs are.
        query: which runs; its order and limit are set here.
        now: the clock, UTC.
        metric: as somebody called it; the leading evaluation metric when absent.
        top: how many.

    Raises:
        NotFound: no runs, or none that logs such a metric.
        AnalysisError: as the source raises.
    """
    sample = (await source.runs(replace(query, limit=_LOOKED_AT))).runs
    if not sample:
        raise NotFound(f"There are no such runs in {query.within}.", "Name another project.")
    names = list(dict.fromkeys(name for run in sample for name in _numbers(run)))
    name = metric_named(metric, names) if metric else leading_metric(names)
    if name is None:
        raise _no_metric(metric, names, query)
    direction = metrics.direction_of(name) or "up"
    sign = "+" if direction == "down" else "-"
    ordered = replace(query, order=f"{sign}summary_metrics.{name}", limit=min(_DEEPEST, 3 * top))
    page = await source.runs(ordered, curve_keys=(name,), samples=_SAMPLES)
    runs = {run.ref: run for run in (*page.runs, *sample)}
    ranked = rank(runs.values(), page.curves, name, direction)
    if not ranked:
        raise NotFound(
            f"No run in {query.within} has a finite value of “{name}”.", "Name another metric."
        )
    return Ranking(
        metric=name,
        direction=direction,
        chosen=metric is None,
        runs=tuple(ranked[:top]),
        without=len(runs) - len(ranked),
        within=str(query.within),
        generated_at=now,
    )


def leading_metric(names: Sequence[str]) -> str | None:
    """What runs with such names are judged by: evaluation, then reward, then training loss."""
    found = (*metrics.evals(names), *metrics.rewards(names), *metrics.losses(names))
    return next(iter(found), None)


def rank(
    runs: Iterable[Run],
    curves: Mapping[RunRef, History],
    metric: str,
    direction: Literal["down", "up"],
) -> list[Ranked]:
    """The runs that have a finite value, the best first; equal ones by name."""
    found = []
    for run in runs:
        history = curves.get(run.ref)
        series = None if history is None else history.get(metric)
        value = _number(run.summary.get(metric))
        if value is None and series is not None and len(series):
            last = float(series.value[-1])
            value = last if math.isfinite(last) else None
        if value is None:
            continue
        best = step = None
        finite = None if series is None else series.finite
        if finite is not None and len(finite):
            turned = finite.value if direction == "down" else -finite.value
            place = int(np.argmin(turned))
            best, step = float(finite.value[place]), int(finite.step[place])
            if (best > value) if direction == "down" else (best < value):
                best, step = value, None
        found.append(Ranked(run=RunFacts.of(run), value=value, best=best, best_step=step))
    turn = 1.0 if direction == "down" else -1.0
    return sorted(found, key=lambda each: (turn * each.value, each.run.name))


def _numbers(run: Run) -> list[str]:
    return [
        name
        for name, value in run.summary.items()
        if not name.startswith(("_", "system")) and _number(value, finite=False) is not None
    ]


def _number(value: Any, *, finite: bool = True) -> float | None:
    """A summary's value: a number, W&B's word for one, or the last of an aggregate."""
    if isinstance(value, dict):
        value = next((value[key] for key in ("last", "min", "max", "mean") if key in value), None)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and value not in {"NaN", "Infinity", "-Infinity"}:
        return None
    number = float(value)
    return number if math.isfinite(number) or not finite else None


def _no_metric(metric: str | None, names: Sequence[str], query: RunQuery) -> NotFound:
    if metric is None:
        return NotFound(
            f"The runs in {query.within} log nothing that says which is better.",
            "Say by which metric, such as: best run by eval/loss.",
        )
    near = nearest_metrics(metric, names)
    there = f"There are {', '.join(f'“{name}”' for name in near)}." if near else ""
    return NotFound(f"No run in {query.within} logs “{metric}”.", there)
