"""Things that may happen once: events, unfurls, votes, undos; safe across replicas."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.rows import insert_once, insert_or_renew, to, upsert
from bot.storage.tables import events_seen, sightings, undos, votes


async def first_time(connection: AsyncConnection, event_id: str, *, now: datetime) -> bool:
    """Whether this event of Slack's was not seen before, by any replica."""
    values = {"event_id": event_id, "at": now}
    return await insert_once(connection, events_seen, values, key=("event_id",))


async def claim_link(
    connection: AsyncConnection, channel: str, link: str, *, now: datetime, since: datetime
) -> bool:
    """Whether a link was not shown in a channel after ``since``; it counts as shown ``now``.

    One statement, so that of replicas that ask at once one is told yes.
    """
    values = {"channel": channel, "link": link, "at": now}
    return await insert_or_renew(connection, sightings, values, before={"at": since})


async def show_link(connection: AsyncConnection, channel: str, link: str, *, now: datetime) -> None:
    """Notes when a link was shown."""
    await upsert(connection, sightings, {"channel": channel, "link": link, "at": now})


@dataclass(frozen=True, slots=True)
class Votes:
    """How people judged the findings of one detector."""

    code: str
    good: int
    bad: int


async def vote(
    connection: AsyncConnection,
    *,
    slack_user: str,
    message: str,
    code: str,
    run: str,
    good: bool,
    now: datetime,
) -> None:
    """Counts one person's judgement of one finding in one message; a later one replaces it."""
    values = {
        "slack_user": slack_user,
        "message": message,
        "code": code,
        "run": run,
        "good": good,
        "at": now,
    }
    await upsert(connection, votes, values)


async def tally(connection: AsyncConnection) -> tuple[Votes, ...]:
    """The judgements by detector."""
    good = func.sum(case((votes.c.good, 1), else_=0))
    query = select(votes.c.code, good.label("good"), func.count().label("every"))
    rows = await connection.execute(query.group_by(votes.c.code).order_by(votes.c.code))
    return tuple(Votes(row.code, int(row.good), int(row.every) - int(row.good)) for row in rows)


@dataclass(frozen=True, slots=True)
class Undo:
    """A change that may be taken back for some minutes.

    Attributes:
        token: what the button carries.
        kind: what was changed.
        before: what is needed to restore it.
    """

    token: str
    channel: str
    slack_user: str
    kind: str
    before: Mapping[str, Any]
    expires_at: datetime
    used_at: datetime | None


async def offer_undo(
    connection: AsyncConnection,
    *,
    channel: str,
    slack_user: str,
    kind: str,
    before: Mapping[str, Any],
    expires_at: datetime,
) -> str:
    """Stores how to take a change back; the token for the button."""
    token = secrets.token_urlsafe(12)
    values = {
        "token": token,
        "channel": channel,
        "slack_user": slack_user,
        "kind": kind,
        "before": dict(before),
        "expires_at": expires_at,
    }
    await upsert(connection, undos, values)
    return token


async def take_undo(connection: AsyncConnection, token: str, *, now: datetime) -> Undo | None:
    """Uses a token up; ``None`` when it was used, has run out, or never was."""
    rows = await connection.execute(
        update(undos)
        .where(undos.c.token == token, undos.c.used_at.is_(None), undos.c.expires_at > now)
        .values(used_at=now)
        .returning(undos)
    )
    row = rows.first()
    return to(Undo, row) if row else None


async def find_undo(connection: AsyncConnection, token: str) -> Undo | None:
    """An undo whatever became of it; ``None`` once it was forgotten."""
    row = (await connection.execute(select(undos).where(undos.c.token == token))).first()
    return to(Undo, row) if row else None


async def last_undo(
    connection: AsyncConnection, channel: str, slack_user: str, *, now: datetime
) -> Undo | None:
    """What “undo” means for a person in a channel now."""
    query = (
        select(undos)
        .where(
            undos.c.channel == channel,
            undos.c.slack_user == slack_user,
            undos.c.used_at.is_(None),
            undos.c.expires_at > now,
        )
        .order_by(undos.c.expires_at.desc())
        .limit(1)
    )
    row = (await connection.execute(query)).first()
    return to(Undo, row) if row else None


async def forget(connection: AsyncConnection, *, before: datetime) -> None:
    """Drops what nobody needs any more (votes stay)."""
    await connection.execute(delete(events_seen).where(events_seen.c.at < before))
    await connection.execute(delete(sightings).where(sightings.c.at < before))
    await connection.execute(delete(undos).where(undos.c.expires_at < before))
