"""A watch's place, filter and board, as commands and as the tables write them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from analysis import filters as conditions
from analysis.errors import BadRequest
from analysis.refs import ProjectRef
from bot.storage import CardKey, Target, Watch
from handlers.watching.ports import Watched

Now = Callable[[], datetime]
BOARD = "board"
ONLY_RULES = "only_rules"
"""Marks a watch that exists for somebody's rules alone: no board, no other alerts."""
MANNERS = "watching"
"""The preference of a channel that holds how it wants to be told."""


def target_of(where: ProjectRef) -> Target:
    """A project or entity as the tables write it."""
    return Target(where.entity, where.project or "")


def where_of(target: Target) -> ProjectRef:
    """The opposite of ``target_of``."""
    return ProjectRef(target.entity, target.project or None)


def board_key(channel: str, watch_id: int) -> CardKey:
    """Which card is a watch's board."""
    return CardKey(channel, BOARD, f"watch:{watch_id}")


def watched_of(watch: Watch) -> Watched:
    """A watch as commands see it."""
    try:
        text = conditions.text_of(conditions.from_json(watch.filters.get("where") or {}))
    except BadRequest:
        text = ""
    return Watched(
        id=watch.id,
        channel=watch.channel,
        where=where_of(watch.target),
        creator=watch.creator,
        created_at=watch.created_at,
        filters=text,
        paused=watch.paused_reason,
        only_rules=bool(watch.settings.get(ONLY_RULES)),
    )


def stored_filter(text: str, me: str | None) -> dict[str, Any]:
    """A filter as it is stored: its conditions, and whom “me” means in it."""
    found = conditions.to_json(conditions.parse(text))
    return {"where": found, "me": me} if found else {}
