"""What comes after the card: replies in its thread, fresh lines, and what became one message."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from handlers.reply import Block, Message
from handlers.views import blocks as b
from handlers.views.alert.event import (
    Payload,
    and_more,
    cause_blocks,
    leading,
    mark_of,
    metric_values,
    moment,
    said_of,
    time_of,
)
from handlers.views.escape import Mrkdwn, clip, escape, join, link, mention, mrkdwn
from handlers.views.numbers import plural
from handlers.views.silence import MUTE_KIND
from handlers.watching.manners import KINDS


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
    lead = leading(events)
    said = str(lead.get("headline") or "") if lead else ""
    more = and_more(len(events) - 1)
    text = mrkdwn(
        "{mark} {name}: {said}{more}",
        mark=mark_of(lead),
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
    blocks += cause_blocks(payload.get("cause"), said)
    values = metric_values(payload.get("metrics") or {})
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
        mark=mark_of(events[0] if events else None),
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
    line = mrkdwn("{mark} {name}{said}", mark=mark_of(event), name=name, said=said_of(event))
    advice = event.get("advice")
    if alone and advice:
        line = mrkdwn("{line}\n*Try:* {advice}", line=line, advice=escape(advice, 400))
    return line


def fresh(payload: Payload, now: datetime) -> Message:
    """New critical problems of runs that have a card already: a line each, with the way there."""
    items: Sequence[Payload] = payload.get("items") or (payload,)
    lines = [_fresh_line(item) for item in items[:10]]
    first = next((item for item in items if not item.get("closed_at")), items[0])
    more = and_more(len(items) - 1)
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
        lasted = time_of(payload)
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
            when = moment(event.get("at") or item.get("at"))
            lines.append(
                mrkdwn(
                    "{mark} *{name}*: {said}  ·  {when}",
                    mark=mark_of(event),
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
