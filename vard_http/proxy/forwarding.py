"""One request, from a client to an endpoint and back (contract 17)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Final

import aiohttp
import structlog
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from vard_http.api.answers import Answer
from vard_http.api.render import Cors
from vard_http.api.request import message
from vard_http.api.urls import escape_non_ascii, escape_path, split_target
from vard_http.proxy.director import Director, Endpoint
from vard_http.proxy.headers import request_headers
from vard_http.proxy.metrics import ProxyMetrics
from vard_http.proxy.relaying import relay
from vard_http.tls import Security

log = structlog.get_logger("proxy")

PIECE: Final = 1 << 16
"""Bytes of a body that are written at once, within the time limit for a write."""

_ADDED: Final = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
"""Headers that aiohttp would add of its own."""


class Forwarder:
    """Sends requests to the first endpoint that answers; times are in seconds, 0 is no limit."""

    def __init__(
        self,
        director: Director,
        session: aiohttp.ClientSession,
        security: Security,
        metrics: ProxyMetrics,
        cors: Cors,
        *,
        dial_timeout: float,
        write_timeout: float,
        read_timeout: float,
    ) -> None:
        self._director = director
        self._session = session
        self._security = security
        self._metrics = metrics
        self._cors = cors
        self._write_timeout = write_timeout
        self._timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=dial_timeout or None, sock_read=read_timeout or None
        )

    async def forward(self, request: web.Request) -> Answer | web.StreamResponse:
        """The endpoint's response, or an answer of our own if there is none."""
        start = time.monotonic()
        self._metrics.incoming(request.method)
        try:
            body = await request.read()
        except (web.RequestPayloadError, aiohttp.ClientPayloadError) as error:
            log.warning(f"failed to read request body: {error}")
            return message(500, f"httpproxy: failed to read request body: {error}")
        endpoints = self._director.available()
        if not endpoints:
            return self._without_answer(request, 503, "zero endpoints currently available")
        for endpoint in endpoints:
            try:
                response = await self._ask(endpoint, request, body)
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                self._metrics.dropped(request.method, "failed_sending_request")
                log.warning(f"failed to direct request to {endpoint.url}: {error}")
                if self._director.failed(endpoint):
                    log.warning(f"marked endpoint {endpoint.url} unavailable")
                continue
            self._metrics.handled(request.method, response.status, time.monotonic() - start)
            async with response:
                return await relay(request, response, self._cors)
        text = f"unable to get response from {len(endpoints)} endpoint(s)"
        return self._without_answer(request, 502, text)

    def _without_answer(self, request: web.Request, status: int, text: str) -> Answer:
        reason = "zero_endpoints" if status == 503 else "failed_getting_response"
        self._metrics.dropped(request.method, reason)
        log.warning(text)
        return message(status, f"httpproxy: {text}")

    async def _ask(
        self, endpoint: Endpoint, request: web.Request, body: bytes
    ) -> aiohttp.ClientResponse:
        headers = CIMultiDict(request_headers(request.raw_headers, request.remote or ""))
        if body or request.method not in ("GET", "HEAD"):
            headers["Content-Length"] = str(len(body))
        async with asyncio.timeout(None) as limit:
            return await self._session.request(
                request.method,
                URL(endpoint.url + _target(request), encoded=True),
                headers=headers,
                skip_auto_headers=_ADDED,
                data=self._written(body, limit) if body else None,
                allow_redirects=False,
                ssl=self._security.client_context(),
                timeout=self._timeout,
            )

    async def _written(self, body: bytes, limit: asyncio.Timeout) -> AsyncIterator[bytes]:
        """The body in pieces; `limit` is on while one of them is being written."""
        loop = asyncio.get_running_loop()
        for start in range(0, len(body), PIECE):
            if self._write_timeout:
                limit.reschedule(loop.time() + self._write_timeout)
            yield body[start : start + PIECE]
        limit.reschedule(None)


def _target(request: web.Request) -> str:
    """Path and query as Go would send them on, with no more escapes than are needed."""
    target = request.raw_path.encode("utf-8", "surrogateescape")
    decoded, query = split_target(target)
    path = target.partition(b"?")[0]
    if not path.startswith(b"/") or escape_non_ascii(path) != path or b"#" in path:
        path = escape_path(decoded)
    if b"?" in target:
        path += b"?" + escape_non_ascii(query).replace(b"#", b"%23")
    return path.decode()
