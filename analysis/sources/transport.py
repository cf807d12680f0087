"""Asks a W&B server: one session, named operations, patience within a deadline."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from analysis.errors import (
    AnalysisError,
    BadResponse,
    ConnectionFailed,
    NotAuthenticated,
    RateLimited,
    ServerFailed,
    SourceUnavailable,
    TimedOut,
)
from analysis.flight import off_loop
from analysis.sources.answers import FINAL, Answer, failure, read_answer, retry_after
from analysis.sources.credentials import Account
from analysis.sources.deadline import Deadline, Timing
from analysis.sources.graphql import Operation
from analysis.sources.values import parse_json

if TYPE_CHECKING:
    from aiohttp import ClientSession, StreamReader

T = TypeVar("T")

_AGENT = "wandb-bot"
_SMALL = 64 * 1024  # bytes that are decoded in place: quicker than handing them to a thread
_ERROR_BODY = 64 * 1024  # bytes that are read of an answer that failed


@dataclass(frozen=True, slots=True)
class Limits:
    """How hard a server may be asked.

    Attributes:
        at_once: requests in flight.
        try_s: seconds for one try, as in W&B's own core.
        tries: of one request, when the deadline allows as many.
        first_wait_s: upper end of the first wait between two tries; it doubles each time.
        down_after: tries in a row that failed, of all questions, from which on each is tried once.
        longest_wait_s: upper end of any wait that the server did not ask for.
        largest_body: bytes of an answer that are taken, unpacked.
    """

    at_once: int = 8
    try_s: float = 30.0
    tries: int = 6
    down_after: int = 12
    first_wait_s: float = 0.5
    longest_wait_s: float = 20.0
    largest_body: int = 256 * 1024 * 1024


@dataclass
class Transport:
    """The way to one W&B server.

    The key goes to that server only: no redirect is followed, no other host is ever contacted.

    Attributes:
        account: the server and the key.
        limits: how hard it may be asked.
        timing: the clock.
        requests: how many were sent, tries included.
        answered_in_s: seconds that the last good answer took, without its wait for a turn.

    What the host says to one question holds for all: who comes while it asks for patience (429)
    waits too, or is told at once how long it would be. While it does not answer at all, each
    question is tried once, so that many of them do not add up to a flood.
    """

    account: Account
    limits: Limits = field(default_factory=Limits)
    timing: Timing = field(default_factory=Timing)
    requests: int = 0
    answered_in_s: float = 0.0
    _session: "ClientSession | None" = None
    _quiet_until: float = 0.0
    _failed_in_a_row: int = 0
    _decoding: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))

    def __post_init__(self) -> None:
        self._gate = asyncio.Semaphore(self.limits.at_once)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def ask(
        self,
        operation: Operation,
        variables: Mapping[str, Any],
        deadline: Deadline,
        read: Callable[[Answer], T],
    ) -> T:
        """Send an operation; again after a failure that may pass, as long as the deadline allows.

        Args:
            operation: the question.
            variables: its variables.
            deadline: by when the answer must be there, tries and waits included.
            read: makes what is wanted of the answer; a large one is decoded, read and given up
                on a thread, so that the event loop never holds it.

        Returns:
            What ``read`` makes of the data and of the errors of the parts that failed.

        Raises:
            AnalysisError: of the class that the last failure stands for, or what ``read`` raises.
        """
        payload = {
            "query": operation.text,
            "variables": dict(variables),
            "operationName": operation.name,
        }
        for attempt in range(self.limits.tries):
            await self._patience(deadline)
            try:
                found = await self._once(payload, deadline, read)
            except _Failed as failed:
                self._note(failed)
                wait = self._wait(failed, attempt)
                if wait is None or wait >= deadline.left:
                    raise failed.problem from None
            else:
                self._failed_in_a_row = 0
                return found
            await self.timing.sleep(wait)
        raise TimedOut("W&B did not answer in the time allowed.")

    async def _patience(self, deadline: Deadline) -> None:
        """Waits as long as the host has asked others to wait.

        Raises:
            RateLimited: when that is longer than the deadline allows.
        """
        wait = self._quiet_until - self.timing.now()
        if wait <= 0:
            return
        if wait >= deadline.left:
            raise RateLimited("W&B asks to slow down (429).", retry_after_s=wait)
        await self.timing.sleep(wait + self.timing.dice() * self.limits.first_wait_s)

    def _note(self, failed: "_Failed") -> None:
        """What a failure says about the host."""
        if isinstance(failed.problem, RateLimited):
            until = self.timing.now() + (failed.told_wait_s or 0.0)
            self._quiet_until = max(self._quiet_until, until)
        elif isinstance(failed.problem, ConnectionFailed | TimedOut | ServerFailed):
            self._failed_in_a_row += 1

    def _wait(self, failed: "_Failed", attempt: int) -> float | None:
        """Seconds before the next try; ``None`` where there is none."""
        if attempt + 1 >= self.limits.tries or self._failed_in_a_row >= self.limits.down_after:
            return None
        # A garbled answer is tried once more: what sent it may have been a proxy in trouble.
        if isinstance(failed.problem, BadResponse) and attempt >= 1:
            return None
        limit = min(self.limits.longest_wait_s, self.limits.first_wait_s * 2.0**attempt)
        return (failed.told_wait_s or 0.0) + self.timing.dice() * limit

    async def _once(
        self, payload: Mapping[str, Any], deadline: Deadline, read: Callable[[Answer], T]
    ) -> T:
        try:
            async with asyncio.timeout(deadline.left), self._gate:
                began = self.timing.now()
                async with asyncio.timeout(min(self.limits.try_s, deadline.left)):
                    body = await self._post(payload)
                self.answered_in_s = self.timing.now() - began
        except TimeoutError:
            raise _Failed(TimedOut("W&B did not answer in the time allowed.")) from None
        try:
            if len(body) <= _SMALL:
                return read(read_answer(body))
            # One at a time: decoding holds the interpreter's lock, for which the loop waits too.
            async with self._decoding:
                return await off_loop(lambda: read(read_answer(body)))
        except BadResponse as error:
            raise _Failed(error) from None

    async def _post(self, payload: Mapping[str, Any]) -> bytes:
        """The body of an answer with status 200."""
        if self.account.auth is None:
            raise NotAuthenticated("No W&B key is set.")
        header = await self.account.auth.header(self.account.base_url, self._exchange)
        url = f"{self.account.base_url}/graphql"
        return await self._send(url, {"json": payload, "headers": {"Authorization": header}})

    async def _exchange(self, url: str, form: str) -> dict[str, Any]:
        """Post a form to the same server and read the JSON that it answers."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        body = await self._send(url, {"data": form, "headers": headers})
        try:
            found = parse_json(body)
        except ValueError:
            raise BadResponse("W&B's answer to the identity token is garbled.") from None
        return found if isinstance(found, dict) else {}

    async def _send(self, url: str, options: Mapping[str, Any]) -> bytes:
        import aiohttp

        self.requests += 1
        host = self.account.host
        problem: SourceUnavailable
        try:
            async with self._opened().post(url, allow_redirects=False, **options) as response:
                if response.status == 200:
                    return await _whole(response.content, self.limits.largest_body)
                body = await response.content.read(_ERROR_BODY)
                raise _of_status(response.status, response.headers, body, host)
        except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientConnectorSSLError):
            raise ConnectionFailed(f"The connection to {host} is not secure.") from None
        except (aiohttp.InvalidURL, ValueError):
            raise ConnectionFailed("The address of the W&B server is not valid.") from None
        except aiohttp.ClientPayloadError:
            problem = BadResponse("W&B's answer is cut off or garbled.")
        except (aiohttp.ClientError, OSError) as error:
            problem = ConnectionFailed(f"{host} cannot be reached{_why(error)}.")
        raise _Failed(problem)

    def _opened(self) -> "ClientSession":
        import aiohttp

        if self._session is None:
            self._session = aiohttp.ClientSession(
                headers={"User-Agent": _AGENT, "Accept": "application/json"},
                connector=aiohttp.TCPConnector(limit=self.limits.at_once),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),  # each try has its own
                trust_env=True,
            )
        return self._session


class _Failed(Exception):
    """A try that failed in a way that may pass; ``problem`` is what it stands for.

    ``told_wait_s`` is how long the server asked to wait.
    """

    def __init__(self, problem: AnalysisError, told_wait_s: float | None = None) -> None:
        super().__init__(str(problem))
        self.problem = problem
        self.told_wait_s = told_wait_s


def _of_status(
    status: int, headers: Mapping[str, str], body: bytes, host: str
) -> AnalysisError | _Failed:
    """What an answer with another status than 200 is to be raised as."""
    problem = failure(status, headers, body, host)
    if status in FINAL or status < 400:
        return problem
    return _Failed(problem, retry_after(headers))


async def _whole(content: "StreamReader", limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in content.iter_any():
        size += len(part)
        if size > limit:
            raise BadResponse(f"W&B's answer is larger than {limit // 2**20} MB.")
        parts.append(part)
    return b"".join(parts)


def _why(error: BaseException) -> str:
    """The reason for a sentence; the error's own text may hold the address."""
    import aiohttp

    cause = getattr(error, "os_error", None) or error
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return ": its name is not known"
    if isinstance(cause, ConnectionRefusedError):
        return ": it refuses the connection"
    if isinstance(cause, aiohttp.ServerDisconnectedError | ConnectionResetError | BrokenPipeError):
        return ": it closed the connection"
    return ""
