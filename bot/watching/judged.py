"""Who listens, and what becomes of each alert there: said, held, muted or off."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from analysis.alerts.base import Alert
from analysis.findings import Severity
from bot.background import policy
from bot.background.policy import QuietHours
from bot.storage.alerts import Fate
from bot.storage.mutes import Mute
from handlers.watching.manners import Manners


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
class Verdict:
    """What becomes of one alert in one channel, and why."""

    alert: Alert
    fate: Fate
    why: str


def judged(listener: Listener, alerts: Sequence[Alert], now: datetime) -> list[Verdict]:
    """What becomes of each alert: mutes, quiet hours and the kinds that the channel wants."""
    manners = policy.Manners(quiet=quiet_hours(listener.manners))
    asked = [_asked(listener, alert) for alert in alerts]
    decided = policy.admit(
        asked, manners=manners, mutes=listener.mutes, last_fresh={}, now=now
    ).judged
    found = []
    for alert, one in zip(alerts, decided, strict=True):
        if not listener.manners.wants(alert.kind):
            found.append(Verdict(alert, "off", f"alerts of the kind “{alert.kind}” are off here"))
        else:
            found.append(Verdict(alert, one.fate, one.why))
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


def quiet_hours(manners: Manners) -> QuietHours | None:
    """A channel's quiet hours, if it has any."""
    if manners.quiet is None:
        return None
    start, end = manners.quiet
    return QuietHours(start, end, ZoneInfo(manners.zone))


def speaks(verdict: Verdict) -> bool:
    """Whether an alert begins and is said now."""
    return verdict.fate == "posted" and verdict.alert.opens


def mild_only(found: Iterable[Verdict]) -> bool:
    """Whether all that is said merely informs."""
    return all(v.alert.severity is Severity.INFO for v in found if speaks(v))


def called(listener: Listener, alerts: Sequence[Alert]) -> dict[str, str]:
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
