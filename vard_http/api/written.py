"""aiohttp taught to answer in our words: what is rendered goes out as it is."""

from __future__ import annotations

import structlog
from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http_exceptions import LineTooLong

from vard_http.api.http1 import BadRequest

log = structlog.get_logger("api")


class Written(web.StreamResponse):
    """A response whose bytes, its head included, are `data`; nothing is added to them.

    The connection is closed afterwards unless it `stays`.
    """

    def __init__(self, data: bytes, *, stays: bool) -> None:
        super().__init__()
        self._data = data
        self._stays = stays
        self._writer: AbstractStreamWriter | None = None

    @property
    def keep_alive(self) -> bool:
        return self._stays

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        self._writer = request.writer
        if request.transport is not None and self._data:
            request.transport.write(self._data)
        return self._writer

    async def write_eof(self, data: bytes = b"") -> None:
        """Wait until the client has taken most of it."""
        if self._writer is not None:
            await self._writer.drain()


class Handler(web.RequestHandler):
    """Serves one connection; errors are told as Go's server tells them."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to what aiohttp's parser refuses; what fails unexpectedly gets none."""
        if status == 400:
            too_large = isinstance(exc, LineTooLong)
            line = "431 Request Header Fields Too Large" if too_large else "400 Bad Request"
            return Written(BadRequest(line).to_bytes(), stays=False)
        log.error("a request failed", exc_info=exc)
        if request.transport is not None:
            request.transport.abort()
        return Written(b"", stays=False)
