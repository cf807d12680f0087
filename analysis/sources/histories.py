"""The curves of a run from a W&B server: every row where that fits, else buckets, else samples."""

import asyncio
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise

import numpy as np

from analysis.errors import AnalysisError, FieldUnknown
from analysis.flight import gather_bounded, off_loop
from analysis.history import History, Missing, Series
from analysis.run import Run
from analysis.sources import graphql
from analysis.sources.base import Effort
from analysis.sources.buckets import (
    Buckets,
    Stretch,
    as_buckets,
    buckets_of,
    series_of,
    shows_lone,
    stretches,
)
from analysis.sources.decode import Points
from analysis.sources.specs import CELLS, Answer, Fetcher, Spec, lists, roomy

BINS = 1_000  # buckets a curve: several times what a plot can show
_PART_ROWS = 5_000  # rows of one part, where a curve is fetched in parts
_MOST_STRETCHES = 24  # suspicious stretches of a curve that are read again
_MOST_AGAIN = 100_000  # rows of all curves that are read again
_SAMPLES = 4_000  # of a curve of a server without buckets
_LEAST_AGAIN = 8_000  # of one curve, however many there are
_BUCKETS_A_REQUEST = 4  # curves: what comes early is there when time is short
_BUCKETS_SHARE = 0.75  # of the time; the rest is for samples where no buckets came


@dataclass
class Reader:
    """Reads the curves of one run.

    Attributes:
        fetcher: asks about the run, within a deadline.
        run: the run.
        effort: how many points are worth fetching.
        has_buckets: whether this server has buckets; false once it said that it has not.
    """

    fetcher: Fetcher
    run: Run
    effort: Effort
    has_buckets: bool = True
    _missing: list[Missing] = field(default_factory=list)

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
        if not found and self.fetcher.lost:
            raise next(iter(self.fetcher.lost.values()))
        lost = [
            Missing(f"part of {name}" if name in found else name, error.sentence)
            for name, error in self.fetcher.lost.items()
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
        found = _by_name(await self.fetcher.all(specs))
        # Fewer rows than W&B counts: the names do not share theirs after all, or the server gives
        # less than it is asked for. Smaller questions, one a name, settle both.
        short = [n for n in names if since is None and self._is_short(n, found.get(n))]
        if short and self.fetcher.deadline.left > 0:
            size = {n: max(100, found[n].rows // 2 if n in found else 0) for n in short}
            alone = [spec for n in short for spec in self._parts((n,), None, size[n])]
            found |= _by_name(await self.fetcher.all(alone))
        # The parts are given up one name after the other: there may be many millions of rows.
        return {name: await off_loop(_joined, found.pop(name).parts) for name in list(found)}

    def _in_every_row(self, name: str) -> bool:
        key = self.run.keys.get(name)
        return key is not None and key.count is not None and key.count == self.run.rows

    def _is_short(self, name: str, came: "_Came | None") -> bool:
        key = self.run.keys.get(name)
        return (
            key is not None
            and key.count is not None
            and name not in self.fetcher.lost
            and (came.rows if came else 0) < key.count
        )

    def _parts(self, group: tuple[str, ...], since: int | None, part: int) -> list[Spec]:
        """One spec for the names, or one a range of steps where there are many rows."""
        rows = self._rows(group[0], since)
        size = min(part, CELLS // (len(group) + 2))
        last = self.run.last_step
        if rows <= size or last is None:
            return [Spec(group, roomy(rows), since)]
        first = 0 if since is None else since
        edges = np.linspace(first, last + 1, math.ceil(rows / size) + 1).astype(np.int64).tolist()
        ranges = [(low, high - 1) for low, high in pairwise(edges) if low < high]
        parts = [Spec(group, roomy(size), low, high) for low, high in ranges]
        # The run may have gone on since, and its first step need not be 0.
        parts[0] = replace(parts[0], low=since)
        parts[-1] = replace(parts[-1], high=None)
        return parts

    # Thinned.

    async def _thinned(self, names: Sequence[str], since: int | None) -> Mapping[str, Series]:
        """Buckets of each name; samples of those whose buckets do not come."""
        found: dict[str, Series] = {}
        if names and self.has_buckets:
            try:
                found = await self._bucketed(names)
            except FieldUnknown:
                self.has_buckets = False
        rest = [name for name in names if name not in found]
        if rest and self.fetcher.deadline.left > 0:
            for name in rest:
                self.fetcher.lost.pop(name, None)
            found |= await self._sampled(rest)
        if since is None:
            return found
        return {name: await off_loop(series.since, since) for name, series in found.items()}

    async def _bucketed(self, names: Sequence[str]) -> dict[str, Series]:
        """Buckets of each name, and the rows themselves where buckets are suspicious."""
        requests = math.ceil(len(names) / _BUCKETS_A_REQUEST)
        batches = [tuple(names[place::requests]) for place in range(requests)]
        answers = await gather_bounded([partial(self._buckets, b) for b in batches], len(batches))
        buckets = {name: each for answer in answers for name, each in answer.items()}
        series, seen = await self._read_again(buckets)
        rows = sum(int(each.rows.sum()) for each in buckets.values())
        if rows and not seen:
            self._missing.append(
                Missing(
                    "single non-finite values",
                    f"W&B summed up {rows:,} values in buckets, which may leave out a lone NaN",
                )
            )
        return series

    async def _buckets(self, names: tuple[str, ...]) -> Mapping[str, Buckets]:
        """The buckets of some names; when the question fails, each is asked for alone."""
        within = self.fetcher.deadline.sooner(_BUCKETS_SHARE)

        async def ask(wanted: Sequence[str]) -> list[Buckets]:
            specs = [json.dumps({"keys": [n], "bins": BINS, "xAxis": "_step"}) for n in wanted]
            return await self.fetcher.ask(
                graphql.BUCKETS, {"specs": specs}, within, partial(_all_buckets, wanted)
            )

        _, answers = await self.fetcher.together_or_alone(ask, names, names)
        found = {}
        for name, came in zip(names, answers, strict=True):
            if isinstance(came, FieldUnknown):
                raise came
            if isinstance(came, AnalysisError):
                self.fetcher.lose(name, came)
            else:
                found[name] = came
        return found

    async def _sampled(self, names: Sequence[str]) -> Mapping[str, Series]:
        """Samples of each name, and the rows around those that stand out."""
        most = min(self.effort.points, _SAMPLES)
        came = _by_name(
            await self.fetcher.all([Spec((name,), most) for name in names], whole=False)
        )
        samples = {
            name: as_buckets(_points(found.parts), self._rows(name, None))
            for name, found in came.items()
        }
        series, _ = await self._read_again(samples)
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

    async def _read_again(self, buckets: Mapping[str, Buckets]) -> tuple[dict[str, Series], bool]:
        """The curves that buckets stand for, their suspicious stretches read row by row.

        Also whether the buckets were seen to show single values that are not finite.
        """
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
        for spec, came in await self.fetcher.all(list(asked)):
            name = spec.keys[0]
            exact[name].append((asked[spec], _points(came.parts[name])))
        series = {
            name: await off_loop(series_of, each, exact[name])
            for name, each in buckets.items()
            if len(each)
        }
        return series, any(shows_lone(each, exact[name]) for name, each in buckets.items())


@dataclass(slots=True)
class _Came:
    """What came for a name."""

    parts: list[Points] = field(default_factory=list)
    rows: int = 0


def _by_name(answers: Sequence[tuple[Spec, Answer]]) -> dict[str, _Came]:
    found: dict[str, _Came] = {}
    for _, answer in answers:
        for name, parts in answer.parts.items():
            came = found.setdefault(name, _Came())
            came.parts.extend(parts)
            came.rows += answer.rows
    return found


def _all_buckets(names: Sequence[str], value: object) -> list[Buckets]:
    return [
        buckets_of(raw, name) for name, raw in zip(names, lists(value, len(names)), strict=True)
    ]


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


def _spec_of(name: str, stretch: Stretch) -> Spec:
    low = None if stretch.after is None else stretch.after + 1
    high = None if stretch.before is None else stretch.before - 1
    return Spec((name,), roomy(stretch.rows), low, high)
