"""Accepting connections that have to begin with a TLS handshake."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Coroutine
from typing import Final, cast

import structlog

from vard_http.tls.contexts import HandshakeFailed, describe
from vard_http.tls.names import names_address
from vard_http.tls.rejections import Rejections
from vard_http.tls.security import Security

log = structlog.get_logger("tls")

HANDSHAKE_SECONDS: Final = 10.0
FAREWELL_SECONDS: Final = 0.5
ACCEPT_RETRY_SECONDS: Final = 1.0
UNNAMED: Final = ("unix", 0)
"""The address of who calls on a unix socket."""

HANDSHAKE_RECORD: Final = b"\x16"

MakeProtocol = Callable[[], asyncio.Protocol]


class TlsServer:
    """Gives each connection on `listening` a protocol once its handshake is done.

    The protocol sees a transport of decrypted bytes. With `plain`, connections that begin with
    anything but a TLS record are served as they are.
    """

    def __init__(
        self,
        listening: socket.socket,
        make_protocol: MakeProtocol,
        security: Security,
        *,
        plain: bool = False,
    ) -> None:
        self._listening = listening
        self._make_protocol = make_protocol
        self._security = security
        self._plain = plain
        self._rejections = Rejections()
        self._tasks: set[asyncio.Task[None]] = set()
        self._start(self._accept())

    def close(self) -> None:
        """Stop listening; connections that are past their handshake stay."""
        for task in self._tasks:
            task.cancel()
        self._listening.close()
        self._rejections.end_period()

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, address = await loop.sock_accept(self._listening)
            except OSError as error:
                log.error("cannot accept connections", error=str(error))
                await asyncio.sleep(ACCEPT_RETRY_SECONDS)
            else:
                self._start(self._welcome(connection, address[:2] or UNNAMED))

    async def _welcome(self, connection: socket.socket, address: tuple[str, int]) -> None:
        try:
            # The handshake closes its socket when it fails; this one can still say why.
            spare = connection.dup()
        except OSError as error:
            connection.close()
            self._rejections.note(address, str(error))
            return
        with spare:
            transport = await self._past_handshake(connection, spare, address)
        if transport is not None and not transport.is_closing():
            protocol = self._make_protocol()
            transport.set_protocol(protocol)
            protocol.connection_made(transport)
            transport.resume_reading()

    async def _past_handshake(
        self, connection: socket.socket, spare: socket.socket, address: tuple[str, int]
    ) -> asyncio.Transport | None:
        """The transport of decrypted bytes; None if it was rejected or has its protocol already."""
        try:
            async with asyncio.timeout(HANDSHAKE_SECONDS):
                return await self._secured(connection, spare, address[0])
        except HandshakeFailed as error:
            self._rejections.note(address, describe(error))
            await _say_farewell(spare, error.alert)
        except TimeoutError:
            self._rejections.note(address, f"no handshake within {HANDSHAKE_SECONDS:g} s")
        except OSError:
            self._rejections.note(address, "the connection ended within the handshake")
        return None

    async def _secured(
        self, connection: socket.socket, spare: socket.socket, host: str
    ) -> asyncio.Transport | None:
        loop = asyncio.get_running_loop()
        if self._plain and await _first_byte(spare) != HANDSHAKE_RECORD:
            await loop.connect_accepted_socket(self._make_protocol, connection)
            return None
        transport, _ = await loop.connect_accepted_socket(
            _Threshold, connection, ssl=self._security.server_context()
        )
        certificate = transport.get_extra_info("peercert")
        wanted = certificate and self._security.settings.check_address
        if wanted and not await names_address(certificate, host):
            transport.abort()
            raise HandshakeFailed(f"the certificate does not name {host}")
        return transport


class _Threshold(asyncio.Protocol):
    """Lets nothing in until the connection has its real protocol."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.Transport, transport).pause_reading()


async def _first_byte(connection: socket.socket) -> bytes:
    """What a connection begins with, left for others to read; empty if it has ended."""
    loop = asyncio.get_running_loop()
    readable: asyncio.Future[None] = loop.create_future()
    loop.add_reader(connection, _done, readable)
    try:
        await readable
    finally:
        loop.remove_reader(connection)
    return connection.recv(1, socket.MSG_PEEK)


def _done(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


async def _say_farewell(connection: socket.socket, alert: bytes) -> None:
    """Send the alert, and give the other end the time to read it."""
    if not alert:
        return
    loop = asyncio.get_running_loop()
    with contextlib.suppress(OSError):
        async with asyncio.timeout(FAREWELL_SECONDS):
            await loop.sock_sendall(connection, alert)
            connection.shutdown(socket.SHUT_WR)
            while await loop.sock_recv(connection, 1 << 16):
                pass
