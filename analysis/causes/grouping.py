"""The same error in several runs is one group: fingerprints, and failures grouped by them."""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from analysis.causes.model import Cause
from analysis.causes.report import WhyReport

_Table = tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...]


def _id_if_mixed(found: re.Match[str]) -> str:
    """A word in which letters and digits change places often is an id; `resnet50` is a word."""
    switches = sum(a.isdigit() != b.isdigit() for a, b in pairwise(found[0]))
    return "<id>" if switches >= 3 else found[0]


_ADDRESS: Final = (re.compile(r"0x[0-9a-fA-F]+"), "<address>")
_ID: Final = (
    re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{12,}\b"),
    "<id>",
)
_ABSOLUTE: Final = (re.compile(r"(?:[A-Za-z]:|(?<![\w.]))(?:[\\/][\w.+@=-]+){2,}[\\/]?"), "<path>")
_TEMPORARY: Final = (re.compile(r"\btmp[a-z0-9_]{6,10}\b"), "<temporary>")
_VARIES: Final[_Table] = (
    _ADDRESS,
    (
        re.compile(
            r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"
            r"|\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b"
        ),
        "<time>",
    ),
    _ABSOLUTE,
    (re.compile(r"\b[\w.+-]+(?:/[\w.+@=-]+){2,}"), "<path>"),
    _TEMPORARY,
    _ID,
    (re.compile(r"\b[a-z0-9]{7,}\b"), _id_if_mixed),
    (re.compile(r"(?<!\w)[-+](?=[\d.])"), ""),
    (re.compile(r"\d+(?:[.,:_]\d+)*(?:e[-+]?\d+)?"), "<n>"),
    (re.compile(r"<n> ?(?:[KMGT]i?B|bytes|B)\b"), "<size>"),
    (re.compile(r"(?:<n>[,x ]*){2,}"), "<n> "),
    (re.compile(r"\s+"), " "),
)
_OF_A_NAME: Final = frozenset(
    ("KeyError", "AttributeError", "NameError", "ModuleNotFoundError", "ImportError")
)
"""Errors that are about a name: `'layer1'` and `'layer2'` are two, whatever their numbers."""
_OF_A_RUN: Final = (_ADDRESS, _ABSOLUTE, _TEMPORARY, _ID)
_QUOTED: Final = re.compile(r"(['\"])(?P<name>[^'\"]{1,120})\1")
_BY_CAUSE: Final = frozenset(("gpu_oom", "killed", "timeout_limit", "preempted", "interrupted"))


def normalised(message: str, kind: str = "") -> str:
    """A message without what differs from run to run: numbers, paths, times, addresses, ids.

    Where the type of the exception, `kind`, is about a name, names in quotes keep their numbers.
    """
    names: list[str] = []

    def keep(found: re.Match[str]) -> str:
        names.append(_without(found["name"], _OF_A_RUN))
        return "<name>"

    if kind in _OF_A_NAME:
        message = _QUOTED.sub(keep, message)
    return " ".join([_without(message, _VARIES).strip()[:200], *names[:4]])


def _without(text: str, table: _Table) -> str:
    for pattern, name in table:
        text = pattern.sub(name, text)
    return text


def fingerprint(report: WhyReport) -> str:
    """The identity of an error: its type, its message without what varies, and its own function.

    Returns:
        12 hex digits; equal for the same error in another run, at another step, on another rank.
    """
    message = report.exception_message or (report.quotes[0] if report.quotes else "")
    kind = (report.exception_type or "").rpartition(".")[2]
    told = "" if report.cause in _BY_CAUSE else normalised(message, kind)
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
