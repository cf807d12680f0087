"""Reports of runs → a look: sorted, grouped, counted, summed up in a sentence. Pure."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from analysis.findings import Health
from analysis.looking.report import (
    GroupKind,
    Look,
    LookEntry,
    LookError,
    LookGroup,
    LookSummary,
)
from analysis.reports import RunReport
from analysis.run import RunState

_RANK = {Health.CRITICAL: 0, Health.WARNING: 1, Health.UNKNOWN: 2, Health.HEALTHY: 3}
_RUNNING = frozenset({RunState.RUNNING, RunState.PREEMPTING, RunState.PENDING})
_FAILED = frozenset({RunState.FAILED, RunState.CRASHED})


def arrange(
    reports: Iterable[RunReport],
    *,
    now: datetime,
    hours: float,
    within: Sequence[str] = (),
    errors: Iterable[LookError] = (),
) -> Look:
    """Makes the look of the runs that were found.

    Args:
        reports: on runs that live, or ended within the hours.
        now: the clock, UTC.
        hours: how far back ended runs were asked for.
        within: names of what was looked at.
        errors: what could not be read.
    """
    rows: dict[str, list[LookEntry]] = {"running": [], "failed": [], "finished": [], "stopped": []}
    for report in reports:
        place = place_of(report.run.state)
        rows[place].append(LookEntry.of(report, live=place == "running"))
    running = sorted(rows["running"], key=_worst_first)
    failed = sorted(rows["failed"], key=_latest_first)
    finished = sorted(rows["finished"], key=lambda e: (min(_RANK[e.health], 2), *_latest_first(e)))
    stopped = sorted(rows["stopped"], key=_latest_first)
    summary = _summary(running, failed, finished, stopped, hours)
    problems = tuple(errors)
    return Look(
        sentence=sentence_of(summary, unread=len(problems)),
        summary=summary,
        running=tuple(running),
        failed=tuple(failed),
        finished=tuple(finished),
        stopped=tuple(stopped),
        groups=groups_of([*running, *failed, *finished, *stopped]),
        errors=problems,
        within=tuple(within),
        generated_at=now,
    )


def owned_by(look: Look, owner: str | None) -> Look:
    """The look at one person's runs only; the whole where nobody is named."""
    if owner is None:
        return look
    lists = (look.running, look.failed, look.finished, look.stopped)
    running, failed, finished, stopped = (
        tuple(entry for entry in entries if entry.run.user == owner) for entries in lists
    )
    summary = _summary(running, failed, finished, stopped, look.summary.hours)
    return look.model_copy(
        update={
            "sentence": sentence_of(summary, unread=len(look.errors)),
            "summary": summary,
            "running": running,
            "failed": failed,
            "finished": finished,
            "stopped": stopped,
            "groups": groups_of([*running, *failed, *finished, *stopped]),
        }
    )


def place_of(state: str) -> str:
    """The list of a look that a state belongs to.

    A state that is not known is shown with the running ones: W&B may have a new word for living.
    """
    known = RunState.of(state)
    if known in _RUNNING or known is RunState.UNKNOWN:
        return "running"
    if known in _FAILED:
        return "failed"
    return "finished" if known is RunState.FINISHED else "stopped"


def _worst_first(entry: LookEntry) -> tuple[int, float, str]:
    created = entry.run.created_at
    return (_RANK[entry.health], -created.timestamp() if created else 0.0, entry.run.path)


def _latest_first(entry: LookEntry) -> tuple[float, str]:
    ended = entry.run.ended_at or entry.run.heartbeat_at
    return (-ended.timestamp() if ended else 0.0, entry.run.path)


def _summary(
    running: Sequence[LookEntry],
    failed: Sequence[LookEntry],
    finished: Sequence[LookEntry],
    stopped: Sequence[LookEntry],
    hours: float,
) -> LookSummary:
    health = Counter(entry.health for entry in running)
    lost = sum(RunState.of(entry.run.state) is RunState.CRASHED for entry in failed)
    return LookSummary(
        running=len(running),
        critical=health[Health.CRITICAL],
        warning=health[Health.WARNING],
        failed=len(failed) - lost,
        crashed=lost,
        finished=len(finished),
        stopped=len(stopped),
        hours=hours,
    )


def sentence_of(s: LookSummary, *, unread: int = 0) -> str:
    """The summary in one sentence; it never says that all is well where something is unread.

    Args:
        s: the counts.
        unread: how many projects or parts could not be read.
    """
    if not s.running:
        head = "Nothing is running"
    else:
        head = f"{s.running:,} running"
        troubled = []
        if s.critical:
            troubled.append(f"{s.critical:,} critical")
        if s.warning:
            troubled.append(f"{s.warning:,} {'warning' if s.warning == 1 else 'warnings'}")
        if troubled:
            head += ": " + ", ".join(troubled)
        elif not unread:
            head += ", none with a warning" if s.running > 1 else ", without a warning"
    ended = [
        f"{count:,} {word}"
        for count, word in (
            (s.failed, "failed"),
            (s.crashed, "lost contact"),
            (s.finished, "finished"),
            (s.stopped, "stopped"),
        )
        if count
    ]
    span = f"in the last {_hours(s.hours)}"
    if not ended:
        tail = f"nothing ended {span}"
    elif len(ended) == 1:
        tail = f"{ended[0]} {span}"
    else:
        tail = f"{', '.join(ended[:-1])} and {ended[-1]} {span}"
    return f"{head}; {tail}"


def _hours(hours: float) -> str:
    if hours > 48 and hours % 24 == 0:
        return f"{hours / 24:g} days"
    return f"{hours:g} h"


def groups_of(entries: Sequence[LookEntry]) -> tuple[LookGroup, ...]:
    """The sweeps and groups among runs, those that need somebody first.

    A run of a sweep belongs to the sweep, whatever its group. One run alone is no group.
    """
    members: dict[tuple[GroupKind, str, str, str], list[LookEntry]] = {}
    for entry in entries:
        key = group_key(entry)
        if key is not None:
            members.setdefault(key, []).append(entry)
    found = [_group(key, runs) for key, runs in members.items() if len(runs) > 1]
    found.sort(key=lambda g: (not g.running, _RANK[g.health], -g.failed - g.crashed, g.name))
    return tuple(found)


def group_key(entry: LookEntry) -> tuple[GroupKind, str, str, str] | None:
    """Kind, entity, project and name of the sweep or group that a run belongs to."""
    run = entry.run
    if run.sweep:
        return ("sweep", run.entity, run.project, run.sweep)
    return ("group", run.entity, run.project, run.group) if run.group else None


def _group(key: tuple[GroupKind, str, str, str], runs: Sequence[LookEntry]) -> LookGroup:
    kind, entity, project, name = key
    places = Counter(place_of(entry.run.state) for entry in runs)
    live = [entry for entry in runs if place_of(entry.run.state) == "running"]
    lost = sum(RunState.of(entry.run.state) is RunState.CRASHED for entry in runs)
    metric, best, holder = _best(runs)
    judged = live or runs
    return LookGroup(
        kind=kind,
        name=name,
        entity=entity,
        project=project,
        runs=tuple(entry.run.path for entry in runs),
        running=places["running"],
        critical=sum(entry.health is Health.CRITICAL for entry in live),
        warning=sum(entry.health is Health.WARNING for entry in live),
        failed=places["failed"] - lost,
        crashed=lost,
        finished=places["finished"],
        stopped=places["stopped"],
        health=min((entry.health for entry in judged), key=_RANK.__getitem__),
        best_metric=metric,
        best=best,
        best_run=holder,
    )


def _best(runs: Sequence[LookEntry]) -> tuple[str | None, float | None, str | None]:
    """The best value so far of the metric that most runs lead with."""
    leads = Counter(entry.eval[0].metric for entry in runs if entry.eval)
    if not leads:
        return None, None, None
    metric = leads.most_common(1)[0][0]
    values = [
        (each.best if each.direction == "down" else -each.best, each.best, entry.run.path)
        for entry in runs
        for each in entry.eval
        if each.metric == metric and each.best is not None and math.isfinite(each.best)
    ]
    if not values:
        return None, None, None
    _, value, path = min(values)
    return metric, value, path
