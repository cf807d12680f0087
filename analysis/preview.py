"""How many messages the last days would have made: replayed from what W&B keeps.

A run's creation, its rows by time, the gaps between them and its end are looked at as a watch would
have, and go through the same functions that decide about alerts. Between those moments a watch sees
nothing new, so they are enough. What W&B does not keep (that a run was called crashed for a while
and came back) shows as a gap, and counts as a stall.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import numpy as np

from analysis import metrics
from analysis.alerts.base import Alert, Sight, card_of
from analysis.describe import report_of
from analysis.flight import off_loop
from analysis.history import Floats, History
from analysis.metrics import Overrides
from analysis.refs import ProjectRef
from analysis.reports import Report
from analysis.rules import Rule, check
from analysis.run import Run, RunState
from analysis.sources.base import RunQuery, RunSource
from analysis.thresholds import DEFAULTS, Thresholds
from analysis.watching.changes import Leaders, Memory, changes
from analysis.watching.groups import QUIET_S

MOST_RUNS = 500
BUDGET_S = 30.0
SAMPLES = 200
_LOOKS = 8  # at a run while it grows, beside its beginning, its gaps and its end
_MOST_GAPS = 5
_MOST_TURNS = 20  # beginnings and ends of a rule in one run
_TICK = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Told:
    """What the policy of a channel makes of the alerts of one look.

    Attributes:
        alerts: those that are told; the others are off, muted or held.
        messages: messages that are posted for them, in threads and in the channel.
        lines: of these, fresh lines in the channel.
    """

    alerts: tuple[Alert, ...] = ()
    messages: int = 0
    lines: int = 0


Admit = Callable[[Sequence[Alert], datetime], Told]
"""The policy: the alerts of one look at that time, to what is told."""


class Preview(Report):
    """How many messages a watch would have made.

    Attributes:
        days: how far back.
        runs: runs that were replayed; ``of`` runs in all (``None`` where that is not known).
        counts: alerts that would have been told, by kind.
        messages: messages in all, ``lines`` of them fresh lines in the channel.
        estimated: whether not all was replayed, and the numbers are scaled up.
        sentence: all that in one sentence.
    """

    days: float
    runs: int
    of: int | None
    counts: dict[str, int]
    messages: int
    lines: int
    estimated: bool
    sentence: str


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    at: datetime
    sight: Sight


@dataclass(frozen=True, slots=True)
class Replaying:
    """By what a preview judges.

    Attributes:
        now: the clock, UTC.
        days: how far back.
        thresholds: of the watch.
        overrides: the user's own metric names.
        rules: people's own rules, by number.
        wanted: which runs the watch is about; all when ``None``.
        leaders: the best values before the days began.
    """

    now: datetime
    days: float = 7.0
    thresholds: Thresholds = DEFAULTS
    overrides: Overrides = field(default_factory=dict)
    rules: Mapping[str, Rule] = field(default_factory=dict)
    wanted: Callable[[Run], bool] | None = None
    leaders: Leaders = field(default_factory=dict)

    @property
    def since(self) -> datetime:
        """The beginning of the days."""
        return self.now - timedelta(days=self.days)


async def preview(
    source: RunSource,
    within: ProjectRef,
    settings: Replaying,
    admit: Admit,
    *,
    budget_s: float = BUDGET_S,
    most_runs: int = MOST_RUNS,
) -> Preview:
    """Replays the last days and counts what would have been posted.

    Args:
        source: where the runs are.
        within: a project, or an entity.
        settings: by what to judge.
        admit: the policy, called once for each look with alerts, in the order of time.
        budget_s: seconds in all; what does not fit is estimated from what did.
        most_runs: how many runs are replayed at most, the latest first.

    Raises:
        AnalysisError: when the runs cannot be listed.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + budget_s
    query = RunQuery(
        within, active_since=settings.since, order="-heartbeat_at", limit=most_runs + 1
    )
    try:
        async with asyncio.timeout(0.6 * budget_s):
            keys = (*metrics.CURVE_CANDIDATES, *(rule.metric for rule in settings.rules.values()))
            page = await source.runs(query, curve_keys=tuple(dict.fromkeys(keys)), samples=SAMPLES)
        curves = page.curves
    except TimeoutError:
        page = await source.runs(query)
        curves = {}  # without curves only beginnings and ends can be replayed
    runs = [run for run in page.runs if settings.wanted is None or settings.wanted(run)]
    looks: list[_Look] = []
    done = 0
    for run in runs[:most_runs]:
        if curves and loop.time() >= until:
            break
        history = curves.get(run.ref, History())
        looks += await off_loop(_all_looks, run, history, settings)
        done += 1
    told = await off_loop(replay, looks, settings, admit)
    more = len(page.runs) > most_runs
    complete = bool(curves) or not runs
    return _preview(told, settings, done, len(runs), more=more, complete=complete)


def replay(looks: Sequence[_Look], settings: Replaying, admit: Admit) -> list[Told]:
    """What is told at each look, in the order of time; looks of one tick are one."""
    memory = Memory(leaders=settings.leaders)
    told = []
    for at, sights in _ticks(looks):
        first = at < settings.since + _TICK
        found = changes(memory, sights, now=at, rules=settings.rules, first=first)
        memory = Memory({**memory.tracks, **found.tracks}, found.leaders)
        if found.alerts:
            told.append(admit(found.alerts, at))
    return told


def _ticks(looks: Sequence[_Look]) -> Iterator[tuple[datetime, list[Sight]]]:
    """The looks by the tick at which they were due; also those at which a sweep counts as ended."""
    ticks: dict[datetime, dict[str, Sight]] = {}
    for look in sorted(looks, key=lambda look: look.at):
        ticks.setdefault(_due(look.at), {})[look.sight.path] = look.sight
        run = look.sight.run
        if run.state.ended and card_of(run) != look.sight.path:
            quiet = look.at + timedelta(seconds=QUIET_S)
            for at in (look.at + _TICK, quiet + _TICK):
                ticks.setdefault(_due(at), {})
    for at in sorted(ticks):
        yield at, list(ticks[at].values())


def _due(at: datetime) -> datetime:
    step = _TICK.total_seconds()
    return datetime.fromtimestamp(-(-at.timestamp() // step) * step, UTC)


def _all_looks(run: Run, history: History, settings: Replaying) -> list[_Look]:
    return list(_looks(run, history, settings))


def _looks(run: Run, history: History, settings: Replaying) -> Iterator[_Look]:
    """The moments at which a watch would have seen something of a run."""
    since, now = settings.since, settings.now
    times = np.unique(
        np.concatenate([s.time[np.isfinite(s.time)] for s in history.values()] or [_NONE])
    )
    ended = run.ended_at or run.heartbeat_at or now
    born = run.created_at or since
    if born < since:
        yield _look(run, history, since, settings, beat=since)
    else:
        yield _look(run, history, born + _TICK, settings, beat=born + _TICK)
    start, end = max(born, since).timestamp(), ended.timestamp()
    inside = times[(times > start) & (times <= end)]
    if inside.size:
        share = np.linspace(0, inside.size - 1, min(_LOOKS, inside.size)).astype(int)
        for time in inside[share[:-1]]:
            at = datetime.fromtimestamp(float(time), UTC)
            yield _look(run, history, at, settings, beat=at)
    yield from _gaps(run, history, inside, settings)
    yield from _rule_moments(run, history, inside, settings)
    if run.state.ended and since <= ended <= now:
        report = report_of(run, history, now=ended + _TICK, thresholds=settings.thresholds,
                           overrides=settings.overrides)  # fmt: skip
        yield _Look(ended + _TICK, Sight(run, report, history))


def _gaps(run: Run, history: History, times: Floats, settings: Replaying) -> Iterator[_Look]:
    """Two looks late in each long gap, as a stall needs, and one after it."""
    limit = 60 * settings.thresholds.heartbeat_slow
    gaps = np.diff(times)
    long = np.flatnonzero(gaps > limit + 3 * _TICK.total_seconds())
    for place in long[np.argsort(-gaps[long])][:_MOST_GAPS]:
        last = datetime.fromtimestamp(float(times[place]), UTC)
        for age in (limit + 60, limit + 60 + _TICK.total_seconds()):
            at = last + timedelta(seconds=age)
            yield _look(run, history, at, settings, beat=last)
        back = datetime.fromtimestamp(float(times[place + 1]), UTC)
        yield _look(run, history, back, settings, beat=back)


def _rule_moments(
    run: Run, history: History, times: Floats, settings: Replaying
) -> Iterator[_Look]:
    """Looks at which a rule of somebody's own begins to hold, and those that see it end."""
    for rule in settings.rules.values():
        series = history.get(rule.metric)
        if series is None:
            continue
        held, turns, order = False, 0, np.arange(len(series))
        for place in range(len(series)):
            at = float(series.time[place])
            if turns >= _MOST_TURNS:
                break
            if not (times.size and times[0] <= at <= times[-1]):
                continue
            holds = check(rule, series.take(order <= place)).holds
            if holds is None or holds is held:
                continue
            held, turns = holds, turns + 1
            for late in range(1 if held else 2):  # an end counts once two looks have seen it
                moment = datetime.fromtimestamp(at, UTC) + late * _TICK
                yield _look(run, history, moment, settings, beat=moment)


_NONE: Floats = np.empty(0, dtype=np.float64)


def _look(
    run: Run, history: History, at: datetime, settings: Replaying, *, beat: datetime
) -> _Look:
    """The run as it stood: running, with the rows that were there."""
    stamp = at.timestamp()
    cut = {name: s.take(~(s.time > stamp)) for name, s in history.items()}
    then = History({name: series for name, series in cut.items() if len(series)}, history.missing)
    steps = [int(series.step[-1]) for series in then.values()]
    alive = replace(
        run,
        state=RunState.RUNNING,
        state_text="running",
        heartbeat_at=beat,
        ended_at=None,
        exit_code=None,
        summary={},
        last_step=max(steps, default=None),
    )
    report = report_of(
        alive, then, now=at, thresholds=settings.thresholds, overrides=settings.overrides
    )
    return _Look(at, Sight(alive, report, then))


def _preview(
    told: Sequence[Told], settings: Replaying, done: int, found: int, *, more: bool, complete: bool
) -> Preview:
    total = None if more else found
    scale = max(1.0, found / done) if done else 1.0
    estimated = done < found or not complete
    kinds = Counter(alert.kind for each in told for alert in each.alerts if alert.opens)
    counts = {kind: round(count * scale) for kind, count in sorted(kinds.items())}
    messages = round(sum(each.messages for each in told) * scale)
    lines = round(sum(each.lines for each in told) * scale)
    parts = ", ".join(f"{count:,} {kind}" for kind, count in counts.items()) or "nothing to tell"
    about = "about " if estimated else ""
    days = f"{settings.days:g} days" if settings.days != 1 else "day"
    text = f"In the last {days} {about}{messages:,} messages: {parts}."
    if estimated:
        text += _why_estimated(done, found, more=more, complete=complete)
    return Preview(
        days=settings.days, runs=done, of=total, counts=counts, messages=messages, lines=lines,
        estimated=estimated, sentence=text,
    )  # fmt: skip


def _why_estimated(done: int, found: int, *, more: bool, complete: bool) -> str:
    if not complete:
        return " This is an estimate: the curves did not come in time, so no findings are counted."
    if more:
        return f" This is an estimate: more runs than the latest {done:,} were not replayed."
    return f" This is an estimate from {done:,} of {found:,} runs."
