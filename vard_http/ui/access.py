"""Whether a sender may read keys, by etcd's rules; the page's looks at auth count as nothing."""

from __future__ import annotations

import asyncio
from typing import Final

from vard_http.api import Service
from vard_http.api.answers import Answer
from vard_http.api.guard import Credentials
from vard_http.api.request import Request
from vard_http.store import Node, Store, StoreError, errors

_SWITCH: Final = b"/2/enabled"


def auth_is_on(store: Store) -> bool:
    """Whether auth is on."""
    switch = store.peek(_SWITCH)
    return isinstance(switch, Node) and switch.value == b"true"


async def refused_read(
    service: Service, request: Request, key: bytes, *, recursive: bool
) -> Answer | None:
    """The answer to who may not read `key`, which is a clean path of the user's."""
    if not auth_is_on(service.node.store):
        return None
    decided: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def verdict(allowed: bool) -> None:
        if not decided.done():
            decided.set_result(allowed)

    credentials = Credentials(request.headers.get(b"authorization", b""), request.peer_names)
    try:
        service.guard.keys(
            b"GET", key, recursive=recursive, credentials=credentials, verdict=verdict
        )
        allowed = await decided
    except StoreError as error:
        return service.refused(error)
    if allowed:
        return None
    return service.refused(StoreError(errors.UNAUTHORIZED, b"Insufficient credentials", 0))
