"""The proxy of links, in front of something that listens."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from vard_http.dev.links import Links
from vard_http.dev.partitions import LinkMatrix
from vard_http.dev.plan import Plan
from vard_http.dev.ports import Wishes, reserve
from vard_http.transport.handshake import Handshake, request


class Wire:
    """Node 1 calls node 2 through the proxy; node 2 keeps all that it gets."""

    def __init__(self, plan: Plan, matrix: LinkMatrix, links: Links) -> None:
        self.matrix = matrix
        self.received = b""
        self._plan = plan
        self._links = links
        self._more = asyncio.Event()

    async def call(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        caller, called = self._plan.endpoints
        reader, writer = await asyncio.open_connection("127.0.0.1", called.peer_port)
        writer.write(request(Handshake(1, 1, 2, (caller.peer_url,)), "h"))
        return reader, writer

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(1000):
                self.received += data
                self._more.set()
        writer.close()

    async def has(self, data: bytes) -> None:
        async with asyncio.timeout(10):
            while data not in self.received:
                self._more.clear()
                await self._more.wait()

    def cut(self) -> None:
        self.matrix.cut(1, 2)
        self._links.follow()

    def heal(self) -> None:
        self.matrix.heal()
        self._links.follow()


@pytest.fixture
async def wire(tmp_path: Path) -> AsyncIterator[Wire]:
    plan, sockets = reserve(Wishes(nodes=2), tmp_path)
    matrix = LinkMatrix(2)
    links = Links(matrix)
    await links.open(dict(zip(plan.endpoints, sockets, strict=True)))
    wire = Wire(plan, matrix, links)
    server = await asyncio.start_server(wire.serve, "127.0.0.1", plan.endpoints[1].private_port)
    yield wire
    await links.close()
    server.close()


async def ends(reader: asyncio.StreamReader) -> None:
    async with asyncio.timeout(10):
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""


async def test_a_whole_link_passes_all_on(wire: Wire) -> None:
    _, writer = await wire.call()
    writer.write(b"one")
    await wire.has(b"GET /vard/raft")
    await wire.has(b"one")


async def test_a_cut_link_swallows_and_its_connections_end_when_it_heals(wire: Wire) -> None:
    reader, writer = await wire.call()
    writer.write(b"one")
    await wire.has(b"one")
    wire.cut()
    writer.write(b"two")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(1), 0.1)
    wire.heal()
    await ends(reader)
    _, writer = await wire.call()
    writer.write(b"three")
    await wire.has(b"three")
    assert b"two" not in wire.received


async def test_a_connection_that_lost_nothing_outlives_a_cut(wire: Wire) -> None:
    _, writer = await wire.call()
    writer.write(b"one")
    await wire.has(b"one")
    wire.cut()
    wire.heal()
    writer.write(b"two")
    await wire.has(b"onetwo")


async def test_nobody_is_called_over_a_cut_link(wire: Wire) -> None:
    wire.cut()
    reader, _ = await wire.call()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(1), 0.1)
    assert wire.received == b""
    wire.heal()
    await ends(reader)


async def test_the_other_direction_is_another_link(wire: Wire) -> None:
    wire.matrix.cut(2, 1)
    _, writer = await wire.call()
    writer.write(b"one")
    await wire.has(b"one")
