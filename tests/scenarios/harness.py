"""What scenario tests need around the Slack side: prepared runs, an access rule, the bot."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from analysis.comparing.matter import By
from analysis.comparing.sides import SideRef
from analysis.errors import AnalysisError, NotAllowed, RunNotFound
from analysis.failures import FailuresReport
from analysis.metric_lines import Lines, MetricAnswer
from analysis.plots.overlay import Overlay
from analysis.ranking import Ranking
from analysis.refs import ProjectRef, RunRef
from analysis.run import Run
from analysis.sources.base import Effort, Progress, RunPage, RunQuery
from analysis.why import Explanation
from handlers.conversation.memory import (
    KnownPeople,
    KnownPreferences,
    KnownQuestions,
    KnownUndos,
    LastShown,
)
from handlers.conversation.ports import Conversation
from handlers.listeners import Listeners
from handlers.memory import RecentTopics
from handlers.reply import Image
from handlers.request import Request
from handlers.services import Compared, Examined, Services
from handlers.surface.ports import Surface
from tests.clocks import HandClock
from tests.reports import a_run

T = TypeVar("T")

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


@dataclass
class Runs:
    """The runs that the bot knows in a test: what describing each gives, and when."""

    known: dict[str, Examined | AnalysisError | Exception] = field(default_factory=dict)
    facts: dict[str, Run] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    efforts: list[Effort | None] = field(default_factory=list)
    heard: list[Progress] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    async def examine(
        self,
        ref: RunRef,
        *,
        effort: Effort | None = None,
        on_run: Callable[[Run], None] | None = None,
        progress: Progress | None = None,
    ) -> Examined:
        self.asked.append(ref.path)
        self.efforts.append(effort)
        self.heard += [progress] if progress is not None else []
        if on_run is not None and ref.path in self.facts:
            on_run(self.facts[ref.path])
        await self.gate.wait()
        found = self.known.get(ref.path, RunNotFound(f"There is no run {ref.path}."))
        if isinstance(found, Exception):
            raise found
        return found


@dataclass(frozen=True)
class KnownRuns:
    """A directory of the runs that a test prepared; everything is in team/proj."""

    runs: Runs

    async def home(self) -> str | None:
        return "team"

    async def recent(self, within: ProjectRef) -> tuple[Run, ...]:
        refs = [path.split("/") for path in self.runs.known]
        return tuple(a_run(run) for entity, project, run in refs if entity == within.entity)

    async def named(self, within: ProjectRef, name: str) -> tuple[Run, ...]:
        return await self.recent(within)

    async def page(self, query: RunQuery) -> RunPage:
        return RunPage(await self.recent(query.within))

    async def run(self, ref: RunRef) -> Run:
        return a_run(ref.id)

    def seen(self, entity: str) -> Sequence[Run]:
        return ()


def talk(runs: Runs, clock: HandClock) -> Conversation:
    """A conversation in memory about the prepared runs; metrics have tests of their own."""

    async def read(refs: Sequence[RunRef], said: Sequence[str], *, by: By = "step") -> MetricAnswer:
        raise RunNotFound("No metrics are prepared here.")

    async def rank(query: RunQuery, *, metric: str | None = None, top: int = 5) -> Ranking:
        raise RunNotFound("No ranking is prepared here.")

    async def draw(lines: Lines) -> Image | None:
        return None

    return Conversation(
        directory=KnownRuns(runs),
        accounts=KnownPeople(),
        preferences=KnownPreferences(),
        questions=KnownQuestions(),
        undos=KnownUndos(clock),
        shown=LastShown(clock),
        read_metric=read,
        rank=rank,
        draw=draw,
    )


@dataclass
class Answers:
    """What comparing, explaining and counting failures give in a test."""

    compared: Compared | AnalysisError | None = None
    explained: Explanation | AnalysisError | None = None
    failed: FailuresReport | None = None
    asked: list[tuple[Any, ...]] = field(default_factory=list)

    async def compare(
        self, sides: Sequence[SideRef], *, metric: str | None = None, by: By | None = None
    ) -> Compared:
        self.asked.append(("compare", tuple(side.text for side in sides), metric, by))
        return self._given(self.compared)

    async def why(self, ref: RunRef) -> Explanation:
        self.asked.append(("why", ref.path))
        return self._given(self.explained)

    async def failures(self, within: ProjectRef, *, days: float) -> FailuresReport:
        self.asked.append(("failures", str(within), days))
        return self._given(self.failed)

    async def draw(self, overlay: Overlay) -> Image | None:
        return Image("comparison", PNG, overlay.title, overlay.key())

    @staticmethod
    def _given(prepared: T | AnalysisError | None) -> T:
        if prepared is None:
            raise RunNotFound("Nothing is prepared here.")
        if isinstance(prepared, AnalysisError):
            raise prepared
        return prepared


class OnlyTeam:
    """The entity “team” may be read, by everybody but “guest”."""

    def __init__(self) -> None:
        self.refused: set[str] = set()

    async def may_ask(self, request: Request) -> NotAllowed | None:
        return NotAllowed("Guests are not answered here.") if request.user in self.refused else None

    async def may_read(self, request: Request, entity: str) -> NotAllowed | None:
        if entity == "team":
            return None
        return NotAllowed(f"Runs of {entity} are not told here.")


@dataclass
class Bot:
    """The running Slack side, and what a test may change."""

    runs: Runs
    access: OnlyTeam
    clock: HandClock
    listeners: Listeners
    drawn: asyncio.Event
    topics: RecentTopics
    answers: Answers = field(default_factory=Answers)
    surface: Surface = field(kw_only=True)
    services: Services = field(kw_only=True)
