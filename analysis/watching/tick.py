"""A look at a project that asks only for what changed: which runs, then their new points.

Two requests for up to fifty runs. The first names the runs that live, those that lived at the last
look, and those that are new since (only filters that W&B documents); the second has an alias a run,
for its own keys from the step after the last one that is kept. A run that did not move costs
nothing in the second.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from analysis import metrics
from analysis.alerts.base import Sight
from analysis.describe import report_of
from analysis.flight import off_loop
from analysis.history import History, Missing
from analysis.metrics import Overrides
from analysis.refs import ProjectRef
from analysis.run import Run
from analysis.sources.base import RunQuery, RunSource
from analysis.thresholds import DEFAULTS, Thresholds
from analysis.watching.compact import compact, extend, last_step, pack, unpack

SAMPLES = 200
"""New points of a curve that come in the shared request; a larger gap is fetched whole."""
FIRST_SAMPLES = 500
"""Points of a curve that is seen for the first time: all of a short one, and of a long one what
there is until its turn comes to be fetched whole."""
WHOLE_A_TICK = 20
"""Long runs that are fetched whole in one tick, when they are seen for the first time."""
MOST_RUNS = 2_000
RUNS_AT_ONCE = 150
"""Runs whose new points are asked for at once, in pages: a server that is asked for all pages of a
large project together answers each of them late."""
_MARGIN = timedelta(minutes=10)  # clocks differ, and W&B may show a new run late
_ALIVE_S = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """What is kept of one run between two looks.

    Attributes:
        run: as it was last seen.
        history: bounded.
        whole: whether the history holds, or stands for, every row (else it was sampled).
        beat_before: the heartbeat at the look before; says whether it moves.
        missing: why new points did not come at this look.
    """

    run: Run
    history: History
    whole: bool = True
    beat_before: datetime | None = None
    missing: tuple[Missing, ...] = ()

    @property
    def path(self) -> str:
        """The run's path."""
        return self.run.ref.path

    @property
    def last_step(self) -> int | None:
        """The last step that is kept."""
        return last_step(self.history)

    def facts(self) -> dict[str, Any]:
        """What must be known at the next look, beside the history: plain JSON."""
        beat = self.run.heartbeat_at
        return {
            "whole": self.whole,
            "beat": None if beat is None else beat.isoformat(),
            "state": self.run.state.value,
            "rows": self.run.rows,
        }

    def packed(self) -> bytes:
        """The history as bytes."""
        return pack(self.history)


@dataclass(frozen=True, slots=True)
class Stored:
    """What was stored of one run: ``Kept.facts`` and ``Kept.packed``."""

    facts: Mapping[str, Any]
    history: bytes


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
    awaited = tuple(open_runs)
    page = await source.runs(_changed(within, awaited, since, now))
    found = {run.ref.path: run for run in page.runs}
    gone = tuple(path for path in awaited if path not in found)
    stored = await recall(tuple(found))
    before = await off_loop(_restored, found, stored)
    asked = _wanted(before, overrides or {}, tuple(also))
    new: dict[str, _New] = {}
    for samples, wanted in asked.items():
        for first in range(0, len(wanted), RUNS_AT_ONCE):
            part = wanted[first : first + RUNS_AT_ONCE]
            answers = await source.curves(part, samples)
            starts = {run.ref: start for run, _, start in part}
            new |= {ref.path: _New(answers[ref], starts[ref]) for ref in answers}
    kept = await off_loop(lambda: tuple(_with(each, new.get(each.path)) for each in before))
    return Tick(kept, gone, now)


def _changed(
    within: ProjectRef, awaited: Sequence[str], since: datetime | None, now: datetime
) -> RunQuery:
    """The runs that live, lived at the last look, or are new since."""
    alternatives: list[dict[str, Any]] = [
        {"state": {"$in": ["running", "preempting", "pending"]}},
    ]
    if awaited:
        alternatives.append({"name": {"$in": [path.rpartition("/")[2] for path in awaited]}})
    # At the first look too, so that none of these is news at the second. A clock that was set back
    # must not lose a run.
    start = min(since or now, now) - _MARGIN
    stamp = start.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    alternatives.append({"createdAt": {"$gte": stamp}})
    return RunQuery(within, filters={"$or": alternatives}, order="-created_at", limit=MOST_RUNS)


def _restored(found: Mapping[str, Run], stored: Mapping[str, Stored]) -> list[Kept]:
    """Each run with what was kept of it, if anything was."""
    before = []
    for path, run in found.items():
        known = stored.get(path)
        if known is None:
            before.append(Kept(run, History(), whole=False))
            continue
        beat = known.facts.get("beat")
        kept = Kept(
            run,
            unpack(known.history),
            bool(known.facts.get("whole", True)),
            datetime.fromisoformat(beat) if beat else None,
        )
        before.append(_rewound(kept, known.facts.get("rows")))
    return before


def _rewound(kept: Kept, rows: object) -> Kept:
    """Without its history where the run has gone back behind it: that is another past."""
    end, now = kept.last_step, kept.run.last_step
    back = end is not None and now is not None and now < end
    fewer = isinstance(rows, int) and kept.run.rows is not None and kept.run.rows < rows
    if back and fewer:
        return replace(kept, history=History(), whole=False)
    return kept


Wanted = tuple[Run, Sequence[str], int | None]


def _wanted(
    before: Sequence[Kept], overrides: Overrides, also: Sequence[str] = ()
) -> dict[int, list[Wanted]]:
    """What to ask for, by the number of samples.

    A run that is known is asked for its new points. One that is not is asked for all of them: whole
    where it is short or its turn has come, else sampled for now.
    """
    wanted: dict[int, list[Wanted]] = {SAMPLES: [], FIRST_SAMPLES: []}
    turns = WHOLE_A_TICK
    for kept in before:
        run = kept.run
        own = [name for name in also if name in run.keys or name in run.summary]
        keys = list(dict.fromkeys((*metrics.select_keys(run, overrides), *own)))
        if kept.whole:
            end = kept.last_step
            if run.last_step is None or end is None or run.last_step > end:
                wanted[SAMPLES].append((run, keys, 0 if end is None else end + 1))
            continue
        if run.rows == 0 and not run.keys:
            continue
        if run.rows is not None and run.rows < FIRST_SAMPLES:
            wanted[FIRST_SAMPLES].append((run, keys, 0))  # the sample holds all of it
        elif turns > 0:
            turns -= 1
            wanted[SAMPLES].append((run, keys, 0))
        elif not len(kept.history):
            wanted[FIRST_SAMPLES].append((run, keys, None))
        elif run.last_step is None or run.last_step > (kept.last_step or 0):
            wanted[SAMPLES].append((run, keys, (kept.last_step or 0) + 1))
    return wanted


@dataclass(frozen=True, slots=True)
class _New:
    """Points that came for a run, and from which step they were asked for (``None``: a sample)."""

    history: History
    start: int | None


def _with(kept: Kept, new: _New | None) -> Kept:
    """What is kept of a run after new points came, or did not."""
    if new is None:
        return kept
    missing = new.history.missing
    if missing and not len(new.history):
        return replace(kept, missing=missing)
    if kept.whole or (new.start or 0) > 0:
        return replace(kept, history=extend(kept.history, new.history), missing=missing)
    whole = new.start == 0 and not missing
    history = compact(History(new.history.series))
    return replace(kept, history=history, whole=whole, missing=missing)


def judge(
    kept: Kept,
    *,
    now: datetime,
    thresholds: Thresholds = DEFAULTS,
    overrides: Overrides | None = None,
) -> Sight:
    """Describes a run from what is kept of it: pure, and the same as describing it now.

    System metrics are not fetched at a tick, so what is judged by them (an idle GPU, memory near
    its limit) is not judged here.

    Args:
        kept: after the look.
        now: the tick's time, UTC.
        thresholds: of the watch.
        overrides: the user's own metric names.
    """
    history = History(kept.history.series, kept.missing)
    moment = clock_of(kept, now)
    report = report_of(kept.run, history, now=moment, thresholds=thresholds, overrides=overrides)
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
