"""A sweep or a group as one subject: its runs, its best value, and when it has ended."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from analysis import metrics
from analysis.alerts.base import Evidence, Holds, KindName, Said, Sight
from analysis.detectors.base import number
from analysis.findings import Severity
from analysis.run import RunState
from analysis.watching.tracks import Member, Track

QUIET_S = 300.0
"""Seconds that nothing of it may run before it counts as ended: agents pause between two runs."""
MOST_MEMBERS = 5_000
_WORDS = {"failed": "failed", "crashed": "lost contact", "finished": "finished"}


def with_member(track: Track, sight: Sight) -> Track:
    """The track of a sweep or group with a run as it was just seen."""
    run = sight.run.ref.id
    if run not in track.members and len(track.members) >= MOST_MEMBERS:
        return track
    lead = next(iter(sight.report.eval), None)
    member = Member(sight.run.state.value)
    if lead is not None:
        member = Member(sight.run.state.value, lead.metric, lead.best)
    return replace(track, members={**track.members, run: member})


def group_name(subject: str) -> str:
    """``sweep NAME`` or ``group NAME``."""
    kind, _, name = subject.split("/", 2)[-1].partition(":")
    return f"{kind} {name}"


def group_said(subject: str, track: Track) -> Iterator[tuple[KindName, Said]]:
    """Holds once none of two or more runs lives any more."""
    states = Counter(member.state for member in track.members.values())
    living = sum(count for state, count in states.items() if not RunState.of(state).ended)
    if living or len(track.members) < 2:
        return
    parts = [f"{states[state]} {word}" for state, word in _WORDS.items() if states[state]]
    other = len(track.members) - sum(states[state] for state in _WORDS)
    if other:
        parts.append(f"{other} stopped")
    metric, best, holder = best_of(track)
    values = {metric: best} if best is not None else {}
    tail = f"; best {metric} {number(best)} ({holder})" if best is not None else ""
    yield (
        "ended",
        Holds(
            f"{group_name(subject).capitalize()} ended: {', '.join(parts)}{tail}",
            Evidence(f"No run of it has run for {QUIET_S / 60:.0f} minutes.", dict(states)),
            Severity.INFO,
            enter=2,
            leave=1,
            enter_s=QUIET_S,
            metrics=values,
        ),
    )


def best_of(track: Track) -> tuple[str, float | None, str]:
    """The metric that most runs lead with, its best value, and the run that has it."""
    leads = Counter(member.metric for member in track.members.values() if member.metric)
    if not leads:
        return "", None, ""
    metric = leads.most_common(1)[0][0]
    sign = -1.0 if metrics.direction_of(metric) == "up" else 1.0
    values = [
        (sign * member.best, member.best, run)
        for run, member in track.members.items()
        if member.metric == metric and member.best is not None
    ]
    if not values:
        return metric, None, ""
    _, best, holder = min(values)
    return metric, best, holder
