"""A look at many runs as a message: a summary, then what needs somebody first, page by page.

Sweeps and groups are one line each until somebody unfolds them. The lines serve the board of a
watch too (``handlers.views.board``), there without anything that changes merely with time.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from analysis.findings import Health
from analysis.looking.arranging import place_of
from analysis.looking.report import Look, LookEntry, LookGroup
from analysis.refs import ProjectRef
from analysis.reports import EvalReport
from analysis.run import RunState
from handlers.reply import Block, Message
from handlers.views import blocks as b
from handlers.views.escape import Mrkdwn, code, date, escape, join, link, mrkdwn
from handlers.views.numbers import change, duration, number, plural, share, step
from handlers.views.words import HEALTH, state_word

TURN: Final = "look.turn"
REFRESH: Final = "look.refresh"
UNFOLD: Final = "look.unfold"
FOLD: Final = "look.fold"
WATCH: Final = "watch.here"
PAGE: Final = 12  # lines
_MOST_UNFOLDED: Final = 8
_TREND: Final = {"improving": "↘", "flat": "→", "worsening": "↗", "diverged": "⚠"}
_HEADLINE: Final = 160


@dataclass(frozen=True, slots=True)
class Shown:
    """What a look shows, as its buttons carry it: the same after a restart.

    Attributes:
        entity: whose runs.
        projects: only these of its projects.
        every: all of its projects, however many.
        hours: how far back.
        page: which page, from 0.
        unfolded: sweeps and groups whose runs are listed.
        owner: only the runs of this W&B user.
        where: only the runs for which this filter holds, in the text form of the core.
        me: the W&B user name that ``owner:me`` means in it.
    """

    entity: str
    projects: tuple[str, ...] = ()
    every: bool = False
    hours: float = 24.0
    page: int = 0
    unfolded: tuple[str, ...] = ()
    owner: str | None = None
    where: str = ""
    me: str | None = None

    @property
    def value(self) -> str:
        """As a button carries it."""
        told = {"e": self.entity, "p": self.projects, "a": self.every, "h": self.hours}
        only = {"w": self.where, "m": self.me} if self.where else {}
        return json.dumps(
            {**told, "n": self.page, "u": self.unfolded, "o": self.owner, **only},
            separators=(",", ":"),
            ensure_ascii=False,
        )

    @classmethod
    def of(cls, where: ProjectRef) -> "Shown":
        """The look at one place."""
        return cls(where.entity, (where.project,) if where.project else ())

    @classmethod
    def read(cls, value: str) -> "Shown | None":
        """What a button carried; ``None`` where that is none of ours."""
        try:
            told = json.loads(value)
            return cls(
                entity=str(told["e"]),
                projects=tuple(str(name) for name in told["p"]),
                every=bool(told["a"]),
                hours=float(told["h"]),
                page=max(0, int(told["n"])),
                unfolded=tuple(str(name) for name in told["u"])[:_MOST_UNFOLDED],
                owner=told["o"] if isinstance(told["o"], str) else None,
                where=str(told.get("w") or ""),
                me=told["m"] if isinstance(told.get("m"), str) else None,
            )
        except (ValueError, KeyError, TypeError):
            return None


@dataclass(frozen=True, slots=True)
class Row:
    """One line: a run, or a sweep or group.

    Attributes:
        title: of the part that it stands in.
        group: the sweep or group that the line is about.
        entry: the run that it is about.
        inside: whether the run stands below its group's line.
    """

    title: str
    group: LookGroup | None = None
    entry: LookEntry | None = None
    inside: bool = False


def rows_of(look: Look, unfolded: Sequence[str] = ()) -> list[Row]:
    """All lines of a look in their order, what needs somebody first."""
    groups = {path: group for group in look.groups for path in group.runs}
    entries = {entry.run.path: entry for entry in look.entries()}
    rows: list[Row] = []
    told: set[str] = set()
    for entry in look.entries():
        group = groups.get(entry.run.path)
        if group is None:
            rows.append(Row(_title(entry), entry=entry))
        elif (key := group_id(group)) not in told:
            told.add(key)
            title = _title(entry)
            rows.append(Row(title, group=group))
            if key in unfolded:
                members = (entries[path] for path in group.runs if path in entries)
                rows += [Row(title, entry=member, inside=True) for member in members]
    return rows


def group_id(group: LookGroup) -> str:
    """What names a sweep or group in a button."""
    return f"{group.kind}:{group.project}/{group.name}"


def _title(entry: LookEntry) -> str:
    place = place_of(entry.run.state)
    if place == "running":
        return HEALTH[entry.health].text
    return {"failed": "Failed or lost", "finished": "Finished"}.get(place, "Stopped")


def message(look: Look, shown: Shown, *, now: datetime, watch: bool = False) -> Message:
    """One page of a look.

    Args:
        look: what was found.
        shown: which page, and what is unfolded.
        now: when it is shown.
        watch: whether the button that starts watching here is offered.
    """
    rows = rows_of(look, shown.unfolded)
    pages = max(1, -(-len(rows) // PAGE))
    shown = replace(shown, page=min(shown.page, pages - 1))
    first = shown.page * PAGE
    page = rows[first : first + PAGE]
    text = mrkdwn("{emoji} {sentence}.", emoji=mark_of(look), sentence=escape(look.sentence, 300))
    blocks: list[Block | None] = [b.section(mrkdwn("*{text}*", text=text))]
    blocks += list(_lines(page, shown, several=several_projects(look)))
    if not rows:
        blocks.append(b.section(_nothing(look, shown)))
    blocks += problems(look)
    blocks.append(b.context(_foot(look, shown, pages, len(rows), now)))
    blocks.append(b.actions(_buttons(shown, pages, watch=watch)))
    return b.message(text, b.first_that_fits([b.only(blocks)]))


def looking(where: str, *, slow: bool = False) -> Message:
    """A promise: the runs are being looked at."""
    text = mrkdwn("👀 Looking at all runs in {where} …", where=code(where, 120))
    if slow:
        text = mrkdwn("{text} W&amp;B is slow to answer, I keep waiting.", text=text)
    return b.message(text, [b.context(text)])


def mark_of(look: Look) -> str:
    """The emoji of the whole: of the worst that runs, else of what failed."""
    s = look.summary
    if s.critical:
        return HEALTH[Health.CRITICAL].emoji
    if s.warning or s.failed or s.crashed:
        return HEALTH[Health.WARNING].emoji
    if s.running:
        return HEALTH[Health.HEALTHY].emoji
    return "💤"


def several_projects(look: Look) -> bool:
    """Whether lines must say their project."""
    return len({entry.run.project for entry in look.entries()}) > 1


def problems(look: Look) -> list[Block | None]:
    """What could not be read, named."""
    if not look.errors:
        return []
    lines = [
        mrkdwn("⚠️ {what}: {reason}", what=escape(error.what, 120), reason=escape(error.reason, 300))
        for error in look.errors[:4]
    ]
    if len(look.errors) > 4:
        lines.append(mrkdwn("… and {more} more", more=len(look.errors) - 4))
    return [b.context(join("\n", lines))]


def _nothing(look: Look, shown: Shown) -> Mrkdwn:
    where = escape(", ".join(look.within) or "there", 200)
    if shown.where:
        return mrkdwn(
            "No run in {where} meets {only}. Look further back with {more}, or ask for less.",
            where=where,
            only=code(shown.where, 200),
            more=code("--hours 168"),
        )
    return mrkdwn(
        "There is nothing to show in {where}. Start a run, or look further back with {more}.",
        where=where,
        more=code("--hours 168"),
    )


def _lines(rows: Sequence[Row], shown: Shown, *, several: bool) -> Iterator[Block]:
    """Lines under their titles; a group's line stands alone, for its button."""
    title = ""
    kept: list[Mrkdwn] = []
    for row in rows:
        if row.title != title:
            yield from _section(kept)
            title, kept = row.title, [mrkdwn("*{title}*", title=row.title)]
        if row.group is None:
            kept.append(_indented(row, entry_line(row.entry, several=several)))
            continue
        yield from _section(kept)
        kept = []
        yield b.section(group_line(row.group, several=several), accessory=_fold(row.group, shown))
    yield from _section(kept)


def _section(lines: list[Mrkdwn]) -> Iterator[Block]:
    if lines:
        yield b.section(join("\n", lines))


def _indented(row: Row, line: Mrkdwn) -> Mrkdwn:
    return mrkdwn("↳ {line}", line=line) if row.inside else line


def _fold(group: LookGroup, shown: Shown) -> Any:
    key = group_id(group)
    if key in shown.unfolded:
        rest = tuple(name for name in shown.unfolded if name != key)
        return b.button("Fold", f"{FOLD}:{key}", replace(shown, unfolded=rest).value)
    more = (*shown.unfolded, key)[-_MOST_UNFOLDED:]
    label = f"Unfold the {group.kind} {group.name}"
    return b.button("Unfold", f"{UNFOLD}:{key}", replace(shown, unfolded=more).value, label=label)


def entry_line(entry: LookEntry | None, *, several: bool = False, steady: bool = False) -> Mrkdwn:
    """One run in a line, or two where it is not well.

    Args:
        entry: the run.
        several: say its project.
        steady: nothing that changes merely because time passes.
    """
    if entry is None:
        return Mrkdwn()
    place = place_of(entry.run.state)
    live = place == "running"
    mark = HEALTH[entry.health].emoji if live else state_word(entry.run.state).emoji
    name = link(entry.run.url, entry.run.name or entry.run.id, 80)
    parts = [mrkdwn("{mark} {name}", mark=mark, name=name)]
    if several:
        parts.append(escape(entry.run.project, 60))
    parts += list(_live(entry, steady=steady) if live else _ended(entry))
    line = join("  ·  ", parts)
    unwell = entry.worst is not None and entry.worst.severity.rank > 0
    if not unwell and place != "failed":
        return line
    why = mrkdwn("_{why}_", why=escape(entry.headline, _HEADLINE))
    if not live and place != "failed":  # its state's mark alone would look like all is well
        why = mrkdwn("{mark} {why}", mark=HEALTH[entry.health].emoji, why=why)
    return mrkdwn("{line}\n      {why}", line=line, why=why)


def _live(entry: LookEntry, *, steady: bool) -> Iterator[Mrkdwn]:
    if entry.run.state != RunState.RUNNING:
        yield mrkdwn("{state}", state=state_word(entry.run.state).text.lower())
    progress = entry.progress
    if progress and progress.step is not None:
        if progress.fraction is not None:
            yield mrkdwn("{share} done", share=share(progress.fraction))
        else:
            yield mrkdwn("step {step}", step=step(progress.step))
        if progress.eta_s and not steady:
            yield mrkdwn("about {eta} left", eta=duration(progress.eta_s))
    if entry.loss is not None:
        arrow = _TREND[entry.loss.direction] if entry.loss.direction else ""
        yield mrkdwn("loss {now} {arrow}", now=number(entry.loss.current, 3), arrow=arrow)
        how = change(entry.loss.change_pct)
        if how and not steady:
            yield mrkdwn("{how}", how=how)
    if entry.heartbeat_age_s is not None and not steady:
        yield mrkdwn("seen {age} ago", age=duration(entry.heartbeat_age_s))


def _ended(entry: LookEntry) -> Iterator[Mrkdwn]:
    run = entry.run
    word = state_word(run.state).text.lower()
    when = run.ended_at or run.heartbeat_at
    if when is None:
        yield mrkdwn("{word}", word=word)
    else:
        yield mrkdwn("{word} {when}", word=word, when=date(when))
    if run.runtime_s:
        yield mrkdwn("ran {ran}", ran=duration(run.runtime_s))
    told = best_of(entry.eval)
    if told:
        yield told
    elif entry.loss is not None:
        yield mrkdwn("loss {now}", now=number(entry.loss.current, 3))


def best_of(evals: Sequence[EvalReport]) -> Mrkdwn:
    """The leading evaluation metric: its best value, and the last where that is worse."""
    if not evals:
        return Mrkdwn()
    lead = evals[0]
    text = mrkdwn("{metric} {last}", metric=escape(lead.metric, 40), last=number(lead.last, 3))
    if lead.best is None or lead.best == lead.last:
        return text
    return mrkdwn("{text} (best {best})", text=text, best=number(lead.best, 3))


def group_line(group: LookGroup, *, several: bool = False) -> Mrkdwn:
    """A sweep or group in a line: how many runs stand how, and the best of them."""
    mark = HEALTH[group.health].emoji if group.running else "📦"
    head = mrkdwn("{mark} {kind} *{name}*", mark=mark, kind=group.kind, name=escape(group.name, 80))
    parts = [head, mrkdwn("{count}", count=plural(len(group.runs), "run"))]
    if several:
        parts.insert(1, escape(group.project, 60))
    parts.append(counted(group))
    if group.best_metric is not None:
        holder = (group.best_run or "").rpartition("/")[2]
        parts.append(
            mrkdwn(
                "best {metric} {best} ({run})",
                metric=escape(group.best_metric, 40),
                best=number(group.best, 4),
                run=escape(holder, 60),
            )
        )
    return join("  ·  ", parts)


def counted(group: LookGroup) -> Mrkdwn:
    """The counts of a sweep or group that are not zero."""
    pairs = (
        (group.running, "running"),
        (group.critical, "critical"),
        (group.warning, "warning" if group.warning == 1 else "warnings"),
        (group.failed, "failed"),
        (group.crashed, "lost contact"),
        (group.finished, "finished"),
        (group.stopped, "stopped"),
    )
    return mrkdwn("{all}", all=", ".join(f"{count:,} {word}" for count, word in pairs if count))


def _foot(look: Look, shown: Shown, pages: int, rows: int, now: datetime) -> Mrkdwn:
    where = escape(", ".join(look.within[:3]), 150)
    if len(look.within) > 3:
        where = mrkdwn("{where} and {more} more", where=where, more=len(look.within) - 3)
    parts = [where]
    if pages > 1:
        parts.append(
            mrkdwn("page {page} of {pages}, {rows}", page=shown.page + 1, pages=pages,
                   rows=plural(rows, "line"))
        )  # fmt: skip
    if shown.owner:
        parts.append(mrkdwn("runs of {owner}", owner=escape(shown.owner, 60)))
    if shown.where:
        parts.append(mrkdwn("only {where}", where=code(shown.where, 200)))
    parts.append(mrkdwn("W&amp;B, {when}", when=date(min(look.generated_at, now))))
    return join("  ·  ", parts)


def _buttons(shown: Shown, pages: int, *, watch: bool) -> Iterable[Any]:
    last = pages - 1
    if shown.page > 0:
        yield b.button("Previous", f"{TURN}:back", replace(shown, page=shown.page - 1).value)
    if shown.page < last:
        yield b.button("Next", f"{TURN}:on", replace(shown, page=shown.page + 1).value)
    yield b.button("Refresh", REFRESH, shown.value)
    if watch:
        yield b.button("Watch Here", WATCH, shown.value)
