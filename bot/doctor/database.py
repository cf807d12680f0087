"""The database and the engine: whether they can be reached, are up to date, and are at work."""

import asyncio
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.doctor.base import Patient, Trip
from handlers.checkup import Check

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.storage import Database

_DATABASE, _TABLES, _ENGINE = "Database", "Migrations", "Engine"
_LATE: Final = timedelta(minutes=2)
_BAD_FILE: Final = "Check DATABASE_URL: it has to name a SQLite database of this bot."
_BAD_SERVER: Final = "Check DATABASE_URL, and that the server runs and lets this user in."
_NO_WRITING: Final = (
    "Give the user that runs `wandb-bot serve` the right to write there, or set DATABASE_URL to a "
    "place where it may."
)


async def checks(patient: Patient) -> list[Check]:
    """Looks without changing anything: no file is made, no migration is run."""
    from sqlalchemy.exc import ArgumentError, SQLAlchemyError

    from bot.storage import Address, open_database

    shown = patient.settings.redacted_database_url()
    try:
        address = Address.of(patient.settings.database_url)
        if address.file and (found := await asyncio.to_thread(_unusable, address.file)):
            return [found]
        database = await open_database(patient.settings.database_url, migrate=False)
        try:
            return await _look(patient, database, shown)
        finally:
            await database.close()
    except ArgumentError:
        return [Check(_DATABASE, "fail", f"{shown} cannot be used", "Set DATABASE_URL.")]
    except (SQLAlchemyError, OSError) as error:
        cause = getattr(error, "orig", None) or error
        detail = f"{shown} cannot be opened ({type(cause).__name__})"
        sqlite = patient.settings.database_url.startswith("sqlite")
        advice = _BAD_FILE if sqlite else _BAD_SERVER
        return [Check(_DATABASE, "fail", detail, advice)]


def _unusable(file: Path) -> Check | None:
    """Why a SQLite file cannot be used as it is; SQLite writes beside it, too."""
    if file.is_file():
        if os.access(file, os.R_OK | os.W_OK) and os.access(file.parent, os.W_OK | os.X_OK):
            return None
        return Check(_DATABASE, "fail", f"{file} or its folder cannot be written", _NO_WRITING)
    folder = next(parent for parent in file.parents if parent.exists())
    if file.exists() or not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        return Check(_DATABASE, "fail", f"{file} cannot be made", _NO_WRITING)
    detail = "there is no file yet; `wandb-bot serve` makes it at its first start"
    return Check(_DATABASE, "warn", detail)


async def _look(patient: Patient, database: "Database", shown: str) -> list[Check]:
    from sqlalchemy import text

    from bot.storage.migrate import current

    async with database.read() as connection:
        with Trip() as trip:
            await connection.execute(text("SELECT 1"))
        kind = "SQLite file" if database.address.sqlite else "PostgreSQL"
        opened = Check(_DATABASE, "ok", f"{kind}: {shown}", ms=trip.ms)
        has, should = await asyncio.to_thread(current, database.address)
        if has != should:
            detail = f"the tables are at {has or 'nothing'}, this release needs {should}"
            advice = "Start `wandb-bot serve` of this release: it brings them up to date."
            return [opened, Check(_TABLES, "fail", detail, advice)]
        engine = await _engine(patient, database, connection)
    return [opened, Check(_TABLES, "ok", f"up to date ({has})"), engine]


async def _engine(patient: Patient, database: "Database", connection: "AsyncConnection") -> Check:
    from bot.storage import outbox, replicas, watches

    now = await database.now(connection)
    timeout = timedelta(seconds=patient.settings.engine.replica_timeout)
    alive = [one for one in await replicas.every(connection) if now - one.seen < timeout]
    due = [one.next_at for one in await watches.every(connection) if one.paused_at is None]
    waiting = await outbox.oldest_waiting(connection, now=now)
    if not alive:
        advice = "Start `wandb-bot serve`; nothing is watched and nothing is sent until then."
        return Check(_ENGINE, "warn", "no replica is alive", advice)
    names = "1 replica" if len(alive) == 1 else f"{len(alive)} replicas"
    late = [
        f"{what} {_minutes(now - since)} min late"
        for what, since in (("a look at a project is", min(due, default=None)),
                            ("a message is", waiting))
        if since is not None and now - since > _LATE
    ]  # fmt: skip
    if late:
        advice = "Look into the logs of `wandb-bot serve`; W&B or Slack may hold it up."
        return Check(_ENGINE, "warn", f"{names} alive, but {' and '.join(late)}", advice)
    seen: datetime = max(one.seen for one in alive)
    return Check(
        _ENGINE, "ok", f"{names} alive, last sign {(now - seen).total_seconds():.0f} s ago"
    )


def _minutes(late: timedelta) -> int:
    return round(late.total_seconds() / 60)
