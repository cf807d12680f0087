"""Fetching what a comparison needs: every side's runs and curves, at once, within one deadline."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TypeVar

from analysis import metrics, signals
from analysis.comparing.config import differences, importance
from analysis.comparing.sides import GroupRef, Member, SideRef
from analysis.errors import AnalysisError, LogUnreadable, NotComparable, RunNotFound, TimedOut
from analysis.flight import off_loop
from analysis.history import History, Missing
from analysis.metric_names import metric_named
from analysis.refs import ProjectRef, RunRef
from analysis.run import Run
from analysis.signals import Signals
from analysis.sources.base import Effort, RunQuery, RunSource
from analysis.sources.datastore import read_records
from analysis.sources.folders import discover
from analysis.sources.offline import OfflineSource

T = TypeVar("T")
MOST_RUNS = 48
"""Runs in all sides together."""
MOST_SIBLINGS = 8
_HEAD = 200  # records among which the one that names the run stands
SEARCHED = 100
"""Newest runs of the project among which those that differ only in seed are looked for."""


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One side with everything that was read of it."""

    label: str
    runs: tuple[Run, ...]
    signals: tuple[Signals, ...]
    on_disk: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """All sides, what tells how far seeds differ, and what did not come.

    Attributes:
        siblings: a single run with those of its project that differ from it only in seed, a
            group for each such run.
    """

    sides: tuple[Side, ...]
    siblings: tuple[tuple[Signals, ...], ...] = ()
    missing: tuple[Missing, ...] = ()


@dataclass(frozen=True, slots=True)
class Loader:
    """Reads sides.

    Attributes:
        server: where runs in W&B come from; ``None`` when all sides are on disk.
        now: the clock, UTC.
        effort: of the whole comparison.
        metric: what decides, as somebody calls it; fetched beside the usual names.
        overrides: the user's own metric names.
    """

    server: Callable[[], AbstractAsyncContextManager[RunSource]] | None
    now: datetime
    effort: Effort
    metric: str | None = None
    overrides: metrics.Overrides | None = None

    async def load(self, refs: Sequence[SideRef]) -> Loaded:
        """Fetches everything; one run that cannot be read fails the comparison with its name.

        Raises:
            AnalysisError: when a side cannot be read.
            NotComparable: a run on two sides, or a side without runs.
        """
        try:
            async with asyncio.timeout(self.effort.deadline_s), AsyncExitStack() as stack:
                opened = await self._open(stack)
                found = await asyncio.gather(*(self._runs(ref, opened) for ref in refs))
                _check(refs, found)
                sides = await asyncio.gather(
                    *(self._side(ref, runs) for ref, runs in zip(refs, found, strict=True))
                )
                labels = _labels(sides)
                sides = [replace(s, label=label) for s, label in zip(sides, labels, strict=True)]
                siblings, missing = await self._siblings(sides, opened)
                return Loaded(tuple(sides), siblings, missing)
        except TimeoutError:
            raise TimedOut(
                f"The runs did not come within {self.effort.deadline_s:g} seconds.",
                "Try again, or compare fewer runs.",
            ) from None

    async def _open(self, stack: AsyncExitStack) -> RunSource | None:
        return None if self.server is None else await stack.enter_async_context(self.server())

    async def _runs(self, ref: SideRef, server: RunSource | None) -> list[tuple[RunSource, Run]]:
        parts = await asyncio.gather(*(self._member(member, server) for member in ref.members))
        return [pair for part in parts for pair in part]

    async def _member(
        self, member: Member, server: RunSource | None
    ) -> list[tuple[RunSource, Run]]:
        if isinstance(member, Path):
            disk = OfflineSource(member, clock=lambda: self.now)
            return [(disk, await disk.run_at(member))]
        if isinstance(member, GroupRef):
            return await self._group(member, member.within, server)
        if server is None:
            raise RunNotFound(f"“{member}” is in W&B, and W&B is not set up here.")
        return [(server, await server.run(member))]

    async def _group(
        self, group: GroupRef, within: ProjectRef | Path, server: RunSource | None
    ) -> list[tuple[RunSource, Run]]:
        if isinstance(within, Path):
            disk = OfflineSource(within, clock=lambda: self.now)
            files = await off_loop(_in_group, within, group.name)
            runs = await asyncio.gather(*(disk.run_at(file) for file in _some(files, group)))
            return [(disk, run) for run in runs]
        if server is None:
            raise RunNotFound(f"{within} is in W&B, and W&B is not set up here.")
        query = RunQuery(within, filters={"group": group.name}, limit=MOST_RUNS)
        page = await server.runs(query)
        whole = await asyncio.gather(*(server.run(run.ref) for run in _some(page.runs, group)))
        return [(server, run) for run in whole]

    async def _side(self, ref: SideRef, runs: Sequence[tuple[RunSource, Run]]) -> Side:
        read = await asyncio.gather(*(self._signals(source, run) for source, run in runs))
        on_disk = any(isinstance(source, OfflineSource) for source, _ in runs)
        return Side(ref.text, tuple(run for _, run in runs), tuple(read), on_disk)

    async def _signals(self, source: RunSource, run: Run) -> Signals:
        keys = metrics.select_keys(run, self.overrides)
        asked = metric_of(run, self.metric)
        if asked is not None:
            keys = [asked, *(key for key in keys if key != asked)]
        try:
            history = await source.history(run, keys, self.effort)
        except AnalysisError as error:
            name = f"The curves of {run.ref} could not be read: "
            raise type(error)(name + error.sentence, error.next_step) from error
        return await off_loop(self._resolve, run, history)

    def _resolve(self, run: Run, history: History) -> Signals:
        found = signals.of(run, history, now=self.now, overrides=self.overrides)
        known = {curve.name for curve in (*found.evals, *found.losses)}
        asked = metric_of(run, self.metric)
        if asked is None or asked in known:
            return found
        as_eval = signals.of(run, history, now=self.now, overrides={"eval": asked})
        own = tuple(curve for curve in as_eval.evals if curve.name == asked)
        return replace(found, evals=(*found.evals, *own))

    async def _siblings(
        self, sides: Sequence[Side], server: RunSource | None
    ) -> tuple[tuple[tuple[Signals, ...], ...], tuple[Missing, ...]]:
        """Runs in W&B that differ from a side of one run in their seed only: its noise floor."""
        if server is None:
            return (), ()
        taken = {run.ref for side in sides for run in side.runs}
        groups: list[tuple[Signals, ...]] = []
        try:
            for side in sides:
                if len(side.runs) != 1 or side.on_disk:
                    continue
                run = side.runs[0]
                within = ProjectRef(run.ref.entity, run.ref.project)
                query = RunQuery(within, limit=SEARCHED)
                page = await server.runs(query)
                alike = [
                    other
                    for other in page.runs
                    if other.ref not in taken and other.config and same_but_seed(run, other)
                ]
                chosen = alike[:MOST_SIBLINGS]
                taken |= {other.ref for other in chosen}
                whole = [await server.run(other.ref) for other in chosen]
                read = await asyncio.gather(*(self._signals(server, other) for other in whole))
                groups.append((*side.signals, *read))
        except AnalysisError as error:
            return tuple(groups), (Missing("runs that differ only in seed", error.sentence),)
        return tuple(groups), ()


def metric_of(run: Run, said: str | None) -> str | None:
    """The name under which a run logs what was asked for; as it was said where it logs no such."""
    return None if said is None else metric_named(said, run.keys) or said


def same_but_seed(run: Run, other: Run) -> bool:
    """Whether two configurations differ in their seed and in nothing that changes training."""
    found, _ = differences([[run.config], [other.config]])
    seed = importance("seed")
    return bool(found) and all(item.rank == seed for item in found)


def _in_group(folder: Path, name: str) -> list[Path]:
    """Logs below a folder whose run record names the group; only their heads are read."""
    return [file for file in discover(folder) if _group_of(file) == name]


def _group_of(file: Path) -> str | None:
    try:
        for record in islice(read_records(file), _HEAD):
            if record.WhichOneof("record_type") == "run":
                return record.run.run_group or None
    except LogUnreadable:
        return None
    return None


def _some(found: Sequence[T], group: GroupRef) -> Sequence[T]:
    if not found:
        where = "Check its name, and that the runs lie below this folder."
        raise RunNotFound(
            f"There is no run in group “{group.name}” of {group.within}.",
            where if isinstance(group.within, Path) else "",
        )
    return found[:MOST_RUNS]


def _check(refs: Sequence[SideRef], found: Sequence[Sequence[tuple[RunSource, Run]]]) -> None:
    seen: dict[tuple[RunRef, str], SideRef] = {}
    for ref, pairs in zip(refs, found, strict=True):
        for _, run in pairs:
            key = (run.ref, run.handle)
            if key in seen:
                where = "itself" if seen[key] is not ref else "the same side again"
                raise NotComparable(
                    f"{run.name} would be compared with {where}.", "Name different runs."
                )
            seen[key] = ref
    if len(seen) > MOST_RUNS:
        raise NotComparable(
            f"The sides hold {len(seen)} runs; {MOST_RUNS} can be compared.", "Name fewer."
        )


def _labels(sides: Sequence[Side]) -> list[str]:
    """A group's or a run's name; the path is added where names alone would be the same."""
    names = [_name(side) for side in sides]
    return [
        name if names.count(name) == 1 else f"{name} ({side.runs[0].ref.id})"
        for name, side in zip(names, sides, strict=True)
    ]


def _name(side: Side) -> str:
    if len(side.runs) == 1:
        return side.runs[0].name
    groups = {run.group for run in side.runs}
    if len(groups) == 1 and (group := groups.pop()):
        return group
    return f"{side.runs[0].name} and {len(side.runs) - 1} more"
