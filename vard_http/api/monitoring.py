"""The ports of --listen-metrics-urls: /metrics and /health, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable

from vard_http.api.answers import Answer, not_found
from vard_http.api.app import make_app
from vard_http.api.endpoints import ENDPOINTS
from vard_http.api.listening import Bound, Listener, ProtocolFactory, protocol_factory, serve
from vard_http.api.request import Request
from vard_http.api.routes import Other, Route, route
from vard_http.api.service import Service
from vard_http.tls import Security

_PATHS = (b"/metrics", b"/health")


class Monitoring:
    """What serves these ports; made by `start`."""

    def __init__(self, servers: list[Listener], application: ProtocolFactory) -> None:
        self._servers = servers
        self._application = application

    @classmethod
    async def start(
        cls, service: Service, listening: Iterable[Bound], security: Security
    ) -> Monitoring:
        """Answer who connects to `listening`, even before the node has joined its cluster."""
        application = await protocol_factory(make_app(service, _route))
        return cls(await serve(listening, application.make, security), application)

    async def close(self) -> None:
        """Close the listeners and all connections."""
        for server in self._servers:
            server.close()
        await self._application.close()


def _route(service: Service, method: bytes, target: bytes, host: bytes | None) -> Route:
    """As on the client port, but without CORS, for which OPTIONS is, and whatever the host is."""
    to = route(service, b"POST" if method == b"OPTIONS" else method, target, None)
    if isinstance(to, Answer) and to.status in (301, 400, 405):
        return _bare(to)
    if not isinstance(to, Other) or to.path not in _PATHS:
        return _bare(not_found())

    async def answer(service: Service, request: Request) -> Answer:
        return _bare(await ENDPOINTS[request.path].handler(service, request))

    return Other(answer, to.path, to.query)


def _bare(answer: Answer) -> Answer:
    answer.cors = False
    return answer
