"""Alerts of one look become what a channel hears: cards, replies in their threads, fresh lines.

Pure. The rules: one card a run (a sweep or group: one for all of its runs), edited in place for
good; what happens later also goes into its thread, all of one look in one message; nothing else
goes to the channel but a line for a new critical problem, at most once a cooling period; what quiet
hours hold comes as one digest; many runs that merely begin or end at once are one message.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from analysis.alerts.base import Alert, is_group
from analysis.findings import Severity
from analysis.watching.groups import group_name
from bot.background.ports import AlertNote, CardChange, Post
from bot.storage import CardKey, Outgoing
from bot.watching import lines as fresh_lines
from bot.watching.content import TRUTH, event_key, event_of, merged, plain
from bot.watching.judged import Listener, Verdict, called, judged, mild_only, quiet_hours, speaks
from bot.watching.lines import Line, digest
from handlers.watching.render import CARD, CHANGES

BUNDLE: Final = 3
"""More new cards of one look than these that merely inform are one message instead."""
CROWD: Final = 10
"""More new cards of one look than these that tell of problems are one message instead: a machine
that takes fifty runs with it is one thing that happened."""
_LISTED: Final = 15
_MENTIONED: Final = 5


@dataclass(frozen=True, slots=True)
class Told:
    """All that one look says in one channel; ``lines`` still lack the links to their threads."""

    cards: tuple[CardChange, ...] = ()
    posts: tuple[Post, ...] = ()
    notes: tuple[AlertNote, ...] = ()
    resolved: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()


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
    verdicts = judged(listener, alerts, now)
    by_card: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        by_card.setdefault(verdict.alert.card or verdict.alert.subject, []).append(verdict)
    fresh_cards = {
        subject: found
        for subject, found in by_card.items()
        if subject not in known and any(speaks(verdict) for verdict in found)
    }
    mild = {subject for subject, found in fresh_cards.items() if mild_only(found)}
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


# Cards


def _new_card(
    listener: Listener, key: CardKey, found: Sequence[Verdict], now: datetime
) -> CardChange:
    said = [v for v in found if v.fate == "posted" or v.alert.kind in TRUTH]
    payload = merged(listener, key.subject, {}, said, now)
    loud = [v.alert for v in said if speaks(v)]
    if any(alert.severity is Severity.CRITICAL for alert in loud):
        payload["fresh_at"] = now.isoformat()
    payload |= called(listener, loud)
    return CardChange(key, payload, listener.watch_id)


def _edited(
    listener: Listener,
    key: CardKey,
    before: Mapping[str, Any],
    found: Sequence[Verdict],
    now: datetime,
) -> tuple[list[CardChange], list[Line]]:
    shown = [v for v in found if v.fate != "off" or v.alert.kind in TRUTH]
    if not shown:
        return [], []
    payload = merged(listener, key.subject, before, shown, now)
    lines = []
    loud = [v.alert for v in found if speaks(v)]
    critical = [alert for alert in loud if alert.severity is Severity.CRITICAL]
    if critical and listener.manners.fresh_lines and _cooled(before, listener.cooling, now):
        payload["fresh_at"] = now.isoformat()
        told = {
            "key": event_key(critical[0]),
            "name": critical[0].name or str(payload.get("name")),
            "subject": key.subject,
            "headline": critical[0].headline,
            **called(listener, critical),
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


# What goes into threads, and into the channel


def _reply(
    listener: Listener, key: CardKey, found: Sequence[Verdict], *, mention: bool
) -> list[Post]:
    loud = [v.alert for v in found if speaks(v)]
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


def _bundle(listener: Listener, found: Sequence[Sequence[Verdict]]) -> list[Post]:
    loud = [v.alert for several in found for v in several if speaks(v)]
    if not loud:
        return []
    loud.sort(key=lambda alert: (-alert.severity.rank, alert.kind))
    owners = [called(listener, [alert]).get("mention") for alert in loud]
    payload = {
        "name": f"{len(found)} runs",
        "subject": "",
        "events": [{**event_of(a, grouped=True), "name": a.name} for a in loud[:_LISTED]],
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
    listener: Listener, by_card: Mapping[str, Sequence[Verdict]], now: datetime
) -> list[Post]:
    quiet = quiet_hours(listener.manners)
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
        "events": [event_of(alert, grouped=grouped) for alert in alerts],
    }
    causes = [alert.cause for alert in alerts if alert.cause is not None]
    if len(causes) == 1:
        payload["cause"] = causes[0].model_dump(mode="json")
    if len(alerts) == 1 and alerts[0].metrics:
        payload["metrics"] = plain(alerts[0].metrics)
    return payload | (called(listener, alerts) if mention else {})


def _name_of(subject: str, alerts: Sequence[Alert]) -> str:
    """Whom a reply is about: the run, of a sweep or group both where it is one run."""
    if not is_group(subject):
        return alerts[0].name
    runs = {alert.name for alert in alerts if alert.subject != subject}
    name = group_name(subject)
    return f"{runs.pop()} ({name})" if len(runs) == 1 else name


def _name(listener: Listener, alerts: Sequence[Alert]) -> str:
    """Names a message for ever by what it tells: two watches of a channel tell it once."""
    return f"{listener.channel}:{digest(alert.key(listener.channel) for alert in alerts)}"


def _note(
    listener: Listener,
    verdict: Verdict,
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
            "numbers": plain(alert.evidence.numbers),
            "why": verdict.why,
            "name": alert.name,
        },
        card=card_key(listener.channel, subject) if stands else None,
    )
