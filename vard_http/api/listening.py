"""Sockets, and what serves the connections that come in on them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from aiohttp import web

BACKLOG = 4096
NEVER = 1e9
"""Seconds; etcd does not close idle connections, TCP keep-alive finds the dead ones."""


def bind(urls: Iterable[str]) -> list[socket.socket]:
    """Listening sockets for `urls`; clients may connect, and wait until somebody serves them.

    Raises OSError naming the address.
    """
    sockets: list[socket.socket] = []
    try:
        for url in urls:
            sockets.extend(_bind(url))
    except OSError:
        for bound in sockets:
            bound.close()
        raise
    return sockets


def _bind(url: str) -> Iterable[socket.socket]:
    parts = urlsplit(url)
    host, port = parts.hostname, parts.port
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
    sockets: Iterable[socket.socket], make_protocol: Callable[[], asyncio.Protocol]
) -> list[asyncio.Server]:
    """Accept connections on all `sockets`."""
    loop = asyncio.get_running_loop()
    return [
        await loop.create_server(make_protocol, sock=bound, backlog=BACKLOG) for bound in sockets
    ]


class ProtocolFactory:
    """Makes aiohttp protocols for connections that were accepted elsewhere."""

    def __init__(self, runner: web.AppRunner) -> None:
        assert runner.server is not None
        self.make: Callable[[], asyncio.Protocol] = runner.server
        self._runner = runner

    async def close(self) -> None:
        """Close their connections."""
        await self._runner.cleanup()


async def protocol_factory(app: web.Application) -> ProtocolFactory:
    """A factory whose protocols serve `app`."""
    runner = web.AppRunner(
        app,
        access_log=None,
        handle_signals=False,
        handler_cancellation=True,
        keepalive_timeout=NEVER,
        shutdown_timeout=0,
        max_line_size=1 << 20,
        max_field_size=1 << 20,
    )
    await runner.setup()
    return ProtocolFactory(runner)
