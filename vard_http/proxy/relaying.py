"""An endpoint's response on its way to the client, framed as Go's server would."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

import aiohttp
from aiohttp import web

from vard_http.api.answers import header_pairs
from vard_http.api.render import LAST_CHUNK, Cors, chunk
from vard_http.api.written import Written
from vard_http.proxy.headers import response_block

MEASURED: Final = 512
"""Bytes; a shorter body of unknown length is sent as a whole, with its length. So a watch shows
nothing before its event."""


async def relay(request: web.Request, response: aiohttp.ClientResponse, cors: Cors) -> Written:
    """Send the response; one that breaks off ends where it does, as in etcd."""
    transport = request.transport
    if transport is None:
        return Written(b"", stays=False)
    block = response_block(response.raw_headers, header_pairs(cors.block(origin_of(request))))
    minor, stays = min(request.version.minor, 1), request.keep_alive
    bodiless = request.method == "HEAD" or response.status in (204, 304)
    if bodiless or "Content-Length" in response.headers:
        stays = stays and (minor > 0 or not bodiless)
        transport.write(
            response_head(response.status, minor, block + connection_lines(minor, stays))
        )
        return Written(b"", stays=await _copy(request, response, chunked=False) and stays)
    kept = await _beginning(response)
    if len(kept) < MEASURED:
        framing = b"Content-Length: %d\r\n" % len(kept) + connection_lines(minor, stays)
        return Written(response_head(response.status, minor, block + framing) + kept, stays=stays)
    stays = stays and minor > 0
    framing = connection_lines(minor, stays) + (b"Transfer-Encoding: chunked\r\n" if minor else b"")
    transport.write(response_head(response.status, minor, block + framing))
    transport.write(chunk(kept) if minor else kept)
    await _copy(request, response, chunked=minor > 0)
    return Written(LAST_CHUNK if minor else b"", stays=stays)


async def _beginning(response: aiohttp.ClientResponse) -> bytes:
    """The body up to where it is surely too long to be measured, or all of it."""
    kept = bytearray()
    while len(kept) < MEASURED and (data := await _next(response)):
        kept += data
    return bytes(kept)


async def _copy(request: web.Request, response: aiohttp.ClientResponse, *, chunked: bool) -> bool:
    """Send the rest of the body as fast as the client takes it; whether all of it came."""
    while data := await _next(response):
        if request.transport is None:
            return False
        request.transport.write(chunk(data) if chunked else data)
        await request.writer.drain()
    return response.content.exception() is None


async def _next(response: aiohttp.ClientResponse) -> bytes:
    """Some of the body, empty at its end."""
    try:
        return await response.content.readany()
    except (aiohttp.ClientError, OSError, TimeoutError):
        return b""


def origin_of(request: web.Request) -> bytes:
    """The Origin header, empty without one."""
    return request.headers.get("Origin", "").encode("utf-8", "surrogateescape")


def response_head(status: int, minor: int, lines: bytes) -> bytes:
    """All of a response before its body."""
    return b"HTTP/1.%d %d %b\r\n%b\r\n" % (minor, status, _phrase(status), lines)


def _phrase(status: int) -> bytes:
    try:
        return HTTPStatus(status).phrase.encode()
    except ValueError:
        return b"status code %d" % status


def connection_lines(minor: int, stays: bool) -> bytes:
    """What the version of HTTP does not say of itself."""
    if minor and not stays:
        return b"Connection: close\r\n"
    return b"Connection: keep-alive\r\n" if stays and not minor else b""
