"""Fixtures: a fresh database for each test, on SQLite and on PostgreSQL."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest

from bot.storage import Address, Database, open_database
from bot.storage.migrate import upgrade
from tests.support.postgres import NoPostgres, Server, server, skip_or_fail

_TEMPLATE = "wandb_bot_template"


@pytest.fixture(scope="session")
def postgres_or_why() -> Iterator[Server | str]:
    """A server with a migrated template database, or why there is none."""
    try:
        with server() as running:
            with psycopg.connect(running.url, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {_TEMPLATE}")
            upgrade(Address.of(f"{running.url.rsplit('/', 1)[0]}/{_TEMPLATE}"))
            yield running
    except NoPostgres as reason:
        yield str(reason)


@pytest.fixture
def postgres(postgres_or_why: Server | str) -> Server:
    """A PostgreSQL server; skips where none can be had."""
    return skip_or_fail(postgres_or_why) if isinstance(postgres_or_why, str) else postgres_or_why


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file."""
    path = tmp_path_factory.mktemp("template") / "bot.db"
    upgrade(Address.of(f"sqlite:///{path}"))
    return path


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(
    request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path
) -> Iterator[str]:
    """The address of a migrated database that only this test has."""
    if request.param == "sqlite":
        path = tmp_path / "bot.db"
        shutil.copy(sqlite_template, path)
        yield f"sqlite:///{path}"
        return
    running: Server = request.getfixturevalue("postgres")
    with running.database(template=_TEMPLATE) as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open database, empty but for its tables."""
    opened = await open_database(database_url, migrate=False)
    yield opened
    await opened.close()
