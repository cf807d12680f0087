"""``handlers.watching.ports`` over the database: each method is one transaction."""

from bot.watching.stored.history import StoredHistory
from bot.watching.stored.reminders import StoredReminders
from bot.watching.stored.rules import StoredRules
from bot.watching.stored.schedules import StoredSchedules
from bot.watching.stored.silences import StoredSilences
from bot.watching.stored.subscriptions import StoredBoards, StoredSubscriptions

__all__ = [
    "StoredBoards",
    "StoredHistory",
    "StoredReminders",
    "StoredRules",
    "StoredSchedules",
    "StoredSilences",
    "StoredSubscriptions",
]
