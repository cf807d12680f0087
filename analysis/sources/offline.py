"""Runs on disk: W&B's offline logs, also while they are written, after a kill, and damaged."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from analysis.errors import BadRequest, LogUnreadable, ProjectNotFound, RunNotFound
from analysis.flight import Flights, off_loop, stoppable
from analysis.history import History
from analysis.refs import ProjectRef, RunRef
from analysis.run import ConsoleLine, Project, Run, Viewer
from analysis.sources.base import Asked, Census, Effort, News, Progress, RunPage, RunQuery
from analysis.sources.folders import discover, log_of
from analysis.sources.logs import Log, output_log, read_log, run_of

Clock = Callable[[], datetime]

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_NAMED = 5
_KEPT_BYTES = 256 * 1024 * 1024  # size of the logs whose content is kept, the last one apart


class OfflineSource:
    """Runs on disk, as a source.

    Args:
        paths: run folders or ``.wandb`` files, or folders with several runs below them.
        clock: the time now, UTC; decides what is running and what has crashed.

    Attributes:
        unread: logs that could not be read when all were asked for last, and why.
    """

    def __init__(self, *paths: Path | str, clock: Clock = lambda: datetime.now(UTC)) -> None:
        self._paths = tuple(Path(path) for path in paths)
        self._clock = clock
        self._logs: OrderedDict[Path, Log] = OrderedDict()
        self._reading: Flights[Path, Log] = Flights()
        self.unread: dict[Path, str] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._logs.clear()

    async def run_at(self, path: Path | str) -> Run:
        """The run of a folder or a ``.wandb`` file.

        Raises:
            LogUnreadable: when there is no run, or none that can be read.
        """
        file = await off_loop(log_of, Path(path))
        return run_of(await self._log(file), self._clock())

    async def all(self) -> tuple[Run, ...]:
        """Every run at and below the source's paths, of several parts of one run the latest.

        What cannot be read is left out, and told in ``unread``.

        Raises:
            LogUnreadable: when there are runs and none can be read.
        """
        files = await off_loop(_files, self._paths)
        runs: list[Run] = []
        problem: LogUnreadable | None = None
        self.unread = {}
        for file in files:
            try:
                runs.append(run_of(await self._log(file), self._clock()))
            except LogUnreadable as error:
                problem = error
                self.unread[file] = error.sentence
        if problem is not None and not runs:
            raise problem
        return _latest_parts(runs)

    async def run(self, ref: RunRef) -> Run:
        """The run whose own record bears this path; the first one where several do."""
        for run in await self.all():
            if run.ref == ref:
                return run
        raise RunNotFound(f"There is no run “{ref}” in this folder.")

    async def history(
        self,
        run: Run,
        keys: Sequence[str],
        effort: Effort,
        *,
        since_step: int | None = None,
        progress: Progress | None = None,
    ) -> History:
        """Every row of ``keys``; files on disk are never thinned."""
        log = await self._log(Path(run.handle))
        names = tuple(dict.fromkeys(keys))
        series = await off_loop(log.recording.history.series, names, since_step)
        if progress is not None:
            progress("rows read", len(log.recording.history), len(log.recording.history))
        return History(series)

    async def system(self, run: Run, effort: Effort) -> History:
        """Every sample of the system metrics."""
        system = (await self._log(Path(run.handle))).recording.system
        return History(await off_loop(system.series, system.names))

    async def console(self, run: Run, last: int) -> tuple[ConsoleLine, ...]:
        """The last lines, from the log's own records, else from ``files/output.log``."""
        file = Path(run.handle)
        lines = (await self._log(file)).recording.terminal.lines(last)
        return tuple(lines) or await off_loop(output_log, file, last)

    async def runs(
        self, query: RunQuery, *, curve_keys: Sequence[str] = (), samples: int = 100
    ) -> RunPage:
        """The runs on disk that a query means; only ``group`` and ``sweep`` filters are known.

        Raises:
            ProjectNotFound: when it names a project of which there is no run.
        """
        here = await self.all()
        _check_project(query.within, here)
        found = [run for run in here if _meant(run, query)]
        found.sort(key=_order(query), reverse=query.order.startswith("-"))
        kept = tuple(found[: query.limit])
        curves = {}
        if curve_keys:
            curves = dict(await self.curves([(run, curve_keys, None) for run in kept], samples))
        return RunPage(kept, len(found), curves)

    async def curves(
        self, runs: Iterable[tuple[Run, Sequence[str], int | None]], samples: int
    ) -> Mapping[RunRef, History]:
        """The rows of many runs since the step that is given with each."""
        found = {}
        for run, keys, since in runs:
            found[run.ref] = await self.history(run, keys, Effort(), since_step=since)
        return found

    async def census(
        self,
        within: ProjectRef,
        *,
        known: Sequence[RunRef],
        named: Sequence[RunRef],
        since: datetime,
    ) -> Census:
        """The runs on disk that live, are known or named, or were created since: all whole."""
        wanted = {*known, *named}
        found = [
            run
            for run in await self.all()
            if _meant(run, RunQuery(within))
            and (run.ref in wanted or not run.state.ended or (run.created_at or since) >= since)
        ]
        return Census(others=tuple(sorted(found, key=_order(RunQuery(within)), reverse=True)))

    async def news(self, asked: Sequence[Asked]) -> Mapping[RunRef, News]:
        """The rows of many runs since the step that is given with each."""
        found = {}
        for each in asked:
            history = await self.history(each.run, each.keys, Effort(), since_step=each.since)
            system = await self.system(each.run, Effort()) if each.system else None
            found[each.run.ref] = News(each.run, history, system)
        return found

    async def projects(self, entity: str) -> tuple[Project, ...]:
        """The projects that the runs on disk belong to."""
        active: dict[str, list[Run]] = {}
        for run in await self.all():
            if run.ref.entity == entity:
                active.setdefault(run.ref.project, []).append(run)
        if not active:
            raise ProjectNotFound(f"No run of “{entity}” lies in this folder.")
        projects = [
            Project(entity, name, max(_beat(run) for run in runs), len(runs))
            for name, runs in active.items()
        ]
        return tuple(sorted(projects, key=lambda p: p.last_active or _LONG_AGO, reverse=True))

    async def viewer(self) -> Viewer:
        """Nobody: files on disk have no account."""
        return Viewer("local", None)

    async def _log(self, file: Path) -> Log:
        """The log as it stands now: read once however many ask, and again only when it changed."""

        async def read() -> Log:
            return await stoppable(lambda stop: read_log(file, self._logs.get(file), stop))

        log = await self._reading.once(file, read)
        self._logs[file] = log
        self._logs.move_to_end(file)
        while len(self._logs) > 1 and sum(kept.size for kept in self._logs.values()) > _KEPT_BYTES:
            self._logs.popitem(last=False)
        return log


def _latest_parts(runs: Sequence[Run]) -> tuple[Run, ...]:
    """One run for each path: a run that was resumed has a log for each time."""
    latest: dict[RunRef, Run] = {}
    for run in runs:
        before = latest.get(run.ref)
        if before is None or _beat(run) > _beat(before):
            latest[run.ref] = run
    return tuple(latest.values())


def _files(paths: Sequence[Path]) -> list[Path]:
    """The log files of a source's paths: below a folder all of them, else the one that is meant.

    A run's own folder may hold earlier parts of the run below it; they are not looked for.
    """
    found: list[Path] = []
    for path in paths:
        found.extend((path.is_dir() and discover(path)) or [log_of(path)])
    return list(dict.fromkeys(found))


def _check_project(within: ProjectRef, runs: Sequence[Run]) -> None:
    there = {run.ref.project for run in runs if run.ref.entity == within.entity}
    if within.project is not None and within.project not in there:
        named = ", ".join(f"“{name}”" for name in sorted(there)[:_NAMED]) or "none"
        raise ProjectNotFound(
            f"There is no run of the project “{within.project}” here.", f"There are: {named}."
        )


def _meant(run: Run, query: RunQuery) -> bool:
    known = {"group": run.group, "sweep": run.sweep, "jobType": run.job_type, "name": run.ref.id}
    unknown = set(query.filters) - set(known)
    if unknown:
        raise BadRequest(f"Runs on disk cannot be filtered by {', '.join(sorted(unknown))}.")
    where = query.within
    return (
        run.ref.entity == where.entity
        and where.project in (None, run.ref.project)
        and (not query.states or run.state in query.states)
        and (query.active_since is None or _beat(run) >= query.active_since)
        and all(known[name] == value for name, value in query.filters.items())
    )


def _beat(run: Run) -> datetime:
    return run.heartbeat_at or _LONG_AGO


def _order(query: RunQuery) -> Callable[[Run], datetime]:
    if query.order.endswith("heartbeat_at"):
        return _beat
    return lambda run: run.created_at or _LONG_AGO
