"""How deliveries reach the app: web sockets or signed requests, with the retries of Slack."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

from bot.demo.slack.model import Channel, Envelope, Json
from bot.demo.slack.state import Workspace
from handlers.views import limits

DeliveryType = Literal["events_api", "slash_commands", "interactive"]


class NotDeliveredError(Exception):
    """An attempt failed; the argument is Slack's reason, such as ``http_timeout``."""

    def __init__(self, reason: str, *, final: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.final = final


@dataclass
class Connection:
    """One open web socket of the app."""

    socket: web.WebSocketResponse
    number: int
    frames: list[Json] = field(default_factory=list)


class Deliveries(Workspace):
    """A workspace that delivers to the app."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.connections: list[Connection] = []
        self.tickets: set[str] = set()
        self._turn = 0
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self._session: aiohttp.ClientSession | None = None

    # What is delivered

    def emit(self, name: str, event: Json, channel: Channel | None = None) -> Envelope | None:
        """Send an event to the app in the background, if it is subscribed and may hear it.

        Args:
            name: The subscription, such as ``message.channels``.
            event: The inner event.
            channel: Where it happened, if anywhere.

        Returns:
            The delivery, or ``None`` where the app does not get this event.
        """
        if not self.app.hears(name) or self.app.refusal:
            return None
        shared = bool(channel and channel.shared)
        payload: Json = {
            "token": "legacy",
            "team_id": self.team_id,
            "context_team_id": self.team_id,
            "context_enterprise_id": None,
            "api_app_id": self.app.app_id,
            "event": {**event, "event_ts": event.get("event_ts") or self.new_ts()},
            "type": "event_callback",
            "event_id": self.new_id("Ev"),
            "event_time": int(self.clock()),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": self.team_id,
                    "user_id": self.app.user_id,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": shared,
        }
        envelope = self._envelope("events_api", payload)
        self.background(self._with_retries(envelope))
        return envelope

    def redeliver(self, envelope: Envelope) -> Envelope:
        """Send an event once more under the same ``event_id``, as Slack sometimes does."""
        again = self._envelope(envelope.type, envelope.payload)
        self.background(self._with_retries(again))
        return again

    async def request(self, kind: DeliveryType, payload: Json) -> Envelope:
        """Send a command or an interaction: one attempt, and wait for its acknowledgement."""
        envelope = self._envelope(kind, payload)
        try:
            await self._attempt(envelope, "")
        except NotDeliveredError as failed:
            envelope.error = failed.reason
        self.touch()
        return envelope

    def _envelope(self, kind: DeliveryType, payload: Json) -> Envelope:
        envelope = Envelope(self.new_id("E"), kind, payload, self.clock())
        self.envelopes.append(envelope)
        self.touch()
        return envelope

    async def _with_retries(self, envelope: Envelope) -> None:
        reason = ""
        for wait in (None, *limits.EVENT_RETRY_SECONDS):
            if wait:
                envelope.waiting = True
                self.touch()
                await self.sleep(wait)
                envelope.waiting = False
            try:
                await self._attempt(envelope, reason)
            except NotDeliveredError as failed:
                reason = failed.reason
                if failed.final:
                    break
            else:
                self.touch()
                return
        envelope.error = reason
        self.touch()

    async def _attempt(self, envelope: Envelope, reason: str) -> None:
        number = envelope.attempts
        envelope.attempts += 1
        loop = asyncio.get_running_loop()
        started = loop.time()
        if self.app.request_url:
            answer = await self._by_http(envelope, number, reason)
        else:
            answer = await self._by_socket(envelope, number, reason)
        envelope.acked_after = loop.time() - started
        envelope.answer = answer

    # Socket Mode

    async def _by_socket(self, envelope: Envelope, number: int, reason: str) -> Any:
        if not self.connections:
            raise NotDeliveredError("no_connection")
        self._turn += 1
        connection = self.connections[self._turn % len(self.connections)]
        frame: Json = {
            "envelope_id": envelope.id,
            "payload": envelope.payload,
            "type": envelope.type,
            "accepts_response_payload": envelope.type != "events_api",
        }
        if envelope.type == "events_api":
            frame |= {"retry_attempt": number, "retry_reason": reason}
        connection.frames.append(frame)
        waiting: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[envelope.id] = waiting
        try:
            async with asyncio.timeout(self.ack_timeout):
                await connection.socket.send_str(json.dumps(frame))
                return await waiting
        except TimeoutError:
            raise NotDeliveredError("timeout") from None
        except ConnectionError:
            raise NotDeliveredError("connection_failed") from None
        finally:
            self._waiting.pop(envelope.id, None)

    def acknowledged(self, frame: Mapping[str, Any]) -> None:
        """The app answered an envelope on one of its sockets."""
        waiting = self._waiting.get(str(frame.get("envelope_id")))
        if waiting is not None and not waiting.done():
            waiting.set_result(frame.get("payload"))

    async def refresh_sockets(self, reason: str = "refresh_requested") -> None:
        """Tell the app to reconnect, as Slack does every few hours, and close the old sockets."""
        for connection in list(self.connections):
            frame = {"type": "disconnect", "reason": reason, "debug_info": {"host": "local"}}
            await connection.socket.send_str(json.dumps(frame))
            if reason != "warning":
                self.connections.remove(connection)
        self.touch()

    async def cut_sockets(self) -> None:
        """Close all sockets without a word, as a broken network does."""
        for connection in list(self.connections):
            self.connections.remove(connection)
            await connection.socket.close(code=1006)
        self.touch()

    # Signed HTTP

    async def _by_http(self, envelope: Envelope, number: int, reason: str) -> Any:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        url = self.app.request_url or ""
        if envelope.type == "events_api":
            body = json.dumps(envelope.payload)
            headers["Content-Type"] = "application/json"
            if number:
                headers |= {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": reason}
        elif envelope.type == "slash_commands":
            body = urlencode(envelope.payload)
        else:
            body = urlencode({"payload": json.dumps(envelope.payload)})
            if envelope.payload["type"] == "block_suggestion":
                url = self.app.options_url or url
        return await self._signed_post(url, body, headers)

    async def _signed_post(self, url: str, body: str, headers: dict[str, str]) -> Any:
        signed = {**headers, **self.signature(body)}
        timeout = aiohttp.ClientTimeout(total=self.ack_timeout)
        try:
            async with self._http().post(
                url, data=body.encode(), headers=signed, timeout=timeout
            ) as response:
                answer = await response.text()
                if response.status != 200:
                    final = response.headers.get("x-slack-no-retry") == "1"
                    raise NotDeliveredError("http_error", final=final)
        except TimeoutError:
            raise NotDeliveredError("http_timeout") from None
        except aiohttp.ClientError:
            raise NotDeliveredError("connection_failed") from None
        try:
            return json.loads(answer) if answer else None
        except json.JSONDecodeError:
            return {"text": answer}

    def signature(self, body: str, *, at: float | None = None) -> dict[str, str]:
        """The two headers by which the app knows that Slack sent a body."""
        stamp = str(int(time.time() if at is None else at))  # the app compares with the real time
        digest = hmac.new(
            self.app.signing_secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256
        ).hexdigest()
        return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}

    async def use_http(self, url: str, options_url: str | None = None) -> bool:
        """Deliver to a request URL from now on, once it has answered the challenge.

        Returns:
            Whether the URL answered; if not, nothing changes.
        """
        challenge = self.new_id("challenge")
        body = json.dumps({"token": "legacy", "challenge": challenge, "type": "url_verification"})
        try:
            answer = await self._signed_post(url, body, {"Content-Type": "application/json"})
        except NotDeliveredError:
            return False
        if challenge not in str(answer):
            return False
        self.app.request_url, self.app.options_url = url, options_url
        return True

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        return self._session
