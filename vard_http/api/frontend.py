"""The client port: lanes in front, the aiohttp application behind them."""

from __future__ import annotations

from collections.abc import Iterable

from vard_http.api.app import make_app
from vard_http.api.lane import Lane
from vard_http.api.listening import Bound, Listener, ProtocolFactory, protocol_factory, serve
from vard_http.api.service import Service
from vard_http.node import Node
from vard_http.tls import Security


class Frontend:
    """All that serves clients; made by `start`."""

    def __init__(
        self, servers: list[Listener], lanes: set[Lane], application: ProtocolFactory
    ) -> None:
        self._servers = servers
        self._lanes = lanes
        self._application = application

    @classmethod
    async def start(
        cls,
        node: Node,
        listening: Iterable[Bound],
        security: Security,
        *,
        cors: Iterable[str],
        host_whitelist: Iterable[str],
        v2: bool,
    ) -> Frontend:
        """Serve the clients that connect, or already have, to `listening`."""
        service = Service(
            node,
            cors=cors,
            host_whitelist=host_whitelist,
            v2=v2,
            client_cert_auth=security.settings.client_cert_auth,
        )
        application = await protocol_factory(make_app(service))
        lanes: set[Lane] = set()
        servers = await serve(listening, lambda: Lane(service, application.make, lanes), security)
        return cls(servers, lanes, application)

    async def close(self) -> None:
        """Close the listeners and all connections at once, open watches too (contract 1.5)."""
        for server in self._servers:
            server.close()
        for lane in list(self._lanes):
            lane.abort()
        await self._application.close()
