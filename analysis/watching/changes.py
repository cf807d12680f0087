"""What a look changes for one watch: the alerts, and what it remembers from now on. Pure."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from analysis.alerts.base import (
    Alert,
    Context,
    Evidence,
    Holds,
    Kind,
    KindName,
    Leader,
    Moment,
    Said,
    Sight,
    Unsure,
    card_of,
    registered,
)
from analysis.reports import RunFacts
from analysis.rules import Rule
from analysis.run import RunState
from analysis.watching.groups import group_name, group_said, with_member
from analysis.watching.tracks import Episode, Track, appears, vanishes

Leaders = Mapping[tuple[str, str], Leader]
"""Best values so far, by ``entity/project`` and metric."""

_LEAVE: Mapping[KindName, int] = {"crashed": 1, "stalled": 1, "ended": 1}


@dataclass(frozen=True, slots=True)
class Memory:
    """All that one watch remembers.

    Attributes:
        tracks: by subject: paths of runs, and ``entity/project/sweep:NAME``.
        leaders: best values of its projects.
    """

    tracks: Mapping[str, Track] = field(default_factory=dict)
    leaders: Leaders = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Changes:
    """What a look changed.

    Attributes:
        alerts: what happened, in the order in which it was seen.
        tracks: the subjects that were looked at, as they are now.
        leaders: all best values, as they are now.
    """

    alerts: tuple[Alert, ...]
    tracks: Mapping[str, Track]
    leaders: Leaders


def changes(
    before: Memory,
    sights: Sequence[Sight],
    *,
    now: datetime,
    rules: Mapping[str, Rule] | None = None,
    first: bool = False,
) -> Changes:
    """What happened between two looks.

    Args:
        before: what the watch remembers. Of its runs only those in ``sights`` are needed, of its
            sweeps and groups all that have not ended.
        sights: the runs that were looked at; one that is not among them is left as it is.
        now: the tick's time, UTC.
        rules: people's own rules, by number.
        first: whether this is the watch's first look: what is so already is remembered, not told.

    Returns:
        The alerts, each of them told once, and what to remember.
    """
    new = challengers(before.leaders, sights)
    context = Context(now, rules or {}, before.leaders, new)
    alerts: list[Alert] = []
    tracks: dict[str, Track] = {}
    for sight in sights:
        track, found = _of_run(before.tracks.get(sight.path), sight, context, silent=first)
        tracks[sight.path] = track
        alerts += found
    for subject, track in _groups(before.tracks, sights).items():
        after, found = _of_group(subject, track, now, silent=first)
        tracks[subject] = after
        alerts += found
    return Changes(tuple(alerts), tracks, {**before.leaders, **new})


def challengers(leaders: Leaders, sights: Iterable[Sight]) -> dict[tuple[str, str], Leader]:
    """The runs with a better value than the best so far, the best of them for each metric.

    Where nothing is known yet of a metric, its first value makes the record.
    """
    found: dict[tuple[str, str], Leader] = {}
    for sight in sights:
        for each in sight.report.eval[:1]:
            if each.best is None or not math.isfinite(each.best):
                continue
            key = (f"{sight.run.ref.entity}/{sight.run.ref.project}", each.metric)
            record = found.get(key) or leaders.get(key)
            if record is None or record.beaten_by(each.best):
                found[key] = Leader(each.best, sight.path, each.direction)
    return found


def _of_run(
    before: Track | None, sight: Sight, context: Context, *, silent: bool
) -> tuple[Track, list[Alert]]:
    track = before or Track()
    began = sight.run.state.live and _ended(track.state)
    lost = track.state == RunState.CRASHED.value
    attempt = track.attempt + (1 if began and not lost else 0)
    told = replace(context, attempt=attempt, known=before is not None)
    alerts: list[Alert] = []
    for kind in registered():
        said = list(kind.see(sight, told))
        track, found = _apply(track, said, kind.names, told.now, silent=silent)
        alerts += [_on_run(each, sight, kind) for each in found]
    return replace(track, state=sight.run.state.value, attempt=attempt), alerts


def _ended(state: str) -> bool:
    return bool(state) and RunState.of(state).ended


@dataclass(frozen=True, slots=True)
class _News:
    """A moment that is new, a condition that began, or (``said`` is none) one that is over."""

    kind: KindName
    code: str
    number: int
    since: datetime
    episode: Episode
    said: Moment | Holds | None
    now: datetime


def _apply(
    track: Track,
    said: Iterable[tuple[KindName, Said]],
    kinds: tuple[KindName, ...],
    now: datetime,
    *,
    silent: bool,
) -> tuple[Track, list[_News]]:
    """The track after what some kinds said, and what of it is news."""
    news: list[_News] = []
    episodes, told = dict(track.episodes), set(track.told)
    holding: set[str] = set()
    unsure: set[str] = set()
    for kind, each in said:
        match each:
            case Unsure():
                unsure.add(f"{kind}:{each.code}")
            case Moment():
                name = f"{kind}:{each.code}:{each.time}"
                if name not in told and not silent:
                    news.append(_News(kind, each.code, each.time, now, Episode(), each, now))
                told.add(name)
            case Holds():
                name = f"{kind}:{each.code}"
                holding.add(name)
                after, fresh = appears(episodes.get(name, Episode()), each, now, silent=silent)
                episodes[name] = after
                if fresh:
                    since = after.since or now
                    news.append(_News(kind, each.code, after.number, since, after, each, now))
    for name, episode in list(episodes.items()):
        word, _, code = name.partition(":")
        owner = next((kind for kind in kinds if kind == word), None)
        if owner is None or name in holding or {name, f"{word}:"} & unsure:
            continue
        after, over = vanishes(episode, now, _LEAVE.get(owner, 2))
        episodes[name] = after
        if over:
            since = episode.since or now
            news.append(_News(owner, code, episode.number, since, episode, None, now))
    return replace(track, episodes=episodes, told=frozenset(told)), news


def _on_run(news: _News, sight: Sight, kind: Kind) -> Alert:
    said = news.said
    over = said is None
    headline = said.headline if said is not None else "Over"
    if over and kind.over is not None:
        headline = kind.over(sight, news.code)
    return Alert(
        kind=news.kind,
        subject=sight.path,
        code=news.code,
        episode=news.number,
        severity=said.severity if said is not None else news.episode.severity,
        headline=headline,
        evidence=said.evidence if said is not None else Evidence("It was not seen any more."),
        opened_at=news.since,
        closed_at=news.now if over else None,
        name=sight.run.name,
        card=card_of(sight.run),
        run=RunFacts.of(sight.run),
        metrics=said.metrics if said is not None else {},
    )


# Sweeps and groups.


def _groups(before: Mapping[str, Track], sights: Sequence[Sight]) -> dict[str, Track]:
    """The sweeps and groups that are remembered, with what the looks say of their runs."""
    found = {subject: track for subject, track in before.items() if track.members}
    for sight in sights:
        subject = card_of(sight.run)
        if subject != sight.path:
            found[subject] = with_member(found.get(subject, Track()), sight)
    return found


def _of_group(
    subject: str, track: Track, now: datetime, *, silent: bool
) -> tuple[Track, list[Alert]]:
    said: Iterator[tuple[KindName, Said]] = group_said(subject, track)
    after, news = _apply(track, said, ("ended",), now, silent=silent)
    name = group_name(subject)
    return after, [
        Alert(
            kind=each.kind,
            subject=subject,
            code=each.code,
            episode=each.number,
            severity=each.said.severity if each.said is not None else each.episode.severity,
            headline=each.said.headline if each.said is not None else f"{name} goes on",
            evidence=each.said.evidence
            if each.said is not None
            else Evidence("A run of it runs again, or a new one began."),
            opened_at=each.since,
            closed_at=now if each.said is None else None,
            name=name,
            card=subject,
            metrics=each.said.metrics if each.said is not None else {},
        )
        for each in news
    ]
