"""People's own alert rules (``/wandb alert when eval/loss < 0.5 in PROJECT``)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.rows import to
from bot.storage.tables import rules


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of one channel.

    Attributes:
        project: empty for all of the entity's.
        rule: the condition as parsed.
        text: as its author wrote it.
    """

    id: int
    channel: str
    entity: str
    project: str
    rule: Mapping[str, Any]
    text: str
    creator: str
    created_at: datetime
    removed_at: datetime | None


async def add(
    connection: AsyncConnection,
    *,
    channel: str,
    entity: str,
    project: str,
    rule: Mapping[str, Any],
    text: str,
    creator: str,
    now: datetime,
) -> Rule:
    """Stores a rule; its number is what ``/wandb unalert`` takes."""
    rows = await connection.execute(
        insert(rules)
        .values(
            channel=channel,
            entity=entity,
            project=project,
            rule=dict(rule),
            text=text,
            creator=creator,
            created_at=now,
        )
        .returning(rules)
    )
    return to(Rule, rows.one())


async def get(connection: AsyncConnection, rule_id: int) -> Rule | None:
    """By number, removed ones too."""
    row = (await connection.execute(select(rules).where(rules.c.id == rule_id))).first()
    return to(Rule, row) if row else None


async def in_channel(connection: AsyncConnection, channel: str) -> tuple[Rule, ...]:
    """A channel's rules, oldest first."""
    query = select(rules).where(rules.c.channel == channel, rules.c.removed_at.is_(None))
    return tuple(to(Rule, row) for row in await connection.execute(query.order_by(rules.c.id)))


async def of_project(connection: AsyncConnection, entity: str, project: str) -> tuple[Rule, ...]:
    """The rules of all channels that a project's runs concern."""
    query = select(rules).where(
        rules.c.entity == entity,
        rules.c.project.in_(("", project)),
        rules.c.removed_at.is_(None),
    )
    return tuple(to(Rule, row) for row in await connection.execute(query.order_by(rules.c.id)))


async def remove(
    connection: AsyncConnection, rule_id: int, *, channel: str, now: datetime
) -> Rule | None:
    """Removes a channel's rule; the rule, or ``None`` when there is none with that number."""
    rows = await connection.execute(
        update(rules)
        .where(rules.c.id == rule_id, rules.c.channel == channel, rules.c.removed_at.is_(None))
        .values(removed_at=now)
        .returning(rules)
    )
    row = rows.first()
    return to(Rule, row) if row else None


async def restore(connection: AsyncConnection, rule_id: int) -> None:
    """Undoes ``remove``."""
    await connection.execute(update(rules).where(rules.c.id == rule_id).values(removed_at=None))
