"""Nobody looks at a watched place just now, and that will not pass by itself. Pure.

While W&B merely does not answer, the board says so and no more. A key that is refused, or a place
that is no longer there, needs a person: so there is one message, corrected in place at its end.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from handlers.reply import Message
from handlers.views import blocks as b
from handlers.views.escape import code, date, escape, join, mrkdwn
from handlers.views.numbers import duration


def message(payload: Mapping[str, Any], now: datetime) -> Message:
    """Since when nobody looks, why, and what to do; or that it is over.

    Args:
        payload: ``where``, ``since``, ``reason``, ``next_step``; ``over_at`` at its end.
        now: the present.
    """
    where = code(str(payload.get("where", "")), 150)
    since = datetime.fromisoformat(str(payload["since"]))
    if payload.get("over_at"):
        over = datetime.fromisoformat(str(payload["over_at"]))
        lasted = duration(max(0.0, (over - since).total_seconds()))
        text = mrkdwn(
            "✔️ I can look at {where} again. For {lasted} I could not; what changed in it meanwhile "
            "is told now.",
            where=where,
            lasted=lasted,
        )
        return b.message(text, [b.section(text)])
    text = mrkdwn(
        "🙈 I cannot look at {where}: {reason}",
        where=where,
        reason=escape(payload.get("reason", ""), 300),
    )
    lines = [text]
    if payload.get("next_step"):
        lines.append(escape(payload["next_step"], 300))
    note = mrkdwn(
        "Since {since}. No alerts come meanwhile; I go on by myself once I can.", since=date(since)
    )
    return b.message(text, [b.section(join("\n", lines)), b.context(note)])
