"""/ui/v2: etcd's keys and members as they are, but behind the page's own guard."""

from __future__ import annotations

import asyncio
from typing import Final

from vard_http.api import Service
from vard_http.api.answers import Answer, not_found
from vard_http.api.endpoints import find_endpoint
from vard_http.api.guard import Credentials
from vard_http.api.keys import PREFIX as KEYS
from vard_http.api.keys import Watch
from vard_http.api.members import PREFIX as MEMBERS
from vard_http.api.request import Request, message

_CUT: Final = len(b"/ui")


async def relay(service: Service, request: Request) -> Answer:
    """The answer that the path without /ui gets; watches are /ui/events's."""
    path = request.path[_CUT:]
    if path == KEYS or path.startswith(KEYS + b"/"):
        return await _keys(service, request, path)
    endpoint = find_endpoint(path, v2=True)
    if endpoint is None or not path.startswith(MEMBERS):
        return not_found()
    inner = Request(
        request.method, path, request.query, request.headers, request.body, request.peer_names
    )
    return await endpoint.handler(service, inner)


async def _keys(service: Service, request: Request, path: bytes) -> Answer:
    decided: asyncio.Future[Answer | Watch] = asyncio.get_running_loop().create_future()

    def decide(result: Answer | Watch) -> None:
        if not decided.done():
            decided.set_result(result)

    service.keys(
        request.method,
        path,
        request.query,
        request.headers.get(b"content-type", b""),
        request.body,
        Credentials(request.headers.get(b"authorization", b""), request.peer_names),
        decide,
        decide,
    )
    result = await decided
    return result if isinstance(result, Answer) else message(400, "Watch by /ui/events")
