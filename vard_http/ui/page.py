"""Everything below /ui: who answers what, and for whom."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

import msgspec

from vard_http.api import Service
from vard_http.api.answers import Answer, not_found
from vard_http.api.request import Handler, Request, message
from vard_http.ui.events import events
from vard_http.ui.files import FILES, index_page
from vard_http.ui.leader import move_leader
from vard_http.ui.relay import relay
from vard_http.ui.status import status
from vard_http.ui.tree import search, tree
from vard_http.ui.trust import GUARD_HEADER, Trust

PREFIX: Final = b"/ui"

_READ: Final = (b"GET", b"HEAD")

_HANDLERS: Final[Mapping[bytes, tuple[tuple[bytes, ...], Handler]]] = {
    b"status": ((b"GET",), status),
    b"tree": ((b"GET",), tree),
    b"search": ((b"GET",), search),
    b"events": ((b"GET",), events),
    b"leader": ((b"POST",), move_leader),
    b"v2": ((b"GET", b"PUT", b"POST", b"DELETE"), relay),
}
"""By the first name behind /ui/."""

_OF_KEYS: Final = (b"tree", b"search", b"events", b"v2")
"""What is not there without v2."""

_FORBIDDEN: Final = (
    "Not from this origin: open the page under a client URL of the cluster, or name its host in"
    " --host-whitelist"
)


class Page:
    """The handler to be mounted at PREFIX; `hosts` are those of --host-whitelist."""

    def __init__(self, hosts: Collection[bytes]) -> None:
        self._hosts = frozenset(hosts)

    async def answer(self, service: Service, request: Request) -> Answer:
        """Answer any request of /ui or below it."""
        trust = Trust(service.node.cluster.members.values(), self._hosts)
        if request.method == b"OPTIONS":
            return Answer(204, trust.preflight(request.headers), cors=False)
        answer = await self._answer(service, request, trust)
        headers = (*answer.pairs, *trust.cors(request.headers))
        return msgspec.structs.replace(answer, headers=headers, cors=False)

    async def _answer(self, service: Service, request: Request, trust: Trust) -> Answer:
        name = request.path[len(PREFIX) + 1 :]
        if name in FILES or not name:
            if request.method not in _READ:
                return _not_allowed(_READ)
            return FILES[name] if name else index_page(trust.connectable)
        first = name.partition(b"/")[0]
        methods, handler = _HANDLERS.get(first, ((), None))
        if handler is None or (first in _OF_KEYS and not service.v2):
            return not_found()
        if request.method not in methods:
            return _not_allowed(methods)
        if refusal := _refusal(request, trust):
            return refusal
        return await handler(service, request)


def _refusal(request: Request, trust: Trust) -> Answer | None:
    """What a foreign web page gets: its requests come with its user's rights, not with his will."""
    if request.method == b"GET":
        return None if trust.may_read(request.headers) else message(403, _FORBIDDEN)
    if GUARD_HEADER not in request.headers:
        return message(403, f"The header {GUARD_HEADER.decode()} is missing")
    return None if trust.may_write(request.headers) else message(403, _FORBIDDEN)


def _not_allowed(methods: tuple[bytes, ...]) -> Answer:
    answer = message(405, "Method Not Allowed")
    return Answer(405, ((b"Allow", b", ".join(methods)), *answer.pairs), answer.body)
