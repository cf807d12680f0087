"""Who people are on W&B, and what they and their channels prefer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.rows import to, upsert
from bot.storage.tables import accounts, preferences

Scope = Literal["channel", "user"]
Proof = Literal["email", "key", "confirmed"]


@dataclass(frozen=True, slots=True)
class Account:
    """A Slack user's W&B user name, and how it was proved."""

    slack_user: str
    wandb_user: str
    proof: Proof
    linked_at: datetime


@dataclass(frozen=True, slots=True)
class Default:
    """The entity and project meant when none is named."""

    entity: str
    project: str = ""


async def link(connection: AsyncConnection, account: Account) -> None:
    """Connects a Slack user to a W&B user, in place of an earlier one."""
    values = {
        "slack_user": account.slack_user,
        "wandb_user": account.wandb_user,
        "proof": account.proof,
        "linked_at": account.linked_at,
    }
    await upsert(connection, accounts, values)


async def account(connection: AsyncConnection, slack_user: str) -> Account | None:
    """A Slack user's account."""
    query = select(accounts).where(accounts.c.slack_user == slack_user)
    row = (await connection.execute(query)).first()
    return to(Account, row) if row else None


async def of_wandb_user(connection: AsyncConnection, wandb_user: str) -> tuple[Account, ...]:
    """Who in Slack is this W&B user (for mentions of a run's owner)."""
    query = select(accounts).where(accounts.c.wandb_user == wandb_user)
    return tuple(to(Account, row) for row in await connection.execute(query))


async def unlink(connection: AsyncConnection, slack_user: str) -> bool:
    """Forgets the connection; whether there was one."""
    done = await connection.execute(delete(accounts).where(accounts.c.slack_user == slack_user))
    return done.rowcount > 0


async def prefer(
    connection: AsyncConnection, scope: Scope, subject: str, name: str, value: Any, *, now: datetime
) -> None:
    """Stores a preference of a channel or a person (``"unfurl"``, ``"asked_to_link"``, …)."""
    values = {
        "scope": scope,
        "subject": subject,
        "name": name,
        "value": value,
        "updated_at": now,
    }
    await upsert(connection, preferences, values)


async def preference(
    connection: AsyncConnection, scope: Scope, subject: str, name: str, default: Any = None
) -> Any:
    """A preference, or ``default``."""
    query = select(preferences.c.value).where(*_is(scope, subject, name))
    row = (await connection.execute(query)).first()
    return row.value if row else default


async def who_prefers(
    connection: AsyncConnection, scope: Scope, name: str, *, since: datetime, limit: int
) -> tuple[tuple[str, Any], ...]:
    """Whose preference of a name was set since then, with its value; the latest first."""
    query = (
        select(preferences.c.subject, preferences.c.value)
        .where(
            preferences.c.scope == scope,
            preferences.c.name == name,
            preferences.c.updated_at >= since,
        )
        .order_by(preferences.c.updated_at.desc())
        .limit(limit)
    )
    return tuple((row.subject, row.value) for row in await connection.execute(query))


async def forget_preference(
    connection: AsyncConnection, scope: Scope, subject: str, name: str
) -> bool:
    """Goes back to the default; whether there was a preference."""
    done = await connection.execute(delete(preferences).where(*_is(scope, subject, name)))
    return done.rowcount > 0


async def use(
    connection: AsyncConnection,
    scope: Scope,
    subject: str,
    default: Default | None,
    *,
    now: datetime,
) -> None:
    """Sets (or, with ``None``, forgets) the default entity and project."""
    if default is None:
        await forget_preference(connection, scope, subject, "default")
        return
    value = {"entity": default.entity, "project": default.project}
    await prefer(connection, scope, subject, "default", value, now=now)


async def default_of(connection: AsyncConnection, scope: Scope, subject: str) -> Default | None:
    """The default entity and project of a channel or a person."""
    value = await preference(connection, scope, subject, "default")
    return Default(value["entity"], value["project"]) if value else None


def _is(scope: str, subject: str, name: str) -> tuple[Any, Any, Any]:
    return (
        preferences.c.scope == scope,
        preferences.c.subject == subject,
        preferences.c.name == name,
    )
