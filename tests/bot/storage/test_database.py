"""Addresses, migrations, the lock of a SQLite file, and two writers at once."""

import asyncio
import multiprocessing
from datetime import UTC, datetime, timedelta, timezone
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from bot.storage import Address, Database, DatabaseInUse, open_database, people
from bot.storage.lock import FileLock
from bot.storage.migrate import current, ours, upgrade
from bot.storage.tables import METADATA
from tests.clocks import START


@pytest.mark.parametrize(
    ("given", "for_async"),
    [
        ("sqlite:///bot.db", "sqlite+aiosqlite:///bot.db"),
        ("sqlite:////var/lib/bot.db", "sqlite+aiosqlite:////var/lib/bot.db"),
        ("postgresql://me:pw@db:5433/bot", "postgresql+psycopg://me:pw@db:5433/bot"),
        ("postgres://db/bot", "postgresql+psycopg://db/bot"),
        (
            "postgresql+asyncpg://db/bot?sslmode=require",
            "postgresql+psycopg://db/bot?sslmode=require",
        ),
    ],
)
def test_an_address_is_read_whatever_driver_it_names(given: str, for_async: str) -> None:
    """Only the kind of database and its place matter."""
    assert Address.of(given).for_async.render_as_string(hide_password=False) == for_async


def test_the_migrations_make_exactly_the_tables_of_the_code(database_url: str) -> None:
    """Nothing differs between the migrated database and ``tables.py``."""
    address = Address.of(database_url)
    engine = Database(address).sync_engine()
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_name": ours, "compare_type": True}
        )
        difference = compare_metadata(context, METADATA)
    engine.dispose()
    assert difference == []
    has, head = current(address)
    assert has == head


def test_migrating_twice_changes_nothing(database_url: str) -> None:
    """Each start runs the migrations."""
    upgrade(Address.of(database_url))
    upgrade(Address.of(database_url))
    assert len(set(current(Address.of(database_url)))) == 1


def test_tables_of_others_in_the_same_file_are_left_alone(tmp_path: Path) -> None:
    """Alembic does not see the task engine's tables, so it can never drop them."""
    assert not ours("workflow_status", "table")
    assert ours("watches", "table")


async def test_sqlite_is_opened_for_many_readers_and_one_writer(tmp_path: Path) -> None:
    """WAL, a long wait for locks, foreign keys."""
    database = await open_database(f"sqlite:///{tmp_path / 'new' / 'bot.db'}")
    async with database.read() as connection:
        found = [
            (await connection.execute(text(f"PRAGMA {name}"))).scalar_one()
            for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
        ]
    await database.close()
    assert found == ["wal", 1, 30_000, 1]


async def test_two_transactions_that_read_and_then_write_both_succeed(database: Database) -> None:
    """On SQLite the second waits for the first, instead of failing with “database is locked”."""

    async def count_up() -> None:
        async with database.begin() as connection:
            if connection.dialect.name == "postgresql":
                await connection.execute(text("LOCK TABLE preferences"))
            before = await people.preference(connection, "user", "U1", "count", 0)
            await asyncio.sleep(0)
            await people.prefer(connection, "user", "U1", "count", before + 1, now=START)

    await asyncio.gather(*(count_up() for _ in range(12)))
    async with database.read() as connection:
        assert await people.preference(connection, "user", "U1", "count") == 12


async def test_a_second_process_on_the_same_file_is_refused_with_a_sentence(
    tmp_path: Path,
) -> None:
    """Two that serve from one file would take each other's work for a dead process's."""
    url = f"sqlite:///{tmp_path / 'bot.db'}"
    first = await open_database(url, exclusive=True)
    with pytest.raises(DatabaseInUse, match=r"already serves from bot\.db \(process \d+\)"):
        await open_database(url, exclusive=True)
    reader = await open_database(url)
    await reader.close()
    await first.close()
    again = await open_database(url, exclusive=True)
    await again.close()


def _hold(path: Path, parent: Connection) -> None:
    FileLock(path).acquire()
    parent.send("held")
    parent.recv()


def test_a_killed_process_gives_its_lock_free(tmp_path: Path) -> None:
    """Nothing has to be cleaned up by hand after a crash."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_hold, args=(tmp_path / "bot.db.lock", theirs), daemon=True)
    process.start()
    assert ours.poll(30)
    process.kill()
    process.join()
    lock = FileLock(tmp_path / "bot.db.lock")
    lock.acquire()
    lock.release()


async def test_times_come_back_aware_and_in_utc(database: Database) -> None:
    """Whatever zone they were stored in; a time without one is refused."""
    there = datetime(2026, 3, 29, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    account = people.Account("U1", "ada", "email", there)
    async with database.begin() as connection:
        await people.link(connection, account)
        found = await people.account(connection, "U1")
    assert found is not None
    assert found.linked_at == there
    assert found.linked_at.utcoffset() == timedelta(0)
    with pytest.raises(Exception, match="needs a zone"):
        async with database.begin() as connection:
            await people.link(
                connection,
                people.Account("U1", "ada", "email", datetime(2026, 1, 1)),  # noqa: DTZ001
            )


async def test_the_databases_clock_is_close_to_ours(database: Database) -> None:
    """Liveness is judged by it."""
    async with database.read() as connection:
        assert abs(await database.now(connection) - datetime.now(UTC)) < timedelta(seconds=30)
