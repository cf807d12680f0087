"""Faults on demand: what a method does instead of its work, or after it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Fault:
    """One fault of a method; it wears off after `times` calls.

    Attributes:
        error: Answer ``ok: false`` with this code.
        status: Answer with this HTTP status and no JSON.
        retry_after: Answer 429 with this many seconds.
        drop: Close the connection ``before`` the effect, or ``after`` it without an answer.
        delay: Real seconds to wait before all else.
        gate: Wait for this event before all else.
        body: Answer with this body as it is, such as an HTML page.
    """

    method: str
    times: int | None = 1
    error: str | None = None
    status: int | None = None
    retry_after: int | None = None
    drop: str | None = None
    delay: float = 0.0
    gate: asyncio.Event | None = None
    body: str | None = None


@dataclass
class Faults:
    """The faults that are set; the first that fits a call is used."""

    pending: list[Fault] = field(default_factory=list)

    def error(self, method: str, code: str, *, times: int | None = 1) -> None:
        """Answer the next calls with an error code; `times=None` is for ever."""
        self.pending.append(Fault(method, times, error=code))

    def rate_limit(self, method: str, *, retry_after: int = 1, times: int | None = 1) -> None:
        """Answer the next calls with 429 and ``Retry-After``."""
        self.pending.append(Fault(method, times, retry_after=retry_after))

    def http_error(
        self, method: str, status: int = 503, *, times: int | None = 1, body: str = ""
    ) -> None:
        """Answer the next calls with an HTTP status and a body that is no JSON."""
        self.pending.append(Fault(method, times, status=status, body=body))

    def drop(self, method: str, when: str = "before", *, times: int | None = 1) -> None:
        """Cut the connection `before` the effect, or `after` it: then the answer is lost."""
        self.pending.append(Fault(method, times, drop=when))

    def delay(self, method: str, seconds: float, *, times: int | None = 1) -> None:
        """Answer late, in real seconds."""
        self.pending.append(Fault(method, times, delay=seconds))

    @contextmanager
    def hold(self, method: str) -> Iterator[asyncio.Event]:
        """Hold all calls of a method back until the block is left or the event is set."""
        fault = Fault(method, None, gate=asyncio.Event())
        self.pending.append(fault)
        assert fault.gate is not None  # noqa: S101 - set one line above
        try:
            yield fault.gate
        finally:
            fault.gate.set()
            if fault in self.pending:
                self.pending.remove(fault)

    def clear(self) -> None:
        """Take all faults away."""
        self.pending.clear()

    def take(self, method: str) -> Fault | None:
        """The fault that the next call of a method meets."""
        for fault in self.pending:
            if fault.method in (method, "*"):
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self.pending.remove(fault)
                return fault
        return None
