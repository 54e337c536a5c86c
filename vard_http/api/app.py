"""The aiohttp application: all of the API, whatever way a connection came here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from aiohttp import web
from aiohttp.http import StreamWriter
from multidict import CIMultiDict

from vard_http.api.answers import MAX_MEASURED_BODY, TEXT, Answer, Headers, header_pairs
from vard_http.api.guard import Credentials
from vard_http.api.keys import MAX_FORM_BYTES, Watch, wants_form
from vard_http.api.request import Request
from vard_http.api.routes import Keys, Other, Route, route
from vard_http.api.service import Service
from vard_http.api.urls import UrlError
from vard_http.api.watching import EventStream
from vard_http.store import StoreError
from vard_http.tls import caller_names

Router = Callable[[Service, bytes, bytes, bytes | None], Route]

SERVICE: Final = web.AppKey("service", Service)
ROUTER: Final[web.AppKey[Router]] = web.AppKey("router")

_TRAILING: Final = ("Date", "Content-Length", "Connection", "Transfer-Encoding")

_BAD_TARGET: Final = Answer(
    400, ((b"Content-Type", TEXT),), b"400 Bad Request", cors=False, close=True
)


def make_app(service: Service, route: Router = route) -> web.Application:
    """An application that answers for one node what `route` finds."""
    app = web.Application(client_max_size=0)
    app[SERVICE] = service
    app[ROUTER] = route
    app.router.add_route("*", "/{path:.*}", handle)
    app.on_response_prepare.append(_order_headers)
    return app


async def handle(request: web.Request) -> web.StreamResponse:
    """Serve any request."""
    service = request.app[SERVICE]
    method = request.method.encode()
    target = request.raw_path.encode("utf-8", "surrogateescape")
    to: Route
    try:
        host = None if request.secure else _header(request, "Host")
        to = request.app[ROUTER](service, method, target, host)
    except UrlError:
        to = _BAD_TARGET
    if isinstance(to, Keys):
        return await _keys(request, method, to)
    if isinstance(to, Other):
        to = await to.handler(service, await _read(request, method, to))
    return _response(request, to)


def _header(request: web.Request, name: str) -> bytes:
    return request.headers.get(name, "").encode("utf-8", "surrogateescape")


async def _read(request: web.Request, method: bytes, to: Other) -> Request:
    headers = {name.lower(): value for name, value in reversed(request.raw_headers)}
    return Request(
        method, to.path, to.query, headers, await _read_body(request), _peer_names(request)
    )


def _peer_names(request: web.Request) -> tuple[bytes, ...]:
    if request.transport is None or not request.app[SERVICE].client_cert_auth:
        return ()
    return caller_names(request.transport)


async def _keys(request: web.Request, method: bytes, to: Keys) -> web.StreamResponse:
    service = request.app[SERVICE]
    content_type = _header(request, "Content-Type")
    body = b""
    if wants_form(method, content_type):
        body = await _read_body(request)
    decided: asyncio.Future[Answer | Watch] = asyncio.get_running_loop().create_future()

    def decide(result: Answer | Watch) -> None:
        if not decided.done():
            decided.set_result(result)

    credentials = Credentials(_header(request, "Authorization"), _peer_names(request))
    service.keys(method, to.path, to.query, content_type, body, credentials, decide, decide)
    result = await decided
    return (
        await _watch(request, result) if isinstance(result, Watch) else _response(request, result)
    )


async def _read_body(request: web.Request) -> bytes:
    """The body, or a little more than is allowed of it."""
    body = bytearray()
    async for data in request.content.iter_any():
        body += data
        if len(body) > MAX_FORM_BYTES:
            break
    return bytes(body)


async def _watch(request: web.Request, watch: Watch) -> web.StreamResponse:
    service = request.app[SERVICE]
    transport = request.transport
    done = asyncio.Event()
    if transport is None:
        raise web.HTTPBadRequest
    chunked = request.version >= (1, 1)
    stream = EventStream(transport, chunked=chunked, finished=done.set)
    try:
        stream.register(service.node.store, watch)
    except StoreError as error:
        return _response(request, service.watch_refused(error))
    try:
        headers = service.success_headers(service.node.store.index)
        response = web.StreamResponse(
            status=200, headers=_multidict(request, header_pairs(headers), cors=True)
        )
        # The event stream frames and ends the body itself; aiohttp only sends the header.
        if chunked:
            response.headers["Transfer-Encoding"] = "chunked"
        else:
            response.force_close()
        writer = await response.prepare(request)
        if isinstance(writer, StreamWriter):
            writer.chunked = False
        stream.begin()
        await done.wait()
        return response
    finally:
        stream.close()


def _multidict(request: web.Request, headers: Headers, *, cors: bool) -> CIMultiDict[str]:
    block = request.app[SERVICE].cors.block(_header(request, "Origin")) if cors else b""
    return CIMultiDict(
        (name.decode(), value.decode("utf-8", "surrogateescape"))
        for name, value in (*header_pairs(block), *headers)
    )


def _response(request: web.Request, answer: Answer) -> web.Response:
    headers = _multidict(request, answer.pairs, cors=answer.cors)
    response = web.Response(status=answer.status, body=answer.body, headers=headers)
    if len(answer.body) > MAX_MEASURED_BODY:
        if request.version >= (1, 1):
            response.enable_chunked_encoding()
        else:
            response.force_close()
    if answer.close:
        response.force_close()
    if "Content-Type" not in headers:
        response["untyped"] = True
    return response


async def _order_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Send what etcd sends, in its order: no Server, no Content-Type of aiohttp's own."""
    headers = response.headers
    headers.popall("Server", None)
    if response.get("untyped"):
        headers.popall("Content-Type", None)
    for name in _TRAILING:
        value = headers.popall(name, None)
        if value:
            headers[name] = value[0]
