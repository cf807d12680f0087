"""Runs that somebody deleted in W&B: their cards say so in place, and nothing stands open. Pure.

It is no alert: whoever deleted a run knows. But a card that went on saying “Running” would be wrong
for ever.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from analysis.run import RunState
from analysis.watching.tracks import Track

KIND: Final = "deleted"
_CONDITIONS: Final = frozenset({"crashed", "stalled", "finding", "rule"})
"""What holds until it is over; what happened once (it started) stays as it was told."""


def card(subject: str, before: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """A run's card once the run is gone: what was so is over, and it was deleted.

    Args:
        subject: the run's path.
        before: what the card showed.
        now: when it was missed.
    """
    events = [_over(e, now) for e in before.get("events") or () if e.get("kind") != KIND]
    said = {
        "key": f"{subject}:{KIND}::1",
        "kind": KIND,
        "code": "",
        "severity": "info",
        "headline": "Deleted in W&B",
        "at": now.isoformat(),
    }
    kept = {key: value for key, value in before.items() if key != "mention"}
    return {**kept, "events": [*events, said]}


def _over(event: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    if event.get("closed_at") or event.get("kind") not in _CONDITIONS:
        return dict(event)
    # “…; it may come back” is no longer to be said.
    said = str(event.get("headline") or "").partition(";")[0]
    return {**event, "was": said, "closed_at": now.isoformat(), "over": "until it was deleted"}


def track(before: Track) -> Track:
    """What a watch remembers of it: an end, so that a run that is brought back has returned."""
    return replace(before, state=RunState.CANCELED.value, episodes={})


def resolved(subject: str, before: Track, watch_id: int) -> list[str]:
    """The keys of its alerts that were open (see ``Alert.key``)."""
    return [
        f"alert:{watch_id}:{subject}:{name}:{episode.number}"
        for name, episode in before.episodes.items()
        if episode.open
    ]
