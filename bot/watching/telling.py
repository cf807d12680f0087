"""Alerts of one look become what a channel hears: cards, replies in their threads, fresh lines.

Pure. The rules: one card a run (a sweep or group: one for all of its runs), edited in place for
good; what happens later also goes into its thread, all of one look in one message; nothing else
goes to the channel but a line for a new critical problem, at most once a cooling period; what quiet
hours hold comes as one digest; many runs that merely begin or end at once are one message.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from analysis.alerts.base import Alert, is_group, label_of
from analysis.causes.report import finite_json
from analysis.findings import Severity
from analysis.watching.groups import group_name
from bot.background import policy
from bot.background.policy import QuietHours
from bot.background.ports import AlertNote, CardChange, Post
from bot.storage import CardKey, Outgoing
from bot.storage.alerts import Fate
from bot.storage.mutes import Mute
from bot.watching import deleted
from bot.watching import lines as fresh_lines
from bot.watching.lines import Line, digest
from handlers.watching.manners import Manners
from handlers.watching.render import CARD, CHANGES

BUNDLE: Final = 3
"""More new cards of one look than these that merely inform are one message instead."""
CROWD: Final = 10
"""More new cards of one look than these that tell of problems are one message instead: a machine
that takes fifty runs with it is one thing that happened."""
_KEPT: Final = 12  # events of a card
_FINAL: Final = frozenset({"finished", "failed", "stopped", "crashed", "ended", deleted.KIND})
_TRUTH: Final = _FINAL | {"returned", "started"}
"""What a card always shows, muted or not: how its run stands."""
_LISTED: Final = 15
_MENTIONED: Final = 5


@dataclass(frozen=True, slots=True)
class Listener:
    """One watch, and how its channel wants to be told.

    Attributes:
        mutes: those in force in its channel.
        owners: Slack users by W&B user name, for mentions.
        cooling: at least so long between two fresh lines about one card.
        groups: what a sweep's or group's card says of its runs, by subject.
    """

    watch_id: int
    channel: str
    manners: Manners
    mutes: Sequence[Mute] = ()
    owners: Mapping[str, str] = field(default_factory=dict)
    cooling: timedelta = timedelta(hours=1)
    groups: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """All that one look says in one channel; ``lines`` still lack the links to their threads."""

    cards: tuple[CardChange, ...] = ()
    posts: tuple[Post, ...] = ()
    notes: tuple[AlertNote, ...] = ()
    resolved: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class _Verdict:
    alert: Alert
    fate: Fate
    why: str


def card_key(channel: str, subject: str) -> CardKey:
    """Which card is a run's, a sweep's or a group's: one in a channel."""
    return CardKey(channel, CARD, subject)


def tell(
    listener: Listener,
    alerts: Sequence[Alert],
    known: Mapping[str, Mapping[str, Any]],
    *,
    now: datetime,
    said: Mapping[str, Mapping[str, Any]] | None = None,
) -> Told:
    """What a channel hears of one look.

    Args:
        listener: the watch.
        alerts: what happened, in order; those its filters leave out are left out already.
        known: what the cards of these alerts show, by subject, of those that there are.
        now: the look's time.
        said: messages of fresh lines that the known cards name, by subject.
    """
    verdicts = _judged(listener, alerts, now)
    by_card: dict[str, list[_Verdict]] = {}
    for verdict in verdicts:
        by_card.setdefault(verdict.alert.card or verdict.alert.subject, []).append(verdict)
    fresh_cards = {
        subject: found
        for subject, found in by_card.items()
        if subject not in known and any(_speaks(verdict) for verdict in found)
    }
    mild = {subject for subject, found in fresh_cards.items() if _mild(found)}
    grave = fresh_cards.keys() - mild
    bundled = (mild if len(mild) > BUNDLE else set()) | (grave if len(grave) > CROWD else set())
    cards: list[CardChange] = []
    posts: list[Post] = []
    lines: list[Line] = []
    for subject, found in by_card.items():
        key = card_key(listener.channel, subject)
        if subject in known:
            change, line = _edited(listener, key, known[subject], found, now)
            cards += change
            lines += line
            cards += _corrected(listener, change, said or {})
            # Whom the line in the channel calls is not called twice for the same.
            posts += _reply(listener, key, found, mention=not line)
        elif subject in fresh_cards and subject not in bundled:
            cards.append(_new_card(listener, key, found, now))
    if lines:
        named = fresh_lines.subject_of(lines)
        with_line = {line.card for line in lines}
        cards = [
            replace(change, payload={**change.payload, "line": named})
            if change.key in with_line
            else change
            for change in cards
        ]
    posts += _bundle(listener, [by_card[subject] for subject in by_card if subject in bundled])
    posts += _digest(listener, by_card, now)
    return Told(
        cards=tuple(cards),
        posts=tuple(posts),
        notes=tuple(
            _note(listener, v, known, fresh_cards, bundled) for v in verdicts if v.alert.opens
        ),
        resolved=tuple(v.alert.key(listener.watch_id) for v in verdicts if not v.alert.opens),
        lines=tuple(lines),
    )


# What becomes of each alert


def _judged(listener: Listener, alerts: Sequence[Alert], now: datetime) -> list[_Verdict]:
    manners = policy.Manners(quiet=_quiet(listener.manners))
    asked = [_asked(listener, alert) for alert in alerts]
    decided = policy.admit(
        asked, manners=manners, mutes=listener.mutes, last_fresh={}, now=now
    ).judged
    found = []
    for alert, one in zip(alerts, decided, strict=True):
        if not listener.manners.wants(alert.kind):
            found.append(_Verdict(alert, "off", f"alerts of the kind “{alert.kind}” are off here"))
        else:
            found.append(_Verdict(alert, one.fate, one.why))
    return found


def _asked(listener: Listener, alert: Alert) -> policy.Alert:
    """The alert as mutes see it: a mute of a sweep or group covers its runs."""
    silent = {mute.subject for mute in listener.mutes if mute.scope == "run"}
    run = alert.card if alert.card in silent and alert.subject not in silent else alert.subject
    kind = {"returned": "started"}.get(alert.kind, alert.kind)
    return policy.Alert(
        watch_id=listener.watch_id,
        run=run,
        kind=kind,
        severity=alert.severity,
        payload={},
        code=alert.code,
        episode=alert.episode,
        opens=alert.opens,
    )


def _quiet(manners: Manners) -> QuietHours | None:
    if manners.quiet is None:
        return None
    start, end = manners.quiet
    return QuietHours(start, end, ZoneInfo(manners.zone))


def _speaks(verdict: _Verdict) -> bool:
    return verdict.fate == "posted" and verdict.alert.opens


def _mild(found: Iterable[_Verdict]) -> bool:
    return all(v.alert.severity is Severity.INFO for v in found if _speaks(v))


# Cards


def _new_card(
    listener: Listener, key: CardKey, found: Sequence[_Verdict], now: datetime
) -> CardChange:
    said = [v for v in found if v.fate == "posted" or v.alert.kind in _TRUTH]
    payload = _merged(listener, key.subject, {}, said, now)
    loud = [v.alert for v in said if _speaks(v)]
    if any(alert.severity is Severity.CRITICAL for alert in loud):
        payload["fresh_at"] = now.isoformat()
    payload |= _mention(listener, loud)
    return CardChange(key, payload, listener.watch_id)


def _edited(
    listener: Listener,
    key: CardKey,
    before: Mapping[str, Any],
    found: Sequence[_Verdict],
    now: datetime,
) -> tuple[list[CardChange], list[Line]]:
    shown = [v for v in found if v.fate != "off" or v.alert.kind in _TRUTH]
    if not shown:
        return [], []
    payload = _merged(listener, key.subject, before, shown, now)
    lines = []
    loud = [v.alert for v in found if _speaks(v)]
    critical = [alert for alert in loud if alert.severity is Severity.CRITICAL]
    if critical and listener.manners.fresh_lines and _cooled(before, listener.cooling, now):
        payload["fresh_at"] = now.isoformat()
        told = {
            "key": _event_key(critical[0]),
            "name": critical[0].name or str(payload.get("name")),
            "subject": key.subject,
            "headline": critical[0].headline,
            **_mention(listener, critical),
        }
        lines.append(Line(key, told))
    return [CardChange(key, payload, listener.watch_id)], lines


def _corrected(
    listener: Listener, changes: Sequence[CardChange], said: Mapping[str, Mapping[str, Any]]
) -> list[CardChange]:
    """The fresh line that a card brought, once what it tells of is over."""
    found = []
    for change in changes:
        subject = str(change.payload.get("line") or "")
        after = fresh_lines.corrected(said[subject], change.payload) if subject in said else None
        if after is not None:
            key = fresh_lines.key_of(listener.channel, subject)
            found.append(CardChange(key, after, listener.watch_id))
    return found


def _cooled(before: Mapping[str, Any], cooling: timedelta, now: datetime) -> bool:
    try:
        last = datetime.fromisoformat(str(before.get("fresh_at")))
    except ValueError:
        return True
    # A clock that was set back leaves a last line in the future: it cools nothing.
    return last > now or now - last >= cooling


def _merged(
    listener: Listener,
    subject: str,
    before: Mapping[str, Any],
    found: Sequence[_Verdict],
    now: datetime,
) -> dict[str, Any]:
    """A card's content after what happened."""
    events: list[dict[str, Any]] = [dict(event) for event in before.get("events") or ()]
    payload = {key: value for key, value in before.items() if key != "mention"}
    for verdict in found:
        alert = verdict.alert
        if alert.kind == "returned":
            events = [_superseded(event, alert, now) for event in events]
        events = _with(events, _event(alert, grouped=is_group(subject)))
        if alert.subject == subject or not is_group(subject):
            payload["name"] = alert.name or label_of(alert.subject)
        if alert.run is not None and not is_group(subject):
            payload["facts"] = alert.run.model_dump(mode="json")
        if alert.metrics:
            payload["metrics"] = {**(payload.get("metrics") or {}), **_plain(alert.metrics)}
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


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as JSON holds them: PostgreSQL refuses a row with a NaN in it."""
    return {key: finite_json(value) for key, value in values.items()}


def _event_key(alert: Alert) -> str:
    return f"{alert.subject}:{alert.kind}:{alert.code}:{alert.episode}"


def _event(alert: Alert, *, grouped: bool) -> dict[str, Any]:
    told: dict[str, Any] = {
        "key": _event_key(alert),
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


# What goes into threads, and into the channel


def _reply(
    listener: Listener, key: CardKey, found: Sequence[_Verdict], *, mention: bool
) -> list[Post]:
    loud = [v.alert for v in found if _speaks(v)]
    if not loud:
        return []
    what = Outgoing(
        key=f"changes:{_name(listener, loud)}",
        channel=listener.channel,
        kind=CHANGES,
        payload=_changes(listener, key.subject, loud, mention=mention),
        merge="thread",
    )
    return [Post(what, listener.watch_id, thread_of=key)]


def _bundle(listener: Listener, found: Sequence[Sequence[_Verdict]]) -> list[Post]:
    loud = [v.alert for several in found for v in several if _speaks(v)]
    if not loud:
        return []
    loud.sort(key=lambda alert: (-alert.severity.rank, alert.kind))
    owners = [_mention(listener, [alert]).get("mention") for alert in loud]
    payload = {
        "name": f"{len(found)} runs",
        "subject": "",
        "events": [{**_event(a, grouped=True), "name": a.name} for a in loud[:_LISTED]],
        "counts": dict(Counter(alert.kind for alert in loud)),
        "mentions": list(dict.fromkeys(owner for owner in owners if owner))[:_MENTIONED],
    }
    what = Outgoing(
        key=f"bundle:{_name(listener, loud)}",
        channel=listener.channel,
        kind=CHANGES,
        payload=payload,
        merge="bundle",
    )
    return [Post(what, listener.watch_id)]


def _digest(
    listener: Listener, by_card: Mapping[str, Sequence[_Verdict]], now: datetime
) -> list[Post]:
    quiet = _quiet(listener.manners)
    until = quiet.until(now) if quiet else None
    posts = []
    for subject, found in by_card.items():
        held = [v.alert for v in found if v.fate == "held" and v.alert.opens]
        if held and until is not None:
            what = Outgoing(
                key=f"held:{_name(listener, held)}",
                channel=listener.channel,
                kind=CHANGES,
                payload=_changes(listener, subject, held, mention=False),
                merge="digest",
                not_before=until,
            )
            posts.append(Post(what, listener.watch_id))
    return posts


def _changes(
    listener: Listener, subject: str, alerts: Sequence[Alert], *, mention: bool = True
) -> dict[str, Any]:
    grouped = is_group(subject)
    payload: dict[str, Any] = {
        "name": _name_of(subject, alerts),
        "subject": subject,
        "events": [_event(alert, grouped=grouped) for alert in alerts],
    }
    causes = [alert.cause for alert in alerts if alert.cause is not None]
    if len(causes) == 1:
        payload["cause"] = causes[0].model_dump(mode="json")
    if len(alerts) == 1 and alerts[0].metrics:
        payload["metrics"] = _plain(alerts[0].metrics)
    return payload | (_mention(listener, alerts) if mention else {})


def _name_of(subject: str, alerts: Sequence[Alert]) -> str:
    """Whom a reply is about: the run, of a sweep or group both where it is one run."""
    if not is_group(subject):
        return alerts[0].name
    runs = {alert.name for alert in alerts if alert.subject != subject}
    name = group_name(subject)
    return f"{runs.pop()} ({name})" if len(runs) == 1 else name


def _mention(listener: Listener, alerts: Sequence[Alert]) -> dict[str, str]:
    """The linked owner of a run with a critical problem, where the channel asked for that."""
    if not listener.manners.mentions:
        return {}
    for alert in alerts:
        if alert.cause is not None and alert.cause.cause == "interrupted":
            continue  # somebody pressed Ctrl-C: nobody is called for what they just did
        if alert.severity is Severity.CRITICAL and alert.run is not None and alert.run.user:
            owner = listener.owners.get(alert.run.user)
            if owner:
                return {"mention": owner}
    return {}


def _name(listener: Listener, alerts: Sequence[Alert]) -> str:
    """Names a message for ever by what it tells: two watches of a channel tell it once."""
    return f"{listener.channel}:{digest(alert.key(listener.channel) for alert in alerts)}"


def _note(
    listener: Listener,
    verdict: _Verdict,
    known: Mapping[str, Mapping[str, Any]],
    fresh: Mapping[str, Any],
    bundled: set[str],
) -> AlertNote:
    alert = verdict.alert
    subject = alert.card or alert.subject
    stands = subject in known or (subject in fresh and subject not in bundled)
    return AlertNote(
        key=alert.key(listener.watch_id),
        watch_id=listener.watch_id,
        run=alert.subject,
        kind=alert.kind,
        code=alert.code,
        severity=alert.severity.value,
        fate=verdict.fate,
        payload={
            "headline": alert.headline,
            "rule": alert.evidence.rule,
            "numbers": _plain(alert.evidence.numbers),
            "why": verdict.why,
            "name": alert.name,
        },
        card=card_key(listener.channel, subject) if stands else None,
    )
