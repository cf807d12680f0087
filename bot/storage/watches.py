"""Which channel watches what; who added it; and the claim of a tick."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.rows import chunks, to, upsert
from bot.storage.tables import watches

_FARTHEST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Target:
    """What is looked at in one tick: a project, or all of an entity (``project`` empty)."""

    entity: str
    project: str = ""

    @property
    def path(self) -> str:
        """``entity/project``, or ``entity``."""
        return f"{self.entity}/{self.project}" if self.project else self.entity


@dataclass(frozen=True, slots=True)
class Watch:
    """One channel's subscription to one project or entity.

    Attributes:
        filters: the condition tree that a run must meet (empty: every run).
        settings: alert kinds, thresholds, quiet hours, zone, mentions, as the modal stores them.
        removed_at: set by ``remove``; the row stays for Undo and is revived by ``add``.
        paused_reason: why nothing is posted there now (the channel is archived, …).
        next_at: when the next look is due.
        tick: which tick has claimed it; only that one may store what it found.
    """

    id: int
    channel: str
    entity: str
    project: str
    creator: str
    filters: Mapping[str, Any]
    settings: Mapping[str, Any]
    created_at: datetime
    removed_at: datetime | None
    paused_at: datetime | None
    paused_reason: str | None
    next_at: datetime
    tick: str | None
    tick_at: datetime | None

    @property
    def target(self) -> Target:
        """What it looks at."""
        return Target(self.entity, self.project)

    @property
    def active(self) -> bool:
        """Whether it is neither removed nor paused."""
        return self.removed_at is None and self.paused_at is None


async def add(
    connection: AsyncConnection,
    *,
    channel: str,
    target: Target,
    creator: str,
    now: datetime,
    filters: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Watch:
    """Starts watching, or changes the watch that is there; a removed one lives again.

    Filters and settings that are not given keep what an earlier row had.
    """
    found = await find(connection, channel=channel, target=target, removed=True)
    values: dict[str, Any] = {
        "channel": channel,
        "entity": target.entity,
        "project": target.project,
        "creator": creator,
        "filters": dict(filters if filters is not None else found.filters if found else {}),
        "settings": dict(settings if settings is not None else found.settings if found else {}),
        "created_at": now,
        "removed_at": None,
        "paused_at": None,
        "paused_reason": None,
        "next_at": now,
        "tick": None,
        "tick_at": None,
    }
    keep = ("creator", "created_at") if found and found.removed_at is None else ()
    await upsert(connection, watches, values, key=("channel", "entity", "project"), keep=keep)
    made = await find(connection, channel=channel, target=target)
    if made is None:
        raise LookupError(f"the watch of {target.path} was not stored")
    return made


async def get(connection: AsyncConnection, watch_id: int) -> Watch | None:
    """By number, removed ones too."""
    return _one(await connection.execute(select(watches).where(watches.c.id == watch_id)))


async def find(
    connection: AsyncConnection, *, channel: str, target: Target, removed: bool = False
) -> Watch | None:
    """A channel's watch of a project or entity."""
    query = select(watches).where(
        watches.c.channel == channel,
        watches.c.entity == target.entity,
        watches.c.project == target.project,
    )
    return _one(await connection.execute(query if removed else _alive(query)))


async def in_channel(connection: AsyncConnection, channel: str) -> tuple[Watch, ...]:
    """What a channel watches, paused ones too, oldest first."""
    query = _alive(select(watches).where(watches.c.channel == channel))
    return _all(await connection.execute(query.order_by(watches.c.id)))


async def by_creator(connection: AsyncConnection, creator: str) -> tuple[Watch, ...]:
    """What a person added, in all channels."""
    query = _alive(select(watches).where(watches.c.creator == creator))
    return _all(await connection.execute(query.order_by(watches.c.id)))


async def of_project(connection: AsyncConnection, entity: str, project: str) -> tuple[Watch, ...]:
    """Every watch that a project's runs concern: of the project, and of its whole entity."""
    query = _alive(
        select(watches).where(watches.c.entity == entity, watches.c.project.in_(("", project)))
    )
    return _all(await connection.execute(query.order_by(watches.c.id)))


async def every(connection: AsyncConnection) -> tuple[Watch, ...]:
    """All watches that were not removed."""
    return _all(await connection.execute(_alive(select(watches)).order_by(watches.c.id)))


async def change(
    connection: AsyncConnection,
    watch_id: int,
    *,
    filters: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> None:
    """Replaces the filters or the settings."""
    values: dict[str, Any] = {}
    if filters is not None:
        values["filters"] = dict(filters)
    if settings is not None:
        values["settings"] = dict(settings)
    if values:
        await connection.execute(update(watches).where(watches.c.id == watch_id).values(**values))


async def remove(connection: AsyncConnection, watch_id: int, *, now: datetime) -> bool:
    """Stops watching; whether it was being watched. ``restore`` takes it back."""
    done = await connection.execute(
        update(watches)
        .where(watches.c.id == watch_id, watches.c.removed_at.is_(None))
        .values(removed_at=now, tick=None, tick_at=None)
    )
    return done.rowcount > 0


async def restore(connection: AsyncConnection, watch_id: int, *, now: datetime) -> bool:
    """Undoes ``remove``."""
    done = await connection.execute(
        update(watches)
        .where(watches.c.id == watch_id, watches.c.removed_at.is_not(None))
        .values(removed_at=None, next_at=now)
    )
    return done.rowcount > 0


async def pause_channel(
    connection: AsyncConnection, channel: str, *, reason: str, now: datetime
) -> int:
    """Pauses all watches of a channel that cannot be posted to; how many."""
    done = await connection.execute(
        update(watches)
        .where(
            watches.c.channel == channel,
            watches.c.paused_at.is_(None),
            watches.c.removed_at.is_(None),
        )
        .values(paused_at=now, paused_reason=reason, tick=None, tick_at=None)
    )
    return done.rowcount


async def resume_channel(connection: AsyncConnection, channel: str, *, now: datetime) -> int:
    """Lets paused watches go on (the app was invited again, the channel unarchived)."""
    done = await connection.execute(
        update(watches)
        .where(watches.c.channel == channel, watches.c.paused_at.is_not(None))
        .values(paused_at=None, paused_reason=None, next_at=now)
    )
    return done.rowcount


async def claim_due(
    connection: AsyncConnection,
    *,
    now: datetime,
    every_s: float,
    lease_s: float,
    token: str,
    limit: int = 2_000,
) -> Mapping[Target, tuple[int, ...]]:
    """Claims all due watches for the tick named ``token`` and moves their next time on.

    A watch whose last tick has not ended is left alone until ``lease_s`` have passed, so that a
    slow project never has two ticks at once. With a target's due watch come all its others that
    are due within half a period: one look serves them all.
    """
    free = or_(watches.c.tick.is_(None), watches.c.tick_at < now - timedelta(seconds=lease_s))
    soon = now + timedelta(seconds=every_s / 2)
    # Nobody plans so far ahead: the clock was set back since.
    odd = watches.c.next_at > now + _FARTHEST
    due_targets = _active(
        select(watches.c.entity, watches.c.project).where(or_(watches.c.next_at <= now, odd), free)
    ).distinct()
    chosen = (
        _active(select(watches.c.id))
        .where(
            tuple_(watches.c.entity, watches.c.project).in_(due_targets),
            or_(watches.c.next_at <= soon, odd),
            free,
        )
        .order_by(watches.c.next_at)
        .limit(limit)
    )
    if connection.dialect.name == "postgresql":
        chosen = chosen.with_for_update(skip_locked=True)
    rows = await connection.execute(
        update(watches)
        .where(watches.c.id.in_(chosen.scalar_subquery()))
        .values(next_at=now + timedelta(seconds=every_s), tick=token, tick_at=now)
        .returning(watches.c.id, watches.c.entity, watches.c.project)
    )
    found: dict[Target, list[int]] = {}
    for watch_id, entity, project in rows:
        found.setdefault(Target(entity, project), []).append(watch_id)
    return {target: tuple(sorted(ids)) for target, ids in found.items()}


async def of_tick(
    connection: AsyncConnection, ids: Sequence[int], *, token: str
) -> tuple[Watch, ...]:
    """Those of ``ids`` that this tick still holds."""
    query = _active(select(watches)).where(watches.c.id.in_(ids), watches.c.tick == token)
    return _all(await connection.execute(query.order_by(watches.c.id)))


async def end_tick(
    connection: AsyncConnection,
    ids: Sequence[int],
    *,
    token: str,
    next_at: datetime | None = None,
) -> frozenset[int]:
    """Gives watches free, in the transaction that stores what the tick found.

    Returns:
        The watches that this tick still held: only for these may it store anything. A tick that
        was taken over, or was already done, gets none.
    """
    held: set[int] = set()
    values: dict[str, Any] = {"tick": None, "tick_at": None}
    if next_at is not None:
        values["next_at"] = next_at
    for part in chunks(ids):
        rows = await connection.execute(
            update(watches)
            .where(and_(watches.c.id.in_(part), watches.c.tick == token))
            .values(**values)
            .returning(watches.c.id)
        )
        held.update(row.id for row in rows)
    return frozenset(held)


def _alive(query: Select[Any]) -> Select[Any]:
    return query.where(watches.c.removed_at.is_(None))


def _active(query: Select[Any]) -> Select[Any]:
    return _alive(query).where(watches.c.paused_at.is_(None))


def _one(rows: Any) -> Watch | None:
    row = rows.first()
    return to(Watch, row) if row else None


def _all(rows: Any) -> tuple[Watch, ...]:
    return tuple(to(Watch, row) for row in rows)
