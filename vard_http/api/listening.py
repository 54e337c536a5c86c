"""Sockets, and what serves the connections that come in on them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import urlsplit

from aiohttp import web

from vard_http.api.written import Handler
from vard_http.tls import Security, TlsServer

BACKLOG = 4096
NEVER = 1e9
"""Seconds; etcd does not close idle connections, TCP keep-alive finds the dead ones."""

SHUTDOWN_SECONDS = 1.0
"""For how long handlers whose connections were closed may clean up; to aiohttp 0 is for ever."""

_OPTIONS: Final[Mapping[str, Any]] = {
    "access_log": None,
    "keepalive_timeout": NEVER,
    "lingering_time": 0,
    "max_line_size": 1 << 20,
    "max_field_size": 1 << 20,
}


class Bound(NamedTuple):
    """A listening socket, and what its connections may be; it may be both."""

    socket: socket.socket
    plain: bool
    secure: bool


class Listener(Protocol):
    """What accepts connections."""

    def close(self) -> None:
        """Accept no more of them."""


def bind(urls: Iterable[str]) -> list[Bound]:
    """Listening sockets for `urls`; clients may connect, and wait until somebody serves them.

    URLs of one address share its socket, as etcd's client URLs do. Raises OSError naming the
    address.
    """
    schemes: dict[tuple[str | None, int | None], set[str]] = {}
    for parts in map(urlsplit, urls):
        schemes.setdefault((parts.hostname, parts.port), set()).add(parts.scheme)
    listening: list[Bound] = []
    try:
        for (host, port), wanted in schemes.items():
            plain, secure = "http" in wanted, "https" in wanted
            listening.extend(Bound(bound, plain, secure) for bound in _bind(host, port))
    except OSError:
        for one in listening:
            one.socket.close()
        raise
    return listening


def _bind(host: str | None, port: int | None) -> Iterable[socket.socket]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    for family, kind, protocol, _, address in dict.fromkeys(found):
        bound = socket.socket(family, kind, protocol)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            bound.bind(address)
            bound.listen(BACKLOG)
            bound.setblocking(False)
        except OSError as error:
            bound.close()
            reason = (error.strerror or str(error)).lower()
            raise OSError(f"listen tcp {host}:{port}: bind: {reason}") from error
        yield bound


async def serve(
    listening: Iterable[Bound], make_protocol: Callable[[], asyncio.Protocol], security: Security
) -> list[Listener]:
    """Accept connections on all sockets; `security` is for those that are secure."""
    loop = asyncio.get_running_loop()
    return [
        TlsServer(bound.socket, make_protocol, security, plain=bound.plain)
        if bound.secure
        else await loop.create_server(make_protocol, sock=bound.socket, backlog=BACKLOG)
        for bound in listening
    ]


class ProtocolFactory:
    """Makes aiohttp protocols for connections that were accepted elsewhere."""

    def __init__(self, runner: web.AppRunner) -> None:
        assert runner.server is not None
        self._server = runner.server
        self._runner = runner
        self._loop = asyncio.get_running_loop()

    def make(self) -> asyncio.Protocol:
        """A protocol for one connection."""
        return Handler(self._server, loop=self._loop, **_OPTIONS)

    def count(self) -> int:
        """How many connections there are."""
        return len(self._server.connections)

    async def close(self) -> None:
        """Close their connections at once, whatever is under way."""
        for handler in self._server.connections:
            if handler.transport is not None:
                handler.transport.abort()
        await self._runner.cleanup()


async def protocol_factory(app: web.Application) -> ProtocolFactory:
    """A factory whose protocols serve `app`."""
    runner = web.AppRunner(
        app,
        handle_signals=False,
        handler_cancellation=True,
        shutdown_timeout=SHUTDOWN_SECONDS,
    )
    await runner.setup()
    return ProtocolFactory(runner)
