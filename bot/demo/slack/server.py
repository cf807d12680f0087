"""The workspace as a server: Web API, Socket Mode, uploads, response URLs and the web page."""

from __future__ import annotations

import asyncio
import json
from types import TracebackType
from typing import Any, Self

from aiohttp import WSMsgType, web

from bot.demo.slack.delivery import Connection
from bot.demo.slack.page import Page
from handlers.views import limits


class LocalSlack(Page):
    """A Slack workspace on this machine, which the real bot connects to.

    Use it as an async context manager, or call `start` and `stop`. See the package's docstring
    for the whole driving API.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._runner: web.AppRunner | None = None

    @property
    def api_url(self) -> str:
        """What ``SLACK_API_URL`` must be; it ends in ``/api/``."""
        return f"{self.base_url}/api/"

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> Self:
        """Listen; port 0 picks a free one. `OSError` where the port is busy."""
        app = web.Application(client_max_size=1 << 30)
        app.add_routes([*self.api_routes(), web.get("/link/", self._link), *self.page_routes()])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        try:
            await site.start()
        except OSError:
            await self._runner.cleanup()
            self._runner = None
            raise
        bound = self._runner.addresses[0][1]
        self.base_url = f"http://{host}:{bound}"
        return self

    async def stop(self) -> None:
        """Close all sockets and stop; deliveries that are under way are given up."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for connection in list(self.connections):
            await connection.socket.close()
        self.end_pages()
        if self._session is not None:
            await self._session.close()
            self._session = None
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        return self if self._runner is not None else await self.start()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def connected(self, number: int = 1, timeout: float = 5.0) -> None:  # noqa: ASYNC109
        """Wait until the app has this many Socket Mode connections."""
        await self.until(lambda: len(self.connections) >= number, timeout)

    async def settled(self, timeout: float = 20.0) -> None:  # noqa: ASYNC109
        """Wait until no delivery is under way and all files are processed.

        An event that waits a minute for its next attempt is not under way.
        """
        await self.until(
            lambda: (
                all(one.acked or one.error or one.waiting for one in self.envelopes)
                and all(file.processed for file in self.files.values() if file.completed)
            ),
            timeout,
        )

    async def _link(self, request: web.Request) -> web.StreamResponse:
        """One Socket Mode connection."""
        ticket = request.query.get("ticket", "")
        if ticket not in self.tickets:
            return web.Response(status=401, text="bad ticket")
        self.tickets.discard(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if len(self.connections) >= limits.SOCKET_CONNECTIONS:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        connection = Connection(socket, len(self.connections) + 1)
        await socket.send_json(
            {
                "type": "hello",
                "num_connections": connection.number,
                "debug_info": {"host": "local", "approximate_connection_time": 18_060},
                "connection_info": {"app_id": self.app.app_id},
            }
        )
        self.connections.append(connection)
        self.touch()
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._from_socket(message.data)
        finally:
            if connection in self.connections:
                self.connections.remove(connection)
            self.touch()
        return socket

    def _from_socket(self, data: str) -> None:
        try:
            frame = json.loads(data)
        except json.JSONDecodeError:
            return
        if isinstance(frame, dict):
            self.acknowledged(frame)
