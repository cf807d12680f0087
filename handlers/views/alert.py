"""What a watch says: a run's card, what comes later in its thread, and fresh lines. Pure.

A card lives as long as its run: it is edited in place, and says of each problem whether it is
still there or how long it lasted. A sweep or group has one card for all of its runs.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from analysis.alerts.base import is_group
from analysis.findings import Severity
from analysis.looking.report import LookGroup
from analysis.reports import RunFacts
from handlers.reply import Block, Message
from handlers.views import blocks as b
from handlers.views.escape import Mrkdwn, clip, code, date, escape, join, link, mention, mrkdwn
from handlers.views.look import counted
from handlers.views.numbers import duration, number, plural
from handlers.views.silence import MUTE_KIND, MUTE_RUN, SNOOZE_RUN
from handlers.views.words import SEVERITY, state_sentence
from handlers.watching.manners import KINDS
from handlers.watching.ports import Told

WHY: Final = "alert.why"
_EVENTS: Final = 6
_QUOTES: Final = 2
_KINDS: Final[Mapping[str, str]] = {
    "started": "▶️",
    "returned": "▶️",
    "finished": "✅",
    "failed": "❌",
    "crashed": "📡",
    "stopped": "⏹️",
    "stalled": "🕸️",
    "best": "🏆",
    "ended": "🏁",
    "rule": "🔔",
    "deleted": "🗑️",
}

Payload = Mapping[str, Any]


def card(payload: Payload, now: datetime) -> Message:
    """A run's card, or that of a sweep or group.

    Args:
        payload: ``subject``, ``name``, ``facts`` or ``group``, ``events`` (each ``kind``, ``code``,
            ``severity``, ``headline``, ``at``, ``closed_at``, ``name``), ``metrics``, ``cause``,
            ``mention``, ``kind`` (of the newest event).
        now: the present.
    """
    events: Sequence[Payload] = payload.get("events") or ()
    lead = _lead(events)
    name = str(payload.get("name") or payload.get("subject") or "a run")
    said = str(lead.get("headline") or "") if lead else ""
    text = mrkdwn(
        "{mark} {name}: {said}", mark=_mark(lead), name=escape(name, 80), said=escape(said, 300)
    )
    who = payload.get("mention")
    if isinstance(who, str):
        text = mrkdwn("{text} {who}", text=text, who=mention(who))
    blocks: list[Block | None] = [b.section(_head(payload, lead, name))]
    lines = [_event_line(event) for event in _shown(events, lead)]
    if lines:
        blocks.append(b.section(join("\n", lines)))
    blocks += _cause(payload.get("cause"), said)
    values = _metrics(payload.get("metrics") or {})
    if values:
        blocks.append(b.context(values))
    blocks.append(b.context(_where(payload)))
    blocks.append(_buttons(payload, lead))
    return b.message(text, b.first_that_fits([b.only(blocks)]))


def _lead(events: Sequence[Payload]) -> Payload | None:
    """What the card says first: an end, else the worst that is still so, else the newest."""
    standing = [
        event
        for event in reversed(events)
        if not event.get("closed_at") and (_ends(event) or _severity(event).rank)
    ]
    if not standing:
        return events[-1] if events else None
    return max(standing, key=lambda event: (_ends(event), _severity(event).rank))


def _ends(event: Payload) -> bool:
    return event.get("kind") in {"finished", "failed", "stopped", "ended", "deleted"}


def _severity(event: Payload) -> Severity:
    return Severity(event.get("severity") or "info")


def _mark(event: Payload | None) -> str:
    if event is None:
        return "▶️"
    if event.get("closed_at"):
        return "🟢"
    known = _KINDS.get(str(event.get("kind")))
    return known or SEVERITY[_severity(event)].emoji


def _head(payload: Payload, lead: Payload | None, name: str) -> Mrkdwn:
    facts = payload.get("facts")
    run = RunFacts.model_validate(facts) if facts else None
    shown = link(run.url if run else None, name, 100)
    head = mrkdwn("{mark} *{name}*", mark=_mark(lead), name=shown)
    if lead is not None:
        head = mrkdwn("{head}  ·  {said}", head=head, said=_said(lead))
    who = payload.get("mention")
    if isinstance(who, str):
        head = mrkdwn("{head}  {who}", head=head, who=mention(who))
    if lead is not None and lead.get("kind") == "deleted":
        return head  # what W&B said of its state last is no longer so
    if run is not None:
        return mrkdwn("{head}\n{state}", head=head, state=state_sentence(run))
    group = payload.get("group")
    if group:
        told = LookGroup.model_validate(group)
        best = Mrkdwn()
        if told.best_metric is not None:
            best = mrkdwn(
                "  ·  best {metric} {best} ({run})",
                metric=escape(told.best_metric, 60),
                best=number(told.best),
                run=escape((told.best_run or "").rpartition("/")[2], 60),
            )
        runs = plural(len(told.runs), "run")
        return mrkdwn(
            "{head}\n{runs}: {all}{best}", head=head, runs=runs, all=counted(told), best=best
        )
    return head


def _said(event: Payload) -> Mrkdwn:
    said = escape(event.get("headline") or "", 300)
    closed = event.get("closed_at")
    if not closed:
        return said
    lasted = _lasted(event)
    return mrkdwn("{said} (lasted {lasted})", said=said, lasted=lasted) if lasted else said


def _lasted(event: Payload) -> str:
    try:
        opened = datetime.fromisoformat(str(event["at"]))
        closed = datetime.fromisoformat(str(event["closed_at"]))
    except (KeyError, ValueError):
        return ""
    return duration(max(0.0, (closed - opened).total_seconds()))


def _shown(events: Sequence[Payload], lead: Payload | None) -> list[Payload]:
    """The other events, open ones first, the newest first."""
    others = [event for event in reversed(events) if event is not lead]
    others.sort(key=lambda event: (bool(event.get("closed_at")), -_severity(event).rank))
    return others[:_EVENTS]


def _event_line(event: Payload) -> Mrkdwn:
    """One event: what it was, and whether it is over."""
    when = _date(event.get("at"))
    name = escape(event["name"], 60) if event.get("name") else Mrkdwn()
    about = mrkdwn("{name}: ", name=name) if name else Mrkdwn()
    said = escape(event.get("was") or event.get("headline") or "", 250)
    if event.get("closed_at"):
        over = event.get("over") or f"resolved, lasted {_lasted(event)}"
        return mrkdwn("✔️ {about}{said}, {over}", about=about, said=said, over=escape(over, 60))
    return mrkdwn(
        "{mark} {about}{said}  ·  {when}", mark=_mark(event), about=about, said=said, when=when
    )


def _date(stored: object) -> Mrkdwn:
    try:
        return date(datetime.fromisoformat(str(stored)))
    except ValueError:
        return Mrkdwn()


def _cause(cause: Payload | None, said: str) -> list[Block | None]:
    """Why a run failed, in the first message: the sentence, the telling lines, what to do.

    Args:
        cause: as the core tells it.
        said: what stands above; a sentence that is in it is not said twice.
    """
    if not cause:
        return []
    sentence = str(cause.get("sentence") or "")
    lines = []
    if sentence.removesuffix(".").lower() not in said.lower():
        lines.append(mrkdwn("*Why:* {sentence}", sentence=escape(sentence, 400)))
    lines += [code(quote, 200) for quote in (cause.get("quotes") or ())[:_QUOTES]]
    if cause.get("advice"):
        lines.append(mrkdwn("*Try:* {advice}", advice=escape(cause["advice"], 400)))
    if cause.get("confidence") in {"low", "medium"}:
        lines.append(mrkdwn("_{how} confidence_", how=cause["confidence"]))
    return [b.section(join("\n", lines))] if lines else []


def _metrics(values: Payload) -> Mrkdwn:
    shown = [
        mrkdwn("{name} {value}", name=escape(name, 60), value=number(_float(value)))
        for name, value in list(values.items())[:6]
    ]
    return join("  ·  ", shown)


def _float(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float | str) else None


def _where(payload: Payload) -> Mrkdwn:
    subject = str(payload.get("subject") or "")
    facts = payload.get("facts") or {}
    parts = [escape("/".join(subject.split("/", 2)[:2]), 150)]
    if facts.get("user"):
        parts.append(mrkdwn("by {user}", user=escape(facts["user"], 60)))
    parts.append(mrkdwn("what happens later is told in the thread"))
    return join("  ·  ", parts)


def _buttons(payload: Payload, lead: Payload | None) -> Block | None:
    subject = str(payload.get("subject") or "")
    facts = payload.get("facts") or {}
    group = is_group(subject)
    kind = str(lead.get("kind")) if lead else ""
    kind = {"returned": "started"}.get(kind, kind)
    return b.actions(
        [
            b.link_button("Open in W&B", facts.get("url"), "run.open"),
            b.button("Why?", WHY, subject, label="Which rule fired, and on what evidence"),
            b.button("Mute These Runs" if group else "Mute This Run", MUTE_RUN, subject),
            b.button("Mute This Kind Here", MUTE_KIND, kind, label=KINDS.get(kind, ""))
            if kind in KINDS
            else None,
            b.button("Snooze 4 h", SNOOZE_RUN, subject),
        ]
    )


def changes(payload: Payload, now: datetime) -> Message:
    """What happened to a run in one look, for its thread: one message however much it was.

    Args:
        payload: as of ``card``; of many runs told at once ``name``, the first ``events``,
            ``counts`` of all by kind, and ``mentions``.
        now: the present.
    """
    if payload.get("counts"):
        return _many(payload)
    events: Sequence[Payload] = payload.get("events") or ()
    name = str(payload.get("name") or payload.get("subject") or "a run")
    lead = _lead(events)
    said = str(lead.get("headline") or "") if lead else ""
    more = _and_more(len(events) - 1)
    text = mrkdwn(
        "{mark} {name}: {said}{more}",
        mark=_mark(lead),
        name=escape(name, 80),
        said=escape(said, 300),
        more=more,
    )
    who = payload.get("mention")
    tail = mention(who) if isinstance(who, str) else Mrkdwn()
    lines = [_change_line(event, alone=len(events) == 1) for event in events[:15]]
    if len(events) > 15:
        lines.append(mrkdwn("… and {more} more", more=len(events) - 15))
    blocks: list[Block | None] = [b.section(join("\n", [*lines, tail]))]
    blocks += _cause(payload.get("cause"), said)
    values = _metrics(payload.get("metrics") or {})
    if values:
        blocks.append(b.context(values))
    return b.message(join(" ", [text, tail]), b.first_that_fits([b.only(blocks)]))


_COUNTED: Final[Mapping[str, str]] = {
    "started": "started",
    "returned": "going on",
    "finished": "finished",
    "failed": "failed",
    "crashed": "lost",
    "stopped": "stopped",
    "stalled": "stalled",
    "finding": "with a health problem",
    "best": "with a new best",
    "ended": "ended",
    "rule": "meeting a rule",
}


def _many(payload: Payload) -> Message:
    """Many runs that began, ended or broke in one look: how many of each, and the first of them."""
    events: Sequence[Payload] = payload.get("events") or ()
    counts: Mapping[str, int] = payload["counts"]
    said = ", ".join(f"{count:,} {_COUNTED.get(kind, kind)}" for kind, count in counts.items())
    text = mrkdwn(
        "{mark} {name}: {said}",
        mark=_mark(events[0] if events else None),
        name=escape(payload.get("name") or "runs", 80),
        said=escape(said, 300),
    )
    who = join(" ", [mention(str(one)) for one in payload.get("mentions") or ()])
    head = mrkdwn("*{text}* {who}", text=text, who=who) if who else mrkdwn("*{text}*", text=text)
    lines = [_change_line(event, alone=False) for event in events]
    more = sum(counts.values()) - len(lines)
    if more > 0:
        lines.append(mrkdwn("… and {more}; the board shows them", more=f"{more:,} more"))
    kind = {"returned": "started"}.get(next(iter(counts)), next(iter(counts)))
    row = b.actions(
        [
            b.button("Mute This Kind Here", MUTE_KIND, kind, label=KINDS.get(kind, ""))
            if kind in KINDS
            else None
        ]
    )
    shown = b.only([b.section(head), b.section(_bounded(lines)), row])
    return b.message(join(" ", [text, who]) if who else text, b.first_that_fits([shown]))


def _change_line(event: Payload, *, alone: bool) -> Mrkdwn:
    name = (
        Mrkdwn() if not event.get("name") else mrkdwn("*{name}*: ", name=escape(event["name"], 60))
    )
    line = mrkdwn("{mark} {name}{said}", mark=_mark(event), name=name, said=_said(event))
    advice = event.get("advice")
    if alone and advice:
        line = mrkdwn("{line}\n*Try:* {advice}", line=line, advice=escape(advice, 400))
    return line


def fresh(payload: Payload, now: datetime) -> Message:
    """New critical problems of runs that have a card already: a line each, with the way there."""
    items: Sequence[Payload] = payload.get("items") or (payload,)
    lines = [_fresh_line(item) for item in items[:10]]
    first = next((item for item in items if not item.get("closed_at")), items[0])
    more = _and_more(len(items) - 1)
    text = mrkdwn(
        "{mark} {name}: {said}{more}",
        mark="✔️" if first.get("closed_at") else "🔴",
        name=escape(first.get("name") or "a run", 80),
        said=escape(first.get("headline") or "", 300),
        more=more,
    )
    if len(items) > len(lines):
        lines.append(mrkdwn("… and {more} more", more=len(items) - len(lines)))
    who = [mention(str(item["mention"])) for item in items if item.get("mention")]
    return b.message(join(" ", [text, *dict.fromkeys(who)]), [b.section(join("\n", lines))])


def _fresh_line(payload: Payload) -> Mrkdwn:
    name = escape(payload.get("name") or payload.get("subject") or "a run", 80)
    said = escape(payload.get("headline") or "", 300)
    shown = mrkdwn("🔴 *{name}*: {said}", name=name, said=said)
    if payload.get("closed_at"):
        lasted = _lasted(payload)
        shown = mrkdwn("✔️ *{name}*: {said}, resolved, lasted {lasted}", name=name, said=said,
                       lasted=lasted)  # fmt: skip
    who = payload.get("mention")
    if isinstance(who, str):
        shown = mrkdwn("{shown} {who}", shown=shown, who=mention(who))
    url = payload.get("link")
    if isinstance(url, str):
        shown = mrkdwn("{shown}  ·  {thread}", shown=shown, thread=link(url, "its thread"))
    return shown


def several(payload: Payload, now: datetime) -> Message:
    """Messages that became one: what was held over quiet hours, or waited in a jam."""
    items: Sequence[Payload] = payload.get("items") or ()
    lines: list[Mrkdwn] = []
    total = 0
    for item in items:
        told: Payload = item.get("payload") or {}
        name = escape(told.get("name") or told.get("subject") or "", 80)
        found = told.get("events") or ([told] if told.get("headline") else ())
        total += sum((told.get("counts") or {"": len(found)}).values())
        for event in found:
            when = _date(event.get("at") or item.get("at"))
            lines.append(
                mrkdwn(
                    "{mark} *{name}*: {said}  ·  {when}",
                    mark=_mark(event),
                    name=name,
                    said=escape(event.get("headline") or "", 200),
                    when=when,
                )
            )
    text = mrkdwn(
        "📬 {count} while it was quiet",
        count=plural(total, "thing happened", "things happened"),
    )
    if not lines:
        return b.message(text, [b.section(text)])
    blocks: list[Block] = [b.section(mrkdwn("*{text}*", text=text))]
    blocks += [b.section(_bounded(lines[at : at + 8])) for at in range(0, min(len(lines), 40), 8)]
    if total > min(len(lines), 40):
        blocks.append(b.context(mrkdwn("… and {more} more", more=total - min(len(lines), 40))))
    return b.message(text, b.first_that_fits([blocks]))


def _bounded(lines: Sequence[Mrkdwn]) -> Mrkdwn:
    return clip(join("\n", lines), 2_900)


def why(told: Sequence[Told], name: str) -> Message:
    """Which rules fired for a run, and on what evidence; for one person."""
    if not told:
        text = mrkdwn("🔍 Nothing is kept of why {name} was told about.", name=code(name))
        return b.message(text, [b.section(text)])
    text = mrkdwn("🔍 Why {name} was told about", name=code(name))
    blocks: list[Block] = [b.section(mrkdwn("*{text}*", text=text))]
    blocks += [b.section(_reason(one)) for one in told[:5]]
    if len(told) > 5:
        blocks.append(b.context(mrkdwn("… and {more} earlier", more=len(told) - 5)))
    note = mrkdwn("Change what is told here with {way}.", way=code("/wandb settings"))
    return b.message(text, b.first_that_fits([[*blocks, b.context(note)]]))


def _reason(one: Told) -> Mrkdwn:
    payload = one.payload
    lines = [
        mrkdwn(
            "{mark} *{said}*  ·  {when}",
            mark=_KINDS.get(one.kind) or SEVERITY[Severity(one.severity)].emoji,
            said=escape(payload.get("headline") or one.kind, 250),
            when=date(one.at),
        ),
        mrkdwn("Rule: {rule}", rule=escape(payload.get("rule") or one.kind, 400)),
    ]
    numbers: Payload = payload.get("numbers") or {}
    shown = [
        mrkdwn(
            "{key} {value}", key=escape(key.replace("_", " "), 40), value=code(_short(value), 80)
        )
        for key, value in list(numbers.items())[:8]
        if value is not None and key != "advice"
    ]
    if shown:
        lines.append(mrkdwn("Evidence: {all}", all=join("  ·  ", shown)))
    if payload.get("why"):
        lines.append(mrkdwn("Told how: {why}", why=escape(payload["why"], 200)))
    if one.resolved_at is not None:
        lines.append(mrkdwn("Over since {when}.", when=date(one.resolved_at)))
    return join("\n", lines)


def _short(value: object) -> str:
    return number(value) if isinstance(value, float) else str(value)


def _and_more(count: int) -> Mrkdwn:
    """What stands behind the first of several: how many others there are."""
    return mrkdwn(" (and {count} more)", count=count) if count > 0 else Mrkdwn()
