"""``handlers.watching.ports`` over the database: each method is one transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from analysis import filters as conditions
from analysis.errors import BadRequest
from analysis.refs import ProjectRef
from bot.background.outbox import Outbox
from bot.background.schedules import next_time
from bot.storage import CardKey, Database, Target, Watch, alerts, cards, mutes, people
from bot.storage import reminders as reminder_rows
from bot.storage import rules as rule_rows
from bot.storage import schedules as schedule_rows
from bot.storage import watches as watch_rows
from bot.storage.alerts import AlertRow
from bot.storage.mutes import Mute
from bot.storage.rules import Rule
from bot.storage.schedules import Schedule
from handlers.watching.manners import Manners
from handlers.watching.ports import Briefed, Reminded, RuleSet, Scope, Silence, Told, Watched
from handlers.watching.render import CARD

Now = Callable[[], datetime]
BRIEFING = "briefing"
BOARD = "board"
ONLY_RULES = "only_rules"
"""Marks a watch that exists for somebody's rules alone: no board, no other alerts."""
MANNERS = "watching"
"""The preference of a channel that holds how it wants to be told."""
_MOST_HERE = 50
_TOLD_AFTER = timedelta(hours=24)
"""How old a message may be that a channel hears once it is open again."""


def target_of(where: ProjectRef) -> Target:
    """A project or entity as the tables write it."""
    return Target(where.entity, where.project or "")


def where_of(target: Target) -> ProjectRef:
    """The opposite of ``target_of``."""
    return ProjectRef(target.entity, target.project or None)


def board_key(channel: str, watch_id: int) -> CardKey:
    """Which card is a watch's board."""
    return CardKey(channel, BOARD, f"watch:{watch_id}")


def watched_of(watch: Watch) -> Watched:
    """A watch as commands see it."""
    try:
        text = conditions.text_of(conditions.from_json(watch.filters.get("where") or {}))
    except BadRequest:
        text = ""
    return Watched(
        id=watch.id,
        channel=watch.channel,
        where=where_of(watch.target),
        creator=watch.creator,
        created_at=watch.created_at,
        filters=text,
        paused=watch.paused_reason,
        only_rules=bool(watch.settings.get(ONLY_RULES)),
    )


def stored_filter(text: str, me: str | None) -> dict[str, Any]:
    """A filter as it is stored: its conditions, and whom “me” means in it."""
    found = conditions.to_json(conditions.parse(text))
    return {"where": found, "me": me} if found else {}


@dataclass(frozen=True, slots=True)
class StoredSubscriptions:
    """``ports.Subscriptions``."""

    database: Database
    outbox: Outbox
    now: Now

    async def in_channel(self, channel: str) -> Sequence[Watched]:
        """What a channel watches."""
        async with self.database.read() as connection:
            return [watched_of(one) for one in await watch_rows.in_channel(connection, channel)]

    async def of_creator(self, user: str) -> Sequence[Watched]:
        """What a person lets channels watch."""
        async with self.database.read() as connection:
            return [watched_of(one) for one in await watch_rows.by_creator(connection, user)]

    async def find(self, channel: str, where: ProjectRef) -> Watched | None:
        """A channel's watch of a place."""
        async with self.database.read() as connection:
            found = await watch_rows.find(connection, channel=channel, target=target_of(where))
        return watched_of(found) if found else None

    async def add(
        self, channel: str, where: ProjectRef, *, creator: str, filters: str | None = None
    ) -> Watched:
        """Starts watching; a board of an earlier time is left where it stands."""
        target, now = target_of(where), self.now()
        async with self.database.begin() as connection:
            here = await watch_rows.in_channel(connection, channel)
            before = await watch_rows.find(connection, channel=channel, target=target, removed=True)
            if len(here) >= _MOST_HERE and (before is None or before.removed_at is not None):
                raise BadRequest(
                    f"This channel watches {_MOST_HERE} places already.",
                    "Stop one of them first: /wandb watches.",
                )
            me = await self._me(connection, creator)
            watch = await watch_rows.add(
                connection,
                channel=channel,
                target=target,
                creator=creator,
                now=now,
                filters=None if filters is None else stored_filter(filters, me),
                settings=(await self._manners(connection, channel)).stored(),
            )
            if before is not None and before.removed_at is not None:
                await self._new_board(connection, watch, now)
        return watched_of(watch)

    async def remove(self, watch_id: int) -> bool:
        """Stops watching; the board says so."""
        now = self.now()
        async with self.database.begin() as connection:
            watch = await watch_rows.get(connection, watch_id)
            if watch is None or not await watch_rows.remove(connection, watch_id, now=now):
                return False
            await self._board_says(connection, watch, stopped=True)
        return True

    async def restore(self, watch_id: int) -> bool:
        """Takes ``remove`` back."""
        now = self.now()
        async with self.database.begin() as connection:
            done = await watch_rows.restore(connection, watch_id, now=now)
            watch = await watch_rows.get(connection, watch_id)
            if done and watch is not None:
                await self._board_says(connection, watch, stopped=False)
        return done

    async def resume(self, channel: str) -> int:
        """Lets paused watches go on, and tells what could not be told since yesterday."""
        now = self.now()
        async with self.database.begin() as connection:
            count = await watch_rows.resume_channel(connection, channel, now=now)
            if count:
                await self.outbox.revive(connection, channel, since=now - _TOLD_AFTER, now=now)
        return count

    async def manners(self, channel: str) -> Manners:
        """How a channel wants to be told."""
        async with self.database.read() as connection:
            return await self._manners(connection, channel)

    async def behave(self, channel: str, manners: Manners) -> None:
        """Sets that, for what is watched there and what will be."""
        stored, now = manners.stored(), self.now()
        async with self.database.begin() as connection:
            await people.prefer(connection, "channel", channel, MANNERS, stored, now=now)
            for watch in await watch_rows.in_channel(connection, channel):
                kept = {key: watch.settings[key] for key in (ONLY_RULES,) if key in watch.settings}
                await watch_rows.change(connection, watch.id, settings={**stored, **kept})

    async def check_filters(self, text: str) -> None:
        """Raises where a filter cannot be read."""
        conditions.parse(text)

    async def filter(self, watch_id: int, text: str) -> None:
        """Changes a watch's filters; “me” stays who it was."""
        async with self.database.begin() as connection:
            watch = await watch_rows.get(connection, watch_id)
            if watch is not None:
                me = await self._me(connection, watch.creator)
                filters = stored_filter(text, watch.filters.get("me") or me)
                await watch_rows.change(connection, watch_id, filters=filters)

    async def _manners(self, connection: AsyncConnection, channel: str) -> Manners:
        stored = await people.preference(connection, "channel", channel, MANNERS)
        return Manners.read(stored or {})

    async def _me(self, connection: AsyncConnection, slack_user: str) -> str | None:
        account = await people.account(connection, slack_user)
        return account.wandb_user if account else None

    async def _board_says(
        self, connection: AsyncConnection, watch: Watch, *, stopped: bool
    ) -> None:
        key = board_key(watch.channel, watch.id)
        card = await cards.find(connection, key)
        if card is not None:
            payload = {**card.payload, "stopped": stopped}
            await self.outbox.show(connection, key, payload, now=self.now(), watch_id=watch.id)

    async def _new_board(self, connection: AsyncConnection, watch: Watch, now: datetime) -> None:
        """The board of a watch that lives again is posted anew, where people see it."""
        card = await cards.find(connection, board_key(watch.channel, watch.id))
        if card is None or card.ts is None:
            return
        gone = await cards.deleted(connection, card.id, ts=card.ts)
        if gone is not None:
            payload = {**gone.payload, "stopped": False}
            card, _ = await cards.put(
                connection, board_key(watch.channel, watch.id), payload, now=now, watch_id=watch.id
            )
            await self.outbox.post_card(connection, replace(card), now=now)


@dataclass(frozen=True, slots=True)
class StoredBoards:
    """``ports.Boards``."""

    database: Database
    outbox: Outbox
    now: Now

    async def show(self, watched: Watched, payload: Mapping[str, Any]) -> None:
        """Sets what a board shows; it is posted where it is new."""
        async with self.database.begin() as connection:
            key = board_key(watched.channel, watched.id)
            await self.outbox.show(connection, key, payload, now=self.now(), watch_id=watched.id)


@dataclass(frozen=True, slots=True)
class StoredSilences:
    """``ports.Silences``."""

    database: Database
    now: Now

    async def in_channel(self, channel: str) -> Sequence[Silence]:
        """Those in force."""
        async with self.database.read() as connection:
            rows = await mutes.in_channel(connection, channel, now=self.now())
        return [
            Silence(one.channel, one.scope, one.subject, one.creator, one.until) for one in rows
        ]

    async def put(self, silence: Silence) -> None:
        """Mutes, or changes the end of a mute."""
        mute = Mute(
            channel=silence.channel,
            scope=silence.scope,
            subject=silence.subject,
            creator=silence.creator,
            created_at=self.now(),
            until=silence.until,
        )
        async with self.database.begin() as connection:
            await mutes.put(connection, mute)

    async def lift(self, channel: str, scope: Scope, subject: str) -> bool:
        """Ends one."""
        async with self.database.begin() as connection:
            return await mutes.remove(connection, channel, scope, subject)


@dataclass(frozen=True, slots=True)
class StoredRules:
    """``ports.Rules``."""

    database: Database
    now: Now

    async def in_channel(self, channel: str) -> Sequence[RuleSet]:
        """A channel's rules."""
        async with self.database.read() as connection:
            return [_rule_of(rule) for rule in await rule_rows.in_channel(connection, channel)]

    async def add(
        self, channel: str, where: ProjectRef, *, rule: Mapping[str, Any], text: str, creator: str
    ) -> RuleSet:
        """Stores one."""
        target = target_of(where)
        async with self.database.begin() as connection:
            made = await rule_rows.add(
                connection,
                channel=channel,
                entity=target.entity,
                project=target.project,
                rule=rule,
                text=text,
                creator=creator,
                now=self.now(),
            )
            await self._looked_at(connection, made)
        return _rule_of(made)

    async def remove(self, channel: str, rule_id: int) -> RuleSet | None:
        """Removes a channel's rule; the watch that served it alone ends with it."""
        now = self.now()
        async with self.database.begin() as connection:
            gone = await rule_rows.remove(connection, rule_id, channel=channel, now=now)
            if gone is None:
                return None
            left = await rule_rows.in_channel(connection, channel)
            target = Target(gone.entity, gone.project)
            watch = await watch_rows.find(connection, channel=channel, target=target)
            needed = any((one.entity, one.project) == (gone.entity, gone.project) for one in left)
            if watch is not None and watch.settings.get(ONLY_RULES) and not needed:
                await watch_rows.remove(connection, watch.id, now=now)
        return _rule_of(gone)

    async def restore(self, rule_id: int) -> None:
        """Takes ``remove`` back."""
        async with self.database.begin() as connection:
            await rule_rows.restore(connection, rule_id)
            rule = await rule_rows.get(connection, rule_id)
            if rule is not None:
                await self._looked_at(connection, rule)

    async def _looked_at(self, connection: AsyncConnection, rule: Rule) -> None:
        """Sees to it that a rule's place is looked at, where no watch of its channel does that."""
        here = await watch_rows.in_channel(connection, rule.channel)
        if any(one.entity == rule.entity and one.project in ("", rule.project) for one in here):
            return
        manners = await people.preference(connection, "channel", rule.channel, MANNERS)
        settings = {**Manners.read(manners or {}).stored(), ONLY_RULES: True}
        await watch_rows.add(
            connection,
            channel=rule.channel,
            target=Target(rule.entity, rule.project),
            creator=rule.creator,
            now=self.now(),
            filters={},
            settings=settings,
        )


def _rule_of(rule: Rule) -> RuleSet:
    where = ProjectRef(rule.entity, rule.project or None)
    return RuleSet(rule.id, rule.channel, where, rule.text, rule.creator)


@dataclass(frozen=True, slots=True)
class StoredSchedules:
    """``ports.Schedules``: briefings."""

    database: Database
    now: Now

    async def in_channel(self, channel: str) -> Sequence[Briefed]:
        """A channel's briefings."""
        async with self.database.read() as connection:
            rows = await schedule_rows.in_channel(connection, channel, BRIEFING)
        return [_briefed_of(row) for row in rows]

    async def add(
        self, channel: str, *, cron: str, zone: str, where: ProjectRef | None, creator: str
    ) -> Briefed:
        """Stores one."""
        now = self.now()
        first = next_time(cron, zone, now)
        if first is None:
            raise BadRequest("That time never comes.", "Write for example 9:00 weekdays.")
        async with self.database.begin() as connection:
            made = await schedule_rows.add(
                connection,
                channel=channel,
                kind=BRIEFING,
                cron=cron,
                tz=zone,
                args={"entity": where.entity, "project": where.project} if where else {},
                creator=creator,
                next_at=first,
                now=now,
            )
        return _briefed_of(made)

    async def remove(self, schedule_id: int) -> bool:
        """Ends one."""
        async with self.database.begin() as connection:
            return await schedule_rows.remove(connection, schedule_id, now=self.now())

    async def restore(self, schedule_id: int) -> None:
        """Takes ``remove`` back: it comes at its next time."""
        async with self.database.begin() as connection:
            row = await schedule_rows.get(connection, schedule_id)
            following = next_time(row.cron, row.tz, self.now()) if row else None
            if following is not None:
                await schedule_rows.restore(connection, schedule_id, next_at=following)


def briefing_place(args: Mapping[str, Any]) -> ProjectRef | None:
    """The place of a stored briefing; none for what its channel watches."""
    entity = args.get("entity")
    return ProjectRef(str(entity), args.get("project") or None) if entity else None


def _briefed_of(row: Schedule) -> Briefed:
    return Briefed(
        row.id, row.channel, row.cron, row.tz, briefing_place(row.args), row.creator, row.next_at
    )


@dataclass(frozen=True, slots=True)
class StoredReminders:
    """``ports.Reminders``."""

    database: Database
    now: Now

    async def of_person(self, user: str) -> Sequence[Reminded]:
        """What a person waits for."""
        async with self.database.read() as connection:
            return [_reminded_of(row) for row in await reminder_rows.of_person(connection, user)]

    async def add(
        self, user: str, *, note: str, run: str | None = None, at: datetime | None = None
    ) -> Reminded:
        """Stores one; it comes as a direct message."""
        timed = f"{TIMED}{note}" if run and at else note
        async with self.database.begin() as connection:
            made = await reminder_rows.add(
                connection,
                slack_user=user,
                channel=user,
                note=timed,
                now=self.now(),
                run=run,
                at=at,
            )
        return _reminded_of(made)

    async def remove(self, user: str, reminder_id: int) -> bool:
        """Takes back one's own."""
        async with self.database.begin() as connection:
            return await reminder_rows.remove(
                connection, reminder_id, slack_user=user, now=self.now()
            )

    async def restore(self, reminder_id: int) -> None:
        """Undoes ``remove``."""
        async with self.database.begin() as connection:
            await reminder_rows.restore(connection, reminder_id)


TIMED = "\u23f0"
"""Begins the note of a reminder about a run that comes at a time, not at the run's end."""


def _reminded_of(row: reminder_rows.Reminder) -> Reminded:
    timed = row.note.startswith(TIMED)
    waits = row.run is not None and not timed
    return Reminded(row.id, row.run, row.note.removeprefix(TIMED), row.next_at, waits)


@dataclass(frozen=True, slots=True)
class StoredHistory:
    """``ports.History``."""

    database: Database

    async def of_subject(self, channel: str, subject: str) -> Sequence[Told]:
        """The alerts of a run, or on a card, newest first."""
        found: dict[str, Told] = {}
        async with self.database.read() as connection:
            for watch in await watch_rows.in_channel(connection, channel):
                rows = await alerts.of_run(connection, watch.id, subject)
                found |= {row.key: _told(row, channel) for row in rows}
            card = await cards.find(connection, CardKey(channel, CARD, subject))
            if card is not None:
                rows = await alerts.of_card(connection, card.id)
                found |= {row.key: _told(row, channel) for row in rows}
        return sorted(found.values(), key=lambda told: told.at, reverse=True)


def _told(row: AlertRow, channel: str) -> Told:
    return Told(
        key=row.key,
        watch_id=row.watch_id,
        channel=channel,
        run=row.run,
        kind=row.kind,
        code=row.code,
        severity=row.severity,
        fate=row.fate,
        payload=row.payload,
        at=row.at,
        resolved_at=row.resolved_at,
    )
