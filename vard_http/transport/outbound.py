"""The sending end of peer connections: one connection to each peer, for what we tell it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
import time
from collections.abc import Callable, Sequence
from typing import cast
from urllib.parse import urlsplit

import structlog

from vard_http.raft.messages import AnyMessage
from vard_http.transport import handshake as hs
from vard_http.transport.codec import encode_frame

log = structlog.get_logger("transport")

RETRY_SECONDS = 0.1
RETRY_SECONDS_MAX = 1.0
CONNECT_SECONDS = 5.0
LOST_MS = 5000
BUFFER_BYTES = 32 << 20

_ROUND_TRIP = struct.Struct("=68xI")
"""tcpi_rtt in Linux's struct tcp_info, in microseconds."""
GONE = 410
"""The status with which a cluster turns away a member that was removed from it."""


class _Line(asyncio.Protocol):
    """A connection: it waits for the answer to its handshake, then for its end."""

    def __init__(self, hello: bytes) -> None:
        loop = asyncio.get_running_loop()
        self._hello = hello
        self._head = bytearray()
        self.accepted: asyncio.Future[None] = loop.create_future()
        self.closed: asyncio.Future[None] = loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # After a cut, TCP would wait up to two minutes before it tries again.
        line = cast(asyncio.Transport, transport)
        connection: socket.socket = line.get_extra_info("socket")
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, LOST_MS)
        line.write(self._hello)

    def data_received(self, data: bytes) -> None:
        if self.accepted.done():
            return
        self._head += data
        if b"\r\n\r\n" in self._head or len(self._head) > hs.MAX_HEAD:
            try:
                hs.parse_answer(bytes(self._head))
                self.accepted.set_result(None)
            except hs.HandshakeRefused as error:
                self.accepted.set_exception(error)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.accepted.done():
            self.accepted.set_exception(exc or ConnectionError("closed during the handshake"))
        if not self.closed.done():
            self.closed.set_result(None)


class Peer:
    """One other server. Messages while it is not reachable are lost, as Raft allows."""

    def __init__(
        self,
        node: int,
        urls: Sequence[str],
        introduce: Callable[[int], hs.Handshake],
        on_gone: Callable[[], None],
        make_context: Callable[[], ssl.SSLContext],
    ) -> None:
        """`introduce` gives the handshake for a server; `on_gone` is called when it refuses us as
        a removed member. `urls` may be changed: the new ones count from the next attempt on.
        """
        self.node = node
        self.urls = tuple(urls)
        self.active_since: float | None = None
        self._introduce = introduce
        self._on_gone = on_gone
        self._make_context = make_context
        self.sent_bytes = 0
        self.lost_messages = 0
        self.disconnects = 0
        self._line: asyncio.Transport | None = None
        self._trouble = ""
        self._task = asyncio.get_running_loop().create_task(self._stay_connected())

    def send(self, messages: Sequence[AnyMessage]) -> int:
        """Send now or never; returns the bytes that were sent."""
        line = self._line
        # uvloop raises where a transport has closed and connection_lost was not called yet.
        if line is None or line.is_closing() or line.get_write_buffer_size() >= BUFFER_BYTES:
            self.lost_messages += len(messages)
            return 0
        frame = encode_frame(messages)
        line.write(frame)
        self.sent_bytes += len(frame)
        return len(frame)

    @property
    def round_trip(self) -> float | None:
        """Seconds there and back, as the kernel has them from its TCP; None if not connected."""
        if self._line is None or self._line.is_closing():
            return None
        connection: socket.socket = self._line.get_extra_info("socket")
        info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _ROUND_TRIP.size)
        microseconds: int = _ROUND_TRIP.unpack(info)[0]
        return microseconds / 1e6

    async def close(self) -> None:
        """Hang up for good."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _stay_connected(self) -> None:
        wait, attempt = RETRY_SECONDS, 0
        while True:
            url = self.urls[attempt % len(self.urls)]
            attempt += 1
            try:
                await self._connection(url)
                wait = RETRY_SECONDS
            except (OSError, TimeoutError, hs.HandshakeRefused) as error:
                self._report(f"{type(error).__name__}: {error}", url)
                if isinstance(error, hs.HandshakeRefused) and error.status == GONE:
                    self._on_gone()
                wait = min(2 * wait, RETRY_SECONDS_MAX)
            await asyncio.sleep(wait)

    async def _connection(self, url: str) -> None:
        """Connect, and return when an accepted connection has ended."""
        loop = asyncio.get_running_loop()
        parts = urlsplit(url)
        hello = hs.request(self._introduce(self.node), parts.netloc)
        context = self._make_context() if parts.scheme == "https" else None
        async with asyncio.timeout(CONNECT_SECONDS):
            transport, line = await loop.create_connection(
                lambda: _Line(hello), parts.hostname or "", parts.port or 0, ssl=context
            )
            try:
                await line.accepted
            except BaseException:
                transport.abort()
                raise
        self._line, self.active_since, self._trouble = transport, time.monotonic(), ""
        log.info("peer reached", peer=f"{self.node:x}", url=url)
        try:
            await line.closed
        finally:
            self._line, self.active_since = None, None
            self.disconnects += 1
            transport.abort()
        self._report("connection lost", url)

    def _report(self, trouble: str, url: str) -> None:
        """One line for each new kind of trouble, not one for each attempt."""
        if trouble != self._trouble:
            self._trouble = trouble
            log.warning("peer not reachable", peer=f"{self.node:x}", url=url, error=trouble)
