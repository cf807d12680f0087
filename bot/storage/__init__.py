"""What is kept: tables, and small typed functions on a connection for each of them.

Use it so::

    database = await open_database("sqlite:///bot.db")
    async with database.begin() as connection:
        watch = await watches.add(connection, channel=…, target=Target("team", "llm"), …)

``begin()`` is a write transaction, ``read()`` only reads. Every function takes the connection
first and never commits, so that several of them are one transaction. Rows come out as frozen
dataclasses. All times are aware and in UTC.
"""

from bot.storage import (
    alerts,
    budgets,
    cards,
    mutes,
    once,
    outbox,
    people,
    reminders,
    replicas,
    rules,
    schedules,
    seen,
    threads,
    watches,
)
from bot.storage.cards import Card, CardKey
from bot.storage.database import Address, Database, open_database
from bot.storage.lock import DatabaseInUse
from bot.storage.outbox import Outgoing
from bot.storage.watches import Target, Watch

__all__ = [
    "Address",
    "Card",
    "CardKey",
    "Database",
    "DatabaseInUse",
    "Outgoing",
    "Target",
    "Watch",
    "alerts",
    "budgets",
    "cards",
    "mutes",
    "once",
    "open_database",
    "outbox",
    "people",
    "reminders",
    "replicas",
    "rules",
    "schedules",
    "seen",
    "threads",
    "watches",
]
