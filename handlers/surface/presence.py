"""That somebody works on an answer, shown where it was asked: a status line, and Stop.

In direct messages the thread of the question is an agent's session: while it is “processing” Slack
shows a Stop button (``handlers.events.agent`` hears it). Whatever happens to the answer, neither is
left behind.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from handlers.language.intents import Intent
from handlers.request import Request
from handlers.services import Services
from handlers.surface.ports import Room

_CLEARING_S: Final = 4.0
_DOING: Final = {
    Intent.DESCRIBE: "is reading the run’s curves …",
    Intent.WATCH_NOW: "is looking at all runs …",
    Intent.COMPARE: "is comparing runs …",
    Intent.WHY: "is reading the run’s log …",
    Intent.FAILURES: "is grouping failures …",
    Intent.BEST_RUN: "is ranking runs …",
    Intent.SHOW_METRIC: "is reading metrics …",
}
_ANYTHING: Final = "is on it …"


def asked_in(request: Request) -> tuple[str, str] | None:
    """The thread that a question opened or stands in; none where it has none."""
    thread = request.thread_ts or request.message_ts
    if request.channel is None or thread is None:
        return None
    return request.channel, thread


@asynccontextmanager
async def presence(request: Request, intent: Intent, services: Services) -> AsyncIterator[None]:
    """Shows that the question was heard, for as long as the block lasts."""
    where = asked_in(request)
    if services.places is None or where is None or request.kind not in {"direct", "mention"}:
        yield
        return
    panel, session = services.places.panel, request.kind == "direct"
    rooms = services.places.rooms
    room = rooms.setdefault(where, Room())
    room.answers += 1

    async def begin() -> None:
        async with room.turn:
            if session:
                await panel.session(*where, "processing", title=request.text)
            await panel.status(*where, _DOING.get(intent, _ANYTHING))

    async def end() -> None:
        await asyncio.wait([begun])  # what is set must be set before it can be taken away
        async with room.turn:
            if room.answers:  # another answer is at work there
                return
            await panel.status(*where, "")
            if session:
                await panel.session(*where, "active")
            if not room.answers:  # nobody waits to tell Slack otherwise
                rooms.pop(where, None)

    begun = asyncio.create_task(begin())
    try:
        yield
    finally:
        room.answers -= 1
        # Whatever ended the answer must not end this as well.
        await asyncio.wait([asyncio.create_task(end())], timeout=_CLEARING_S)
