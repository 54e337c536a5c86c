"""GET /vard/backup: everything this node holds, as a backup file."""

from __future__ import annotations

import asyncio

from vard_http.api.answers import Answer
from vard_http.api.auth import require_root
from vard_http.api.request import Request, message
from vard_http.api.service import Service
from vard_http.store import StoreError, dump
from vard_http.transfer.archive import VERSION, Head, write_archive


async def backup(service: Service, request: Request) -> Answer:
    """The content at one moment, with all that was acknowledged before the request.

    It holds keys nobody else may read and the hashes of passwords: once auth is on, it is for
    role root only.
    """
    if refused := await require_root(service, request):
        return refused
    node = service.node
    if (error := await _caught_up(service)) is not None:
        return message(503, error.cause, service.cluster_id)
    head = Head(VERSION, node.cluster_id, node.applied, node.term, node.store.index)
    parts = write_archive(head, dump(node.store))
    kind = (b"Content-Type", b"application/octet-stream")
    return Answer(200, (kind, service.cluster_id), parts=parts)


async def _caught_up(service: Service) -> StoreError | None:
    """Wait until all that was acknowledged anywhere is applied here."""
    confirmed: asyncio.Future[StoreError | None] = asyncio.get_running_loop().create_future()

    def done(error: StoreError | None) -> None:
        if not confirmed.done():
            confirmed.set_result(error)

    service.node.read(done)
    return await confirmed
