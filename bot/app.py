"""One process from start to end: connect, serve, drain, stop."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from aiohttp import web

from bot import logs
from bot.settings import Settings
from bot.web import application
from bot.wiring import Application, build

_LOG = logging.getLogger(__name__)
DRAIN_S = 8.0


async def serve(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT; what is at work is finished within bounds.

    Raises:
        bot.settings.WrongSettings: when a setting is missing.
        analysis.errors.AnalysisError: when W&B's settings cannot be used.
    """
    logs.set_up(settings.log)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with running(settings) as (app, port):
        mode = "Socket Mode" if settings.socket_mode else "HTTP"
        _LOG.info("serving: %s, health on %s:%s", mode, settings.host, port)
        if await _ends(stop, app.background.engine.lost):
            raise LostLife("this process could not prove that it lives: others have its work")
        _LOG.info("stopping: finishing what is at work")
        await app.listeners.drain(DRAIN_S)


class LostLife(RuntimeError):
    """The database could not be written in time: this process must end and be started anew."""


async def _ends(stop: asyncio.Event, lost: asyncio.Event) -> bool:
    """Waits for the end; whether it is that this process has lost its work to others."""
    waits = [asyncio.ensure_future(event.wait()) for event in (stop, lost)]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    return lost.is_set() and not stop.is_set()


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[tuple[Application, int]]:
    """The application, connected to Slack and answering on its port."""
    async with AsyncExitStack() as stack:
        app = await stack.enter_async_context(build(settings))
        await app.web.auth_test()  # the first command does not pay for it; a bad token stops here
        await app.background.start()
        stack.push_async_callback(app.background.stop)
        socket = await stack.enter_async_context(_socket(app)) if settings.socket_mode else None

        async def ready() -> Mapping[str, Any]:
            connected = socket is None or await socket.client.is_connected()
            return {
                "slack": connected or "the web socket is not connected",
                "background": app.background.engine.ready or "a chore or the database is late",
            }

        bolt = None if settings.socket_mode else app.bolt
        runner = web.AppRunner(application(ready, bolt), access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, settings.host, settings.port)
        await site.start()
        port = runner.addresses[0][1]
        yield app, port


@asynccontextmanager
async def _socket(app: Application) -> AsyncIterator[Any]:
    from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler

    token = app.settings.slack_app_token
    handler = AsyncSocketModeHandler(
        app.bolt, token.get_secret_value() if token else "", web_client=app.web
    )
    connection: Any = handler  # its own methods carry no annotations
    await connection.connect_async()
    try:
        yield handler
    finally:
        await connection.close_async()
