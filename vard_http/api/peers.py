"""The HTTP side of the peer port (contract 15, last bullet)."""

from __future__ import annotations

import orjson
from aiohttp import web

from vard_http import ETCD_VERSION
from vard_http.config.identity import format_id
from vard_http.node import Node
from vard_http.store import digest


def make_peer_app(node: Node) -> web.Application:
    """What anybody may ask on the peer port: who is a member, versions, the state's digest."""

    async def members(_: web.Request) -> web.Response:
        listed = []
        for member in node.cluster.members.values():
            entry: dict[str, object] = {"id": member.id, "peerURLs": member.peer_urls}
            if member.name:
                entry |= {"name": member.name, "clientURLs": member.client_urls}
            listed.append(entry)
        headers = {"X-Etcd-Cluster-Id": format_id(node.cluster_id)}
        body = orjson.dumps(listed) + b"\n"
        return web.Response(body=body, content_type="application/json", headers=headers)

    async def version(_: web.Request) -> web.Response:
        cluster = node.cluster.version or "not_decided"
        body = orjson.dumps({"etcdserver": ETCD_VERSION, "etcdcluster": cluster})
        return web.Response(body=body, content_type="application/json")

    async def state(_: web.Request) -> web.Response:
        body = {
            "raft_index": node.applied,
            "raft_term": node.term,
            "etcd_index": node.store.index,
            "digest": digest(node.store),
        }
        return web.Response(body=orjson.dumps(body), content_type="application/json")

    app = web.Application()
    app.router.add_get("/members", members)
    app.router.add_get("/version", version)
    app.router.add_get("/vard/state", state)
    return app
