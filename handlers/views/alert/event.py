"""One event of a run: its mark, its words, how long it lasted, its cause."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from analysis.findings import Severity
from handlers.reply import Block
from handlers.views import blocks as b
from handlers.views.escape import Mrkdwn, code, date, escape, join, mrkdwn
from handlers.views.numbers import duration, number
from handlers.views.words import SEVERITY

_QUOTES: Final = 2
KIND_MARKS: Final[Mapping[str, str]] = {
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


def leading(events: Sequence[Payload]) -> Payload | None:
    """What the card says first: an end, else the worst that is still so, else the newest."""
    standing = [
        event
        for event in reversed(events)
        if not event.get("closed_at") and (ends(event) or severity_of(event).rank)
    ]
    if not standing:
        return events[-1] if events else None
    return max(standing, key=lambda event: (ends(event), severity_of(event).rank))


def ends(event: Payload) -> bool:
    """Whether nothing of a run comes after it."""
    return event.get("kind") in {"finished", "failed", "stopped", "ended", "deleted"}


def severity_of(event: Payload) -> Severity:
    """How bad it is; what says nothing merely informs."""
    return Severity(event.get("severity") or "info")


def mark_of(event: Payload | None) -> str:
    """The sign before it: over, by its kind, else by its severity."""
    if event is None:
        return "▶️"
    if event.get("closed_at"):
        return "🟢"
    known = KIND_MARKS.get(str(event.get("kind")))
    return known or SEVERITY[severity_of(event)].emoji


def said_of(event: Payload) -> Mrkdwn:
    """Its headline, and how long it lasted once it is over."""
    said = escape(event.get("headline") or "", 300)
    closed = event.get("closed_at")
    if not closed:
        return said
    lasted = time_of(event)
    return mrkdwn("{said} (lasted {lasted})", said=said, lasted=lasted) if lasted else said


def time_of(event: Payload) -> str:
    """How long it lasted; empty where it does not say."""
    try:
        opened = datetime.fromisoformat(str(event["at"]))
        closed = datetime.fromisoformat(str(event["closed_at"]))
    except (KeyError, ValueError):
        return ""
    return duration(max(0.0, (closed - opened).total_seconds()))


def moment(stored: object) -> Mrkdwn:
    """A stored time, in the time zone of who reads it."""
    try:
        return date(datetime.fromisoformat(str(stored)))
    except ValueError:
        return Mrkdwn()


def cause_blocks(cause: Payload | None, said: str) -> list[Block | None]:
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


def metric_values(values: Payload) -> Mrkdwn:
    """The first few metrics, a name and a number each."""
    shown = [
        mrkdwn("{name} {value}", name=escape(name, 60), value=number(_float(value)))
        for name, value in list(values.items())[:6]
    ]
    return join("  ·  ", shown)


def _float(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float | str) else None


def and_more(count: int) -> Mrkdwn:
    """What stands behind the first of several: how many others there are."""
    return mrkdwn(" (and {count} more)", count=count) if count > 0 else Mrkdwn()
