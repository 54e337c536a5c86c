"""The aiohttp application: all of the API, whatever way a connection came here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Final

import structlog
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from vard_http.api.answers import Answer, expectation_failed
from vard_http.api.guard import Credentials
from vard_http.api.http1 import MAX_DISCARDED, BadRequest, Head, read_fields
from vard_http.api.keys import MAX_FORM_BYTES, BrokenBody, Watch, wants_form
from vard_http.api.render import CONTINUE, LAST_CHUNK, chunk, render, render_stream
from vard_http.api.request import Request, message
from vard_http.api.routes import Keys, Other, Route, route
from vard_http.api.service import Service
from vard_http.api.urls import UrlError
from vard_http.api.watching import EventStream
from vard_http.api.written import Written
from vard_http.store import StoreError
from vard_http.tls import caller_names

Router = Callable[[Service, bytes, bytes, bytes | None], Route]

SERVICE: Final = web.AppKey("service", Service)
ROUTER: Final[web.AppKey[Router]] = web.AppKey("router")

STALLED_SECONDS: Final = 60.0
"""A client that takes nothing of a long body for so long is left."""

log = structlog.get_logger("api")


def make_app(service: Service, route: Router = route) -> web.Application:
    """An application that answers for one node what `route` finds."""
    app = web.Application(client_max_size=0, middlewares=[_everything])
    app[SERVICE] = service
    app[ROUTER] = route
    app.router.add_route("*", "/{path:(?s:.*)}", handle, expect_handler=_expect)
    return app


@web.middleware
async def _everything(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Serve requests too whose target, such as `*`, is no path to aiohttp."""
    return await handle(request)


async def _expect(_: web.Request) -> None:
    """Whether the client should send its body shows later."""


async def handle(request: web.Request) -> web.StreamResponse:
    """Serve any request."""
    return await _Exchange(request).serve()


def head_of(request: web.Request) -> Head:
    """What was received, as our own parser would give it."""
    headers = {name.lower(): value for name, value in reversed(request.raw_headers)}
    length = None if b"transfer-encoding" in headers else request.content_length or 0
    fields = read_fields(headers, length, keep_alive=request.keep_alive)
    target = request.raw_path.encode("utf-8", "surrogateescape")
    return Head(request.method.encode(), target, request.version.minor, fields)


class _Exchange:
    """One request and its response; `_close` ends the connection after it."""

    def __init__(self, request: web.Request) -> None:
        self._request = request
        self._service = request.app[SERVICE]
        self._head = head_of(request)
        self._close = False

    async def serve(self) -> Written:
        """Carry the request out."""
        try:
            to = self._route()
            if isinstance(to, Keys):
                return await self._keys(to)
            if isinstance(to, Other):
                answer = await self._other(to)
                if answer.parts is not None:
                    return await self._parts(answer, answer.parts)
                return self._response(answer)
            await self._read_body(0)
            return self._response(to)
        except BadRequest as error:
            return Written(error.to_bytes(), stays=False)
        except Exception:
            log.exception("a request failed")
            self._close = True
            return self._response(message(500, "Internal Server Error"))

    def _route(self) -> Route:
        head = self._head
        if head.fields.expectation not in (b"", b"100-continue"):
            return expectation_failed()
        host = None if self._request.secure else head.fields.get(b"host")
        try:
            return self._request.app[ROUTER](self._service, head.method, head.target, host)
        except UrlError as error:
            raise BadRequest("400 Bad Request") from error

    async def _other(self, to: Other) -> Answer:
        head = self._head
        body = await self._read_body(MAX_FORM_BYTES + 1)
        if isinstance(body, BrokenBody):
            body, self._close = b"", True
        names = self._peer_names()
        request = Request(head.method, to.path, to.query, head.fields.headers, body, names)
        return await to.handler(self._service, request)

    def _peer_names(self) -> tuple[bytes, ...]:
        transport = self._request.transport
        if transport is None or not self._service.client_cert_auth:
            return ()
        return caller_names(transport)

    async def _keys(self, to: Keys) -> Written:
        head = self._head
        content_type = head.fields.content_type
        wanted = wants_form(head.method, content_type)
        body = await self._read_body(MAX_FORM_BYTES + 1 if wanted else 0)
        decided: asyncio.Future[Answer | Watch] = asyncio.get_running_loop().create_future()

        def decide(result: Answer | Watch) -> None:
            if not decided.done():
                decided.set_result(result)

        credentials = Credentials(head.fields.authorization, self._peer_names())
        self._service.keys(
            head.method, to.path, to.query, content_type, body, credentials, decide, decide
        )
        result = await decided
        return await self._watch(result) if isinstance(result, Watch) else self._response(result)

    async def _read_body(self, limit: int) -> bytes | BrokenBody:
        """At most `limit` bytes of the body; little more than that is read and thrown away."""
        left, transport = self._head.fields.length, self._request.transport
        if self._head.expects_continue and transport is not None:
            # A client that waits for leave to send a body nobody wants is answered, and left.
            self._close = not limit
            if not limit:
                return b""
            transport.write(CONTINUE)
        kept, overflow = bytearray(), 0
        content = self._request.content
        while not content.at_eof():
            if len(kept) >= limit and overflow + (left or 0) >= MAX_DISCARDED:
                self._close = True
                break
            try:
                data = await content.readany()
            except (web.RequestPayloadError, HttpProcessingError):
                self._close = True
                return BrokenBody("malformed chunked encoding")
            room = limit - len(kept)
            kept += data[:room]
            overflow += max(0, len(data) - room)
            left = None if left is None else left - len(data)
        return bytes(kept)

    async def _watch(self, watch: Watch) -> Written:
        head, service, transport = self._head, self._service, self._request.transport
        if transport is None:
            return Written(b"", stays=False)
        done = asyncio.Event()
        stream = EventStream(transport, chunked=head.minor > 0, finished=done.set)
        try:
            stream.register(service.node.store, watch)
        except StoreError as error:
            return self._response(service.watch_refused(error))
        try:
            transport.write(
                render_stream(
                    head,
                    service.success_headers(service.node.store.index),
                    self._cors(),
                    service.clock.date(),
                    keep_alive=head.fields.keep_alive,
                )
            )
            stream.begin()
            await done.wait()
        finally:
            stream.close()
        return Written(b"", stays=head.minor > 0 and head.fields.keep_alive)

    async def _parts(self, answer: Answer, parts: Iterator[bytes]) -> Written:
        """Send a body as fast as the client takes it; what fails halfway ends the connection."""
        head, transport = self._head, self._request.transport
        if transport is None:
            return Written(b"", stays=False)
        chunked = head.minor > 0
        cors, date = self._cors(), self._service.clock.date()
        keep_alive = head.fields.keep_alive
        transport.write(render_stream(head, answer.block, cors, date, keep_alive=keep_alive))
        try:
            for part in parts:
                transport.write(chunk(part) if chunked else part)
                async with asyncio.timeout(STALLED_SECONDS):
                    await self._request.writer.drain()
                await asyncio.sleep(0)
        except Exception as error:
            log.warning("an answer was cut short", path=self._request.path, error=repr(error))
            transport.abort()
            return Written(b"", stays=False)
        return Written(LAST_CHUNK if chunked else b"", stays=chunked and head.fields.keep_alive)

    def _response(self, answer: Answer) -> Written:
        data, stays = render(
            answer,
            self._head,
            self._cors(),
            self._service.clock.date(),
            keep_alive=self._head.fields.keep_alive and not self._close,
        )
        return Written(data, stays=stays)

    def _cors(self) -> bytes:
        return self._service.cors.block(self._head.fields.origin)
