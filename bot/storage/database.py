"""The database: one address for both kinds, its connections, and who may write.

``sqlite:///FILE`` and ``postgresql://…`` differ in nothing but this module. A connection of
``begin()`` is a write transaction: on SQLite it takes the write lock at once (``BEGIN IMMEDIATE``),
because a transaction that reads first and writes later fails there without waiting.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.storage.lock import FileLock

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

_BUSY_MS = 30_000
_POOL = {"pool_size": 10, "max_overflow": 10, "pool_pre_ping": True, "pool_timeout": 30}
READ_ONLY = {"wandb_bot_read_only": True}


@dataclass(frozen=True, slots=True)
class Address:
    """Where the database is, as SQLAlchemy writes it."""

    url: URL

    @classmethod
    def of(cls, text: str) -> "Address":
        """Reads ``sqlite:///FILE``, ``postgres://…`` or ``postgresql://…``, any driver named."""
        url = make_url(text.replace("postgres://", "postgresql://", 1))
        return cls(url.set(drivername=url.get_backend_name()))

    @property
    def sqlite(self) -> bool:
        """Whether it is a file, with one process at a time."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def file(self) -> Path | None:
        """The SQLite file."""
        return Path(self.url.database) if self.sqlite and self.url.database else None

    @property
    def for_async(self) -> URL:
        """With the driver of the application's own connections."""
        return self.url.set(drivername="sqlite+aiosqlite" if self.sqlite else "postgresql+psycopg")

    @property
    def for_sync(self) -> URL:
        """With the driver of migrations and of the task engine, which work in threads."""
        return self.url.set(drivername="sqlite" if self.sqlite else "postgresql+psycopg")


@dataclass(slots=True)
class Database:
    """Connections of the application, and the engine that the task engine shares.

    Attributes:
        address: where it is.
        lock: held while a SQLite file is served from.
    """

    address: Address
    lock: FileLock | None = None
    _engine: AsyncEngine = field(init=False)

    def __post_init__(self) -> None:
        options: dict[str, Any] = dict(_POOL)
        self._engine = create_async_engine(self.address.for_async, **options)
        if self.address.sqlite:
            _prepare_sqlite(self._engine.sync_engine)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """A write transaction: committed at the end, rolled back on any exception."""
        async with self._engine.begin() as connection:
            yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection that only reads, and never waits for a writer."""
        async with self._engine.connect() as connection:
            yield await connection.execution_options(**READ_ONLY)

    async def now(self, connection: AsyncConnection) -> datetime:
        """The database's clock, which all replicas share (of SQLite: this machine's)."""
        if self.address.sqlite:
            return datetime.now(UTC)
        row = await connection.execute(text("SELECT clock_timestamp()"))
        when: datetime = row.scalar_one()
        return when.astimezone(UTC)

    def sync_engine(self) -> Engine:
        """A new engine for the task engine's threads; the caller disposes of it."""
        return sync_engine(self.address, driver_begins=True)

    async def close(self) -> None:
        """Closes all connections and gives the file free."""
        await self._engine.dispose()
        if self.lock:
            self.lock.release()


async def open_database(url: str, *, exclusive: bool = False, migrate: bool = True) -> Database:
    """Opens the database, and brings its tables up to date.

    Args:
        url: ``sqlite:///FILE`` or ``postgresql://…``; the file's folder is made.
        exclusive: refuse when another process serves from the same SQLite file.
        migrate: run the migrations first (in a thread).

    Raises:
        DatabaseInUse: another process serves from this file.
    """
    from bot.storage.migrate import upgrade

    address = Address.of(url)
    lock = None
    if address.file:
        await asyncio.to_thread(address.file.parent.mkdir, parents=True, exist_ok=True)
        if exclusive:
            lock = FileLock(address.file.with_name(address.file.name + ".lock"))
            lock.acquire()
    if migrate:
        await asyncio.to_thread(upgrade, address)
    return Database(address, lock)


def sync_engine(address: Address, *, driver_begins: bool = False) -> Engine:
    """An engine for threads, with the same settings a connection as the application's own.

    Args:
        address: where the database is.
        driver_begins: on SQLite, leave it to the driver to begin transactions, for code that
            writes its own ``BEGIN`` (the task engine's migrations do).
    """
    options: dict[str, Any] = dict(_POOL)
    engine = create_engine(address.for_sync, **options)
    if address.sqlite:
        _prepare_sqlite(engine, driver_begins=driver_begins)
    return engine


def _prepare_sqlite(engine: Engine, *, driver_begins: bool = False) -> None:
    @event.listens_for(engine, "connect")
    def _connected(connection: "DBAPIConnection", _: "ConnectionPoolEntry") -> None:
        # None switches the driver's own implicit BEGIN off: ``_begin`` says which kind it is.
        connection.isolation_level = "IMMEDIATE" if driver_begins else None
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={_BUSY_MS}",
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    if driver_begins:
        return

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reads = connection.get_execution_options().get("wandb_bot_read_only")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
