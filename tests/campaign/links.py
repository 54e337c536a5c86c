"""A TCP proxy in front of every member's peer port: each directed link can be cut, slowed, thinned.

A peer connection carries messages one way only and names its caller in the handshake, so one
listener for each member knows all links that end there. Loss is loss of whole frames: TCP would
repeat packets, but a message that never arrives is what Raft has to live with. Nothing arrives
twice or out of order on one connection, as TCP promises and forwarded proposals rely on.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
from collections.abc import Iterable
from typing import Final

import msgspec

from vard_http.transport.handshake import MAX_HEAD, PATH

Link = tuple[str, str]
"""Source and target, by name."""

_PEER_PORT: Final = re.compile(rb"\r\nX-PeerURLs: http://[^:\r\n]+:(\d+)", re.IGNORECASE)
_QUEUED_FRAMES: Final = 1000


class Rule(msgspec.Struct):
    """What happens on one link; delay in seconds, loss as a probability."""

    cut: bool = False
    silent: bool = False
    """A cut that nobody is told of: connections stay open and stand still."""
    delay: float = 0.0
    jitter: float = 0.0
    loss: float = 0.0


class Links:
    """All listeners and connections. Members are known by name and the port in their peer URL."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._names: dict[int, str] = {}
        self._servers: list[asyncio.Server] = []
        self._rules: dict[Link, Rule] = {}
        self._connections: dict[Link, set[asyncio.StreamWriter]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self.frames = 0
        self.lost = 0

    async def open(self, name: str, public: int, private: int) -> None:
        """Listen on the port that is in `name`'s peer URL and pass on to where it listens."""
        self._names[public] = name

        async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._tasks.add(task)
            try:
                await self._serve(name, private, reader, writer)
            except (OSError, EOFError, asyncio.LimitOverrunError, asyncio.CancelledError):
                pass  # asyncio reports a cancelled connection as an error
            finally:
                self._tasks.discard(task)
                writer.transport.abort()

        self._servers.append(await asyncio.start_server(accepted, "127.0.0.1", public))

    async def close(self) -> None:
        for server in self._servers:
            server.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # What the nemesis says

    def cut(self, links: Iterable[Link], *, silent: bool) -> None:
        for link in links:
            self._rules[link] = Rule(cut=True, silent=silent)
            if not silent:
                for writer in list(self._connections.get(link, ())):
                    writer.transport.abort()
        self._tell()

    def degrade(self, links: Iterable[Link], rule: Rule) -> None:
        for link in links:
            self._rules[link] = rule
        self._tell()

    def heal(self) -> None:
        self._rules.clear()
        self._tell()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _rule(self, link: Link) -> Rule:
        return self._rules.get(link) or Rule()

    async def _passable(self, link: Link) -> None:
        while self._rule(link).cut:
            await self._changed.wait()

    # What happens to a connection

    async def _serve(
        self,
        target: str,
        port: int,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if len(head) > MAX_HEAD:
            return
        named = _PEER_PORT.search(head)
        source = self._names.get(int(named[1]), "") if named else ""
        link = (source, target)
        if self._rule(link).cut and not self._rule(link).silent:
            return
        await self._passable(link)
        onward_reader, onward = await asyncio.open_connection("127.0.0.1", port)
        ends = self._connections.setdefault(link, set())
        ends |= {writer, onward}
        framed = head.startswith(b"GET " + PATH.encode())
        try:
            onward.write(head)
            there = self._frames(link, reader, onward) if framed else _bytes(reader, onward)
            await _first(there, _bytes(onward_reader, writer))
        finally:
            ends -= {writer, onward}
            onward.transport.abort()

    async def _frames(
        self, link: Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Pass on frames (a 4-byte length, then that many bytes) as the link's rule has it."""
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_QUEUED_FRAMES)
        now = asyncio.get_running_loop().time

        async def take() -> None:
            while True:
                size = await reader.readexactly(4)
                frame = size + await reader.readexactly(int.from_bytes(size))
                rule = self._rule(link)
                self.frames += 1
                if rule.loss and self._chance.random() < rule.loss:
                    self.lost += 1
                    continue
                due = now() + rule.delay + self._chance.random() * rule.jitter
                await queue.put((due, frame))

        async def give() -> None:
            while True:
                due, frame = await queue.get()
                if (wait := due - now()) > 0:
                    await asyncio.sleep(wait)
                await self._passable(link)
                writer.write(frame)
                await writer.drain()

        await _first(take(), give())


async def _bytes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()


async def _first(*work: object) -> None:
    """Run all, and stop the others when the first has ended."""
    tasks = [asyncio.ensure_future(each) for each in work]  # type: ignore[call-overload]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task
