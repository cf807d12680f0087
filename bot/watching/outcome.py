"""All that is stored of a look, put together. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from analysis.alerts.base import Sight
from analysis.reports import RunReport
from analysis.run import Run, RunState
from analysis.watching.changes import challengers
from analysis.watching.keeping import Kept
from analysis.watching.tracks import Track
from bot.background.ports import Batch, CardChange, Found
from bot.storage import Watch
from bot.storage.seen import Memory
from bot.storage.seen import RunState as WatchState
from bot.watching import boards
from bot.watching.carried import Carried
from bot.watching.seeing import Seeing
from bot.watching.stored.places import board_key
from bot.watching.telling import Told

_LOST_FOR: Final = timedelta(hours=24)
"""How long a run that W&B lost is looked at in case it returns."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a look means for one watch."""

    watch: Watch
    board: Mapping[str, Any] | None
    told: Told
    states: tuple[WatchState, ...]
    tracks: Mapping[str, Track]


def put_together(
    batch: Batch,
    seeing: Seeing,
    sights: Sequence[Sight],
    parts: Sequence[Part],
    carried: Carried,
) -> Found:
    """All that is stored of a look."""
    now = batch.now
    reports = {sight.path: sight.report for sight in sights}
    memories = [_memory(each, reports[each.path], now) for each in seeing.kept]
    memories += [
        Memory(
            path, None, True, {"whole": False, "report": boards.trimmed(reports[path])}, b"", now
        )
        for path in seeing.seeds
        if path in reports and path not in {each.path for each in seeing.kept}
    ]
    memories += [Memory(path, None, True, {"whole": False}, b"", now) for path in seeing.gone]
    over = {memory.run: _end(reports.get(memory.run), now) for memory in memories if memory.ended}
    alive = {memory.run for memory in memories if not memory.ended}
    ended = {path: at for path, at in carried.ended if path not in alive} | {
        path: at for path, at in over.items() if path not in seeing.gone
    }
    tracks = {subject: track for part in parts for subject, track in part.tracks.items()}
    groups = set(carried.groups) | {subject for subject, t in tracks.items() if t.members}
    going = sorted(
        subject for subject in groups
        if not (subject in tracks and _group_over(tracks[subject]))
    )  # fmt: skip
    leaders = {**carried.leaders, **challengers(carried.leaders, sights)}
    state = Carried(tuple(boards.recent(list(ended.items()), now)), tuple(going), leaders)
    return Found(
        state=replace(batch.state, state=state.stored()),
        memories=tuple(memories),
        states=tuple(row for part in parts for row in part.states),
        cards=tuple(change for part in parts for change in (*_board(part), *part.told.cards)),
        posts=tuple(post for part in parts for post in part.told.posts),
        alerts=tuple(note for part in parts for note in part.told.notes),
        resolved=tuple(key for part in parts for key in part.told.resolved),
    )


def _board(part: Part) -> list[CardChange]:
    if part.board is None:
        return []
    watch = part.watch
    return [CardChange(board_key(watch.channel, watch.id), part.board, watch.id)]


def _memory(kept: Kept, report: RunReport, now: datetime) -> Memory:
    run = kept.run
    ended = run.state.ended and not _may_return(run, now)
    facts = dict(kept.facts())
    if run.state.ended:
        facts |= {"report": boards.trimmed(report)}
    if ended:  # what it logged is no longer needed: should it go on after all, it is read anew
        return Memory(kept.path, kept.last_step, True, {**facts, "whole": False}, b"", now)
    return Memory(kept.path, kept.last_step, False, facts, kept.packed(), now)


def _may_return(run: Run, now: datetime) -> bool:
    """A run that W&B lost is looked at for a day in case it returns."""
    if run.state is not RunState.CRASHED:
        return False
    beat = run.heartbeat_at or run.ended_at or run.created_at
    return beat is None or now - beat < _LOST_FOR


def _end(report: RunReport | None, now: datetime) -> datetime:
    facts = None if report is None else report.run
    return now if facts is None else facts.ended_at or facts.heartbeat_at or now


def _group_over(track: Track) -> bool:
    episode = track.episodes.get("ended:")
    return episode is not None and episode.open
