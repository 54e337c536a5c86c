"""/version and /health (contract 15)."""

from __future__ import annotations

import asyncio
from typing import Final
from urllib.parse import parse_qs

import orjson

from vard_http import ETCD_VERSION
from vard_http.api.answers import TEXT, Answer, plain_error
from vard_http.api.request import CONTENT_JSON, Request
from vard_http.api.service import Service
from vard_http.node import Node
from vard_http.raft import NOBODY
from vard_http.store import StoreError

HEALTH_SECONDS: Final = 1.0


async def version(service: Service, _: Request) -> Answer:
    """GET /version: the etcd whose API this is."""
    cluster = service.node.cluster.version or "not_decided"
    body = {"etcdserver": ETCD_VERSION, "etcdcluster": cluster}
    return Answer(200, (CONTENT_JSON,), orjson.dumps(body))


async def health(service: Service, request: Request) -> Answer:
    """GET /health: no alarm, a leader, and a linearizable read that ends within a second.

    `exclude=NOSPACE` in the query passes over that alarm, the only one there is.
    """
    node = service.node
    alarm = node.quota.alarm and b"NOSPACE" not in parse_qs(request.query).get(b"exclude", ())
    if alarm or node.leader == NOBODY or not await _reads(node):
        service.health.failures += 1
        return plain_error(503, b'{"health":"false"}')
    service.health.successes += 1
    node.store.get(b"/", now=0)
    return Answer(200, (), b'{"health":"true"}', guessed=TEXT)


async def _reads(node: Node) -> bool:
    confirmed: asyncio.Future[StoreError | None] = asyncio.get_running_loop().create_future()

    def done(error: StoreError | None) -> None:
        if not confirmed.done():
            confirmed.set_result(error)

    node.read(done)
    try:
        return await asyncio.wait_for(confirmed, HEALTH_SECONDS) is None
    except TimeoutError:
        return False
