"""What a proxy answers itself, in front of what it forwards (contract 17)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

import orjson
from aiohttp import web

from vard_http.api.answers import TEXT, Answer, expectation_failed, method_not_allowed, not_found
from vard_http.api.app import head_of
from vard_http.api.http1 import BadRequest
from vard_http.api.metrics import exposition
from vard_http.api.render import CONTINUE, Clock, Cors, render
from vard_http.api.routes import BAD_ASTERISK, GENERAL_OPTIONS, redirect
from vard_http.api.urls import UrlError, clean, split_target
from vard_http.api.written import Written
from vard_http.proxy.director import Director
from vard_http.proxy.forwarding import Forwarder
from vard_http.proxy.metrics import ProxyMetrics
from vard_http.proxy.relaying import origin_of

CONFIG_PATH: Final = b"/v2/config/local/proxy"

_NOT_IMPLEMENTED: Final = Answer(501, (), cors=False)


class ProxyApp:
    """Handles all requests; `readonly` refuses all but GET."""

    def __init__(
        self,
        forwarder: Forwarder,
        director: Director,
        metrics: ProxyMetrics,
        cors: Cors,
        *,
        readonly: bool,
    ) -> None:
        self._forwarder = forwarder
        self._director = director
        self._metrics = metrics
        self._cors = cors
        self._readonly = readonly
        self._clock = Clock()

    def application(self) -> web.Application:
        """For aiohttp's server."""
        app = web.Application(client_max_size=0, middlewares=[self._everything])
        app.router.add_route("*", "/{path:(?s:.*)}", self._handle, expect_handler=_expect)
        return app

    @web.middleware
    async def _everything(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Serve requests too whose target, such as `*`, is no path to aiohttp."""
        return await self._handle(request)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        head = head_of(request)
        try:
            answer = await self._answer(request, head.method, head.target)
        except UrlError:
            return Written(BadRequest("400 Bad Request").to_bytes(), stays=False)
        if isinstance(answer, web.StreamResponse):
            return answer
        cors = self._cors.block(origin_of(request))
        date = self._clock.date()
        keep_alive = head.fields.keep_alive
        data, stays = render(answer, head, cors, date, keep_alive=keep_alive)
        return Written(data, stays=stays)

    async def _answer(
        self, request: web.Request, method: bytes, target: bytes
    ) -> Answer | web.StreamResponse:
        expectation = request.headers.get("Expect", "").lower()
        if expectation not in ("", "100-continue"):
            return expectation_failed()
        if target == b"*":
            return GENERAL_OPTIONS if method == b"OPTIONS" else _bare(BAD_ASTERISK)
        if method == b"CONNECT" and not target.startswith(b"/"):
            return _bare(not_found())
        path, query = split_target(target)
        cleaned = clean(path)
        if cleaned != path and method != b"CONNECT":
            return _bare(redirect(method, cleaned, query))
        if path == b"/metrics":
            accepted = request.headers.get("Accept-Encoding", "")
            return _bare(exposition(self._metrics, accepted.encode("utf-8", "surrogateescape")))
        if self._readonly and method != b"GET":
            return _NOT_IMPLEMENTED
        if method == b"OPTIONS":
            return Answer(200, ())
        if path == CONFIG_PATH:
            return self._config() if method == b"GET" else method_not_allowed(b"GET")
        if expectation and request.transport is not None and request.version.minor:
            request.transport.write(CONTINUE)
        return await self._forwarder.forward(request)

    def _config(self) -> Answer:
        urls = [endpoint.url for endpoint in self._director.available()]
        body = orjson.dumps({"endpoints": urls}, option=orjson.OPT_APPEND_NEWLINE)
        return Answer(200, (), body, guessed=TEXT)


async def _expect(_: web.Request) -> None:
    """Whether the client should send its body shows later."""


def _bare(answer: Answer) -> Answer:
    """Without CORS headers; the answer may be shared."""
    return Answer(answer.status, answer.headers, answer.body, cors=False, close=answer.close)
