"""Questions that were asked back, until somebody chooses; old ones go with the old undos.

They are kept in the table of undos, whose tokens, ends and cleaning they share; without a channel,
so that “undo” never finds one.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage import once
from bot.storage.tables import undos

_KIND = "question"


async def keep(
    connection: AsyncConnection, *, asker: str, what: Mapping[str, Any], expires_at: datetime
) -> str:
    """Stores a question; the token that finds it."""
    return await once.offer_undo(
        connection, channel="", slack_user=asker, kind=_KIND, before=what, expires_at=expires_at
    )


async def recall(
    connection: AsyncConnection, token: str, *, now: datetime
) -> Mapping[str, Any] | None:
    """The question, unless it has run out; it stays, since its answer may fail."""
    query = select(undos.c.before).where(
        undos.c.token == token, undos.c.kind == _KIND, undos.c.expires_at > now
    )
    row = (await connection.execute(query)).first()
    return row.before if row else None
