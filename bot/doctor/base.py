"""What the parts of a check-up share: the patient, and how time is taken."""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Self

from bot.settings import Settings
from handlers.checkup import Check


@dataclass(slots=True)
class Patient:
    """The installation under examination.

    Attributes:
        settings: all of them.
        skews: seconds that this machine's clock is ahead of a server's, by the server's name.
    """

    settings: Settings
    skews: dict[str, float] = field(default_factory=dict)

    def compare_clocks(self, server: str, headers: Mapping[str, str], trip: "Trip") -> None:
        """Notes the difference to a server's ``Date`` header, which is cut to whole seconds."""
        said = next((value for name, value in headers.items() if name.lower() == "date"), None)
        try:
            theirs = parsedate_to_datetime(said) if said else None
        except ValueError:
            return
        if theirs is None:
            return
        theirs = theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)
        ours = trip.begun.timestamp() + trip.seconds / 2
        self.skews[server] = ours - (theirs.timestamp() + 0.5)


Part = Callable[[Patient], Awaitable[list[Check]]]


@dataclass(slots=True)
class Trip:
    """One round trip; use it as a context."""

    begun: datetime = field(default_factory=lambda: datetime.now(UTC))
    seconds: float = 0.0
    _start: float = field(default_factory=time.perf_counter)

    def __enter__(self) -> Self:
        self.begun, self._start = datetime.now(UTC), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self._start

    @property
    def ms(self) -> float:
        """Milliseconds, to a tenth."""
        return round(self.seconds * 1_000, 1)
