"""Everything beside /v2/keys that answers at once (contract 12, 13 and 15)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import orjson

from vard_http import ETCD_VERSION
from vard_http.api import gotime
from vard_http.api.answers import JSON, TEXT, Answer, plain_error
from vard_http.api.routes import Endpoint
from vard_http.api.service import Service
from vard_http.config.identity import format_id
from vard_http.node import Member
from vard_http.raft import NOBODY
from vard_http.store import StoreError

HEALTH_SECONDS: Final = 1.0

_CONTENT_JSON: Final = (b"Content-Type", JSON)


def message(status: int, text: str) -> Answer:
    """The errors of all that is not a key: no newline at the end."""
    return Answer(status, (_CONTENT_JSON,), orjson.dumps({"message": text}))


def _member(member: Member) -> dict[str, object]:
    return {
        "id": format_id(member.id),
        "name": member.name,
        "peerURLs": member.peer_urls,
        "clientURLs": member.client_urls,
    }


async def members(service: Service, _: Endpoint) -> Answer:
    """GET /v2/members."""
    listed = [_member(member) for member in service.node.cluster.members.values()]
    return _members_answer(service, 200, {"members": listed})


async def members_below(service: Service, to: Endpoint) -> Answer:
    """GET /v2/members/ and /v2/members/leader; nothing else is there."""
    below = to.path.removeprefix(b"/v2/members/").rstrip(b"/")
    if not below:
        return await members(service, to)
    if below != b"leader":
        return _members_answer(service, 404, {"message": "Not found"})
    leader = service.node.cluster.members.get(service.node.leader)
    if leader is None:
        return _members_answer(service, 503, {"message": "During election"})
    return _members_answer(service, 200, _member(leader))


def _members_answer(service: Service, status: int, value: Mapping[str, object]) -> Answer:
    newline = b"\n" if status == 200 else b""
    headers = (_CONTENT_JSON, service.cluster_id)
    return Answer(status, headers, orjson.dumps(value) + newline)


async def machines(service: Service, _: Endpoint) -> Answer:
    """GET /v2/machines: all client URLs."""
    urls = sorted(u for m in service.node.cluster.members.values() for u in m.client_urls)
    return Answer(200, ((b"Content-Type", TEXT),), ", ".join(urls).encode())


async def stats_self(service: Service, _: Endpoint) -> Answer:
    """GET /v2/stats/self."""
    node = service.node
    leader = node.leader
    body = {
        "name": node.settings.name,
        "id": format_id(node.me),
        "state": "StateLeader" if node.is_leader else "StateFollower",
        "startTime": gotime.local_time(node.started),
        "leaderInfo": {
            "leader": format_id(leader) if leader != NOBODY else "",
            "uptime": gotime.since(node.leader_noticed),
            "startTime": gotime.local_time(node.leader_noticed),
        },
        "recvAppendRequestCnt": node.appends_received,
        "sendAppendRequestCnt": node.appends_sent,
    }
    return Answer(200, (_CONTENT_JSON,), orjson.dumps(body))


async def stats_store(service: Service, _: Endpoint) -> Answer:
    """GET /v2/stats/store."""
    return Answer(200, (_CONTENT_JSON,), service.node.store.stats_json())


async def version(service: Service, _: Endpoint) -> Answer:
    """GET /version: the etcd whose API this is."""
    cluster = service.node.cluster.version or "not_decided"
    body = {"etcdserver": ETCD_VERSION, "etcdcluster": cluster}
    return Answer(200, (_CONTENT_JSON,), orjson.dumps(body))


async def health(service: Service, _: Endpoint) -> Answer:
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


Handler = Callable[[Service, Endpoint], Awaitable[Answer]]

HANDLERS: Final[Mapping[bytes, Handler]] = {
    b"/v2/members": members,
    b"/v2/members/": members_below,
    b"/v2/machines": machines,
    b"/v2/stats/self": stats_self,
    b"/v2/stats/store": stats_store,
    b"/version": version,
    b"/health": health,
}
