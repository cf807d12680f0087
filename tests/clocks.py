"""A clock that only tests move."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
_STEP_S = 0.5
_QUIET_S = 0.3  # real seconds without anything beginning or ceasing to wait
_PAUSE_S = 0.001  # real: one that never sleeps would hardly let threads have the interpreter
# A process that waits for nothing but time takes under 1 % of a processor; one that works takes
# more than this share even of a machine that many others load.
_IDLE_SHARE = 0.02


class HandClock:
    """``handlers.ports.Clock`` whose time passes only by ``advance``."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start
        self._sleepers: list[tuple[datetime, asyncio.Future[None]]] = []
        self._alarms: set[asyncio.Future[None]] = set()
        self._changed = asyncio.Condition()

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        await self._wait(seconds, asyncio.get_running_loop().create_future())

    async def alarm(self, seconds: float) -> None:
        alarm: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._alarms.add(alarm)
        try:
            await self._wait(seconds, alarm)
        finally:
            self._alarms.discard(alarm)

    async def _wait(self, seconds: float, alarm: asyncio.Future[None]) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        entry = (self._now + timedelta(seconds=seconds), alarm)
        self._sleepers.append(entry)
        async with self._changed:
            self._changed.notify_all()
        try:
            await alarm
        finally:
            if entry in self._sleepers:
                self._sleepers.remove(entry)

    async def advance(self, seconds: float) -> None:
        """Lets time pass; sleepers wake in their order."""
        end = self._now + timedelta(seconds=seconds)
        while True:
            due = sorted((entry for entry in self._sleepers if entry[0] <= end), key=lambda e: e[0])
            if not due:
                break
            self._now = max(self._now, due[0][0])
            self._sleepers.remove(due[0])
            if not due[0][1].done():
                due[0][1].set_result(None)
            for _ in range(10):
                await asyncio.sleep(0)
        self._now = end

    @asynccontextmanager
    async def passing(self) -> AsyncIterator[None]:
        """Time flies: whoever sleeps is woken at once.

        An alarm races with work that takes real time, at the servers or in a thread: time stops
        before it until that work, if there is any, has had a real chance to end.
        """

        async def fly() -> None:
            while True:
                await self.asleep()
                await asyncio.sleep(_PAUSE_S)
                if not self._alarm_near() or await self._quiet():
                    await self.advance(_STEP_S)

        task = asyncio.create_task(fly())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _alarm_near(self) -> bool:
        end = self._now + timedelta(seconds=_STEP_S)
        return any(due <= end and alarm in self._alarms for due, alarm in self._sleepers)

    async def _quiet(self) -> bool:
        before, spent = list(self._sleepers), time.process_time()
        await asyncio.sleep(_QUIET_S)
        idle = time.process_time() - spent < _IDLE_SHARE * _QUIET_S
        return idle and before == self._sleepers

    async def asleep(self, number: int = 1) -> None:
        """Waits until so many are asleep, and whoever is about to fall asleep is too."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self._sleepers) >= number)
        for _ in range(10):
            await asyncio.sleep(0)
