"""“How are all my runs doing?”: fetch what lives or ended lately, judge each run, arrange them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from analysis.describe import report_of
from analysis.errors import AnalysisError
from analysis.filters import EVERYTHING, Filter, Matter, matches
from analysis.findings import Severity
from analysis.flight import gather_bounded, off_loop
from analysis.history import History
from analysis.looking.arranging import arrange
from analysis.looking.fetching import MOST_RUNS, Asking, Found
from analysis.looking.report import Look, LookError
from analysis.metrics import Overrides
from analysis.refs import ProjectRef
from analysis.reports import RunReport
from analysis.run import Project, Run
from analysis.sources.base import Effort, RunSource
from analysis.thresholds import DEFAULTS, Thresholds

MOST_PROJECTS = 20
_PROBED = 100  # projects of an entity that are asked whether anything happened in them
_AT_ONCE = 8
_ASKING = 0.9  # share of the deadline for asking; the rest is for judging what has come


@dataclass(frozen=True, slots=True)
class Targets:
    """What a look is at.

    Attributes:
        within: a project, or an entity.
        projects: of the entity, only these.
        all_projects: every project of the entity, however many; else those with a run that runs
            or ended within the hours, at most ``MOST_PROJECTS``.
        condition: only the runs for which it holds.
        me: the W&B user name that ``owner:me`` means in it.
    """

    within: ProjectRef
    projects: tuple[str, ...] = ()
    all_projects: bool = False
    condition: Filter = EVERYTHING
    me: str | None = None


@dataclass(frozen=True, slots=True)
class _Chosen:
    where: tuple[ProjectRef, ...]
    errors: tuple[LookError, ...] = ()


@dataclass(frozen=True, slots=True)
class _Unread:
    """A project that could not be read."""

    where: ProjectRef
    error: AnalysisError


async def look(
    source: RunSource,
    targets: Targets,
    *,
    now: datetime,
    hours: float = 24.0,
    effort: Effort | None = None,
    thresholds: Thresholds = DEFAULTS,
    overrides: Overrides | None = None,
) -> Look:
    """Looks at all that runs, failed or finished in the last hours.

    A project that cannot be read, or not whole, is named in ``errors``; what of a run does not come
    in time in its entry's ``missing``; the rest is shown. Such a run delays nobody.

    Args:
        source: where the runs are.
        targets: which projects.
        now: the clock, UTC.
        hours: how far back; a run counts by when it ended.
        effort: the seconds in all; ten by default.
        thresholds: what is how much too much.
        overrides: the user's own metric names.

    Raises:
        AnalysisError: when nothing at all could be read.
    """
    effort = effort or Effort()
    until = asyncio.get_running_loop().time() + _ASKING * effort.deadline_s
    asking = Asking(source, now - timedelta(hours=hours), until, overrides or {})
    chosen = await _choose(asking, targets)
    answers = await gather_bounded(
        [partial(_project, asking, where) for where in chosen.where], _AT_ONCE
    )
    unread = [answer for answer in answers if isinstance(answer, _Unread)]
    if unread and len(unread) == len(answers) and not chosen.errors:
        raise max((each.error for each in unread), key=lambda error: error.exit_code)
    errors = [LookError(what=str(each.where), reason=str(each.error)) for each in unread]
    found = [answer for answer in answers if isinstance(answer, Found)]
    errors += [
        LookError(what=str(where), reason=f"It has more than {MOST_RUNS:,} runs; the rest is left.")
        for where, answer in zip(chosen.where, answers, strict=True)
        if isinstance(answer, Found) and answer.more
    ]
    reports = await off_loop(_judge, found, targets, now, thresholds, overrides or {}, asking.since)
    return arrange(
        reports,
        now=now,
        hours=hours,
        within=[str(where) for where in chosen.where] or [str(targets.within)],
        errors=[*chosen.errors, *errors],
    )


async def _project(asking: Asking, where: ProjectRef) -> Found | _Unread:
    try:
        return await asking.project(where)
    except AnalysisError as error:
        return _Unread(where, error)


async def _choose(asking: Asking, targets: Targets) -> _Chosen:
    """The projects to look at, in W&B's order: the most recently active first."""
    entity = targets.within.entity
    if targets.projects:
        names = tuple(dict.fromkeys(targets.projects))
        return _Chosen(tuple(ProjectRef(entity, name) for name in names))
    if targets.within.project is not None:
        return _Chosen((targets.within,))
    projects = await asking.in_time(asking.source.projects(entity))
    if not projects:
        return _Chosen(())
    if targets.all_projects:
        return _Chosen(tuple(ProjectRef(entity, project.name) for project in projects))
    return await _active(asking, entity, projects)


async def _active(asking: Asking, entity: str, projects: Sequence[Project]) -> _Chosen:
    """The first projects in which something lives or ended lately, and the count of the rest."""
    # W&B's word for when a project was last active is not promised: the first ones are asked all
    # the same, the others only where it does not speak against it.
    recent = [
        project
        for place, project in enumerate(projects)
        if place < MOST_PROJECTS
        or project.last_active is None
        or project.last_active >= asking.since
    ]
    probed = [ProjectRef(entity, project.name) for project in recent[:_PROBED]]
    answers = await gather_bounded([partial(_probe, asking, where) for where in probed], _AT_ONCE)
    alive = [where for where, answer in zip(probed, answers, strict=True) if answer is not False]
    left = len(alive) - MOST_PROJECTS
    unasked = len(recent) - len(probed)
    notes = []
    if left > 0:
        notes.append(f"{left:,} more {_plural(left)} something that runs or ended lately")
    if unasked > 0:
        notes.append(f"{unasked:,} more {_plural(unasked)} not been asked")
    if not notes:
        return _Chosen(tuple(alive))
    reason = f"{'; '.join(notes)}. Name them with --projects, or use --all-projects."
    return _Chosen(tuple(alive[:MOST_PROJECTS]), (LookError(what=entity, reason=reason),))


def _plural(count: int) -> str:
    return "project has" if count == 1 else "projects have"


async def _probe(asking: Asking, where: ProjectRef) -> bool | None:
    """Whether something happened in a project; ``None`` when it cannot be read."""
    try:
        return await asking.active(where)
    except AnalysisError:
        return None


def _judge(
    found: Sequence[Found],
    targets: Targets,
    now: datetime,
    thresholds: Thresholds,
    overrides: Overrides,
    since: datetime,
) -> list[RunReport]:
    """The reports on all runs that count and for which the condition holds."""
    judged = (
        (
            run,
            report_of(
                run,
                answer.curves.get(run.ref, History()),
                now=now,
                thresholds=thresholds,
                overrides=overrides,
            ),
        )
        for answer in found
        for run in answer.runs
        if counts(run, since)
    )
    return [
        report
        for run, report in judged
        if matches(targets.condition, _matter(run, report, targets))
    ]


def _matter(run: Run, report: RunReport, targets: Targets) -> Matter:
    worst = max((one.severity for one in report.findings), key=lambda s: s.rank, default=None)
    return Matter(run, severity=worst or Severity.INFO, me=targets.me)


def counts(run: Run, since: datetime) -> bool:
    """Whether a run lives, or ended since then; one whose end is not known counts."""
    ended = run.ended_at or run.heartbeat_at
    return not run.state.ended or ended is None or ended >= since
