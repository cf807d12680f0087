"""What every source of runs can do. All calls are coroutines and safe to run at once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Any, Literal, Protocol, Self

from analysis.history import History
from analysis.refs import ProjectRef, RunRef
from analysis.run import ConsoleLine, Project, Run, RunState, Viewer

Progress = Callable[[str, int, int | None], None]
"""Called with a phrase, how much is done, and how much there is (where known)."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much may be spent on a question.

    Attributes:
        deadline_s: seconds in all, waits for ``Retry-After`` included; what has not come by then
            is reported as missing.
        points: points a series that may be fetched before thinning starts.
        full: fetch every row, however many (a user's choice, with progress and a way to cancel).
    """

    deadline_s: float = 10.0
    points: int = 10_000
    full: bool = False


@dataclass(frozen=True, slots=True)
class RunQuery:
    """Which runs of an entity are meant.

    Attributes:
        within: entity and project.
        states: only these; all when empty.
        active_since: only runs with a sign of life since then, UTC.
        filters: further conditions in W&B's own Mongo-like form.
        order: W&B's order, such as ``-heartbeat_at`` or ``-created_at``.
        limit: at most so many.
    """

    within: ProjectRef
    states: frozenset[RunState] = frozenset()
    active_since: datetime | None = None
    filters: Mapping[str, Any] = field(default_factory=dict)
    order: str = "-created_at"
    limit: int = 500


@dataclass(frozen=True, slots=True)
class RunPage:
    """Runs that were found, their curves where asked for, and how many there are in all."""

    runs: tuple[Run, ...]
    total: int | None = None
    curves: Mapping[RunRef, History] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Census:
    """Which runs are there, for one who knows some of them.

    Attributes:
        known: those whose facts are at hand, without config, summary and names.
        others: whole.
        unread: projects of an entity that could not be asked; nothing is known of their runs.
    """

    known: tuple[Run, ...] = ()
    others: tuple[Run, ...] = ()
    unread: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of one run in a request for many.

    Attributes:
        run: as it is known.
        keys: names whose points are wanted.
        since: the step to start from; ``None`` for a sample of all.
        samples: points a curve; what is more, from a step on, is fetched whole.
        facts: how much of the run itself comes along: nothing, its summary, all, or all and the
            exit code where the server knows it.
        system: the samples of its system metrics that come along.
    """

    run: Run
    keys: Sequence[str]
    since: int | None
    samples: int
    facts: Literal["", "summary", "all", "end"] = ""
    system: int = 0


@dataclass(frozen=True, slots=True)
class News:
    """What came of a run.

    Attributes:
        run: with the facts that were asked for.
        history: the points, and what did not come.
        system: the system metrics, where they were asked for and came.
    """

    run: Run
    history: History
    system: History | None = None


class RunSource(Protocol):
    """A place where runs are kept: a W&B server, or files on disk.

    Every method raises only the classes of ``analysis.errors``.
    """

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    async def run(self, ref: RunRef) -> Run:
        """State, times, config, summary and logged names of one run.

        Raises:
            RunNotFound: when there is none, or it may not be read.
        """
        ...

    async def history(
        self,
        run: Run,
        keys: Sequence[str],
        effort: Effort,
        *,
        since_step: int | None = None,
        progress: Progress | None = None,
    ) -> History:
        """The curves of ``keys``: every row where that fits the effort, else thinned faithfully.

        Never lets a one-step spike or NaN disappear silently: what thinning may hide is in
        ``missing``. A key that fails alone is named there too; the call raises only when
        nothing at all came.
        """
        ...

    async def system(self, run: Run, effort: Effort) -> History:
        """System metrics by name (``system.gpu.0.gpu``, …); ``step`` counts samples."""
        ...

    async def console(self, run: Run, last: int) -> tuple[ConsoleLine, ...]:
        """The last lines that the process printed, in order."""
        ...

    async def runs(
        self, query: RunQuery, *, curve_keys: Sequence[str] = (), samples: int = 100
    ) -> RunPage:
        """The runs that a query means, newest first unless it says otherwise.

        Args:
            query: which runs.
            curve_keys: candidate names whose sampled curves come along, in the same request a
                page (names that a run does not log cost nothing).
            samples: points a curve.
        """
        ...

    async def curves(
        self, runs: Iterable[tuple[Run, Sequence[str], int | None]], samples: int
    ) -> Mapping[RunRef, History]:
        """New points of many runs: for each its own names and the step to start from.

        Sent with an alias a run, in pages; a run that fails has its reason in ``missing``.
        """
        ...

    async def census(
        self,
        within: ProjectRef,
        *,
        known: Sequence[RunRef],
        named: Sequence[RunRef],
        since: datetime,
    ) -> Census:
        """Which runs live, were created since, or are known or named: one request a project.

        Args:
            within: a project, or an entity.
            known: runs whose facts are at hand: only what moves is asked of them.
            named: further runs, to be read whole.
            since: runs that were created from then on are read whole too, UTC.

        Raises:
            ProjectNotFound: when the project or entity is not there.
        """
        ...

    async def news(self, asked: Sequence[Asked]) -> Mapping[RunRef, News]:
        """New points of many runs, with as much of their facts as is asked for.

        Sent with an alias a run, in pages; a run that fails has its reason in ``missing``.
        """
        ...

    async def projects(self, entity: str) -> tuple[Project, ...]:
        """Projects of an entity, the most recently active first.

        Raises:
            ProjectNotFound: when the entity is unknown.
        """
        ...

    async def viewer(self) -> Viewer:
        """Whose key this is.

        Raises:
            NotAuthenticated: when the key is refused.
        """
        ...
