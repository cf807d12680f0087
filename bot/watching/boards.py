"""A watch's board from what a look brought and what is kept of runs that ended lately. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from analysis.looking.arranging import arrange
from analysis.looking.report import Look, LookError, LookGroup
from analysis.refs import ProjectRef, RunRef
from analysis.reports import RunReport
from analysis.run import Run, RunState
from analysis.watching.groups import best_of
from analysis.watching.tracks import Track
from bot.storage import Watch
from bot.watching.stored.places import watched_of
from handlers.views import board

HOURS: Final = 24.0
MOST_ENDED: Final = 200


def payload(
    watch: Watch,
    where: ProjectRef,
    reports: Iterable[RunReport],
    now: datetime,
    *,
    cut: bool = False,
) -> dict[str, Any]:
    """What the board of a watch shows.

    Args:
        watch: whose.
        where: what it looks at.
        reports: on the runs that it is about, living or ended within ``HOURS``.
        now: the look's time.
        cut: whether more runs ended than are kept; then it says so.
    """
    return board.content(look_of(where, reports, now, cut=cut), watched_of(watch))


def look_of(
    where: ProjectRef, reports: Iterable[RunReport], now: datetime, *, cut: bool = False
) -> Look:
    """The look that a board shows."""
    said = f"Of the runs that ended, only the latest {MOST_ENDED} are shown and counted."
    errors = [LookError(what=str(where), reason=said)] if cut else []
    return arrange(reports, now=now, hours=HOURS, within=[str(where)], errors=errors)


def trimmed(report: RunReport) -> dict[str, Any]:
    """What is kept of an ended run's report: what a line of a board needs, as plain JSON."""
    kept = report.model_copy(
        update={
            "not_checked": (),
            "grad_norm": None,
            "throughput": None,
            "config": {},
            "metrics_used": {},
            "missing": (),
            "findings": tuple(f for f in report.findings if f.severity.rank)[:3],
        }
    )
    return kept.model_dump(mode="json", exclude_defaults=True)


def restored(stored: Mapping[str, Any]) -> RunReport | None:
    """The report that ``trimmed`` kept; ``None`` where an older release wrote it otherwise."""
    try:
        return RunReport.model_validate(stored)
    except ValueError:
        return None


def run_of(report: RunReport) -> Run:
    """The run behind a kept report, as far as filters ask about it."""
    facts = report.run
    summary = {each.metric: each.last for each in report.eval}
    if report.loss is not None:
        summary[report.loss.metric] = report.loss.current
    return Run(
        RunRef(facts.entity, facts.project, facts.id),
        facts.name,
        RunState.of(facts.state),
        state_text=facts.state,
        url=facts.url,
        user=facts.user,
        tags=facts.tags,
        group=facts.group,
        sweep=facts.sweep,
        job_type=facts.job_type,
        created_at=facts.created_at,
        heartbeat_at=facts.heartbeat_at,
        ended_at=facts.ended_at,
        summary=summary,
    )


def recent(ended: Sequence[tuple[str, datetime]], now: datetime) -> list[tuple[str, datetime]]:
    """Of ended runs and their ends those that a board still shows, the newest first."""
    since = now - timedelta(hours=HOURS)
    alive = sorted((one for one in ended if one[1] >= since), key=lambda one: one[1], reverse=True)
    return alive[:MOST_ENDED]


def group_content(subject: str, track: Track) -> dict[str, Any]:
    """What a sweep's or group's card says of its runs."""
    entity, project, name = subject.split("/", 2)
    kind, _, label = name.partition(":")
    states = [RunState.of(member.state) for member in track.members.values()]
    count = {state: states.count(state) for state in set(states)}
    running = sum(n for state, n in count.items() if not state.ended)
    ended = {
        state: count.get(state, 0)
        for state in (RunState.FAILED, RunState.CRASHED, RunState.FINISHED)
    }
    metric, best, holder = best_of(track)
    return LookGroup.model_validate(
        {
            "kind": "sweep" if kind == "sweep" else "group",
            "name": label,
            "entity": entity,
            "project": project,
            "runs": [f"{entity}/{project}/{run}" for run in list(track.members)[:500]],
            "running": running,
            "critical": 0,
            "warning": 0,
            "failed": ended[RunState.FAILED],
            "crashed": ended[RunState.CRASHED],
            "finished": ended[RunState.FINISHED],
            "stopped": len(states) - running - sum(ended.values()),
            "health": "unknown",
            "best_metric": metric or None,
            "best": best,
            "best_run": f"{entity}/{project}/{holder}" if holder else None,
        }
    ).model_dump(mode="json")
