"""The web page's side of the server: what a person sees, and what they do there.

The page asks for the whole of what it shows (`seen`) whenever the event stream says that something
changed, and sends what was done to ``/page/do``, a table of `_DEEDS`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from importlib.resources import files as package_files
from typing import Any, Final
from urllib.parse import urlsplit

from aiohttp import web

from bot.demo.slack.errors import SlackError
from bot.demo.slack.model import Envelope, Json
from bot.demo.slack.seen import seen
from bot.demo.slack.webapi import WebApi

_KINDS: Final = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
_POLICY: Final = (
    "default-src 'self'; img-src 'self' http: https: data:; style-src 'self' 'unsafe-inline'"
)


class Page(WebApi):
    """A workspace that can be looked at in a browser."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._watchers: set[asyncio.Task[Any]] = set()

    def page_routes(self) -> list[web.RouteDef]:
        """The routes of the page."""
        return [
            web.get("/", self._index),
            web.get("/archives/{channel}/{ts}", self._index),
            web.get("/static/{name}", self._static),
            web.get("/page/state", self._state),
            web.get("/page/stream", self._stream),
            web.get("/page/file/{file}", self._shown_file),
            web.post("/page/do", self._do),
        ]

    def end_pages(self) -> None:
        """Let go of all browsers that are watching."""
        for task in list(self._watchers):
            task.cancel()

    async def _index(self, request: web.Request) -> web.Response:
        return _asset("index.html")

    async def _static(self, request: web.Request) -> web.Response:
        return _asset(request.match_info["name"])

    async def _state(self, request: web.Request) -> web.Response:
        query = request.query
        state = seen(self, query.get("user", ""), query.get("channel", ""), query.get("thread", ""))
        return web.json_response(state)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: the number of each change."""
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await response.prepare(request)
        task = asyncio.current_task()
        if task is not None:
            self._watchers.add(task)
        told = -1
        try:
            while True:
                if self.version != told:
                    told = self.version
                    await response.write(f"data: {told}\n\n".encode())
                else:
                    await self.changed()
        except (ConnectionError, asyncio.CancelledError):
            return response
        finally:
            if task is not None:
                self._watchers.discard(task)

    async def _shown_file(self, request: web.Request) -> web.Response:
        return self.file_response(request.match_info["file"])

    async def _do(self, request: web.Request) -> web.Response:
        """Do what the person at the page does; only this page may ask for it."""
        origin = request.headers.get("Origin")
        if origin and urlsplit(origin).netloc != request.host:
            return web.json_response({"error": "another page"}, status=403)
        body = await request.json()
        deed = _DEEDS.get(str(body.get("what")))
        if deed is None:
            return web.json_response({"error": "unknown deed"}, status=400)
        try:
            answer = await deed(self, body)
        except (KeyError, ValueError, PermissionError) as error:
            return web.json_response({"error": str(error.args[0] if error.args else error)})
        except SlackError as error:
            return web.json_response({"error": error.code})
        return web.json_response(answer)


def _asset(name: str) -> web.Response:
    suffix = name[name.rfind(".") :]
    asset = package_files("bot.demo.slack") / "web" / name
    if suffix not in _KINDS or "/" in name or not asset.is_file():
        return web.Response(status=404, text="not found")
    headers = {"Cache-Control": "no-cache", "Content-Security-Policy": _POLICY}
    return web.Response(
        text=asset.read_text(encoding="utf-8"), content_type=_KINDS[suffix], headers=headers
    )


Deed = Callable[[Page, Json], Awaitable[Json]]


def _outcome(envelope: Envelope | None) -> Json:
    if envelope is not None and envelope.error:
        return {"error": "The app did not answer. Is it running?"}
    return {"ok": True}


def _where(page: Page, body: Json) -> Any:
    if body.get("view"):
        return page.find_view(body["view"])
    return page.message(body["channel"], body["ts"])


async def _type(page: Page, body: Json) -> Json:
    thread = body.get("thread") or None
    typed = await page.types(body["channel"], body["user"], body["text"], thread)
    return {"ok": True, "ts": typed.message.ts if typed.message else None}


async def _click(page: Page, body: Json) -> Json:
    envelope = await page.click(
        _where(page, body),
        body["action"],
        body["user"],
        value=body.get("value"),
        block_id=body.get("block"),
    )
    return _outcome(envelope)


async def _fill(page: Page, body: Json) -> Json:
    page.fills(_where(page, body), body["action"], body.get("value"), body.get("block"))
    return {"ok": True}


async def _options(page: Page, body: Json) -> Json:
    options = await page.options(
        _where(page, body), body["action"], body["query"], body["user"], block_id=body.get("block")
    )
    return {"options": options}


async def _submit(page: Page, body: Json) -> Json:
    view = page.find_view(body["view"])
    for one in body["values"]:
        page.fills(view, one["action"], one["value"], one["block"])
    await page.submit(view, user=body["user"])
    return {"ok": True}


async def _close(page: Page, body: Json) -> Json:
    await page.close(page.find_view(body["view"]), everything=bool(body.get("everything")))
    return {"ok": True}


async def _shortcut(page: Page, body: Json) -> Json:
    message = page.message(body["channel"], body["ts"]) if body.get("ts") else None
    return _outcome(await page.shortcut(body["callback"], body["user"], message))


async def _home(page: Page, body: Json) -> Json:
    await page.opens_home(body["user"], body["tab"])
    return {"ok": True}


async def _stop(page: Page, body: Json) -> Json:
    await page.stops_session(body["user"], body["channel"], body["thread"])
    return {"ok": True}


async def _delete(page: Page, body: Json) -> Json:
    await page.deletes(page.message(body["channel"], body["ts"]))
    return {"ok": True}


async def _invite(page: Page, body: Json) -> Json:
    await page.invites(body["channel"], body["user"])
    return {"ok": True}


async def _react(page: Page, body: Json) -> Json:
    message = page.message(body["channel"], body["ts"])
    await page.reacts(message, body["user"], body["emoji"])
    return {"ok": True}


_DEEDS: Final[dict[str, Deed]] = {
    "click": _click,
    "close": _close,
    "delete": _delete,
    "fill": _fill,
    "home": _home,
    "invite": _invite,
    "options": _options,
    "react": _react,
    "shortcut": _shortcut,
    "stop": _stop,
    "submit": _submit,
    "type": _type,
}
