"""The failures of a project by cause and by fingerprint of the error, as data."""

from collections.abc import Sequence
from datetime import datetime

from analysis.causes.grouping import FailureGroup
from analysis.refs import ProjectRef
from analysis.reports import SCHEMA_VERSION, Report, Time
from analysis.run import Run


class FailureGroupReport(Report):
    """Runs that ended with the same error; the oldest and the latest by path."""

    fingerprint: str
    cause: str
    title: str
    count: int
    first_run: str
    first_at: Time
    last_run: str
    last_at: Time
    runs: tuple[str, ...]


class FailuresReport(Report):
    """What failed in a project, the most frequent error first.

    Attributes:
        total: failed runs that ended within the days.
        unread: those whose console could not be read in time.
    """

    schema_version: int = SCHEMA_VERSION
    entity: str
    project: str | None
    days: float
    total: int
    unread: int
    by_cause: dict[str, int]
    groups: tuple[FailureGroupReport, ...]
    generated_at: Time

    @classmethod
    def of(
        cls,
        within: ProjectRef,
        days: float,
        now: datetime,
        groups: Sequence[FailureGroup],
        runs: Sequence[Run],
        read: int,
    ) -> "FailuresReport":
        """The report of groups that were made."""
        by_cause: dict[str, int] = {}
        for group in groups:
            by_cause[group.cause] = by_cause.get(group.cause, 0) + group.count
        return cls(
            entity=within.entity,
            project=within.project,
            days=days,
            total=len(runs),
            unread=len(runs) - read,
            by_cause=dict(sorted(by_cause.items(), key=lambda item: (-item[1], item[0]))),
            groups=tuple(
                FailureGroupReport(
                    fingerprint=group.fingerprint,
                    cause=group.cause,
                    title=group.title,
                    count=group.count,
                    first_run=group.first_run,
                    first_at=group.first_at,
                    last_run=group.last_run,
                    last_at=group.last_at,
                    runs=group.runs,
                )
                for group in groups
            ),
            generated_at=now,
        )
