"""A node's API on real sockets: by way of the lanes, or by aiohttp alone."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Literal

from tests.harness.http1 import Response, ResponseParser
from tests.unit.node.support import make_node, new_storage, settled, until
from vard_http.api.app import make_app
from vard_http.api.crowd import Crowd
from vard_http.api.lane import Lane
from vard_http.api.listening import protocol_factory
from vard_http.api.service import Service
from vard_http.node import Node

Way = Literal["lane", "aiohttp"]


@contextlib.asynccontextmanager
async def running_node() -> AsyncIterator[Node]:
    """A cluster of one that has settled: its etcd index is 3."""
    with tempfile.TemporaryDirectory() as directory:
        node = make_node(new_storage(Path(directory) / "data"))
        node.start()
        await settled(node)
        try:
            yield node
        finally:
            await node.stop()


def make_service(
    node: Node, *, cors: tuple[str, ...] = ("*",), hosts: tuple[str, ...] = ("*",), v2: bool = True
) -> Service:
    return Service(node, cors=cors, host_whitelist=hosts, v2=v2, client_cert_auth=False)


@contextlib.asynccontextmanager
async def listening(service: Service, way: Way) -> AsyncIterator[int]:
    """The port on which `service` answers; no connection outlives the context."""
    application = await protocol_factory(make_app(service))
    crowd: Crowd[Lane] = Crowd(service.limits.connections, application.count)
    make: Callable[[], asyncio.Protocol] = application.make
    if way == "lane":
        make = functools.partial(Lane, service, application.make, crowd)
    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for lane in crowd:
            lane.abort()
        await application.close()


class Line(asyncio.Transport):
    """A transport without a socket: it keeps what is written until somebody looks.

    `unsent` is how many bytes the client seems not to have taken.
    """

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.unsent = 0
        self.reading = True
        self.closed = False
        self.aborted = False
        self.ended = False
        self.protocol: asyncio.BaseProtocol | None = None

    def take(self) -> bytes:
        """What was written since the last look."""
        written = bytes(self.written)
        self.written.clear()
        return written

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.ended
        if not self.closed:
            self.written += data

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.ended = True

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = self.aborted = True

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = protocol


class Receiver(asyncio.Protocol):
    """Takes over a connection and notes what it is given."""

    def __init__(self) -> None:
        self.transport: asyncio.BaseTransport | None = None
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data


class Client:
    """The other end of a lane's connection."""

    def __init__(self, service: Service) -> None:
        self.line = Line()
        self.receiver = Receiver()
        self.crowd: Crowd[Lane] = Crowd(0, lambda: 0)
        self.lane = Lane(service, lambda: self.receiver, self.crowd)
        self.lane.connection_made(self.line)

    def send(self, data: bytes) -> None:
        self.lane.data_received(data)

    async def answers(self, *methods: str) -> list[Response]:
        """Those to requests of these methods, once they are all here; none must follow."""
        await until(lambda: self._count(methods) == len(methods))
        data, found = self.line.take(), []
        for method in methods:
            parser = ResponseParser(method)
            parser.feed(data)
            found.append(parser.response())
            data = parser.leftover
        assert data == b""
        return found

    def _count(self, methods: tuple[str, ...]) -> int:
        data = bytes(self.line.written)
        for number, method in enumerate(methods):
            parser = ResponseParser(method)
            parser.feed(data)
            if not parser.finished:
                return number
            data = parser.leftover
        return len(methods)
