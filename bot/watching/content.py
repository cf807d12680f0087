"""What a card shows: the facts of its run, and its latest events, each with its end."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from analysis.alerts.base import Alert, is_group, label_of
from analysis.causes.report import finite_json
from analysis.watching.groups import group_name
from bot.watching import deleted
from bot.watching.judged import Listener, Verdict

_KEPT: Final = 12  # events of a card
_FINAL: Final = frozenset({"finished", "failed", "stopped", "crashed", "ended", deleted.KIND})
TRUTH: Final = _FINAL | {"returned", "started"}
"""What a card always shows, muted or not: how its run stands."""


def merged(
    listener: Listener,
    subject: str,
    before: Mapping[str, Any],
    found: Sequence[Verdict],
    now: datetime,
) -> dict[str, Any]:
    """A card's content after what happened."""
    events: list[dict[str, Any]] = [dict(event) for event in before.get("events") or ()]
    payload = {key: value for key, value in before.items() if key != "mention"}
    for verdict in found:
        alert = verdict.alert
        if alert.kind == "returned":
            events = [_superseded(event, alert, now) for event in events]
        events = _with(events, event_of(alert, grouped=is_group(subject)))
        if alert.subject == subject or not is_group(subject):
            payload["name"] = alert.name or label_of(alert.subject)
        if alert.run is not None and not is_group(subject):
            payload["facts"] = alert.run.model_dump(mode="json")
        if alert.metrics:
            payload["metrics"] = {**(payload.get("metrics") or {}), **plain(alert.metrics)}
        if alert.kind == "returned":
            payload.pop("cause", None)
        if alert.cause is not None:
            payload["cause"] = alert.cause.model_dump(mode="json")
    payload |= {"subject": subject, "events": events[-_KEPT:]}
    if is_group(subject):
        payload.setdefault("name", group_name(subject))
        if subject in listener.groups:
            payload["group"] = dict(listener.groups[subject])
    payload.setdefault("name", label_of(subject))
    return payload


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as JSON holds them: PostgreSQL refuses a row with a NaN in it."""
    return {key: finite_json(value) for key, value in values.items()}


def event_key(alert: Alert) -> str:
    """Names one episode of one thing of one run."""
    return f"{alert.subject}:{alert.kind}:{alert.code}:{alert.episode}"


def event_of(alert: Alert, *, grouped: bool) -> dict[str, Any]:
    """An alert as a card holds it; on a group's card it names its run."""
    told: dict[str, Any] = {
        "key": event_key(alert),
        "kind": alert.kind,
        "code": alert.code,
        "severity": alert.severity.value,
        "headline": alert.headline,
        "at": alert.opened_at.isoformat(),
    }
    if alert.closed_at is not None:
        told["closed_at"] = alert.closed_at.isoformat()
    if grouped and alert.run is not None:
        told["name"] = alert.name
    advice = alert.evidence.numbers.get("advice")
    if advice:
        told["advice"] = str(advice)
    return told


def _with(events: list[dict[str, Any]], event: dict[str, Any]) -> list[dict[str, Any]]:
    """The events with one more, or with the end of one that is there."""
    for place, before in enumerate(events):
        if before["key"] == event["key"]:
            was = before.get("was") or before["headline"]
            merged = {**before, **event, "was": was, "at": before["at"]}
            return [*events[:place], *events[place + 1 :], merged]
    if len(events) >= _KEPT:
        over = next((e for e in events if e.get("closed_at")), events[0])
        events = [e for e in events if e is not over]
    return [*events, event]


def _superseded(event: dict[str, Any], alert: Alert, now: datetime) -> dict[str, Any]:
    """An end of a run that goes on again was not its end."""
    last = event["kind"] in _FINAL and not event.get("closed_at")
    mine = event["key"].startswith(f"{alert.subject}:")
    if not (last and mine):
        return event
    return {**event, "closed_at": now.isoformat(), "over": "but it went on"}
