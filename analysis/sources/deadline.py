"""How long a question may take, and the clock that says so."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Timing:
    """The clock, the wait and the dice of a source: real ones, or a test's.

    Attributes:
        now: monotonic seconds.
        sleep: waits for seconds.
        dice: a number from 0 to 1, for waits that must not be in step with others'.
    """

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    dice: Callable[[], float] = random.random


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment by which the answer must be there, waits and retries included."""

    at: float
    timing: Timing = field(default_factory=Timing)

    @classmethod
    def after(cls, seconds: float, timing: Timing) -> "Deadline":
        """The moment so many seconds from now."""
        return cls(timing.now() + seconds, timing)

    @property
    def left(self) -> float:
        """Seconds that are left; 0 when the moment has passed."""
        return max(0.0, self.at - self.timing.now())

    def sooner(self, share: float) -> "Deadline":
        """A deadline after that share of what is left."""
        return Deadline(self.timing.now() + self.left * share, self.timing)
