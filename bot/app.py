"""One process from start to end: connect, serve, drain, stop."""

import asyncio
import gc
import logging
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from types import SimpleNamespace
from typing import Any

from aiohttp import web

from analysis.errors import AnalysisError, ConnectionFailed, NotAuthenticated
from analysis.flight import off_loop
from bot import logs
from bot.settings import Settings
from bot.web import application
from bot.wiring import Application, build
from handlers.problems import SlackProblem, SlowDown, Unauthorized
from handlers.slack_errors import guarded

_LOG = logging.getLogger(__name__)
DRAIN_S = 8.0
LOST_CODE = 75
"""EX_TEMPFAIL of sysexits.h: a supervisor starts the process anew."""


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
    async with AsyncExitStack() as stack:
        starting = asyncio.ensure_future(stack.enter_async_context(running(settings)))
        stopped = asyncio.ensure_future(stop.wait())
        await asyncio.wait({starting, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if not starting.done():  # asked to stop before it was connected
            starting.cancel()
            await asyncio.wait({starting})
            return
        app, port = starting.result()
        mode = "Socket Mode" if settings.socket_mode else "HTTP"
        _LOG.info("serving: %s, health on %s:%s", mode, settings.host, port)
        if await _ends(stop, app.background.engine.lost):
            _LOG.critical("this process could not prove that it lives: others have its work")
            logging.shutdown()
            os._exit(LOST_CODE)  # at once: whatever is still at work here is done elsewhere
        _LOG.info("stopping: finishing what is at work")
        await app.listeners.drain(DRAIN_S)


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
        # The first command does not pay for it, and a bad token stops here.
        await _accepted(app.web.auth_test(), "SLACK_BOT_TOKEN")
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
        warming = asyncio.gather(off_loop(_warm_up), _meet_wandb(app))
        stack.callback(warming.cancel)
        yield app, port


def _warm_up() -> None:
    """Loads what the first question would wait for: the phrases, and the plots' library."""
    import matplotlib.figure  # noqa: F401 - the import is the point

    from handlers.language import warm_up

    warm_up()
    # What lives for ever need not be looked through again: a whole collection takes tens of
    # milliseconds, in which nothing else runs.
    gc.collect()
    gc.freeze()


async def _meet_wandb(app: Application) -> None:
    """Asks whose key it is ahead of the first question; while W&B is down that can wait."""
    with suppress(AnalysisError):
        await app.services.conversation.directory.home()


async def _accepted(call: Awaitable[Any], token: str) -> None:
    """Waits for a first call to Slack; what it refuses is said with the setting to change.

    Raises:
        NotAuthenticated: Slack refuses the token.
        ConnectionFailed: Slack does not answer, or asks to wait.
    """

    async def whole() -> Any:
        await call
        return SimpleNamespace(data={})

    try:
        await guarded(whole())
    except Unauthorized as problem:
        raise NotAuthenticated(
            f"Slack refuses {token} ({problem.code}).", f"Set {token}; see docs/install.md."
        ) from None
    except SlowDown as problem:
        raise ConnectionFailed(
            f"Slack asks this app to wait {problem.retry_after_s:.0f} s.", "Start it again then."
        ) from None
    except SlackProblem as problem:
        raise ConnectionFailed(
            f"Slack does not answer ({problem.code}).", "Check the network and SLACK_API_URL."
        ) from None


@asynccontextmanager
async def _socket(app: Application) -> AsyncIterator[Any]:
    from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler

    token = app.settings.slack_app_token
    handler = AsyncSocketModeHandler(
        app.bolt, token.get_secret_value() if token else "", web_client=app.web
    )
    connection: Any = handler  # its own methods carry no annotations
    # Bolt goes on trying for ever with a token that Slack refuses: ask once before.
    opened = app.web.apps_connections_open(app_token=handler.app_token)
    await _accepted(opened, "SLACK_APP_TOKEN")
    await connection.connect_async()
    try:
        yield handler
    finally:
        await connection.close_async()
