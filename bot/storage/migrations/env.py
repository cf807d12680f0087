"""Alembic's entry: migrates the connection that ``bot.storage.migrate`` hands in."""

from typing import Any, Literal

from alembic import context

from bot.storage.columns import Id, Json, Utc
from bot.storage.migrate import ours
from bot.storage.tables import METADATA


def _render(kind: str, thing: Any, _: Any) -> str | Literal[False]:
    """Writes our own column types by name in a new migration."""
    if kind != "type":
        return False
    if isinstance(thing, Utc):
        return "Utc()"
    return "Id" if thing is Id else "Json" if thing is Json else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    include_name=ours,
    compare_type=True,
    render_as_batch=True,
    render_item=_render,
    transactional_ddl=True,
)
context.run_migrations()
