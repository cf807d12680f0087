"""A tick's work: ask W&B what changed, judge it for each watch, and say what its channel hears.

``look`` is a list of steps, each of which gets what the one before gave: look at the project →
judge its runs → per watch: filter, compare with what it remembers, add causes, tell → put together
what is stored. It stores nothing itself, and gives the same again when it is run again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from analysis.alerts.base import Alert, Sight, card_of
from analysis.errors import AnalysisError
from analysis.flight import off_loop
from analysis.metrics import Overrides
from analysis.refs import ProjectRef
from analysis.run import RunState
from analysis.sources.base import RunSource
from analysis.thresholds import DEFAULTS, Thresholds
from analysis.watching.causes import with_causes
from analysis.watching.changes import Changes, changes
from analysis.watching.changes import Memory as Remembered
from analysis.watching.tracks import Track
from bot.background.ports import Batch, CardChange, Found
from bot.storage import Database, Watch, cards, mutes, people, rules
from bot.storage.mutes import Mute
from bot.storage.seen import RunState as WatchState
from bot.watching import blind, boards, deleted, lines
from bot.watching.carried import Carried
from bot.watching.judged import Listener
from bot.watching.limits import limits_of
from bot.watching.outcome import Part, put_together
from bot.watching.rules import OwnRules
from bot.watching.seeing import Eyes, Seeing
from bot.watching.stored.places import ONLY_RULES, board_key, where_of
from bot.watching.telling import Told, card_key, tell
from bot.watching.wanted import Wanted
from handlers.ports import Sender
from handlers.reply import Posted
from handlers.watching.manners import Manners

MARK: Final = ""
"""The subject under which a watch notes since when it looks."""


@dataclass(frozen=True, slots=True)
class Around:
    """What is stored about the channels of a batch."""

    mutes: Mapping[str, Sequence[Mute]]
    rules: Mapping[str, OwnRules]
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
        where, eyes = where_of(batch.target), Eyes(self.source, self.overrides)
        own = await self._rules(batch, where)
        also = {metric for here in own.values() for metric in here.metrics}
        seeing = await eyes.see(batch, where, also)
        around = await self._around(batch, seeing, own)
        usual = await off_loop(eyes.judged, seeing, self.thresholds, batch.now)
        state = await eyes.carried(batch, usual, where)
        judged = {self.thresholds: usual}
        parts: list[Part] = []
        for watch in batch.watches:
            limits = limits_of(self.thresholds, Manners.read(watch.settings))
            if limits not in judged:
                judged[limits] = await off_loop(eyes.judged, seeing, limits, batch.now)
            parts.append(await self._of_watch(batch, watch, seeing, judged[limits], around, state))
        found = await off_loop(put_together, batch, seeing, usual, parts, state)
        found = replace(found, cards=(*found.cards, *await self._sees_again(batch)))
        return await self._without_deleted(batch, seeing.gone, found)

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

    async def _without_deleted(self, batch: Batch, gone: Sequence[str], found: Found) -> Found:
        """Closes what was told of runs that are no longer in W&B."""
        if not gone:
            return found
        changed: list[CardChange] = []
        states: list[WatchState] = []
        over: list[str] = []
        stored = await batch.seen.states(sorted(gone))
        async with self.database.read() as connection:
            for watch in batch.watches:
                for path in gone:
                    row = stored.get((watch.id, path))
                    if row is not None:
                        track = Track.from_json(row.state)
                        over += deleted.resolved(path, track, watch.id)
                        after = deleted.track(track).to_json()
                        states.append(WatchState(watch.id, path, after, True, batch.now))
                    key = card_key(watch.channel, path)
                    card = await cards.find(connection, key)
                    if card is None:
                        continue
                    payload = deleted.card(path, card.payload, batch.now)
                    changed.append(CardChange(key, payload, watch.id))
                    key = lines.key_of(watch.channel, str(payload.get("line") or ""))
                    line = await cards.find(connection, key)
                    corrected = line and lines.corrected(line.payload, payload)
                    if corrected:
                        changed.append(CardChange(key, corrected, watch.id))
        return replace(
            found,
            cards=(*found.cards, *changed),
            states=(*found.states, *states),
            resolved=(*found.resolved, *over),
        )

    async def _rules(self, batch: Batch, where: ProjectRef) -> dict[str, OwnRules]:
        """The rules of the batch's channels that may concern its place."""
        async with self.database.read() as connection:
            return {
                channel: OwnRules.about(where, await rules.in_channel(connection, channel))
                for channel in sorted({watch.channel for watch in batch.watches})
            }

    async def _around(self, batch: Batch, seeing: Seeing, own: Mapping[str, OwnRules]) -> Around:
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
        return Around(silent, own, owners)

    # -- one watch

    async def _of_watch(
        self,
        batch: Batch,
        watch: Watch,
        seeing: Seeing,
        sights: Sequence[Sight],
        around: Around,
        state: Carried,
    ) -> Part:
        wanted = Wanted.by(watch)
        mine = [sight for sight in sights if wanted.run(sight.run)]
        runs = {sight.path: sight.run for sight in mine}
        subjects = {sight.path for sight in mine} | {card_of(sight.run) for sight in mine}
        subjects |= {*state.groups, MARK}
        stored = await batch.seen.states(sorted(subjects))
        tracks = {
            run: Track.from_json(row.state)
            for (watch_id, run), row in stored.items()
            if watch_id == watch.id and run != MARK
        }
        late = [path for path in runs if path in seeing.known and path not in tracks]
        tracks |= {path: Track.heard_of_late() for path in late}
        begun = watch.created_at.isoformat()
        mark = stored.get((watch.id, MARK))
        first = mark is None or mark.state.get("since") != begun
        found = await off_loop(
            _changed, Remembered(tracks, state.leaders), mine, batch.now, around, watch, first
        )
        alerts = [
            alert
            for alert in found.alerts
            if wanted.alert(alert, runs.get(alert.subject))
            and (alert.kind == "rule" or not watch.settings.get(ONLY_RULES))
        ]
        explained = await with_causes(
            self.source, alerts, (sight.run for sight in mine), now=batch.now
        )
        told = await self._told(watch, explained, found, around, batch.now)
        ended = [
            report
            for report in seeing.ended.values()
            if report.run.path not in runs and wanted.run(boards.run_of(report))
        ]
        reports = [sight.report for sight in mine] + ended
        board = None
        if not watch.settings.get(ONLY_RULES):
            cut = len(state.ended) >= boards.MOST_ENDED
            draw = partial(boards.payload, watch, where_of(batch.target), reports, batch.now)
            board = await off_loop(partial(draw, cut=cut))
        states = [
            WatchState(watch.id, subject, track.to_json(), _over(track), batch.now)
            for subject, track in found.tracks.items()
            if track != tracks.get(subject)
        ]
        if first:
            states.append(WatchState(watch.id, MARK, {"since": begun}, False, batch.now))
        return Part(watch, board, told, tuple(states), found.tracks)

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


def _changed(
    before: Remembered,
    sights: Sequence[Sight],
    now: datetime,
    around: Around,
    watch: Watch,
    first: bool,
) -> Changes:
    """The changes of one watch; what a rule says of runs that it is not about is left out."""
    own = around.rules.get(watch.channel, OwnRules())
    found = changes(before, sights, now=now, rules=own.rules, first=first)
    return replace(found, alerts=own.admitted(found.alerts))


def _over(track: Track) -> bool:
    state = RunState.of(track.state)
    return bool(track.state) and state.ended and state is not RunState.CRASHED
