"""The local W&B server: a store behind HTTP, with its faults and a record of its traffic."""

import asyncio
import base64
import binascii
import hashlib
import hmac
import json
import urllib.parse
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from aiohttp import hdrs, web
from graphql import GraphQLError

from bot.demo.wandb import execution
from bot.demo.wandb.ask import Ask
from bot.demo.wandb.faults import (
    Errors,
    Fault,
    FaultRaised,
    Faults,
    Hold,
    Null,
    Rule,
    Slow,
    Status,
    Truncated,
)
from bot.demo.wandb.model import LocalRun, StoredFile
from bot.demo.wandb.store import Account, Store
from bot.demo.wandb.traffic import Request, Traffic

Sleep = Callable[[float], Awaitable[object]]
_SIGNATURE = "X-Signature"


@dataclass
class LocalWandb(Store):
    """A W&B server on a loopback port, while its ``async with`` block lasts.

    Args:
        host, port: where ``/graphql`` is served; port 0 takes any free one.
        sleep: what ``Slow`` waits with.
        seed: of whatever is made up (signatures of file addresses).

    Attributes:
        faults: see ``fail``.
        traffic: what was asked.
    """

    host: str = "127.0.0.1"
    port: int = 0
    sleep: Sleep = asyncio.sleep
    seed: int = 0
    faults: Faults = field(default_factory=Faults)
    traffic: Traffic = field(default_factory=Traffic)
    file_requests: list[str] = field(default_factory=list)
    _files_port: int = 0
    _runners: list[web.AppRunner] = field(default_factory=list)
    _held: set[Hold] = field(default_factory=set)

    @property
    def base_url(self) -> str:
        """What ``WANDB_BASE_URL`` is set to."""
        return f"http://{self.host}:{self.port}"

    @property
    def files_url(self) -> str:
        """Where signed addresses of files point to: another port, which must not get the key."""
        return f"http://{self.host}:{self._files_port}"

    async def __aenter__(self) -> Self:
        api = web.Application(client_max_size=64 * 2**20)
        api.router.add_post("/graphql", self._graphql)
        api.router.add_get("/healthz", self._healthy)
        files = web.Application()
        files.router.add_get("/files/{path:.*}", self._file)
        self.port = await self._serve(api, self.port)
        self._files_port = await self._serve(files, 0)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for hold in self._held:
            hold.release()
        for runner in reversed(self._runners):
            await runner.cleanup()
        self._runners.clear()

    async def _serve(self, app: web.Application, port: int) -> int:
        # A client that hangs up ends its handler, so a held request ends with it.
        runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=1)
        await runner.setup()
        self._runners.append(runner)
        site = web.TCPSite(runner, self.host, port)
        await site.start()
        bound: int = runner.addresses[0][1]
        return bound

    # --- faults

    def fail(
        self,
        fault: Fault,
        *,
        operation: str | None = None,
        path: str | None = None,
        fields: frozenset[str] | set[str] = frozenset(),
        times: int | None = None,
    ) -> Rule:
        """Answer with a fault from now on.

        Args:
            fault: a ``Status``, ``Truncated``, ``Reset``, ``Slow``, ``Null``, ``Errors``, ``Hold``.
            operation: a pattern of operation names; of any operation, when absent.
            path: a pattern of ``entity/project`` or ``entity/project/run``: whatever touches it.
                The whole request, when absent.
            fields: of a run, such as ``HISTORY_FIELDS``; the run itself, when empty.
            times: how often; until ``rule.stop()``, when absent.
        """
        rule = Rule(fault, operation, path, frozenset(fields), times)
        self.faults.rules.append(rule)
        return rule

    def hold(self, **where: Any) -> Hold:
        """Hold back answers until ``release()``; the arguments are those of ``fail``."""
        hold = Hold()
        self.fail(hold, **where)
        return hold

    def heal(self) -> None:
        """Take back all faults; what is held gets its answer."""
        for rule in self.faults.rules:
            if isinstance(rule.fault, Hold):
                rule.fault.release()
        self.faults.rules.clear()

    # --- GraphQL over HTTP

    async def _graphql(self, http: web.Request) -> web.StreamResponse:
        asked = await self._asked(http)
        await self.traffic.began(asked)
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            response = await self._answer(http, asked)
            response.enable_compression()
            await response.prepare(http)
            await response.write_eof()
            asked.status, asked.sent = response.status, response.body_length
            return response
        finally:
            asked.seconds = loop.time() - began
            await self.traffic.ended(asked)

    async def _asked(self, http: web.Request) -> Request:
        raw = await http.read()
        try:
            body = json.loads(raw)
        except ValueError:
            body = {}
        body = body if isinstance(body, dict) else {}
        query, name = str(body.get("query") or ""), str(body.get("operationName") or "")
        request = Request(
            operation=name,
            query=query,
            variables=body.get("variables") or {},
            started_at=self.clock(),
            received=len(raw),
            in_flight=0,
            headers={k: v for k, v in http.headers.items() if k != hdrs.AUTHORIZATION},
        )
        try:
            document = execution.read(query, name)
        except GraphQLError:
            return request
        request.operation, request.fields = document.operation, document.fields
        return request

    async def _answer(self, http: web.Request, asked: Request) -> web.Response:
        account = self._account(http)
        if account is None:
            return self._json(execution.problem("user is not logged in"), 401)
        whole = self.faults.find(asked.operation)
        if isinstance(whole, Slow | Hold):
            await self._wait(whole)
        elif whole is not None and not isinstance(whole, Errors | Truncated | Null):
            return self._broken(http, whole)
        try:
            response = await self._executed(asked, account, http.headers.get("User-Agent", ""))
        except FaultRaised as raised:
            return self._broken(http, raised.fault)
        return self._spoilt(response, whole)

    async def _executed(self, asked: Request, account: Account, agent: str) -> web.Response:
        """The right answer; a fault of a run or project that only waits is waited for."""
        try:
            document = execution.read(asked.query, asked.operation)
        except GraphQLError as error:
            return self._json(execution.problem(error.message), 400)
        most = self.quirks.max_aliases
        if most is not None and document.aliases > most:
            return self._json(execution.problem("query is too complex"), 400)
        ask = Ask(self, self.faults, account, asked.operation, agent, self._file_url)
        while True:
            try:
                outcome = execution.answer(document, asked.variables, asked.operation, ask)
            except FaultRaised as raised:
                if not isinstance(raised.fault, Slow | Hold):
                    raise
                await self._wait(raised.fault)
                ask = Ask(self, Faults(), account, asked.operation, agent, self._file_url)
                continue
            status = 200 if outcome.valid else self.quirks.validation_status
            return self._json(outcome.body(), status)

    async def _wait(self, fault: Slow | Hold) -> None:
        if isinstance(fault, Slow):
            await self.sleep(fault.seconds)
            return
        self._held.add(fault)
        await fault.wait()

    def _broken(self, http: web.Request, fault: Fault) -> web.Response:
        match fault:
            case Status():
                text = fault.body
                if text is None:
                    text = json.dumps(execution.problem(fault.message))
                return web.Response(
                    status=fault.code,
                    text=text,
                    content_type=fault.content_type,
                    headers=fault.headers,
                )
            case Errors():
                return self._json({"data": None, **execution.problem(fault.message)}, 200)
            case Null():
                return self._json({"data": None}, 200)
            case _:
                if http.transport is not None:
                    http.transport.abort()
                raise ConnectionResetError("the local server was told to drop the connection")

    def _spoilt(self, response: web.Response, fault: Fault | None) -> web.Response:
        text = response.text or ""
        match fault:
            case Truncated():
                response.text = text[: int(len(text) * fault.share)]
            case Errors():
                body = json.loads(text)
                body["errors"] = [*body.get("errors", []), {"message": fault.message}]
                body["data"] = body.get("data") if fault.partial else None
                response.text = json.dumps(body)
            case Null():
                body = json.loads(text)
                body["data"] = dict.fromkeys(body.get("data") or ())
                response.text = json.dumps(body)
            case _:
                pass
        return response

    def _json(self, body: Any, status: int = 200) -> web.Response:
        headers = {}
        if self.quirks.rate_limit_headers:
            headers = {"RateLimit-Remaining": "1000", "RateLimit-Reset": "60"}
        return web.json_response(body, status=status, headers=headers)

    def _account(self, http: web.Request) -> Account | None:
        scheme, _, token = http.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            user, _, key = base64.b64decode(token).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return self.accounts.get(key) if user == "api" else None

    async def _healthy(self, _http: web.Request) -> web.Response:
        return web.Response(text="ok")

    # --- files

    def _file_url(self, run: LocalRun, file: StoredFile) -> str:
        path = f"{run.path}/{file.name}"
        return f"{self.files_url}/files/{urllib.parse.quote(path)}?{_SIGNATURE}={self._sign(path)}"

    def _sign(self, path: str) -> str:
        return hmac.new(str(self.seed).encode(), path.encode(), hashlib.sha256).hexdigest()

    async def _file(self, http: web.Request) -> web.Response:
        path = http.match_info["path"]
        self.file_requests.append(path)
        if hdrs.AUTHORIZATION in http.headers or hdrs.COOKIE in http.headers:
            raise web.HTTPBadRequest(text="only one way to authenticate is allowed: the signature")
        if not hmac.compare_digest(http.query.get(_SIGNATURE, ""), self._sign(path)):
            raise web.HTTPForbidden(text="the signature does not match")
        entity, project, name, file_name = path.split("/", 3)
        try:
            file = self.projects[entity, project].runs[name].files[file_name]
        except KeyError as error:
            raise web.HTTPNotFound from error
        return web.Response(body=file.content, content_type=file.mimetype)
