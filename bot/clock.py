"""The clock that production runs on; tests hand in their own (``handlers.ports.Clock``)."""

import asyncio
from datetime import UTC, datetime


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """The present, UTC and aware."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Returns after ``seconds``."""
        await asyncio.sleep(seconds)

    async def alarm(self, seconds: float) -> None:
        """Returns after ``seconds``."""
        await asyncio.sleep(seconds)
