"""A tick's work: ask W&B what changed, judge it for each watch, and say what its channel hears.

``look`` is a list of steps, each of which gets what the one before gave: look at the project →
judge its runs → per watch: filter, compare with what it remembers, add causes, tell → put together
what is stored. It stores nothing itself, and gives the same again when it is run again.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from analysis import filters as conditions
from analysis.alerts.base import Alert, Leader, Sight, card_of
from analysis.describe import report_of
from analysis.errors import AnalysisError, BadRequest
from analysis.filters import Filter, Matter
from analysis.findings import Severity
from analysis.flight import off_loop
from analysis.history import History
from analysis.looking.fetching import Asking
from analysis.metrics import Overrides
from analysis.refs import ProjectRef
from analysis.reports import RunReport
from analysis.rules import Rule, rule_of
from analysis.run import Run, RunState
from analysis.sources.base import RunSource
from analysis.thresholds import DEFAULTS, Thresholds
from analysis.watching.causes import with_causes
from analysis.watching.changes import Changes, Leaders, challengers, changes
from analysis.watching.changes import Memory as Remembered
from analysis.watching.tick import Kept, Recall, Stored, Tick, judge, tick
from analysis.watching.tracks import Track
from bot.background.ports import Batch, CardChange, Found
from bot.storage import Database, Watch, cards, mutes, people, rules
from bot.storage.mutes import Mute
from bot.storage.rules import Rule as RuleRow
from bot.storage.seen import Memory
from bot.storage.seen import RunState as WatchState
from bot.watching import blind, boards, lines
from bot.watching.limits import limits_of
from bot.watching.subscriptions import ONLY_RULES, board_key, where_of
from bot.watching.telling import Listener, Told, card_key, tell
from handlers.ports import Sender
from handlers.reply import Posted
from handlers.watching.manners import Manners

MARK: Final = ""
"""The subject under which a watch notes since when it looks."""
_SEED_S: Final = 20.0
_LOST_FOR: Final = timedelta(hours=24)
"""How long a run that W&B lost is looked at in case it returns."""


@dataclass(frozen=True, slots=True)
class Seeing:
    """What one look brought, before anybody's settings.

    Attributes:
        kept: runs that live, ended since, or are new.
        seeds: runs that ended before the first look, with their curves.
        ended: reports of runs that ended lately, by path, with their ends.
        gone: runs that are no longer there.
    """

    kept: tuple[Kept, ...]
    seeds: Mapping[str, tuple[Run, History]]
    ended: Mapping[str, RunReport]
    gone: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Around:
    """What is stored about the channels of a batch."""

    mutes: Mapping[str, Sequence[Mute]]
    rules: Mapping[str, Mapping[str, Rule]]
    scopes: Mapping[str, str]
    owners: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Work:
    """``ports.TickWork`` over the core's look.

    Attributes:
        source: W&B.
        database: for what is stored about the channels; never written here.
        sender: gives links to threads.
        thresholds: the operator's; a channel may differ.
        overrides: metric names of the operator's own.
        cooling: between two fresh lines about one card.
    """

    source: RunSource
    database: Database
    sender: Sender
    thresholds: Thresholds = DEFAULTS
    overrides: Overrides = field(default_factory=dict)
    cooling: timedelta = timedelta(hours=1)

    async def look(self, batch: Batch) -> Found:
        """Asks W&B what changed, and says what that means for each watch."""
        where = where_of(batch.target)
        own = await self._rules(batch)
        seeing = await self._see(batch, where, {rule.metric for _, rule in own.values()})
        around = await self._around(batch, seeing, own)
        state = _Carried.of(batch.state.state)
        judged: dict[Thresholds, tuple[Sight, ...]] = {}
        parts: list[_Part] = []
        for watch in batch.watches:
            limits = limits_of(self.thresholds, Manners.read(watch.settings))
            if limits not in judged:
                judged[limits] = await off_loop(self._judged, seeing, limits, batch.now)
            parts.append(await self._of_watch(batch, watch, seeing, judged[limits], around, state))
        usual = judged.get(self.thresholds)
        if usual is None:
            usual = await off_loop(self._judged, seeing, self.thresholds, batch.now)
        found = await off_loop(_put_together, batch, seeing, usual, parts, state)
        return replace(found, cards=(*found.cards, *await self._sees_again(batch)))

    async def unreachable(
        self, batch: Batch, since: datetime, error: AnalysisError | None
    ) -> Found:
        """The board says since when nobody could look; of no run anything is alerted."""
        found: list[CardChange] = []
        sure = batch.state.failures >= blind.SURE_AFTER
        async with self.database.read() as connection:
            for watch in batch.watches:
                key = board_key(watch.channel, watch.id)
                card = await cards.find(connection, key)
                if card is not None:
                    found.append(CardChange(key, blind.board(card.payload, since, error), watch.id))
                if error is not None and blind.lasts(error) and sure:
                    found.append(blind.begins(watch, since, error))
        return Found(batch.state, cards=tuple(found))

    async def _sees_again(self, batch: Batch) -> list[CardChange]:
        """Corrects what was said while nobody could look."""
        since = batch.state.unreachable_since
        if since is None:
            return []
        found = []
        async with self.database.read() as connection:
            for watch in batch.watches:
                card = await cards.find(connection, blind.key_of(watch, since))
                if card is not None:
                    found.append(blind.ends(watch, since, card.payload, batch.now))
        return found

    # -- looking

    async def _see(self, batch: Batch, where: ProjectRef, also: Iterable[str]) -> Seeing:
        since = batch.state.looked_at
        open_runs = await batch.seen.open_runs()
        looked: Tick = await tick(
            self.source,
            where,
            open_runs=open_runs,
            recall=_recall(batch),
            since=since,
            now=batch.now,
            overrides=self.overrides,
            also=also,
        )
        state = _Carried.of(batch.state.state)
        known = boards.recent(state.ended, batch.now)
        memories = await batch.seen.memories([path for path, _ in known])
        ended = {
            path: report
            for path, memory in memories.items()
            if (report := boards.restored(memory.facts.get("report") or {})) is not None
        }
        seeds = {} if since is not None else await self._seeds(where, batch.now)
        return Seeing(looked.kept, seeds, ended, looked.gone)

    async def _seeds(self, where: ProjectRef, now: datetime) -> dict[str, tuple[Run, History]]:
        """The runs that ended within the board's hours, at the first look at a place."""
        until = asyncio.get_running_loop().time() + _SEED_S
        since = now - timedelta(hours=boards.HOURS)
        found = await Asking(self.source, since, until, self.overrides).project(where)
        return {
            run.ref.path: (run, found.curves.get(run.ref, History()))
            for run in found.runs
            if run.state.ended and (run.ended_at or run.heartbeat_at or now) >= since
        }

    def _judged(self, seeing: Seeing, limits: Thresholds, now: datetime) -> tuple[Sight, ...]:
        kept = [
            judge(each, now=now, thresholds=limits, overrides=self.overrides)
            for each in seeing.kept
        ]
        here = {sight.path for sight in kept}
        seeds = [
            Sight(
                run,
                report_of(run, history, now=now, thresholds=limits, overrides=self.overrides),
                history,
            )
            for path, (run, history) in seeing.seeds.items()
            if path not in here
        ]
        return (*kept, *seeds)

    async def _rules(self, batch: Batch) -> dict[int, tuple[RuleRow, Rule]]:
        """The rules of the batch's channels that may concern its place, by number."""
        target = batch.target
        channels = {watch.channel for watch in batch.watches}
        found: dict[int, tuple[RuleRow, Rule]] = {}
        async with self.database.read() as connection:
            for channel in channels:
                for row in await rules.in_channel(connection, channel):
                    elsewhere = target.project and row.project not in ("", target.project)
                    if row.entity != target.entity or elsewhere:
                        continue
                    try:
                        found[row.id] = (row, rule_of(row.rule))
                    except BadRequest:
                        continue  # an older release read it otherwise
        return found

    async def _around(
        self, batch: Batch, seeing: Seeing, own: Mapping[int, tuple[RuleRow, Rule]]
    ) -> Around:
        channels = {watch.channel for watch in batch.watches}
        users = {each.run.user for each in seeing.kept if each.run.user}
        owners: dict[str, str] = {}
        async with self.database.read() as connection:
            silent = {
                channel: await mutes.in_channel(connection, channel, now=batch.now)
                for channel in channels
            }
            if any(Manners.read(watch.settings).mentions for watch in batch.watches):
                for user in users:
                    accounts = await people.of_wandb_user(connection, user)
                    if accounts:
                        owners[user] = accounts[0].slack_user
        found: dict[str, dict[str, Rule]] = {channel: {} for channel in channels}
        about: dict[str, str] = {}
        for row, rule in own.values():
            found[row.channel][str(row.id)] = rule
            about[str(row.id)] = _scope(row)
        return Around(silent, found, about, owners)

    # -- one watch

    async def _of_watch(
        self,
        batch: Batch,
        watch: Watch,
        seeing: Seeing,
        sights: Sequence[Sight],
        around: Around,
        state: "_Carried",
    ) -> "_Part":
        condition, me = _filter_of(watch)
        mine = [sight for sight in sights if conditions.matches(condition, _matter(sight, me))]
        subjects = {sight.path for sight in mine} | {card_of(sight.run) for sight in mine}
        subjects |= {*state.groups, MARK}
        stored = await batch.seen.states(sorted(subjects))
        tracks = {
            run: Track.from_json(row.state)
            for (watch_id, run), row in stored.items()
            if watch_id == watch.id and run != MARK
        }
        begun = watch.created_at.isoformat()
        mark = stored.get((watch.id, MARK))
        first = mark is None or mark.state.get("since") != begun
        found = await off_loop(
            _changed, Remembered(tracks, state.leaders), mine, batch.now, around, watch, first
        )
        alerts = [
            alert
            for alert in found.alerts
            if _admitted(alert, condition, me, mine)
            and (alert.kind == "rule" or not watch.settings.get(ONLY_RULES))
        ]
        explained = await with_causes(
            self.source, alerts, (sight.run for sight in mine), now=batch.now
        )
        told = await self._told(watch, explained, found, around, batch.now)
        ended = [
            report
            for report in seeing.ended.values()
            if report.run.path not in {sight.path for sight in mine}
            and conditions.matches(condition, Matter(boards.run_of(report), me=me))
        ]
        reports = [sight.report for sight in mine] + ended
        quiet = bool(watch.settings.get(ONLY_RULES))
        board = (
            None
            if quiet
            else await off_loop(boards.payload, watch, where_of(batch.target), reports, batch.now)
        )
        states = [
            WatchState(watch.id, subject, track.to_json(), _over(track), batch.now)
            for subject, track in found.tracks.items()
            if track != tracks.get(subject)
        ]
        if first:
            states.append(WatchState(watch.id, MARK, {"since": begun}, False, batch.now))
        return _Part(watch, board, told, tuple(states), found.tracks)

    async def _told(
        self,
        watch: Watch,
        alerts: Sequence[Alert],
        found: Changes,
        around: Around,
        now: datetime,
    ) -> Told:
        subjects = {alert.card or alert.subject for alert in alerts}
        listener = Listener(
            watch_id=watch.id,
            channel=watch.channel,
            manners=Manners.read(watch.settings),
            mutes=around.mutes.get(watch.channel, ()),
            owners=around.owners,
            cooling=self.cooling,
            groups={
                subject: boards.group_content(subject, track)
                for subject, track in found.tracks.items()
                if track.members and subject in subjects
            },
        )
        known: dict[str, Mapping[str, Any]] = {}
        said: dict[str, Mapping[str, Any]] = {}
        stands: dict[str, Posted] = {}
        async with self.database.read() as connection:
            for subject in subjects:
                card = await cards.find(connection, card_key(watch.channel, subject))
                if card is not None:
                    known[subject] = card.payload
                    if card.ts is not None:
                        where = card.post_to or card.channel
                        stands[subject] = Posted(where, card.ts, card.thread_ts)
            for payload in known.values():
                line = str(payload.get("line") or "")
                card = await cards.find(connection, lines.key_of(watch.channel, line))
                if card is not None:
                    said[line] = card.payload
        told = tell(listener, alerts, known, now=now, said=said)
        links: dict[str, str] = {}
        for fresh in told.lines:
            posted = stands.get(fresh.card.subject)
            url = await self.sender.permalink(posted) if posted is not None else None
            if url:
                links[fresh.card.subject] = url
        shown = lines.posted(watch.channel, watch.id, told.lines, links)
        return replace(told, cards=(*told.cards, *shown))


@dataclass(frozen=True, slots=True)
class _Part:
    """What a look means for one watch."""

    watch: Watch
    board: Mapping[str, Any] | None
    told: Told
    states: tuple[WatchState, ...]
    tracks: Mapping[str, Track]


@dataclass(frozen=True, slots=True)
class _Carried:
    """What is carried from look to look of a place, beside the runs' memories.

    Attributes:
        ended: runs that ended lately, and when.
        groups: sweeps and groups that have not ended.
        leaders: the best values so far.
    """

    ended: tuple[tuple[str, datetime], ...] = ()
    groups: tuple[str, ...] = ()
    leaders: Leaders = field(default_factory=dict)

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "_Carried":
        """What was stored; nothing where that cannot be read."""
        try:
            return cls(
                tuple((path, datetime.fromisoformat(at)) for path, at in stored.get("ended", ())),
                tuple(stored.get("groups", ())),
                {
                    (place, metric): Leader(value, run, direction)
                    for place, metric, value, run, direction in stored.get("leaders", ())
                },
            )
        except (ValueError, TypeError):
            return cls()

    def stored(self) -> dict[str, Any]:
        """As plain JSON."""
        return {
            "ended": [[path, at.isoformat()] for path, at in self.ended],
            "groups": list(self.groups),
            "leaders": [
                [place, metric, leader.value, leader.run, leader.direction]
                for (place, metric), leader in self.leaders.items()
            ],
        }


def _scope(row: RuleRow) -> str:
    """What a rule is about: a run's path, a project, or an entity."""
    run = row.rule.get("run")
    if isinstance(run, str):
        return run
    return f"{row.entity}/{row.project}" if row.project else row.entity


def _recall(batch: Batch) -> Recall:
    async def recall(paths: Sequence[str]) -> Mapping[str, Stored]:
        memories = await batch.seen.memories(paths)
        return {path: Stored(memory.facts, memory.history) for path, memory in memories.items()}

    return recall


def _filter_of(watch: Watch) -> tuple[Filter, str | None]:
    """A watch's condition, and who “me” is in it; one that cannot be read lets everything pass."""
    me = watch.filters.get("me")
    try:
        return conditions.from_json(watch.filters.get("where") or {}), me
    except BadRequest:
        return conditions.EVERYTHING, me


def _matter(sight: Sight, me: str | None) -> Matter:
    """A run as a filter sees it; whether it is severe enough is asked of each of its alerts."""
    return Matter(sight.run, severity=Severity.CRITICAL, me=me)


def _admitted(alert: Alert, condition: Filter, me: str | None, sights: Iterable[Sight]) -> bool:
    """Whether an alert passes the filter, its severity included; an end of one always does."""
    if not alert.opens:
        return True
    sight = next((one for one in sights if one.path == alert.subject), None)
    if sight is None:
        return True
    return conditions.matches(condition, Matter(sight.run, severity=alert.severity, me=me))


def _changed(
    before: Remembered,
    sights: Sequence[Sight],
    now: datetime,
    around: Around,
    watch: Watch,
    first: bool,
) -> Changes:
    """The changes of one watch; what a rule says of runs that it is not about is left out."""
    own = around.rules.get(watch.channel, {})
    found = changes(before, sights, now=now, rules=own, first=first)
    alerts = tuple(
        alert
        for alert in found.alerts
        if alert.kind != "rule" or _is_within(alert.subject, around.scopes.get(alert.code, ""))
    )
    return replace(found, alerts=alerts)


def _is_within(path: str, scope: str) -> bool:
    return path == scope or path.startswith(f"{scope}/")


def _over(track: Track) -> bool:
    state = RunState.of(track.state)
    return bool(track.state) and state.ended and state is not RunState.CRASHED


def _put_together(
    batch: Batch,
    seeing: Seeing,
    sights: Sequence[Sight],
    parts: Sequence[_Part],
    carried: _Carried,
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
    state = _Carried(tuple(boards.recent(list(ended.items()), now)), tuple(going), leaders)
    return Found(
        state=replace(batch.state, state=state.stored()),
        memories=tuple(memories),
        states=tuple(row for part in parts for row in part.states),
        cards=tuple(change for part in parts for change in (*_board(part), *part.told.cards)),
        posts=tuple(post for part in parts for post in part.told.posts),
        alerts=tuple(note for part in parts for note in part.told.notes),
        resolved=tuple(key for part in parts for key in part.told.resolved),
    )


def _board(part: _Part) -> list[CardChange]:
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
