"""The HTTP side: health for those who run the bot, and Slack's requests where it posts to us."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncApp

log = logging.getLogger(__name__)

Ready = Callable[[], Awaitable[Mapping[str, Any]]]
"""Tells what is ready: names → ``True``, or a phrase that says what is wrong."""


@dataclass(frozen=True, slots=True)
class Health:
    """``/healthz`` (the process answers) and ``/readyz`` (it can do its work)."""

    ready: Ready

    async def alive(self, request: web.Request) -> web.Response:
        """200 while the event loop turns."""
        return web.json_response({"ok": True})

    async def readiness(self, request: web.Request) -> web.Response:
        """200 when all parts are ready, else 503 with what is wrong."""
        parts = await self.ready()
        ok = all(value is True for value in parts.values())
        return web.json_response({"ok": ok, "parts": dict(parts)}, status=200 if ok else 503)


def application(ready: Ready, bolt: "AsyncApp | None" = None) -> web.Application:
    """The routes of one process.

    Args:
        ready: what ``/readyz`` asks.
        bolt: takes Slack's requests at ``/slack/events``; ``None`` in Socket Mode.
    """
    health = Health(ready)
    app = web.Application(client_max_size=1 << 20)
    app.router.add_get("/healthz", health.alive)
    app.router.add_get("/readyz", health.readiness)
    if bolt is not None:
        app.router.add_post("/slack/events", _slack(bolt))
    return app


def _slack(bolt: "AsyncApp") -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request

    async def receive(request: web.Request) -> web.StreamResponse:
        stamp = request.headers.get("X-Slack-Request-Timestamp", "")
        if not stamp.isdigit():  # Bolt's signature check answers 500 to a stamp that is no number
            return web.Response(status=401)
        try:
            bolt_request = await to_bolt_request(request)
        except (UnicodeDecodeError, ValueError):
            return web.Response(status=400)
        return await to_aiohttp_response(await bolt.async_dispatch(bolt_request))

    return receive
