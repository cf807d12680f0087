"""The five questions as text in, reports out: what a script or an agent asks, with our settings.

``bot/cli`` prints the same reports; here each question opens what it needs and closes it again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bot.cli.runs import Runs
from bot.settings import Settings

if TYPE_CHECKING:
    from analysis.causes.report import WhyReport
    from analysis.comparing.report import Comparison
    from analysis.comparing.sides import SideRef
    from analysis.failures import FailuresReport
    from analysis.looking.report import Look
    from analysis.reports import RunReport
    from analysis.sources.base import Effort


@dataclass(frozen=True, slots=True)
class Questions:
    """What can be asked; every method raises only ``analysis.errors``.

    Attributes:
        settings: budgets, thresholds, metric names.
        now: the clock.
    """

    settings: Settings
    now: Callable[[], datetime]

    async def describe(self, run: str) -> "RunReport":
        """How a run is doing."""
        from analysis.describe import examine

        moment = self.now()
        async with self._runs(moment) as runs:
            source, ref = await runs.find(run)
            found = await examine(
                source,
                ref,
                now=moment,
                thresholds=self.settings.thresholds,
                overrides=self.settings.metrics,
                effort=self._effort(),
            )
        return found.report

    async def watch(self, where: str | None, projects: Sequence[str], hours: float) -> "Look":
        """All running jobs, what failed and what finished."""
        from analysis.look import Targets, look

        moment = self.now()
        async with self._runs(moment) as runs:
            source, within = await runs.projects(where)
            return await look(
                source,
                Targets(within, tuple(projects)),
                now=moment,
                hours=hours,
                effort=self._effort(),
                thresholds=self.settings.thresholds,
                overrides=self.settings.metrics,
            )

    async def compare(
        self,
        sides: Sequence[str],
        *,
        metric: str | None = None,
        better: Literal["up", "down"] | None = None,
        by: Literal["step", "tokens", "time"] | None = None,
    ) -> "Comparison":
        """Which side is better, and how sure that is."""
        from analysis.comparing.compare import check_count, judge
        from analysis.comparing.loading import Loader
        from analysis.flight import off_loop
        from analysis.sources.wandb import WandbSource

        check_count(len(sides))
        moment, deadline = self.now(), self.settings.describe.deadline_s
        refs, on_disk = await read_sides(sides, self.settings, moment)
        server = None if on_disk else lambda: WandbSource(deadline_s=deadline)
        loader = Loader(
            server, moment, self._effort(), metric=metric, overrides=self.settings.metrics
        )
        loaded = await loader.load(refs)

        def judged() -> "Comparison":
            return judge(loaded, now=moment, metric=metric, by=by, direction=better)

        return await off_loop(judged)

    async def why(self, run: str) -> "WhyReport":
        """Why a run failed."""
        from analysis.why import why

        moment = self.now()
        async with self._runs(moment) as runs:
            source, ref = await runs.find(run)
            return (await why(source, ref, now=moment, effort=self._effort())).report

    async def failures(self, project: str, days: float) -> "FailuresReport":
        """A project's failures, by their error."""
        from analysis.why import failures

        moment = self.now()
        async with self._runs(moment) as runs:
            source, within = await runs.projects(project)
            return await failures(source, within, days=days, now=moment, effort=self._effort())

    def _runs(self, moment: datetime) -> Runs:
        return Runs(moment, self.settings.describe.deadline_s)

    def _effort(self) -> "Effort":
        from analysis.sources.base import Effort

        return Effort(self.settings.describe.deadline_s, self.settings.describe.points)


async def read_sides(
    texts: Sequence[str], settings: Settings, now: datetime
) -> "tuple[list[SideRef], bool]":
    """The sides as named, and whether all of them are on disk (then no server is asked).

    Raises:
        AnalysisError: when a text is no side, or names that must be completed cannot be.
    """
    from analysis.comparing.sides import parse_side
    from analysis.errors import BadReference
    from analysis.refs import Defaults

    try:
        refs = [parse_side(text, Defaults()) for text in texts]
        if all(isinstance(place, Path) for ref in refs for place in ref.places):
            return refs, True
    except BadReference:
        pass  # a short name: W&B's settings, or the server, complete it
    async with Runs(now, settings.describe.deadline_s) as runs:
        return [await runs.named(partial(parse_side, text)) for text in texts], False
