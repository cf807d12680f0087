"""The board of a watch: how all runs do, kept up to date in place.

``content`` makes what is stored of a look, ``message`` the blocks of what was stored. Nothing in
it changes merely because time passes: no ages, and numbers only as exact as a glance needs, so
that an edit means that something happened.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from analysis.looking.report import Look, LookEntry, LookGroup
from analysis.reports import EvalReport, LossReport, ProgressReport
from handlers.reply import Block, Message
from handlers.views import blocks as b
from handlers.views import look as look_view
from handlers.views.escape import Mrkdwn, code, date, escape, join, mention, mrkdwn
from handlers.views.numbers import plural
from handlers.views.watches import SETTINGS
from handlers.watching.ports import Watched

SHOW_ALL: Final = "board.all"
LINES: Final = 12
_DIGITS: Final = 3
_CARRIED: Final = 500  # letters of a filter that a button carries


def content(look: Look, watched: Watched) -> dict[str, Any]:
    """What a board shows of a look, as plain JSON."""
    rows = look_view.rows_of(look)
    return {
        "watch": watched.id,
        "entity": watched.where.entity,
        "project": watched.where.project or "",
        "creator": watched.creator,
        "filters": watched.filters,
        "hours": look.summary.hours,
        "sentence": look.sentence,
        "mark": look_view.mark_of(look),
        "several": look_view.several_projects(look),
        "rows": [_stored(row) for row in rows[:LINES]],
        "more": max(0, len(rows) - LINES),
        "errors": [error.model_dump(mode="json") for error in look.errors[:4]],
    }


def _stored(row: look_view.Row) -> dict[str, Any]:
    told: dict[str, Any] = {"title": row.title}
    if row.group is not None:
        # The runs of a large sweep are many; the line needs their number only.
        told |= {"group": row.group.model_copy(update={"best": _rounded(row.group.best)})
                 .model_dump(mode="json")}  # fmt: skip
    if row.entry is not None:
        told |= {"entry": steady(row.entry).model_dump(mode="json")}
    return told


def steady(entry: LookEntry) -> LookEntry:
    """An entry without what changes at every look, its numbers rounded for a glance."""
    live = entry.heartbeat_age_s is not None
    run = entry.run
    if live:
        run = run.model_copy(
            update={"heartbeat_at": None, "runtime_s": None, "last_step": None, "ended_at": None}
        )
    worst = entry.worst
    return entry.model_copy(
        update={
            "run": run,
            "findings": (worst,) if worst is not None and worst.severity.rank > 0 else (),
            "headline": entry.headline if worst is not None else "",
            "loss": _steady_loss(entry.loss),
            "progress": _steady_progress(entry.progress),
            "eval": tuple(_steady_eval(each) for each in entry.eval[:1]),
            "heartbeat_age_s": None,
            "missing": (),
        }
    )


def _steady_loss(loss: LossReport | None) -> LossReport | None:
    if loss is None:
        return None
    changes = {"first": None, "best": None, "best_step": None, "change_pct": None}
    return loss.model_copy(update={**changes, "current": _rounded(loss.current, 2)})


def _steady_progress(progress: ProgressReport | None) -> ProgressReport | None:
    """In steps of five per cent; a run whose plan is not known shows steps of two digits."""
    if progress is None:
        return None
    fraction = progress.fraction
    if fraction is not None:
        fraction = math.floor(fraction * 20 + 1e-9) / 20
    step = progress.step
    if step is not None and step > 0:
        size = 10 ** max(0, math.floor(math.log10(step)) - 1)
        step = step // size * size
    return ProgressReport(
        step=step, total_steps=None, fraction=fraction, steps_per_hour=None, eta_s=None
    )


def _steady_eval(each: EvalReport) -> EvalReport:
    rounded = {"last": _rounded(each.last), "best": _rounded(each.best), "best_step": None}
    return each.model_copy(update=rounded)


def _rounded(value: float | None, digits: int = _DIGITS) -> float | None:
    if value is None or not math.isfinite(value) or value == 0:
        return value
    return round(value, digits - 1 - math.floor(math.log10(abs(value))))


def message(payload: Mapping[str, Any], now: datetime) -> Message:
    """The board's message."""
    entity, project = str(payload.get("entity", "")), str(payload.get("project", ""))
    where = f"{entity}/{project}" if project else entity
    text = mrkdwn(
        "{mark} {where}: {sentence}.",
        mark=payload.get("mark", "👁️"),
        where=escape(where, 150),
        sentence=escape(payload.get("sentence", ""), 300),
    )
    if payload.get("stopped"):
        text = mrkdwn("⏹️ {where} is no longer watched here.", where=escape(where, 150))
        return b.message(text, [b.context(text)])
    since = payload.get("unreachable_since")
    blocks: list[Block | None] = [b.header(f"Watching {where}")]
    if isinstance(since, str):
        note = _unreachable(datetime.fromisoformat(since), payload)
        blocks.append(b.section(note))
        said = "I cannot look at it" if payload.get("lasting") else "W&B is unreachable"
        text = mrkdwn("⚠️ {where}: {said}.", where=escape(where, 150), said=escape(said))
    blocks.append(b.section(mrkdwn("*{text}*", text=_sentence(payload))))
    blocks += _rows(payload)
    more = int(payload.get("more", 0))
    if more:
        blocks.append(
            b.context(mrkdwn("… and {more}", more=plural(more, "more line", "more lines")))
        )
    errors: Sequence[Mapping[str, Any]] = payload.get("errors") or ()
    lines = [
        mrkdwn(
            "⚠️ {what}: {reason}", what=escape(one["what"], 120), reason=escape(one["reason"], 200)
        )
        for one in errors
    ]
    if lines:
        blocks.append(b.context(join("\n", lines)))
    blocks.append(b.context(_foot(payload)))
    only = str(payload.get("filters") or "")
    shown = look_view.Shown(
        entity, (project,) if project else (), where=only if len(only) <= _CARRIED else ""
    )
    buttons = [b.button("Show All", SHOW_ALL, shown.value), b.button("Settings", SETTINGS)]
    blocks.append(b.actions(buttons))
    return b.message(text, b.first_that_fits([b.only(blocks)]))


def _sentence(payload: Mapping[str, Any]) -> Mrkdwn:
    return mrkdwn(
        "{mark} {sentence}",
        mark=payload.get("mark", "👁️"),
        sentence=escape(payload.get("sentence", ""), 300),
    )


def _unreachable(since: datetime, payload: Mapping[str, Any]) -> Mrkdwn:
    """Says that nobody is watching just now, instead of crying that all runs stalled."""
    said = "Not looked at" if payload.get("lasting") else "W&B unreachable"
    return mrkdwn(
        "⚠️ *{said} since {since}.* What stands below is from before. {reason}",
        said=escape(said),
        since=date(since, "{time}"),
        reason=escape(payload.get("reason", ""), 200),
    )


def _rows(payload: Mapping[str, Any]) -> list[Block | None]:
    several = bool(payload.get("several"))
    found: list[Block | None] = []
    title = ""
    lines: list[Mrkdwn] = []
    for row in payload.get("rows") or ():
        if row.get("title") != title:
            if lines:
                found.append(b.section(join("\n", lines)))
            title = str(row.get("title"))
            lines = [mrkdwn("*{title}*", title=title)]
        lines.append(_line(row, several))
    if lines:
        found.append(b.section(join("\n", lines)))
    return found


def _line(row: Mapping[str, Any], several: bool) -> Mrkdwn:
    if "group" in row:
        group = LookGroup.model_validate(row["group"])
        return look_view.group_line(group, several=several)
    entry = LookEntry.model_validate(row["entry"])
    return look_view.entry_line(entry, several=several, steady=True)


def _foot(payload: Mapping[str, Any]) -> Mrkdwn:
    parts = [mrkdwn("updated in place when something changes")]
    if payload.get("filters"):
        parts.insert(0, mrkdwn("only {filters}", filters=code(payload["filters"], 200)))
    if payload.get("creator"):
        parts.append(mrkdwn("added by {who}", who=mention(str(payload["creator"]))))
    return join("  ·  ", parts)
