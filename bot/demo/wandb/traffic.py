"""A record of what was asked, and a way to wait for something to be asked."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False, slots=True)
class Request:
    """One request to ``/graphql``.

    Attributes:
        operation: the name of the operation: ``operationName``, else the document's own.
        started_at: Unix seconds by the server's clock.
        in_flight: requests being answered at that moment, this one included.
        headers: as received; no test should need the key, so ``Authorization`` is left out.
        fields: the names at the top of the document, without aliases, one for each alias.
        seconds, sent, status: how long it took, the bytes of the answer (as compressed), and the
            status (0 while it is being answered, or when the connection was dropped).
    """

    operation: str
    query: str
    variables: Mapping[str, Any]
    started_at: float
    received: int
    in_flight: int
    headers: Mapping[str, str] = field(default_factory=dict)
    fields: tuple[str, ...] = ()
    seconds: float = 0.0
    sent: int = 0
    status: int = 0
    done: bool = False


class Traffic:
    """All requests of a server's life, or since ``clear()``."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.in_flight = 0
        self.most_in_flight = 0
        self._changed = asyncio.Condition()

    def clear(self) -> None:
        """Forget what was asked so far."""
        self.requests.clear()
        self.most_in_flight = self.in_flight

    def of(self, operation: str) -> list[Request]:
        """The requests of one operation."""
        return [request for request in self.requests if request.operation == operation]

    async def until(self, condition: Callable[["Traffic"], bool]) -> None:
        """Wait until a condition holds; it is asked at each start and end of a request."""
        async with self._changed:
            await self._changed.wait_for(lambda: condition(self))

    async def began(self, request: Request) -> None:
        """Note that a request came."""
        self.in_flight += 1
        request.in_flight = self.in_flight
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        self.requests.append(request)
        async with self._changed:
            self._changed.notify_all()

    async def ended(self, request: Request) -> None:
        """Note that a request was answered, or given up."""
        self.in_flight -= 1
        request.done = True
        async with self._changed:
            self._changed.notify_all()
