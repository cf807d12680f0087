"""Migrations, run at start; on PostgreSQL one replica at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from bot.storage.database import Address, sync_engine
from bot.storage.tables import METADATA

# Any number that nobody else takes in the same database; the replicas only have to agree on it.
_ADVISORY_LOCK = 0x77616E6462  # "wandb"


def upgrade(address: Address) -> None:
    """Brings all tables up to date (blocking: call it in a thread)."""
    from alembic import command

    with _connection(address) as connection:
        command.upgrade(config(connection), "head")


def current(address: Address) -> tuple[str | None, str]:
    """The revision that the database has, and the one that it should have (blocking)."""
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    with _connection(address) as connection:
        has = MigrationContext.configure(connection).get_current_revision()
        head = ScriptDirectory.from_config(config(connection)).get_current_head()
    return has, head or ""


def config(connection: Connection) -> Any:
    """Alembic's configuration around an open connection."""
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


def ours(name: str | None, kind: str, _parents: object = None) -> bool:
    """Whether Alembic may look at a thing: the task engine's tables are not ours to drop."""
    return kind != "table" or name in METADATA.tables


@contextmanager
def _connection(address: Address) -> Iterator[Connection]:
    engine = sync_engine(address)
    try:
        with engine.begin() as connection:
            if not address.sqlite:
                connection.execute(
                    text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK}
                )
            yield connection
    finally:
        engine.dispose()
