"""The same error in several runs is one group: fingerprints, and failures grouped by them."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from analysis.causes.model import Cause
from analysis.causes.report import WhyReport

_VARIES: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    (re.compile(r"0x[0-9a-fA-F]+"), "<address>"),
    (
        re.compile(r"(?:[A-Za-z]:)?(?:[\\/][\w.+@=-]+){2,}[\\/]?|\b[\w.+-]+(?:/[\w.+@=-]+){2,}"),
        "<path>",
    ),
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{12,}\b"), "<id>"),
    (re.compile(r"\d+(?:[.,:_]\d+)*(?:e[-+]?\d+)?"), "<n>"),
    (re.compile(r"(?:<n>[,x ]*){2,}"), "<n> "),
    (re.compile(r"\s+"), " "),
)
_BY_CAUSE: Final = frozenset(("gpu_oom", "killed", "timeout_limit", "preempted", "interrupted"))


def normalised(message: str) -> str:
    """A message without what differs from run to run: numbers, paths, addresses, ids."""
    for pattern, name in _VARIES:
        message = pattern.sub(name, message)
    return message.strip()[:200]


def fingerprint(report: WhyReport) -> str:
    """The identity of an error: its type, its message without what varies, and its own function.

    Returns:
        12 hex digits; equal for the same error in another run, at another step, on another rank.
    """
    message = report.exception_message or (report.quotes[0] if report.quotes else "")
    kind = (report.exception_type or "").rpartition(".")[2]
    told = "" if report.cause in _BY_CAUSE else normalised(message)
    where = report.frame.function if report.frame and report.frame.function else ""
    if report.cause in {"unknown", "none"} and not kind:
        told = ""
    text = f"{report.cause}\x1f{kind}\x1f{told}\x1f{where}"
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed run, for grouping. `run` names it, `at` is when it ended."""

    run: str
    at: datetime
    report: WhyReport


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Runs that ended with the same error.

    Attributes:
        fingerprint: What they share.
        cause: Its cause.
        title: Type and message of the error as the latest run shows it, or the sentence.
        count: Runs in the group.
        first_run: Name of the run that had it first, ended at `first_at`.
        last_run: Name of the latest, ended at `last_at`.
        runs: All of them, oldest first.
    """

    fingerprint: str
    cause: Cause
    title: str
    count: int
    first_run: str
    first_at: datetime
    last_run: str
    last_at: datetime
    runs: tuple[str, ...]


def group_failures(items: Iterable[Failure]) -> list[FailureGroup]:
    """Group failed runs by the fingerprint of their error, the most frequent group first.

    Runs that did not fail are left out. Of equally frequent groups the latest comes first.
    """
    groups: dict[str, list[Failure]] = {}
    for item in items:
        if item.report.cause != "none":
            groups.setdefault(fingerprint(item.report), []).append(item)
    made = [_group(key, sorted(members, key=_age)) for key, members in groups.items()]
    return sorted(made, key=lambda g: (g.count, g.last_at, g.fingerprint), reverse=True)


def _age(item: Failure) -> tuple[datetime, str]:
    return item.at, item.run


def _group(key: str, members: list[Failure]) -> FailureGroup:
    first, last = members[0], members[-1]
    report = last.report
    kind = (report.exception_type or "").rpartition(".")[2]
    title = f"{kind}: {report.exception_message}" if report.exception_message else kind
    return FailureGroup(
        fingerprint=key,
        cause=report.cause,
        title=title or report.sentence,
        count=len(members),
        first_run=first.run,
        first_at=first.at,
        last_run=last.run,
        last_at=last.at,
        runs=tuple(member.run for member in members),
    )
