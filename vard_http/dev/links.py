"""A TCP proxy in front of every node's peer port, so that each directed link can be cut.

All members of a cluster are told the same peer URLs, so a link has no address of its own. But a
peer connection carries messages one way only and names its caller in the handshake: one listener
for each node knows all links that end there.

A link that is cut swallows what is sent and tells nobody, as a broken network does. When it heals,
connections that lost something on it are reset, and the nodes make new ones.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Final

from vard_http.dev.partitions import Link, LinkMatrix
from vard_http.dev.plan import Endpoint
from vard_http.transport.handshake import MAX_HEAD, HandshakeRefused, parse_request

_PIECE: Final = 1 << 16
_STRANGER: Final = 0
"""The source of a connection that is no peer's: somebody who asks for /members or /version."""


class _Connection:
    """One connection, which ends with its task. `lost` says that a cut has swallowed bytes."""

    def __init__(self, link: Link, task: asyncio.Task[None]) -> None:
        self.link = link
        self.task = task
        self.lost = False


class Links:
    """All listeners and connections between the nodes, under one matrix of what is cut."""

    def __init__(self, matrix: LinkMatrix) -> None:
        self._matrix = matrix
        self._numbers: dict[str, int] = {}
        self._servers: list[asyncio.Server] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._connections: set[_Connection] = set()
        self._changed = asyncio.Event()

    async def open(self, sockets: Mapping[Endpoint, socket.socket]) -> None:
        """Accept on each node's socket, and pass on to the port where the node listens."""
        for endpoint, listening in sockets.items():
            self._numbers[endpoint.peer_url] = endpoint.number
            self._servers.append(
                await asyncio.start_server(self._accepting(endpoint), sock=listening)
            )

    async def close(self) -> None:
        """End all listeners and connections."""
        for server in self._servers:
            server.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def follow(self) -> None:
        """The matrix has changed."""
        for connection in self._connections:
            if connection.lost and not self._is_cut(connection.link):
                connection.task.cancel()
        self._changed.set()
        self._changed = asyncio.Event()

    def _accepting(
        self, endpoint: Endpoint
    ) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]:
        async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._tasks.add(task)
            try:
                await self._serve(task, endpoint, reader, writer)
            except (OSError, EOFError, asyncio.LimitOverrunError, asyncio.CancelledError):
                pass  # asyncio reports a cancelled connection as an error
            finally:
                self._tasks.discard(task)
                writer.transport.abort()

        return accepted

    async def _serve(
        self,
        task: asyncio.Task[None],
        endpoint: Endpoint,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if len(head) > MAX_HEAD:
            return
        connection = _Connection((self._source(head), endpoint.number), task)
        if self._is_cut(connection.link):
            await self._healed(connection.link)
            return
        there, onward = await asyncio.open_connection("127.0.0.1", endpoint.private_port)
        self._connections.add(connection)
        try:
            onward.write(head)
            await _first(
                self._carry(connection, reader, onward), self._carry(connection, there, writer)
            )
        finally:
            self._connections.discard(connection)
            onward.transport.abort()

    def _source(self, head: bytes) -> int:
        try:
            urls: Sequence[str] = parse_request(head).urls
        except HandshakeRefused:
            return _STRANGER
        return self._numbers.get(urls[0], _STRANGER) if urls else _STRANGER

    def _is_cut(self, link: Link) -> bool:
        return self._matrix.is_cut(*link)

    async def _healed(self, link: Link) -> None:
        while self._is_cut(link):
            await self._changed.wait()

    async def _carry(
        self, connection: _Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Pass bytes on until the connection ends; a cut hides its end too."""
        with contextlib.suppress(OSError):
            while data := await reader.read(_PIECE):
                if self._is_cut(connection.link):
                    connection.lost = True
                else:
                    writer.write(data)
                    await writer.drain()
        await self._healed(connection.link)


async def _first(*work: Coroutine[Any, Any, None]) -> None:
    """Run all, and stop the others when the first has ended."""
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
