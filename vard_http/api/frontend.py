"""The client port: lanes in front, the aiohttp application behind them."""

from __future__ import annotations

from collections.abc import Iterable

from vard_http.api.app import make_app
from vard_http.api.crowd import Crowd
from vard_http.api.lane import Lane
from vard_http.api.listening import Bound, Listener, ProtocolFactory, protocol_factory, serve
from vard_http.api.service import Service
from vard_http.tls import Security


class Frontend:
    """All that serves clients; made by `start`."""

    def __init__(
        self,
        service: Service,
        servers: list[Listener],
        crowd: Crowd[Lane],
        application: ProtocolFactory,
    ) -> None:
        self._service = service
        self._servers = servers
        self._crowd = crowd
        self._application = application

    @classmethod
    async def start(
        cls,
        service: Service,
        listening: Iterable[Bound],
        security: Security,
    ) -> Frontend:
        """Serve the clients that connect, or already have, to `listening`."""
        application = await protocol_factory(make_app(service))
        crowd: Crowd[Lane] = Crowd(service.limits.connections, application.count)
        servers = await serve(listening, lambda: Lane(service, application.make, crowd), security)
        return cls(service, servers, crowd, application)

    async def close(self) -> None:
        """Close the listeners and all connections at once, open watches too (contract 1.5)."""
        for server in self._servers:
            server.close()
        for lane in self._crowd:
            lane.abort()
        await self._application.close()
        self._service.guard.passwords.close()
