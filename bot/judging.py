"""Comparisons, causes and failures for the Slack side: the core's questions with our settings."""

from collections.abc import Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from analysis.failures import FailuresReport
from analysis.flight import off_loop
from analysis.refs import ProjectRef, RunRef
from analysis.sources.base import Effort, RunSource
from bot.settings import Settings
from handlers.ports import Clock
from handlers.services import Compare, Compared, Failures, Why

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from analysis.comparing.matter import By
    from analysis.comparing.sides import SideRef
    from analysis.why import Explanation


def comparer(settings: Settings, source: RunSource, clock: Clock) -> Compare:
    """The ``services.Compare`` over an open source."""
    effort = Effort(settings.describe.deadline_s, settings.describe.points)

    @asynccontextmanager
    async def opened() -> "AsyncIterator[RunSource]":
        yield source  # shared by all answers: not closed after one

    async def compare(
        sides: "Sequence[SideRef]", *, metric: str | None = None, by: "By | None" = None
    ) -> Compared:
        from analysis.comparing.compare import check_count, examine
        from analysis.comparing.loading import Loader
        from analysis.plots.overlay import overlay_of

        check_count(len(sides))
        loader = Loader(opened, clock.now(), effort, metric=metric, overrides=settings.metrics)
        loaded = await loader.load(sides)
        report, matter = await off_loop(
            lambda: examine(loaded, now=loader.now, metric=metric, by=by)
        )
        return Compared(report, None if matter is None else overlay_of(matter, report))

    return compare


def explainer(settings: Settings, source: RunSource, clock: Clock) -> Why:
    """The ``services.Why`` over an open source."""

    async def explain(ref: RunRef) -> "Explanation":
        from analysis.why import why

        return await why(source, ref, now=clock.now(), effort=Effort(settings.describe.deadline_s))

    return explain


def failure_finder(settings: Settings, source: RunSource, clock: Clock) -> Failures:
    """The ``services.Failures`` over an open source."""

    async def find(within: ProjectRef, *, days: float) -> FailuresReport:
        from analysis.why import failures

        effort = Effort(settings.describe.deadline_s)
        return await failures(source, within, days=days, now=clock.now(), effort=effort)

    return find
