"""How good the detectors are on labelled runs: recall, precision, health; pure but for reading."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from analysis.describe import describe
from analysis.errors import LogUnreadable
from analysis.reports import RunReport
from analysis.robust import wilson
from analysis.sources.base import Effort
from analysis.thresholds import DEFAULTS, Thresholds


class Label(BaseModel):
    """What is true of a run: an entry of ``truth.json`` (further fields are allowed)."""

    model_config = ConfigDict(frozen=True, extra="allow")

    file: str
    must: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    health: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was reported of a run: codes at warning or critical, and the health."""

    codes: frozenset[str]
    health: str

    @classmethod
    def of(cls, report: RunReport) -> "Verdict":
        """The verdict of a report; information does not count."""
        loud = frozenset(f.code for f in report.findings if f.severity.rank > 0)
        return cls(loud, report.health.value)


class Rate(BaseModel):
    """A share with its 95 % interval (Wilson); ``value`` is None where n is 0."""

    model_config = ConfigDict(frozen=True)

    hits: int
    n: int
    value: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, hits: int, n: int) -> "Rate":
        """The share ``hits / n``."""
        interval = wilson(hits, n)
        if interval is None:
            return cls(hits=hits, n=n, value=None, low=None, high=None)
        return cls(hits=hits, n=n, value=hits / n, low=interval[0], high=interval[1])

    def __str__(self) -> str:
        if self.value is None:
            return "–"
        return f"{self.hits}/{self.n} = {self.value:.2f} [{self.low:.2f}, {self.high:.2f}]"


class CodeScore(BaseModel):
    """Recall and precision of one code."""

    model_config = ConfigDict(frozen=True)

    code: str
    recall: Rate
    precision: Rate


class Confusion(BaseModel):
    """A run where report and truth differ."""

    model_config = ConfigDict(frozen=True)

    run: str
    missed: tuple[str, ...] = ()
    false_alarms: tuple[str, ...] = ()
    health: str | None = None
    accepted_health: tuple[str, ...] = ()


class EvaluationReport(BaseModel):
    """Scores in all and by code, and the confusions by name."""

    model_config = ConfigDict(frozen=True)

    runs: int
    recall: Rate
    precision: Rate
    health: Rate
    by_code: tuple[CodeScore, ...]
    confusions: tuple[Confusion, ...]
    unreadable: tuple[str, ...] = ()


def score(
    labels: Mapping[str, Label],
    verdicts: Mapping[str, Verdict],
    unreadable: Sequence[str] = (),
) -> EvaluationReport:
    """Scores verdicts against labels as the contract defines it.

    A run without a verdict counts as one where nothing was reported and no health agreed.

    Args:
        labels: truth by run.
        verdicts: what was reported by run.
        unreadable: runs that could not be read, for the report.
    """
    nothing = Verdict(frozenset(), "")
    seen = {name: verdicts.get(name, nothing) for name in labels}
    codes = sorted(
        {code for label in labels.values() for code in label.must}
        | {code for verdict in seen.values() for code in verdict.codes}
    )
    by_code = tuple(_score_of(code, labels, seen) for code in codes)
    agreed = sum(seen[name].health in label.health for name, label in labels.items())
    return EvaluationReport(
        runs=len(labels),
        recall=_sum(item.recall for item in by_code),
        precision=_sum(item.precision for item in by_code),
        health=Rate.of(agreed, len(labels)),
        by_code=by_code,
        confusions=tuple(
            c for name, label in labels.items() if (c := _confusion(name, label, seen[name]))
        ),
        unreadable=tuple(unreadable),
    )


def _score_of(code: str, labels: Mapping[str, Label], seen: Mapping[str, Verdict]) -> CodeScore:
    due = [name for name, label in labels.items() if code in label.must]
    hits = sum(code in seen[name].codes for name in due)
    false = sum(
        code in seen[name].codes and code not in label.must and code not in label.may
        for name, label in labels.items()
    )
    return CodeScore(
        code=code, recall=Rate.of(hits, len(due)), precision=Rate.of(hits, hits + false)
    )


def _sum(rates: Iterable[Rate]) -> Rate:
    every = list(rates)
    return Rate.of(sum(rate.hits for rate in every), sum(rate.n for rate in every))


def _confusion(name: str, label: Label, verdict: Verdict) -> Confusion | None:
    missed = sorted(set(label.must) - verdict.codes)
    false = sorted(verdict.codes - set(label.must) - set(label.may))
    wrong = verdict.health not in label.health
    if not missed and not false and not wrong:
        return None
    return Confusion(
        run=name,
        missed=tuple(missed),
        false_alarms=tuple(false),
        health=verdict.health if wrong else None,
        accepted_health=label.health if wrong else (),
    )


def read_labels(folder: Path) -> dict[str, Label]:
    """The labels of a folder of runs.

    Raises:
        LogUnreadable: when there is no ``truth.json``, or it is not shaped as it should be.
    """
    file = folder / "truth.json"
    try:
        raw = json.loads(file.read_text(encoding="utf-8"))
        return TypeAdapter(dict[str, Label]).validate_python(raw)
    except OSError:
        raise LogUnreadable(
            f"There is no truth.json in “{folder}”.", "Give a folder of labelled runs."
        ) from None
    except (ValueError, ValidationError):
        raise LogUnreadable(f"The truth.json in “{folder}” is not a table of labels.") from None


async def evaluate(folder: Path, thresholds: Thresholds = DEFAULTS) -> EvaluationReport:
    """Describes every labelled run of a folder and scores the reports.

    The clock of each run stands one day after its last record, so that a killed run reads as
    crashed on any day.

    Raises:
        LogUnreadable: when the folder holds no labels.
    """
    labels = read_labels(folder)
    verdicts: dict[str, Verdict] = {}
    unreadable: list[str] = []
    for name, label in labels.items():
        try:
            verdicts[name] = Verdict.of(await report_on_file(folder / label.file, thresholds))
        except LogUnreadable:
            unreadable.append(name)
    return score(labels, verdicts, unreadable)


async def report_on_file(file: Path, thresholds: Thresholds = DEFAULTS) -> RunReport:
    """The report on a run on disk as of one day after its last record.

    Raises:
        LogUnreadable: when there is no run in the file.
    """
    from analysis.sources.offline import OfflineSource

    clock = [datetime.now(UTC)]
    async with OfflineSource(file, clock=lambda: clock[-1]) as source:
        beat = (await source.run_at(file)).heartbeat_at
        clock.append((beat or clock[0]) + timedelta(days=1))
        run = await source.run_at(file)
        return await describe(
            source, run, now=clock[-1], thresholds=thresholds, effort=Effort(full=True)
        )


def render(report: EvaluationReport) -> str:
    """The scores as Markdown: a table by code, the sums, and the confusions by name."""
    lines = [
        "| code | recall [95 %] | precision [95 %] |",
        "|---|---|---|",
        *(f"| `{c.code}` | {c.recall} | {c.precision} |" for c in report.by_code),
        f"| **all** | **{report.recall}** | **{report.precision}** |",
        "",
        f"Health agrees in {report.health} of the runs.",
    ]
    if report.unreadable:
        lines += ["", "Could not be read: " + ", ".join(report.unreadable) + "."]
    if report.confusions:
        lines += ["", "Confusions:", ""]
        lines += [f"- {_said(confusion)}" for confusion in report.confusions]
    else:
        lines += ["", "No confusions."]
    return "\n".join(lines)


def _said(confusion: Confusion) -> str:
    parts = []
    if confusion.missed:
        parts.append("missed " + ", ".join(confusion.missed))
    if confusion.false_alarms:
        parts.append("false alarm " + ", ".join(confusion.false_alarms))
    if confusion.health is not None:
        accepted = " or ".join(confusion.accepted_health)
        parts.append(f"health {confusion.health or 'none'} instead of {accepted}")
    return f"`{confusion.run}`: " + "; ".join(parts)
