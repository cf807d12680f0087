"""A run's card, or that of a sweep or group: edited in place for its whole life."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from analysis.alerts.base import is_group
from analysis.looking.report import LookGroup
from analysis.reports import RunFacts
from handlers.reply import Block, Message
from handlers.views import blocks as b
from handlers.views.alert.event import (
    Payload,
    cause_blocks,
    leading,
    mark_of,
    metric_values,
    moment,
    said_of,
    severity_of,
    time_of,
)
from handlers.views.escape import Mrkdwn, escape, join, link, mention, mrkdwn
from handlers.views.look import counted
from handlers.views.numbers import number, plural
from handlers.views.silence import MUTE_KIND, MUTE_RUN, SNOOZE_RUN
from handlers.views.words import state_sentence
from handlers.watching.manners import KINDS

WHY: Final = "alert.why"
_EVENTS: Final = 6


def card(payload: Payload, now: datetime) -> Message:
    """A run's card, or that of a sweep or group.

    Args:
        payload: ``subject``, ``name``, ``facts`` or ``group``, ``events`` (each ``kind``, ``code``,
            ``severity``, ``headline``, ``at``, ``closed_at``, ``name``), ``metrics``, ``cause``,
            ``mention``, ``kind`` (of the newest event).
        now: the present.
    """
    events: Sequence[Payload] = payload.get("events") or ()
    lead = leading(events)
    name = str(payload.get("name") or payload.get("subject") or "a run")
    said = str(lead.get("headline") or "") if lead else ""
    text = mrkdwn(
        "{mark} {name}: {said}", mark=mark_of(lead), name=escape(name, 80), said=escape(said, 300)
    )
    who = payload.get("mention")
    if isinstance(who, str):
        text = mrkdwn("{text} {who}", text=text, who=mention(who))
    blocks: list[Block | None] = [b.section(_head(payload, lead, name))]
    lines = [_event_line(event) for event in _shown(events, lead)]
    if lines:
        blocks.append(b.section(join("\n", lines)))
    blocks += cause_blocks(payload.get("cause"), said)
    values = metric_values(payload.get("metrics") or {})
    if values:
        blocks.append(b.context(values))
    blocks.append(b.context(_where(payload)))
    blocks.append(_buttons(payload, lead))
    return b.message(text, b.first_that_fits([b.only(blocks)]))


def _head(payload: Payload, lead: Payload | None, name: str) -> Mrkdwn:
    facts = payload.get("facts")
    run = RunFacts.model_validate(facts) if facts else None
    shown = link(run.url if run else None, name, 100)
    head = mrkdwn("{mark} *{name}*", mark=mark_of(lead), name=shown)
    if lead is not None:
        head = mrkdwn("{head}  ·  {said}", head=head, said=said_of(lead))
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


def _shown(events: Sequence[Payload], lead: Payload | None) -> list[Payload]:
    """The other events, open ones first, the newest first."""
    others = [event for event in reversed(events) if event is not lead]
    others.sort(key=lambda event: (bool(event.get("closed_at")), -severity_of(event).rank))
    return others[:_EVENTS]


def _event_line(event: Payload) -> Mrkdwn:
    """One event: what it was, and whether it is over."""
    when = moment(event.get("at"))
    name = escape(event["name"], 60) if event.get("name") else Mrkdwn()
    about = mrkdwn("{name}: ", name=name) if name else Mrkdwn()
    said = escape(event.get("was") or event.get("headline") or "", 250)
    if event.get("closed_at"):
        over = event.get("over") or f"resolved, lasted {time_of(event)}"
        return mrkdwn("✔️ {about}{said}, {over}", about=about, said=said, over=escape(over, 60))
    return mrkdwn(
        "{mark} {about}{said}  ·  {when}", mark=mark_of(event), about=about, said=said, when=when
    )


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
