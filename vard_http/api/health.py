"""/version and /health (contract 15)."""

from __future__ import annotations

import asyncio
from typing import Final

import orjson

from vard_http import ETCD_VERSION
from vard_http.api.answers import TEXT, Answer, plain_error
from vard_http.api.request import CONTENT_JSON, Request
from vard_http.api.service import Service
from vard_http.raft import NOBODY
from vard_http.store import StoreError

HEALTH_SECONDS: Final = 1.0


async def version(service: Service, _: Request) -> Answer:
    """GET /version: the etcd whose API this is."""
    cluster = service.node.cluster.version or "not_decided"
    body = {"etcdserver": ETCD_VERSION, "etcdcluster": cluster}
    return Answer(200, (CONTENT_JSON,), orjson.dumps(body))


async def health(service: Service, _: Request) -> Answer:
    """GET /health: whether a linearizable read ends within a second."""
    node = service.node
    confirmed: asyncio.Future[StoreError | None] = asyncio.get_running_loop().create_future()

    def done(error: StoreError | None) -> None:
        if not confirmed.done():
            confirmed.set_result(error)

    healthy = node.leader != NOBODY
    if healthy:
        node.read(done)
        try:
            healthy = await asyncio.wait_for(confirmed, HEALTH_SECONDS) is None
        except TimeoutError:
            healthy = False
    if not healthy:
        return plain_error(503, b'{"health":"false"}')
    node.store.get(b"/", now=0)
    return Answer(200, ((b"Content-Type", TEXT),), b'{"health":"true"}')
