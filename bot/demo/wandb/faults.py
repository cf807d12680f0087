"""What can go wrong with an answer, as values that a test or the demo hands to the server."""

import asyncio
import fnmatch
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime

HISTORY_FIELDS = frozenset(
    {"history", "sampledHistory", "bucketedHistory", "parquetHistory", "events"}
)


@dataclass(frozen=True, slots=True)
class Fault:
    """Base of all faults."""


@dataclass(frozen=True, slots=True)
class Status(Fault):
    """An HTTP status with a JSON body, as W&B or what stands before it sends.

    Attributes:
        code: 401, 403, 404, 429, 500, 502, 503, …
        retry_after: seconds, or a time in UTC (sent as an HTTP date).
        message: in the body, as ``{"errors": [{"message": …}]}``.
        body: sent instead of that JSON, for an HTML page or an empty body.
    """

    code: int
    retry_after: float | datetime | None = None
    message: str = "the local server was told to fail"
    body: str | None = None
    content_type: str = "application/json"

    @property
    def headers(self) -> dict[str, str]:
        """The headers beyond the type of the content."""
        match self.retry_after:
            case None:
                return {}
            case datetime():
                return {"Retry-After": format_datetime(self.retry_after, usegmt=True)}
            case seconds:
                return {"Retry-After": f"{seconds:g}"}


def html_page(code: int = 502) -> Status:
    """A proxy's error page."""
    page = "<html><head><title>Bad Gateway</title></head><body><h1>nginx</h1></body></html>"
    return Status(code, body=page, content_type="text/html")


def empty_body(code: int = 200) -> Status:
    """An answer without content."""
    return Status(code, body="")


@dataclass(frozen=True, slots=True)
class Truncated(Fault):
    """The right answer, cut after a part of its JSON (``share`` of its characters)."""

    share: float = 0.5


@dataclass(frozen=True, slots=True)
class Reset(Fault):
    """The connection is dropped without an answer."""


@dataclass(frozen=True, slots=True)
class Slow(Fault):
    """The right answer after some seconds of the server's ``sleep``."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Null(Fault):
    """The fields of a run that the fault names, or the run or project itself, are null."""


@dataclass(frozen=True, slots=True)
class Errors(Fault):
    """GraphQL errors with status 200, beside the rest of the data.

    Where it stands for a whole request, ``data`` is kept when ``partial``, else null.
    """

    message: str = "internal server error"
    partial: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Hold(Fault):
    """No answer until ``release()``: a server that never answers, as long as one likes."""

    _arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _released: asyncio.Event = field(default_factory=asyncio.Event)

    async def arrived(self) -> None:
        """Wait until a request is being held."""
        await self._arrived.wait()

    def release(self) -> None:
        """Let all requests that are held, and later ones, have their right answer."""
        self._released.set()

    async def wait(self) -> None:
        """What the server does with a request."""
        self._arrived.set()
        await self._released.wait()


class FaultRaised(Exception):
    """A fault that a field's resolver met; it decides the answer to the whole request."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(type(fault).__name__)
        self.fault = fault


@dataclass(eq=False)
class Rule:
    """Where a fault applies; it can be ended with ``stop()``.

    Attributes:
        operation: a pattern of operation names (``Describe*``); any when ``None``.
        path: a pattern of ``entity/project`` or ``entity/project/run``; ``None`` for the request
            as a whole, before anything of it is looked at.
        fields: names of the run's fields that it applies to, with a ``path`` of a run; the run
            itself when empty.
        times: how often; for ever when ``None``.
        used: how often it has applied.
    """

    fault: Fault
    operation: str | None = None
    path: str | None = None
    fields: frozenset[str] = frozenset()
    times: int | None = None
    used: int = 0
    stopped: bool = False

    def stop(self) -> None:
        """Have it apply no more."""
        self.stopped = True

    def use(self) -> Fault:
        """Count one use."""
        self.used += 1
        return self.fault

    def applies(self, operation: str, path: str | None, field_name: str | None) -> bool:
        """Whether this place is meant, and the fault is not used up."""
        if self.stopped or (self.times is not None and self.used >= self.times):
            return False
        if self.operation is not None and not fnmatch.fnmatchcase(operation, self.operation):
            return False
        if self.path is None or path is None:
            return self.path is None and path is None
        if not fnmatch.fnmatchcase(path, self.path) or self.path.count("/") != path.count("/"):
            return False
        return field_name in self.fields if field_name else not self.fields


@dataclass
class Faults:
    """All rules of a server; the first that applies counts."""

    rules: list[Rule] = field(default_factory=list)

    def find(
        self, operation: str, path: str | None = None, field_name: str | None = None
    ) -> Fault | None:
        """The fault that applies to a request, a project, a run or a run's field."""
        for rule in self.rules:
            if rule.applies(operation, path, field_name):
                return rule.use()
        return None
