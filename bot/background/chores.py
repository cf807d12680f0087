"""Chores: loops of this process, such as signs of life and sweeps.

They are no jobs, since a job can itself be stuck in a process that has died.
"""

import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

_LOG = logging.getLogger(__name__)

Run = Callable[[], Awaitable[object]]


@dataclass(slots=True)
class Chore:
    """What this process does again and again.

    Attributes:
        name: for the log.
        every_s: seconds from one end to the next beginning.
        run: what is done; a failure is logged, and it is tried again.
        done_at: when it last succeeded, by the monotonic clock.
    """

    name: str
    every_s: float
    run: Run
    done_at: float | None = None

    def late(self, slack_s: float) -> bool:
        """Whether it has not succeeded for ``slack_s`` longer than it should take."""
        done = self.done_at
        return done is None or time.monotonic() - done > self.every_s + slack_s

    async def keep_on(self, sleep: Callable[[float], Awaitable[bool]]) -> None:
        """Runs until ``sleep`` says that the process is about to stop."""
        while True:
            try:
                await self.run()
                self.done_at = time.monotonic()
            except Exception:  # noqa: BLE001 -- a chore must go on after whatever went wrong
                _LOG.warning(
                    "the chore %r failed and will be tried again", self.name, exc_info=True
                )
            if not await sleep(self.every_s):
                return
