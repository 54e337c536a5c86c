"""The proxy of links, in front of something that listens."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator

import pytest

from tests.campaign.links import Links, Rule
from tests.harness.ports import lease_port
from vard_http.transport.handshake import Handshake, request


class Target:
    """A member that keeps all bytes it gets."""

    def __init__(self) -> None:
        self.received = b""
        self._more = asyncio.Event()

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


class Wire:
    """The link n1>n2 through the proxy."""

    def __init__(self, links: Links, target: Target, port: int, caller: int) -> None:
        self.links = links
        self.target = target
        self._port = port
        self._caller = caller

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        urls = (f"http://127.0.0.1:{self._caller}",)
        writer.write(request(Handshake(1, 1, 2, urls), "h"))
        return reader, writer


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    links, target = Links(random.Random(1)), Target()
    leases = [lease_port() for _ in range(4)]
    n1, n2, private, unused = (lease.port for lease in leases)
    await links.open("n1", n1, unused)
    await links.open("n2", n2, private)
    server = await asyncio.start_server(target.serve, "127.0.0.1", private)
    yield Wire(links, target, n2, n1)
    await links.close()
    server.close()
    for lease in leases:
        lease.release()


def frame(text: str) -> bytes:
    return len(text).to_bytes(4, "big") + text.encode()


async def test_a_whole_link_passes_frames_on(wire: Wire) -> None:
    _, writer = await wire.connect()
    writer.write(frame("one") + frame("two")[:3])
    writer.write(frame("two")[3:])
    await wire.target.has(frame("one") + frame("two"))
    assert wire.links.frames == 2


async def test_a_cut_link_ends_its_connections_and_takes_no_new_ones(wire: Wire) -> None:
    reader, writer = await wire.connect()
    writer.write(frame("one"))
    await wire.target.has(frame("one"))
    wire.links.cut([("n1", "n2")], silent=False)
    with contextlib.suppress(ConnectionResetError):
        assert await reader.read() == b""
    again, _ = await wire.connect()
    with contextlib.suppress(ConnectionResetError):
        assert await again.read() == b""
    wire.links.heal()
    _, writer = await wire.connect()
    writer.write(frame("two"))
    await wire.target.has(frame("two"))


async def test_a_silent_cut_holds_everything_until_it_heals(wire: Wire) -> None:
    _, writer = await wire.connect()
    writer.write(frame("one"))
    await wire.target.has(frame("one"))
    wire.links.cut([("n1", "n2")], silent=True)
    writer.write(frame("two"))
    _, other = await wire.connect()
    other.write(frame("three"))
    await asyncio.sleep(0.05)
    assert frame("two") not in wire.target.received
    wire.links.heal()
    await wire.target.has(frame("two"))
    await wire.target.has(frame("three"))


async def test_the_other_direction_stays_whole(wire: Wire) -> None:
    wire.links.cut([("n2", "n1")], silent=False)
    _, writer = await wire.connect()
    writer.write(frame("one"))
    await wire.target.has(frame("one"))


async def test_loss_is_of_whole_frames(wire: Wire) -> None:
    wire.links.degrade([("n1", "n2")], Rule(loss=0.5))
    _, writer = await wire.connect()
    frames = [frame(f"number {number}.") for number in range(100)]
    writer.write(b"".join(frames))
    wire_end = frame("end")
    while wire_end not in wire.target.received:
        writer.write(wire_end)
        await asyncio.sleep(0.001)
    arrived = [each for each in frames if each in wire.target.received]
    assert 20 < len(arrived) < 80
    assert b"".join(arrived) in wire.target.received


async def test_delay_keeps_the_order(wire: Wire) -> None:
    wire.links.degrade([("n1", "n2")], Rule(delay=0.02, jitter=0.02))
    _, writer = await wire.connect()
    frames = b"".join(frame(f"number {number}.") for number in range(20))
    before = asyncio.get_running_loop().time()
    writer.write(frames)
    await wire.target.has(frames)
    assert asyncio.get_running_loop().time() - before >= 0.02
