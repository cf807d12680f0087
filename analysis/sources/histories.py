"""The curves of a run from a W&B server: every row where that fits, else buckets, else samples."""

import asyncio
import json
import math
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np

from analysis.errors import (
    AccessError,
    AnalysisError,
    BadResponse,
    ConnectionFailed,
    FieldUnknown,
    NotFound,
    RateLimited,
)
from analysis.flight import off_loop
from analysis.history import History, Missing, Series
from analysis.run import Run
from analysis.sources import graphql
from analysis.sources.base import Effort, Progress
from analysis.sources.buckets import Buckets, Stretch, as_buckets, buckets_of, series_of, stretches
from analysis.sources.deadline import Deadline
from analysis.sources.decode import Points, points_of
from analysis.sources.graphql import Operation

Ask = Callable[[Operation, Mapping[str, Any], Deadline], Awaitable[Any]]
"""Asks about this run: the value of the operation's one field of ``run``."""

BINS = 1_000  # buckets a curve: several times what a plot can show
_CELLS = 60_000  # numbers in one answer: about 2 MB of JSON, some 30 ms to decode
_PART_ROWS = 5_000  # rows of one part, where a curve is fetched in parts
_MOST_STRETCHES = 24  # suspicious stretches of a curve that are read again
_MOST_AGAIN = 100_000  # rows of all curves that are read again
_LEAST_AGAIN = 8_000  # of one curve, however many there are
_HEDGE = 0.4  # share of the time after which names are asked for one by one as well


@dataclass(frozen=True, slots=True)
class Spec:
    """A sampled history that is asked for: rows that hold all of ``keys``.

    Attributes:
        keys: names.
        samples: at most so many rows.
        low: least step.
        high: greatest step.
    """

    keys: tuple[str, ...]
    samples: int
    low: int | None = None
    high: int | None = None

    @property
    def text(self) -> str:
        """The spec as W&B wants it."""
        spec: dict[str, Any] = {
            "keys": ["_step", "_timestamp", *self.keys],
            "samples": self.samples,
        }
        if self.low is not None:
            spec["minStep"] = self.low
        if self.high is not None:
            spec["maxStep"] = self.high
        return json.dumps(spec)

    @property
    def cells(self) -> int:
        """Numbers in the answer, at most."""
        return self.samples * (len(self.keys) + 2)


@dataclass
class Reader:
    """Reads the curves of one run, within one deadline.

    Attributes:
        ask: asks about this run.
        run: the run.
        effort: how many points are worth fetching.
        deadline: by when all must be there.
        progress: is told how far it is.
        has_buckets: whether this server has buckets; false once it said that it has not.
    """

    ask: Ask
    run: Run
    effort: Effort
    deadline: Deadline
    progress: Progress | None = None
    has_buckets: bool = True
    _done: int = 0
    _missing: list[Missing] = field(default_factory=list)
    _lost: dict[str, AnalysisError] = field(default_factory=dict)

    async def read(self, names: Sequence[str], since: int | None) -> History:
        """The curves of ``names``; the parts that did not come are in ``missing``.

        Raises:
            AnalysisError: when nothing at all came.
        """
        wanted = [name for name in dict.fromkeys(names) if self._is_curve(name)]
        small = [
            n for n in wanted if self.effort.full or self._rows(n, since) <= self.effort.points
        ]
        large = [name for name in wanted if name not in small]
        parts = await asyncio.gather(self._whole(small, since), self._thinned(large, since))
        found = {name: s for part in parts for name, s in part.items() if len(s)}
        if not found and self._lost:
            raise next(iter(self._lost.values()))
        lost = [
            Missing(f"part of {name}" if name in found else name, error.sentence)
            for name, error in self._lost.items()
        ]
        return History({n: found[n] for n in wanted if n in found}, (*lost, *self._missing))

    def _is_curve(self, name: str) -> bool:
        key = self.run.keys.get(name)
        return key.numeric if key is not None else not self.run.keys

    def _rows(self, name: str, since: int | None) -> int:
        """About how many rows hold the name, at most."""
        key = self.run.keys.get(name)
        known = [n for n in (key.count if key else None, self.run.rows) if n is not None]
        rows = min(known, default=self.effort.points)
        if since is not None and self.run.last_step is not None:
            rows = min(rows, max(0, self.run.last_step - since + 1))
        return rows

    # Every row.

    async def _whole(self, names: Sequence[str], since: int | None) -> Mapping[str, Series]:
        """Every row of each name: those that all rows hold share their rows, the others not."""
        shared = tuple(n for n in names if self._in_every_row(n)) if since is None else ()
        groups = [shared] if len(shared) > 1 else [(name,) for name in shared]
        groups += [(name,) for name in names if name not in shared]
        specs = [spec for group in groups for spec in self._parts(group, since, _PART_ROWS)]
        found = _by_name(await self._all(specs))
        # Fewer rows than W&B counts: the names do not share theirs after all, or the server gives
        # less than it is asked for. Smaller questions, one a name, settle both.
        short = [n for n in names if since is None and self._is_short(n, found.get(n))]
        if short and self.deadline.left > 0:
            size = {n: max(100, found[n].rows // 2 if n in found else 0) for n in short}
            alone = [spec for n in short for spec in self._parts((n,), None, size[n])]
            found |= _by_name(await self._all(alone))
        return {name: _joined(came.parts) for name, came in found.items()}

    def _in_every_row(self, name: str) -> bool:
        key = self.run.keys.get(name)
        return key is not None and key.count is not None and key.count == self.run.rows

    def _is_short(self, name: str, came: "_Came | None") -> bool:
        key = self.run.keys.get(name)
        return (
            key is not None
            and key.count is not None
            and name not in self._lost
            and (came.rows if came else 0) < key.count
        )

    def _parts(self, group: tuple[str, ...], since: int | None, part: int) -> list[Spec]:
        """One spec for the names, or one a range of steps where there are many rows."""
        rows = self._rows(group[0], since)
        size = min(part, _CELLS // (len(group) + 2))
        last = self.run.last_step
        if rows <= size or last is None:
            return [Spec(group, _roomy(rows), since)]
        first = 0 if since is None else since
        edges = np.linspace(first, last + 1, math.ceil(rows / size) + 1).astype(np.int64).tolist()
        ranges = [(low, high - 1) for low, high in pairwise(edges) if low < high]
        parts = [Spec(group, _roomy(size), low, high) for low, high in ranges]
        # The run may have gone on since, and its first step need not be 0.
        parts[0] = replace(parts[0], low=since)
        parts[-1] = replace(parts[-1], high=None)
        return parts

    # Thinned.

    async def _thinned(self, names: Sequence[str], since: int | None) -> Mapping[str, Series]:
        if not names:
            return {}
        found: Mapping[str, Series] | None = None
        if self.has_buckets:
            try:
                found = await self._bucketed(names)
            except FieldUnknown:
                self.has_buckets = False
        if found is None:
            found = await self._sampled(names)
        if since is None:
            return found
        return {name: series.since(since) for name, series in found.items()}

    async def _bucketed(self, names: Sequence[str]) -> Mapping[str, Series]:
        """Buckets of each name, and the rows themselves where buckets are suspicious."""
        size = max(1, _CELLS // (BINS * 8))
        batches = [tuple(names[i : i + size]) for i in range(0, len(names), size)]
        answers = await asyncio.gather(*(self._buckets(batch) for batch in batches))
        buckets = {name: each for answer in answers for name, each in answer.items()}
        series = await self._read_again(buckets)
        rows = sum(int(each.rows.sum()) for each in buckets.values())
        if rows and not any(each.spoilt.any() for each in buckets.values()):
            self._missing.append(
                Missing(
                    "single non-finite values",
                    f"W&B summed up {rows:,} values in buckets, which may leave out a lone NaN",
                )
            )
        return series

    async def _buckets(self, names: tuple[str, ...]) -> Mapping[str, Buckets]:
        """The buckets of some names; when the question fails, each is asked for alone."""
        specs = [json.dumps({"keys": [n], "bins": BINS, "xAxis": "_step"}) for n in names]

        async def ask(places: Sequence[int]) -> list[object]:
            wanted = {"specs": [specs[place] for place in places]}
            return _lists(await self.ask(graphql.BUCKETS, wanted, self.deadline), len(places))

        found = {}
        for name, came in zip(names, await self._one_by_one(ask, len(names)), strict=True):
            if isinstance(came, FieldUnknown):
                raise came
            if isinstance(came, AnalysisError):
                self._lose(name, came)
            else:
                found[name] = await off_loop(buckets_of, came, name)
        return found

    async def _sampled(self, names: Sequence[str]) -> Mapping[str, Series]:
        """Samples of each name, and the rows around those that stand out."""
        most = min(self.effort.points, _CELLS // 3)
        came = _by_name(await self._all([Spec((name,), most) for name in names], whole=False))
        samples = {
            name: as_buckets(_points(found.parts), self._rows(name, None))
            for name, found in came.items()
        }
        series = await self._read_again(samples)
        for name, each in samples.items():
            if len(each) < self._rows(name, None):
                self._missing.append(
                    Missing(
                        f"rows of {name}",
                        f"{len(each):,} of {self._rows(name, None):,} were sampled: a short spike "
                        "or a lone NaN between them may be hidden",
                    )
                )
        return {
            name: replace(each, low=np.empty(0), high=np.empty(0)) for name, each in series.items()
        }

    async def _read_again(self, buckets: Mapping[str, Buckets]) -> Mapping[str, Series]:
        """The curves that buckets stand for, their suspicious stretches read row by row."""
        rows = max(_LEAST_AGAIN, _MOST_AGAIN // max(1, len(buckets)))
        asked: dict[Spec, Stretch] = {}
        for name, each in buckets.items():
            plan, left_out = await off_loop(stretches, each, _MOST_STRETCHES, rows)
            asked.update({_spec_of(name, stretch): stretch for stretch in plan})
            if left_out:
                self._missing.append(
                    Missing(
                        f"rows of {name}",
                        f"{left_out:,} unusual stretches were not read row by row",
                    )
                )
        exact: dict[str, list[tuple[Stretch, Points]]] = {name: [] for name in buckets}
        for spec, came in await self._all(list(asked)):
            name = spec.keys[0]
            exact[name].append((asked[spec], _points(came.parts[name])))
        return {
            name: await off_loop(series_of, each, exact[name])
            for name, each in buckets.items()
            if len(each)
        }

    # Requests.

    async def _all(
        self, specs: Sequence[Spec], *, whole: bool = True
    ) -> list[tuple[Spec, "_Answer"]]:
        """The rows of all the specs; those that do not come are noted.

        Args:
            specs: what to ask for.
            whole: ask again in halves where a spec's limit was reached.
        """
        batches = list(_packed(specs))
        answers = await asyncio.gather(*(self._batch(batch, whole) for batch in batches))
        return [pair for answer in answers for pair in answer]

    async def _batch(self, specs: Sequence[Spec], whole: bool) -> list[tuple[Spec, "_Answer"]]:
        async def ask(places: Sequence[int]) -> list[object]:
            wanted = {"specs": [specs[place].text for place in places]}
            return _lists(await self.ask(graphql.HISTORY, wanted, self.deadline), len(places))

        found = []
        for spec, came in zip(specs, await self._one_by_one(ask, len(specs)), strict=True):
            if isinstance(came, AnalysisError):
                for name in spec.keys:
                    self._lose(name, came)
                continue
            rows = came if isinstance(came, list) else []
            points = await off_loop(points_of, rows, spec.keys)
            halves = _halves(spec, rows) if whole and len(rows) >= spec.samples else []
            if halves:
                parts = [answer for _, answer in await self._all(halves)]
                found.append((spec, _Answer.joined(spec, parts)))
            else:
                found.append((spec, _Answer({n: [p] for n, p in points.items()}, len(rows))))
            self._tell(len(rows))
        return found

    async def _one_by_one(
        self, ask: Callable[[Sequence[int]], Awaitable[list[object]]], count: int
    ) -> list[object]:
        """The answers to several questions: together, and alone where together does not work.

        One poisoned name must not keep the others: when the question for all of them fails, or
        takes long, each is asked for by itself as well, and what comes first is taken.
        """
        together = asyncio.ensure_future(ask(range(count)))
        alone: list[asyncio.Future[list[object]]] = []
        try:
            if count > 1:
                await asyncio.wait([together], timeout=self.deadline.left * _HEDGE)
            else:
                await asyncio.wait([together])
            if together.done() and (count == 1 or not _may_be_one(together.exception())):
                error = together.exception()
                return together.result() if error is None else [_told(error)] * count
            alone = [asyncio.ensure_future(ask([place])) for place in range(count)]
            rest = asyncio.gather(*alone, return_exceptions=True)
            if not together.done():
                first: list[asyncio.Future[Any]] = [together, rest]
                await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
            if together.done() and together.exception() is None:
                return together.result()
            return [
                _told(each) if isinstance(each, BaseException) else each[0] for each in await rest
            ]
        finally:
            for task in (together, *alone):
                task.cancel()
            await asyncio.gather(together, *alone, return_exceptions=True)

    def _lose(self, name: str, error: AnalysisError) -> None:
        self._lost.setdefault(name, error)

    def _tell(self, rows: int) -> None:
        self._done += rows
        if self.progress is not None:
            self.progress("rows read", self._done, None)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came for a spec: the points of each name in parts, and how many rows."""

    parts: Mapping[str, list[Points]]
    rows: int

    @classmethod
    def joined(cls, spec: Spec, answers: Sequence["_Answer"]) -> "_Answer":
        parts = {name: [p for each in answers for p in each.parts[name]] for name in spec.keys}
        return cls(parts, sum(each.rows for each in answers))


@dataclass(slots=True)
class _Came:
    """What came for a name."""

    parts: list[Points] = field(default_factory=list)
    rows: int = 0


def _by_name(answers: Sequence[tuple[Spec, _Answer]]) -> dict[str, _Came]:
    found: dict[str, _Came] = {}
    for _, answer in answers:
        for name, parts in answer.parts.items():
            came = found.setdefault(name, _Came())
            came.parts.extend(parts)
            came.rows += answer.rows
    return found


def _points(parts: Sequence[Points]) -> Points:
    if len(parts) == 1:
        return parts[0]
    return Points(
        np.concatenate([np.empty(0, np.int64), *(part.step for part in parts)]),
        np.concatenate([np.empty(0), *(part.time for part in parts)]),
        np.concatenate([np.empty(0), *(part.value for part in parts)]),
    )


def _joined(parts: Sequence[Points]) -> Series:
    return _points(parts).series()


def _packed(specs: Sequence[Spec]) -> Iterator[list[Spec]]:
    """The specs in as few requests as keep an answer small."""
    batch: list[Spec] = []
    cells = 0
    for spec in specs:
        if batch and cells + spec.cells > _CELLS:
            yield batch
            batch, cells = [], 0
        batch.append(spec)
        cells += spec.cells
    if batch:
        yield batch


def _halves(spec: Spec, rows: Sequence[Any]) -> list[Spec]:
    """Two specs in place of one whose limit was reached; none where it cannot be split."""
    steps = sorted(
        s for row in rows if isinstance(row, dict) and type(s := row.get("_step")) is int
    )
    if not steps or steps[0] == steps[-1]:
        return []
    middle = max(steps[len(steps) // 2], steps[0] + 1)
    return [replace(spec, high=middle - 1), replace(spec, low=middle)]


def _spec_of(name: str, stretch: Stretch) -> Spec:
    low = None if stretch.after is None else stretch.after + 1
    high = None if stretch.before is None else stretch.before - 1
    return Spec((name,), _roomy(stretch.rows), low, high)


def _roomy(rows: int) -> int:
    """A limit that is surely not reached by so many rows and what was logged since."""
    return rows + rows // 4 + 500


def _lists(value: object, count: int) -> list[object]:
    """The answers to so many specs.

    Raises:
        BadResponse: when there are not as many.
    """
    if not isinstance(value, list) or len(value) != count:
        raise BadResponse("W&B's answer lacks the history that was asked for.")
    return value


def _may_be_one(error: BaseException | None) -> bool:
    """Whether a failure may come from one of several names that were asked for together."""
    return error is not None and not isinstance(
        error, AccessError | NotFound | FieldUnknown | ConnectionFailed | RateLimited
    )


def _told(error: BaseException) -> AnalysisError:
    """An error of the source as a result; any other is a fault of this program, and raised."""
    if isinstance(error, AnalysisError):
        return error
    raise error
