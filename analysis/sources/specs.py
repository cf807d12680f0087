"""Sampled histories of one run: many specs in few requests, and ways around those that fail."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol, TypeVar

from analysis.errors import (
    AccessError,
    AnalysisError,
    BadResponse,
    ConnectionFailed,
    FieldUnknown,
    NotFound,
    RateLimited,
)
from analysis.sources import graphql
from analysis.sources.base import Progress
from analysis.sources.deadline import Deadline
from analysis.sources.decode import Points, points_of
from analysis.sources.graphql import Operation

S = TypeVar("S")
T = TypeVar("T")

CELLS = 60_000  # numbers in one answer: about 2 MB of JSON, some 30 ms to decode
_HEDGE = 0.6  # share of the time after which names are asked for one by one as well


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


@dataclass(frozen=True, slots=True)
class Answer:
    """What came for a spec: the points of each name in parts, and how many rows.

    ``halves`` are two specs to ask instead, where the spec's limit cut the answer short.
    """

    parts: Mapping[str, list[Points]]
    rows: int
    halves: Sequence[Spec] = ()

    @classmethod
    def joined(cls, spec: Spec, answers: Sequence["Answer"]) -> "Answer":
        """One answer in place of those to the parts of a spec."""
        parts = {name: [p for each in answers for p in each.parts[name]] for name in spec.keys}
        return cls(parts, sum(each.rows for each in answers))


class AskRun(Protocol):
    """How one run is asked."""

    async def __call__(
        self,
        operation: Operation,
        variables: Mapping[str, Any],
        deadline: Deadline,
        read: Callable[[object], T],
        /,
    ) -> T:
        """Ask for a field of the run; ``read`` makes what is wanted of its value, off the loop."""
        ...


@dataclass
class Fetcher:
    """Asks one run for sampled histories, within one deadline.

    Attributes:
        ask: asks about this run.
        deadline: by when all must be there.
        progress: is told how many rows came.
        lost: the error of each name of which something did not come.
    """

    ask: AskRun
    deadline: Deadline
    progress: Progress | None = None
    lost: dict[str, AnalysisError] = field(default_factory=dict)
    _done: int = 0

    async def all(
        self, specs: Sequence[Spec], *, whole: bool = True
    ) -> list[tuple[Spec, "Answer"]]:
        """The rows of all the specs; those that do not come are noted.

        Args:
            specs: what to ask for.
            whole: ask again in halves where a spec's limit was reached.
        """
        batches = list(_packed(specs))
        answers = await asyncio.gather(*(self._batch(batch, whole) for batch in batches))
        return [pair for answer in answers for pair in answer]

    async def _batch(self, specs: Sequence[Spec], whole: bool) -> list[tuple[Spec, Answer]]:
        async def ask(wanted: Sequence[Spec]) -> list[Answer]:
            texts = {"specs": [spec.text for spec in wanted]}
            return await self.ask(
                graphql.HISTORY, texts, self.deadline, partial(_answers, wanted, whole)
            )

        alone = [replace(spec, keys=(name,)) for spec in specs for name in spec.keys]
        asked, answers = await self.together_or_alone(ask, specs, alone)
        found = []
        for spec, came in zip(asked, answers, strict=True):
            if isinstance(came, AnalysisError):
                for name in spec.keys:
                    self.lose(name, came)
                continue
            self._tell(came.rows)
            if came.halves:
                parts = [answer for _, answer in await self.all(came.halves)]
                came = Answer.joined(spec, parts)
            found.append((spec, came))
        return found

    async def together_or_alone(
        self,
        ask: Callable[[Sequence[S]], Awaitable[Sequence[T]]],
        wanted: Sequence[S],
        alone: Sequence[S],
    ) -> tuple[Sequence[S], Sequence[T | AnalysisError]]:
        """Several questions in one request; each in its own where that does not work.

        One poisoned name must not keep the others: when the request for all of them fails, or
        takes long, each name is asked for by itself as well, and what is whole first is taken.

        Args:
            ask: sends questions in one request.
            wanted: the questions.
            alone: the same questions, one a name.

        Returns:
            The questions that were answered, these or those, and their answers: rows, or the
            error where one that was asked alone failed.
        """
        together = asyncio.ensure_future(ask(wanted))
        apart: list[asyncio.Future[Sequence[T]]] = []
        try:
            patience = None if len(alone) == 1 else self.deadline.left * _HEDGE
            await asyncio.wait([together], timeout=patience)
            if together.done() and (len(alone) == 1 or not _may_be_one(together.exception())):
                error = together.exception()
                return wanted, together.result() if error is None else [_told(error)] * len(wanted)
            apart = [asyncio.ensure_future(ask([each])) for each in alone]
            rest = asyncio.gather(*apart, return_exceptions=True)
            if not together.done():
                first: list[asyncio.Future[Any]] = [together, rest]
                await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
            if together.done() and together.exception() is None:
                return wanted, together.result()
            return alone, [
                _told(each) if isinstance(each, BaseException) else each[0] for each in await rest
            ]
        finally:
            for task in (together, *apart):
                task.cancel()
            await asyncio.gather(together, *apart, return_exceptions=True)

    def lose(self, name: str, error: AnalysisError) -> None:
        """Note that something of a name did not come."""
        self.lost.setdefault(name, error)

    def _tell(self, rows: int) -> None:
        self._done += rows
        if self.progress is not None:
            self.progress("rows read", self._done, None)


def _packed(specs: Sequence[Spec]) -> Iterator[list[Spec]]:
    """The specs in as few requests as keep an answer small."""
    batch: list[Spec] = []
    cells = 0
    for spec in specs:
        if batch and cells + spec.cells > CELLS:
            yield batch
            batch, cells = [], 0
        batch.append(spec)
        cells += spec.cells
    if batch:
        yield batch


def _answers(specs: Sequence[Spec], whole: bool, value: object) -> list[Answer]:
    """The answers to some specs, from the value of ``sampledHistory``."""
    found = []
    for spec, came in zip(specs, lists(value, len(specs)), strict=True):
        rows = came if isinstance(came, list) else []
        parts = {name: [points] for name, points in points_of(rows, spec.keys).items()}
        halves = _halves(spec, rows) if whole and len(rows) >= spec.samples else []
        found.append(Answer(parts, len(rows), halves))
    return found


def _halves(spec: Spec, rows: Sequence[Any]) -> list[Spec]:
    """Two specs in place of one whose limit was reached; none where it cannot be split."""
    steps = sorted(
        s for row in rows if isinstance(row, dict) and type(s := row.get("_step")) is int
    )
    if not steps or steps[0] == steps[-1]:
        return []
    middle = max(steps[len(steps) // 2], steps[0] + 1)
    return [replace(spec, high=middle - 1), replace(spec, low=middle)]


def roomy(rows: int) -> int:
    """A limit that is surely not reached by so many rows and what was logged since."""
    return rows + rows // 4 + 500


def lists(value: object, count: int) -> list[object]:
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
