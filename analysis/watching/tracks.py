"""What one watch remembers of a run, a sweep or a group: episodes, and what was told already.

Everything here is plain JSON when stored, and changes only through the functions of this module.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from analysis.alerts.base import Holds
from analysis.findings import Severity


@dataclass(frozen=True, slots=True)
class Episode:
    """One condition of one subject, seen without flicker.

    Attributes:
        open: whether it counts as being there.
        number: which time, from 1.
        since: when it began, of the present or the last time.
        severity: its severity when it was told.
        silent: whether its beginning was not told (it was there before the watch was).
        streak: looks in a row that contradict ``open``.
        streak_since: when the first of them was.
    """

    open: bool = False
    number: int = 0
    since: datetime | None = None
    severity: Severity = Severity.INFO
    silent: bool = False
    streak: int = 0
    streak_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A run of a sweep or group: its state, and its best value of its leading metric."""

    state: str
    metric: str = ""
    best: float | None = None


@dataclass(frozen=True, slots=True)
class Track:
    """What a watch remembers of one subject.

    Attributes:
        state: the run's state at the last look.
        attempt: how many times it has begun.
        episodes: by ``kind:code``.
        told: moments that were told, ``kind:code:time``.
        members: of a sweep or group, by run.
    """

    state: str = ""
    attempt: int = 1
    episodes: Mapping[str, Episode] = field(default_factory=dict)
    told: frozenset[str] = frozenset()
    members: Mapping[str, Member] = field(default_factory=dict)

    @classmethod
    def heard_of_late(cls) -> "Track":
        """Of a run that was there before the watch was about it: that it started is no news."""
        return cls(told=frozenset({"started::1"}))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON for storage."""
        return {
            "state": self.state,
            "attempt": self.attempt,
            "episodes": {key: _plain(each) for key, each in self.episodes.items()},
            "told": sorted(self.told),
            "members": {run: [m.state, m.metric, m.best] for run, m in self.members.items()},
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Track":
        """What ``to_json`` wrote; fields that an older release did not write have defaults."""
        return cls(
            state=str(value.get("state", "")),
            attempt=int(value.get("attempt", 1)),
            episodes={key: _episode(each) for key, each in value.get("episodes", {}).items()},
            told=frozenset(value.get("told", ())),
            members={run: Member(*each) for run, each in value.get("members", {}).items()},
        )


def _plain(episode: Episode) -> dict[str, Any]:
    return {
        "open": episode.open,
        "number": episode.number,
        "since": _text(episode.since),
        "severity": episode.severity.value,
        "silent": episode.silent,
        "streak": episode.streak,
        "streak_since": _text(episode.streak_since),
    }


def _episode(value: Mapping[str, Any]) -> Episode:
    return Episode(
        open=bool(value["open"]),
        number=int(value["number"]),
        since=_time(value.get("since")),
        severity=Severity(value.get("severity", "info")),
        silent=bool(value.get("silent")),
        streak=int(value.get("streak", 0)),
        streak_since=_time(value.get("streak_since")),
    )


def _text(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat()


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def appears(before: Episode, seen: Holds, now: datetime, *, silent: bool) -> tuple[Episode, bool]:
    """The episode after a look that saw the condition, and whether that is news.

    It is news when it begins, and when it gets worse (from warning to critical) while it lasts.
    """
    if before.open:
        worse = seen.severity.rank > before.severity.rank
        if not worse:
            return replace(before, streak=0, streak_since=None), False
        after = Episode(True, before.number + 1, now, seen.severity, silent)
        return after, not silent
    since = before.streak_since or now
    streak = before.streak + 1
    if not silent and (streak < seen.enter or (now - since).total_seconds() < seen.enter_s):
        return replace(before, streak=streak, streak_since=since), False
    return Episode(True, before.number + 1, since, seen.severity, silent), not silent


def vanishes(before: Episode, now: datetime, leave: int) -> tuple[Episode, bool]:
    """The episode after a look that did not see the condition, and whether it is over by that."""
    if not before.open:
        return replace(before, streak=0, streak_since=None), False
    streak = before.streak + 1
    if streak < leave:
        return replace(before, streak=streak, streak_since=before.streak_since or now), False
    return replace(before, open=False, streak=0, streak_since=None), not before.silent
