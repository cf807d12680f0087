"""The workspace leaves: everything that was kept for it is deleted."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.tables import METADATA

_OURS: Final = frozenset({"replicas", "budgets"})
"""What says nothing of a workspace: which processes live, and how much W&B may be asked."""


async def forget_everything(connection: AsyncConnection) -> Mapping[str, int]:
    """Deletes what was kept of people, channels, messages and runs; how many rows of each table."""
    gone: dict[str, int] = {}
    for table in reversed(METADATA.sorted_tables):  # those that refer to others first
        if table.name not in _OURS:
            deleted = await connection.execute(delete(table))
            gone[table.name] = deleted.rowcount
    return gone
