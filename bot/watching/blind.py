"""What a channel hears while nobody can look at what it watches: its board, and one message. Pure.

W&B that does not answer is said on the board alone: it passes. What does not pass by itself (a key
that is refused, a project that is no longer there) is also told in the channel, once, and the
message is corrected in place when the looks come back.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from analysis.errors import AccessError, AnalysisError, NotFound
from bot.background.ports import CardChange
from bot.storage import CardKey, Watch
from bot.watching.stored.places import where_of
from handlers.watching.render import BLIND

SURE_AFTER: Final = 3
"""Looks in a row that must have failed so: W&B refuses a good key for a moment now and then."""


def key_of(watch: Watch, since: datetime) -> CardKey:
    """Which message tells of the time without looks that began then."""
    return CardKey(watch.channel, BLIND, f"watch:{watch.id}:{since.isoformat()}")


def lasts(error: AnalysisError | None) -> bool:
    """Whether it needs a person."""
    return isinstance(error, AccessError | NotFound)


def board(shown: Mapping[str, Any], since: datetime, error: AnalysisError | None) -> dict[str, Any]:
    """What a board shows meanwhile: what it showed, and why it is old."""
    reason = error.sentence if error else "The last look failed."
    return {
        **shown,
        "unreachable_since": since.isoformat(),
        "reason": reason,
        "lasting": lasts(error),
    }


def begins(watch: Watch, since: datetime, error: AnalysisError) -> CardChange:
    """The message of a trouble that lasts, once that is sure.

    Args:
        watch: whose.
        since: of the first look that failed.
        error: why.
    """
    told = {
        "where": str(where_of(watch.target)),
        "since": since.isoformat(),
        "reason": error.sentence,
        "next_step": error.next_step,
    }
    return CardChange(key_of(watch, since), told, watch.id)


def ends(watch: Watch, since: datetime, shown: Mapping[str, Any], now: datetime) -> CardChange:
    """The same message once somebody looks again."""
    return CardChange(key_of(watch, since), {**shown, "over_at": now.isoformat()}, watch.id)
