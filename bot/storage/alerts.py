"""The history of alerts: what happened, and what became of it (posted, held, muted)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.rows import insert_once, to
from bot.storage.tables import alerts, watches

Fate = Literal["posted", "held", "muted", "off"]


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One alert of one watch.

    Attributes:
        key: watch, run, kind, code and episode: the same thing never alerts twice.
        fate: whether it was posted, held for the digest, muted, or its kind is off.
        card_id: the message that shows it, to be edited on recovery.
        resolved_at: when it was over.
    """

    id: int
    key: str
    watch_id: int
    run: str
    kind: str
    code: str
    severity: str
    fate: Fate
    payload: Mapping[str, Any]
    card_id: int | None
    at: datetime
    resolved_at: datetime | None


async def record(
    connection: AsyncConnection,
    *,
    key: str,
    watch_id: int,
    run: str,
    kind: str,
    code: str,
    severity: str,
    fate: Fate,
    payload: Mapping[str, Any],
    at: datetime,
    card_id: int | None = None,
) -> bool:
    """Stores an alert; ``False`` when its key was there before."""
    values = {
        "key": key,
        "watch_id": watch_id,
        "run": run,
        "kind": kind,
        "code": code,
        "severity": severity,
        "fate": fate,
        "payload": dict(payload),
        "at": at,
        "card_id": card_id,
    }
    return await insert_once(connection, alerts, values, key=("key",))


async def resolve(connection: AsyncConnection, key: str, *, at: datetime) -> AlertRow | None:
    """Notes that an alert is over; the row, or ``None`` when it was not open."""
    rows = await connection.execute(
        update(alerts)
        .where(alerts.c.key == key, alerts.c.resolved_at.is_(None))
        .values(resolved_at=at)
        .returning(alerts)
    )
    row = rows.first()
    return to(AlertRow, row) if row else None


async def by_key(connection: AsyncConnection, key: str) -> AlertRow | None:
    """One alert, for its “Why?” button."""
    row = (await connection.execute(select(alerts).where(alerts.c.key == key))).first()
    return to(AlertRow, row) if row else None


async def get(connection: AsyncConnection, alert_id: int) -> AlertRow | None:
    """By number."""
    row = (await connection.execute(select(alerts).where(alerts.c.id == alert_id))).first()
    return to(AlertRow, row) if row else None


async def of_card(connection: AsyncConnection, card_id: int) -> tuple[AlertRow, ...]:
    """The alerts that one message shows."""
    query = select(alerts).where(alerts.c.card_id == card_id).order_by(alerts.c.id)
    return tuple(to(AlertRow, row) for row in await connection.execute(query))


async def of_run(
    connection: AsyncConnection, watch_id: int, run: str, *, limit: int = 50
) -> tuple[AlertRow, ...]:
    """A run's alerts in one watch, newest first."""
    query = select(alerts).where(alerts.c.watch_id == watch_id, alerts.c.run == run)
    rows = await connection.execute(query.order_by(alerts.c.id.desc()).limit(limit))
    return tuple(to(AlertRow, row) for row in rows)


async def in_channel(
    connection: AsyncConnection, channel: str, *, since: datetime, limit: int = 200
) -> tuple[AlertRow, ...]:
    """A channel's alerts since then, newest first."""
    query = (
        select(alerts)
        .join(watches, watches.c.id == alerts.c.watch_id)
        .where(watches.c.channel == channel, alerts.c.at >= since)
        .order_by(alerts.c.id.desc())
        .limit(limit)
    )
    return tuple(to(AlertRow, row) for row in await connection.execute(query))


@dataclass(frozen=True, slots=True)
class Stir:
    """That something about a run changed: an alert came, or was over.

    Attributes:
        id: of the alert.
        run: the path of the run, or of the group.
        creator: who made the channel watch it.
        over: whether the alert ended, rather than came.
    """

    id: int
    run: str
    creator: str
    over: bool


async def stirred(
    connection: AsyncConnection, *, since: datetime, limit: int = 500
) -> tuple[Stir, ...]:
    """What changed since then in any watch, posted or not, the newest alert first."""
    query = (
        select(alerts.c.id, alerts.c.run, watches.c.creator, alerts.c.resolved_at)
        .join(watches, watches.c.id == alerts.c.watch_id)
        .where(or_(alerts.c.at >= since, alerts.c.resolved_at >= since))
        .order_by(alerts.c.id.desc())
        .limit(limit)
    )
    return tuple(
        Stir(row.id, row.run, row.creator, row.resolved_at is not None)
        for row in await connection.execute(query)
    )


async def last_posted(
    connection: AsyncConnection, watch_id: int, runs: Iterable[str]
) -> Mapping[str, datetime]:
    """When each run last had a posted critical alert in a watch (for the cooling period)."""
    query = (
        select(alerts.c.run, func.max(alerts.c.at).label("at"))
        .where(
            alerts.c.watch_id == watch_id,
            alerts.c.run.in_(list(runs)),
            alerts.c.fate == "posted",
            alerts.c.severity == "critical",
        )
        .group_by(alerts.c.run)
    )
    return {row.run: row.at for row in await connection.execute(query)}


async def forget(connection: AsyncConnection, *, before: datetime) -> int:
    """Drops old history; how many rows."""
    done = await connection.execute(delete(alerts).where(alerts.c.at < before))
    return done.rowcount
