"""A look at many runs as text for a terminal: what needs somebody first, a line a run."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from analysis.findings import Health
from analysis.looking.arranging import place_of
from analysis.looking.report import Look, LookEntry, LookGroup
from analysis.run import RunState
from bot.text import MARK, duration, number, plain

MOST_ENDED = 20
"""Ended runs of a kind that are shown; the rest is counted (``--unfold`` shows all)."""

_TREND = {"improving": "↘", "flat": "→", "worsening": "↗", "diverged": "↑!"}
_STATE = {
    RunState.FAILED: "failed",
    RunState.CRASHED: "lost contact",
    RunState.KILLED: "stopped by its user",
    RunState.PREEMPTED: "pre-empted",
    RunState.CANCELED: "canceled",
}


def look(report: Look, *, unfold: bool = False) -> RenderableType:
    """The whole answer.

    Args:
        report: the look.
        unfold: show each run of a sweep or group, and every ended run.
    """
    return Group(*_parts(report, unfold))


def _parts(report: Look, unfold: bool) -> Iterator[RenderableType]:
    s = report.summary
    colour = "red" if s.critical else "yellow" if s.warning else "green" if s.running else "white"
    yield Text(plain(report.sentence), style=f"bold {colour}")
    several = len({(e.run.entity, e.run.project) for e in report.entries()}) > 1
    folded = {} if unfold else _folded(report.groups)
    if report.running:
        yield Text("")
        yield _running(report, folded, several=several)
    for title, entries in (
        ("failed or lost", report.failed),
        ("finished", report.finished),
        ("stopped", report.stopped),
    ):
        if entries:
            yield Text("")
            yield from _ended(title, entries, folded, report.generated_at, unfold=unfold,
                              several=several)  # fmt: skip
    if report.errors:
        yield Text("")
        for error in report.errors:
            yield Text.assemble(("not read  ", "yellow"), plain(f"{error.what}: {error.reason}"))


def _folded(groups: Iterable[LookGroup]) -> dict[str, LookGroup]:
    """The group by the path of each of its runs."""
    return {path: group for group in groups for path in group.runs}


def _running(report: Look, folded: dict[str, LookGroup], *, several: bool) -> Table:
    table = Table(
        box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, expand=True, padding=(0, 1, 0, 0)
    )
    table.add_column("", width=1)
    table.add_column("running", ratio=4, overflow="fold")
    table.add_column("step", justify="right", no_wrap=True)
    table.add_column("done", justify="right", no_wrap=True)
    table.add_column("left", justify="right", no_wrap=True)
    table.add_column("loss", justify="right", no_wrap=True)
    table.add_column("beat", justify="right", no_wrap=True)
    table.add_column("", ratio=6, overflow="fold")
    shown: set[str] = set()
    for entry in report.running:
        group = folded.get(entry.run.path)
        if group is None:
            table.add_row(*_row(entry, several=several))
        elif group.name not in shown:
            shown.add(group.name)
            table.add_row(*_group_row(group))
    return table


def _row(entry: LookEntry, *, several: bool) -> tuple[RenderableType, ...]:
    loss, progress = entry.loss, entry.progress
    fraction = progress.fraction if progress else None
    return (
        _mark(entry.health),
        _name(entry, several=several),
        number(progress.step) if progress else "–",
        "–" if fraction is None else f"{fraction:.0%}",
        duration(progress.eta_s) if progress and progress.eta_s else "–",
        f"{number(loss.current)} {_TREND[loss.direction] if loss.direction else ''}".strip()
        if loss
        else "–",
        _age(entry.heartbeat_age_s),
        Text(_remark(entry), style=MARK[entry.health][1] if entry.worst else "bright_black"),
    )


def _group_row(group: LookGroup) -> tuple[RenderableType, ...]:
    name = Text(f"{group.kind} {plain(group.name)}", style="bold")
    words = f"{group.running} of {len(group.runs)} runs live; {_group_words(group)}"
    return (_mark(group.health), name, "", "", "", "", "", words.removesuffix("; "))


def _group_words(group: LookGroup) -> str:
    parts = [
        f"{count} {word}"
        for count, word in (
            (group.critical, "critical"),
            (group.warning, "warning" if group.warning == 1 else "warnings"),
            (group.failed, "failed"),
            (group.crashed, "lost contact"),
            (group.finished, "finished"),
            (group.stopped, "stopped"),
        )
        if count
    ]
    if group.best_metric is not None:
        holder = (group.best_run or "").rpartition("/")[2]
        best = f"best {plain(group.best_metric)} {number(group.best)} ({plain(holder)})"
        parts.append(best)
    return ", ".join(parts)


def _ended(
    title: str,
    entries: Sequence[LookEntry],
    folded: dict[str, LookGroup],
    now: datetime,
    *,
    unfold: bool,
    several: bool,
) -> Iterator[RenderableType]:
    table = Table(
        box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, expand=True, padding=(0, 1, 0, 0)
    )
    table.add_column("", width=1)
    table.add_column(title, ratio=4, overflow="fold")
    table.add_column("ended", justify="right", no_wrap=True)
    table.add_column("loss", justify="right", no_wrap=True)
    table.add_column("", ratio=8, overflow="fold")
    shown: set[str] = set()
    rows = hidden = 0
    for entry in entries:
        group = folded.get(entry.run.path)
        if group is not None and group.name in shown:
            continue
        if rows >= MOST_ENDED and not unfold:
            hidden += 1
            continue
        rows += 1
        if group is None:
            table.add_row(*_ended_row(entry, now, several=several))
            continue
        shown.add(group.name)
        here = sum(folded.get(e.run.path) is group for e in entries)
        name = Text(f"{group.kind} {plain(group.name)}", style="bold")
        table.add_row(
            _mark(group.health),
            name,
            "",
            "",
            f"{here} of {len(group.runs)} runs; {_group_words(group)}",
        )
    yield table
    if hidden:
        yield Text(f"and {hidden:,} more (--unfold shows all)", style="bright_black")


def _ended_row(entry: LookEntry, now: datetime, *, several: bool) -> tuple[RenderableType, ...]:
    when = entry.run.ended_at or entry.run.heartbeat_at
    ago = "–" if when is None else f"{duration((now - when).total_seconds())} ago"
    return (
        _mark(entry.health),
        _name(entry, several=several),
        ago,
        number(entry.loss.current) if entry.loss else "–",
        Text(_remark(entry), style="bright_black"),
    )


def _name(entry: LookEntry, *, several: bool) -> Text:
    run = entry.run
    where = f"  {plain(run.project)}/{plain(run.id)}" if several else ""
    same = run.name == run.id
    shown = where or ("" if same else f"  {plain(run.id)}")
    return Text.assemble((plain(run.name), "bold"), (shown, "bright_black"))


def _mark(health: Health) -> Text:
    mark, colour = MARK[health]
    return Text(mark, style=colour)


def _remark(entry: LookEntry) -> str:
    worst = entry.worst
    state = RunState.of(entry.run.state)
    word = _STATE.get(state, "") if place_of(entry.run.state) != "running" else ""
    if worst is not None and worst.severity != "info":
        return plain(worst.message)
    if entry.missing:
        return plain(f"{entry.missing[0].what}: {entry.missing[0].reason}")
    if entry.health is Health.UNKNOWN:
        return word or "nothing to judge by yet"
    best = next((e for e in entry.eval if e.best is not None), None)
    words = [word] if word else []
    if best is not None:
        words.append(f"{plain(best.metric)} {number(best.last)}, best {number(best.best)}")
    return ", ".join(words)


def _age(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    return "now" if seconds < 60 else duration(seconds)
