"""Several runs examined at once; one that cannot be read holds none of the others up."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from analysis.errors import AnalysisError
from analysis.flight import gather_bounded
from analysis.refs import RunRef
from analysis.reports import RunReport
from handlers.services import Services

MOST: Final = 8
"""Runs in one answer."""
_AT_ONCE: Final = 4


@dataclass(frozen=True, slots=True)
class Together:
    """What became of several runs, in the order asked for.

    Attributes:
        reports: of those that were read.
        errors: of those that were not: the run's path and why.
        more: how many were not looked at.
    """

    reports: tuple[RunReport, ...]
    errors: tuple[tuple[str, AnalysisError], ...] = ()
    more: int = 0

    @property
    def paths(self) -> tuple[str, ...]:
        """The runs that were read."""
        return tuple(report.run.path for report in self.reports)


async def examine_all(services: Services, refs: Sequence[RunRef]) -> Together:
    """Reports of up to ``MOST`` runs.

    Raises:
        AnalysisError: None of them could be read; the first one's reason.
    """

    async def one(ref: RunRef) -> RunReport | AnalysisError:
        try:
            return (await services.examine(ref)).report
        except AnalysisError as error:
            return error

    asked = refs[:MOST]
    found = await gather_bounded([partial(one, ref) for ref in asked], _AT_ONCE)
    reports = tuple(each for each in found if isinstance(each, RunReport))
    errors = tuple(
        (ref.path, each)
        for ref, each in zip(asked, found, strict=True)
        if isinstance(each, AnalysisError)
    )
    if errors and not reports:
        raise errors[0][1]
    return Together(reports, errors, max(0, len(refs) - MOST))
