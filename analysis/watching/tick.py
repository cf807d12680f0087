"""A look at a project that asks only for what changed: which runs, then their new points.

Two requests for up to fifty runs. The first says what moved of the runs that are known, and brings
those that live or are new (only filters that W&B documents). The second has an alias for each run
that moved: its summary, and its own names from the step after the last one that is kept. A run
that did not move costs nothing in the second; config, logged names and system metrics come along
now and then.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from analysis.alerts.base import Sight
from analysis.describe import report_of
from analysis.flight import off_loop
from analysis.history import History
from analysis.metrics import Overrides
from analysis.refs import ProjectRef, RunRef
from analysis.run import Run
from analysis.signals import system_names
from analysis.sources.base import Asked, Census, News, RunSource
from analysis.thresholds import DEFAULTS, Thresholds
from analysis.watching.asking import ALL, Asking, Seen
from analysis.watching.compact import compact, extend
from analysis.watching.keeping import Kept, Stored, restored

_MARGIN = timedelta(minutes=10)  # clocks differ, and W&B may show a new run late
_ALIVE_S = 60.0

Recall = Callable[[Sequence[str]], Awaitable[Mapping[str, Stored]]]
"""Reads what was stored of some runs, by path."""


@dataclass(frozen=True, slots=True)
class Tick:
    """What a look brought.

    Attributes:
        kept: the runs that live, ended since, or are new, as they are now; to be stored.
        gone: runs that lived at the last look and are no longer there.
        now: when it was.
    """

    kept: tuple[Kept, ...]
    gone: tuple[str, ...]
    now: datetime


async def tick(
    source: RunSource,
    within: ProjectRef,
    *,
    open_runs: Iterable[str],
    recall: Recall,
    since: datetime | None,
    now: datetime,
    overrides: Overrides | None = None,
    also: Iterable[str] = (),
) -> Tick:
    """Asks what changed since the last look.

    Args:
        source: where the runs are.
        within: a project, or an entity.
        open_runs: paths of the runs that had not ended at the last look; lost ones among them.
        recall: reads what was stored of runs.
        since: the time of the last look; ``None`` at the first.
        now: the clock, UTC.
        overrides: the user's own metric names.
        also: further names to fetch where a run logs them: those of people's own rules.

    Raises:
        AnalysisError: when W&B cannot be asked. A run that fails alone is no error: its new points
            are missing, and nothing is concluded from that.
    """
    refs = {path: RunRef(*path.split("/", 2)) for path in open_runs}
    stored = await recall(tuple(refs))
    before = await off_loop(_remembered, refs, stored)
    # At the first look too, so that none of the new runs is news at the second. A clock that was
    # set back must not lose a run.
    census = await source.census(
        within,
        known=[kept.run.ref for kept in before.values()],
        named=[ref for path, ref in refs.items() if path not in before],
        since=min(since or now, now) - _MARGIN,
    )
    seen = await off_loop(_seen, census, before)
    asking = Asking(now, overrides or {}, tuple(also))
    asked = await off_loop(asking.of, seen)
    news = await source.news(list(asked.values())) if asked else {}
    names = await off_loop(asking.names_after, seen, asked, news)
    further = asking.further(seen, asked, news, names)
    late = await source.news(list(further.values())) if further else {}
    came = _Came(asked, news, names, further, late, now)
    kept = await off_loop(lambda: tuple(came.to(each) for each in seen))
    found = {each.path for each in seen}
    gone = tuple(
        path for path, ref in refs.items()
        if path not in found and ref.project not in census.unread
    )  # fmt: skip
    return Tick(kept, gone, now)


def _remembered(refs: Mapping[str, RunRef], stored: Mapping[str, Stored]) -> dict[str, Kept]:
    """What was kept of each run, where that can still be read."""
    found = {path: restored(refs[path], each) for path, each in stored.items() if path in refs}
    return {path: kept for path, kept in found.items() if kept is not None}


def _seen(census: Census, before: Mapping[str, Kept]) -> list[Seen]:
    """Each run of the census with what was kept of it, the newest first."""
    found = []
    for run in census.known:
        kept = before.get(run.ref.path)
        if kept is not None:
            found.append(_known(kept, run))
    for run in census.others:
        kept = before.get(run.ref.path)
        if kept is None:
            found.append(Seen(Kept(run, History(), whole=False), run.rows, whole=True))
        else:  # a source that always gives whole runs
            seen = _known(kept, run)
            rows = seen.kept.run.rows
            found.append(
                replace(seen, kept=replace(seen.kept, run=replace(run, rows=rows)), whole=True)
            )
    found.sort(key=_born, reverse=True)
    return found


def _born(seen: Seen) -> float:
    born = seen.kept.run.created_at
    return 0.0 if born is None else born.timestamp()


def _known(kept: Kept, now: Run) -> Seen:
    """A run that is known, with what moves of it as it is now."""
    before = kept.run
    run = replace(
        before,
        name=now.name,
        state=now.state,
        state_text=now.state_text,
        user=now.user,
        tags=now.tags,
        group=now.group,
        sweep=now.sweep,
        job_type=now.job_type,
        created_at=now.created_at,
        heartbeat_at=now.heartbeat_at,
        ended_at=now.ended_at,
    )
    if now.rows is not None and before.rows is not None and now.rows < before.rows:
        # It has gone back behind what is kept: that is another past.
        kept = replace(kept, history=History(), whole=False, names=(), facts_at=None)
    return Seen(replace(kept, run=run), now.rows, turned=now.state is not before.state)


@dataclass(frozen=True, slots=True)
class _Came:
    """What was asked at a look, and what came."""

    asked: Mapping[str, Asked]
    news: Mapping[RunRef, News]
    names: Mapping[str, tuple[str, ...]]
    further: Mapping[str, Asked]
    late: Mapping[RunRef, News]
    now: datetime

    def to(self, seen: Seen) -> Kept:
        """What is kept of a run from now on."""
        kept = seen.kept
        if seen.whole:
            kept = replace(kept, facts_at=self.now, blob=None)
        asked, came = self.asked.get(seen.path), self.news.get(kept.run.ref)
        if asked is None or came is None:
            return kept
        missing = came.history.missing
        if missing and not len(came.history):
            # Its rows do not count as seen, so that they are asked for again.
            return replace(kept, missing=missing) if asked.keys else kept
        told = came.run is not asked.run
        kept = replace(
            _with_points(kept, asked, came.history),
            run=replace(came.run, rows=seen.rows) if seen.whole else came.run,
            names=kept.names or tuple(asked.keys),
            facts_at=self.now if told and asked.facts in ALL else kept.facts_at,
            blob=None,
        )
        if came.system is not None:
            kept = replace(kept, system=_judged(came.system), system_at=self.now)
        return self._with_late(kept)

    def _with_late(self, kept: Kept) -> Kept:
        """With the points of names that are new, and without those that are no longer asked for."""
        names = self.names.get(kept.path)
        if names is None:
            return kept
        history = kept.history
        asked, came = self.further.get(kept.path), self.late.get(kept.run.ref)
        if asked is not None:
            if came is not None and not came.history.missing:
                history = extend(history, came.history)
            else:  # asked for again with the next facts
                names = tuple(name for name in names if name not in asked.keys)
        series = {name: history[name] for name in names if name in history}
        return replace(kept, history=History(series), names=names)


def _with_points(kept: Kept, asked: Asked, new: History) -> Kept:
    """The kept curves with those that came: behind them, or in place of them."""
    if not asked.keys:
        return kept
    if kept.whole or (asked.since or 0) > 0:
        return replace(kept, history=extend(kept.history, new), missing=new.missing)
    whole = asked.since == 0 and not new.missing
    return replace(kept, history=compact(History(new.series)), whole=whole, missing=new.missing)


def _judged(system: History) -> History:
    """The system metrics that detectors read, without the others."""
    return History({name: system[name] for name in system_names(system)})


def judge(
    kept: Kept,
    *,
    now: datetime,
    thresholds: Thresholds = DEFAULTS,
    overrides: Overrides | None = None,
) -> Sight:
    """Describes a run from what is kept of it: pure, and the same as describing it now.

    System metrics are those of the last time that they were asked for (``asking.SYSTEM_EVERY``,
    and once more when the run ends).

    Args:
        kept: after the look.
        now: the tick's time, UTC.
        thresholds: of the watch.
        overrides: the user's own metric names.
    """
    history = History(kept.history.series, kept.missing)
    moment = clock_of(kept, now)
    report = report_of(
        kept.run, history, kept.system, now=moment, thresholds=thresholds, overrides=overrides
    )
    return Sight(kept.run, report, kept.history, unsure=bool(kept.missing))


def clock_of(kept: Kept, now: datetime) -> datetime:
    """The time by which a run is judged: ours, unless that cannot be right.

    A heartbeat that moved since the last look is young, whatever our clock says, and one from the
    future says that ours is behind.
    """
    beat, before = kept.run.heartbeat_at, kept.beat_before
    if beat is None:
        return now
    if before is not None and beat > before:
        return min(max(now, beat), beat + timedelta(seconds=_ALIVE_S))
    return max(now, beat)
