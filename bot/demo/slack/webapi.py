"""The HTTP face of the Web API: reads a call as Slack does, applies faults, answers, records."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.demo.slack.errors import SlackError
from bot.demo.slack.faults import Fault, Faults
from bot.demo.slack.interaction import Interactions
from bot.demo.slack.methods import METHODS, Method, Request, files
from bot.demo.slack.methods.table import require
from bot.demo.slack.model import Call, Json
from bot.demo.slack.rates import Rates


class WebApi(Interactions):
    """A workspace whose Web API can be called.

    Attributes:
        faults: What goes wrong on demand.
        enforce_rates: Whether Slack's rate limits hold; off by default, so that tests set them.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.faults = Faults()
        self.enforce_rates = False
        self._rates = Rates(self.clock)

    def api_routes(self) -> list[web.RouteDef]:
        """The routes of the API, of uploads and of response URLs."""
        return [
            web.route("*", "/api/{method}", self._serve),
            web.post("/upload/{token}", self._upload),
            web.post("/response/{token}", self._response_url),
            web.get("/files-pri/{file}/{name}", self._private_file),
        ]

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        args = await _arguments(request)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        token = token or str(args.get("token", ""))
        shown = {key: value for key, value in args.items() if key != "token"}
        fault = self.faults.take(name)
        if fault is not None:
            early = await self._before(request, fault, name, shown)
            if early is not None:
                return early
        answer, headers, status = self._answer(name, token, shown)
        self._record(Call(name, shown, self.clock(), answer, status))
        if fault is not None and fault.drop == "after":
            return _cut(request)
        return web.json_response(answer, headers=headers, status=status)

    def _record(self, call: Call) -> None:
        self.calls.append(call)
        self.touch()

    async def _before(
        self, request: web.Request, fault: Fault, name: str, args: Json
    ) -> web.StreamResponse | None:
        """Meet a fault; an answer means that the method's work is not done."""
        if fault.gate is not None:
            await fault.gate.wait()
        if fault.delay:
            await asyncio.sleep(fault.delay)
        if fault.drop == "before":
            self._record(Call(name, args, self.clock(), {"ok": False, "error": "dropped"}, 0))
            return _cut(request)
        if fault.retry_after is not None:
            answer = {"ok": False, "error": "ratelimited"}
            self._record(Call(name, args, self.clock(), answer, 429))
            headers = {"Retry-After": str(fault.retry_after)}
            return web.json_response(answer, status=429, headers=headers)
        if fault.status is not None:
            answer = {"ok": False, "error": f"http_{fault.status}"}
            self._record(Call(name, args, self.clock(), answer, fault.status))
            return web.Response(status=fault.status, text=fault.body or "upstream error")
        if fault.error is not None:
            answer = {"ok": False, "error": fault.error}
            self._record(Call(name, args, self.clock(), answer))
            return web.json_response(answer)
        return None

    def _answer(self, name: str, token: str, args: Json) -> tuple[Json, dict[str, str], int]:
        headers: dict[str, str] = {}
        try:
            self._authorise(name, token)
            if name == "apps.connections.open":
                return {"ok": True, "url": self.new_socket_url()}, headers, 200
            found = _method(name)
            headers = {
                "x-oauth-scopes": ",".join(sorted(self.app.scopes)),
                "x-accepted-oauth-scopes": ",".join(found.scopes),
            }
            wait = self._rates.wait_for(name, str(args.get("channel", "")))
            if wait and self.enforce_rates:
                limited = {**headers, "Retry-After": str(wait)}
                return {"ok": False, "error": "ratelimited"}, limited, 429
            require(self, *found.scopes)
            return {"ok": True, **found.handler(Request(self, args))}, headers, 200
        except SlackError as error:
            return error.answer, headers, 200

    def _authorise(self, name: str, token: str) -> None:
        if not token:
            raise SlackError("not_authed")
        if token not in (self.app.bot_token, self.app.app_token):
            raise SlackError("invalid_auth")
        if self.app.refusal:
            raise SlackError(self.app.refusal)
        if (token == self.app.app_token) != (name == "apps.connections.open"):
            raise SlackError("not_allowed_token_type")

    def new_socket_url(self) -> str:
        """A web-socket address with a ticket that works once."""
        ticket = self.new_id("ticket")
        self.tickets.add(ticket)
        host = self.base_url.removeprefix("http")
        return f"ws{host}/link/?ticket={ticket}&app_id={self.app.app_id}"

    async def _upload(self, request: web.Request) -> web.Response:
        if request.content_type.startswith("multipart/"):
            form = await request.post()
            field = next(iter(form.values()), b"")
            content = field.file.read() if isinstance(field, web.FileField) else bytes(field)  # type: ignore[arg-type]
        else:
            content = await request.read()
        fault = self.faults.take("upload")
        if fault is not None and fault.status is not None:
            return web.Response(status=fault.status, text=fault.body or "upstream error")
        status = files.receive(self, request.match_info["token"], content)
        self.touch()
        return web.Response(status=status, text=f"OK - {len(content)}" if status == 200 else "no")

    async def _response_url(self, request: web.Request) -> web.Response:
        try:
            body = json.loads(await request.text())
        except json.JSONDecodeError:
            return web.json_response({"ok": False, "error": "invalid_payload"}, status=400)
        shown = body if isinstance(body, dict) else {"body": body}
        try:
            self.respond(request.match_info["token"], shown)
        except SlackError as error:
            gone = error.code in ("expired_url", "used_url")
            self._record(Call("response_url", shown, self.clock(), error.answer, 404))
            return web.json_response(error.answer, status=404 if gone else 400)
        self._record(Call("response_url", shown, self.clock(), {"ok": True}))
        return web.Response(text="ok")

    async def _private_file(self, request: web.Request) -> web.Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if token != self.app.bot_token:
            return web.Response(status=403, text="not allowed")
        return self.file_response(request.match_info["file"])

    def file_response(self, file_id: str) -> web.Response:
        """The bytes of a processed file."""
        file = self.files.get(file_id)
        if file is None or not file.processed or file.content is None:
            return web.Response(status=404, text="no such file")
        return web.Response(body=file.content, content_type=file.mimetype)


def _method(name: str) -> Method:
    found = METHODS.get(name)
    if found is None:
        raise SlackError("unknown_method", req_method=name)
    return found


async def _arguments(request: web.Request) -> Json:
    """A call's arguments, from the query and a form or JSON body."""
    args: Json = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.text() or "{}")
        except json.JSONDecodeError:
            body = {}
        if isinstance(body, Mapping):
            args |= body
    elif request.can_read_body:
        args |= dict(await request.post())
    return args


def _cut(request: web.Request) -> web.Response:
    """Close the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
