"""Budgets that all replicas share: so many updates a minute in a workspace."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.rows import insert_once
from bot.storage.tables import budgets


async def take(
    connection: AsyncConnection, name: str, *, now: datetime, per_minute: float, burst: float
) -> float:
    """Takes one from a budget that refills evenly.

    Returns:
        0 when it was taken; else the seconds until there is one.
    """
    fresh = {"name": name, "tokens": burst, "at": now, "blocked_until": now}
    await insert_once(connection, budgets, fresh, key=("name",))
    query = select(budgets).where(budgets.c.name == name)
    if connection.dialect.name == "postgresql":
        query = query.with_for_update()
    row = (await connection.execute(query)).one()
    if row.blocked_until > now:
        return float((row.blocked_until - now).total_seconds())
    # A clock that jumps back refills nothing.
    passed = max(0.0, (now - row.at).total_seconds())
    tokens = min(burst, row.tokens + passed * per_minute / 60)
    if tokens < 1:
        return float((1 - tokens) * 60 / per_minute)
    await connection.execute(
        update(budgets).where(budgets.c.name == name).values(tokens=tokens - 1, at=now)
    )
    return 0.0


async def block(connection: AsyncConnection, name: str, *, until: datetime) -> None:
    """Nothing is taken until then (Slack asked for patience)."""
    await connection.execute(
        update(budgets).where(budgets.c.name == name).values(blocked_until=until, tokens=0.0)
    )
