"""Sockets, and what serves the connections that come in on them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

from aiohttp import web

from vard_http.api.written import Handler
from vard_http.config.urls import address_of, host_and_port, scheme_of
from vard_http.tls import Security, TlsServer

BACKLOG = 4096
NEVER = 1e9
"""Seconds; etcd does not close idle connections, TCP keep-alive finds the dead ones."""

SHUTDOWN_SECONDS = 1.0
"""For how long handlers whose connections were closed may clean up; to aiohttp 0 is for ever."""

_UNIX_SCHEMES: Final = ("unix", "unixs")

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

    URLs of one address share its socket, as etcd's client URLs do. The address of a unix:// URL is
    the path of its socket. Raises OSError naming the address.
    """
    schemes: dict[tuple[bool, str], set[str]] = {}
    for url in urls:
        scheme = scheme_of(url)
        schemes.setdefault((scheme in _UNIX_SCHEMES, address_of(url)), set()).add(scheme)
    listening: list[Bound] = []
    try:
        for (unix, address), wanted in schemes.items():
            plain = bool(wanted & {"http", "unix", "tcp"})
            secure = bool(wanted & {"https", "unixs", "tls"})
            sockets = _bind_path(address) if unix else _bind_tcp(address)
            listening.extend(Bound(bound, plain, secure) for bound in sockets)
    except OSError:
        for one in listening:
            one.socket.close()
        raise
    return listening


def _bind_tcp(address: str) -> Iterable[socket.socket]:
    host, port = host_and_port(address)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    for family, kind, protocol, _, resolved in dict.fromkeys(found):
        bound = socket.socket(family, kind, protocol)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        yield _listen(bound, resolved, f"tcp {address}")


def _bind_path(path: str) -> Iterable[socket.socket]:
    _remove_stale(path)
    yield _listen(socket.socket(socket.AF_UNIX), path, f"unix {path}")


def _remove_stale(path: str) -> None:
    """Remove a socket that nobody listens on; a process that was killed leaves one behind."""
    if not Path(path).is_socket():
        return
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            Path(path).unlink(missing_ok=True)


def _listen(bound: socket.socket, address: Any, shown: str) -> socket.socket:
    try:
        bound.bind(address)
        bound.listen(BACKLOG)
        bound.setblocking(False)
    except OSError as error:
        bound.close()
        reason = (error.strerror or str(error)).lower()
        raise OSError(f"listen {shown}: bind: {reason}") from error
    return bound


async def serve(
    listening: Iterable[Bound], make_protocol: Callable[[], asyncio.Protocol], security: Security
) -> list[Listener]:
    """Accept connections on all sockets; `security` is for those that are secure."""
    return [await _served(bound, make_protocol, security) for bound in listening]


async def _served(
    bound: Bound, make_protocol: Callable[[], asyncio.Protocol], security: Security
) -> Listener:
    path = bound.socket.getsockname() if bound.socket.family == socket.AF_UNIX else None
    listener: Listener
    if bound.secure:
        listener = TlsServer(bound.socket, make_protocol, security, plain=bound.plain)
    else:
        loop = asyncio.get_running_loop()
        listener = await loop.create_server(make_protocol, sock=bound.socket, backlog=BACKLOG)
    return listener if path is None else _Named(listener, Path(path))


class _Named:
    """A listener whose socket has a name among the files, which goes with it."""

    def __init__(self, listener: Listener, path: Path) -> None:
        self._listener = listener
        self._path = path

    def close(self) -> None:
        self._listener.close()
        self._path.unlink(missing_ok=True)


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
