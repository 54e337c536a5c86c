"""The client port: lanes in front, the aiohttp application behind them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from socket import socket

from vard_http.api.app import make_app
from vard_http.api.lane import Lane
from vard_http.api.listening import ProtocolFactory, protocol_factory, serve
from vard_http.api.service import Service
from vard_http.node import Node


class Frontend:
    """All that serves clients; made by `start`."""

    def __init__(
        self, servers: list[asyncio.Server], lanes: set[Lane], application: ProtocolFactory
    ) -> None:
        self._servers = servers
        self._lanes = lanes
        self._application = application

    @classmethod
    async def start(
        cls,
        node: Node,
        sockets: Iterable[socket],
        *,
        cors: Iterable[str],
        host_whitelist: Iterable[str],
        v2: bool,
    ) -> Frontend:
        """Serve the clients that connect, or already have, to `sockets`."""
        service = Service(node, cors=cors, host_whitelist=host_whitelist, v2=v2)
        application = await protocol_factory(make_app(service))
        lanes: set[Lane] = set()
        servers = await serve(sockets, lambda: Lane(service, application.make, lanes))
        return cls(servers, lanes, application)

    async def close(self) -> None:
        """Close the listeners and all connections at once, open watches too (contract 1.5)."""
        for server in self._servers:
            server.close()
        for lane in list(self._lanes):
            lane.abort()
        await self._application.close()
