"""/v2/members and /v2/machines (contract 13)."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from vard_http.api.answers import TEXT, Answer
from vard_http.api.request import CONTENT_JSON, Request, message
from vard_http.api.service import Service
from vard_http.config.identity import format_id
from vard_http.node import Member


def _shown(member: Member) -> dict[str, object]:
    return {
        "id": format_id(member.id),
        "name": member.name,
        "peerURLs": member.peer_urls,
        "clientURLs": member.client_urls,
    }


async def members(service: Service, request: Request) -> Answer:
    """GET /v2/members, /v2/members/ and /v2/members/leader; nothing else is there."""
    below = request.path.removeprefix(b"/v2/members").strip(b"/")
    known = service.node.cluster.members
    if not below:
        return _answer(service, {"members": [_shown(member) for member in known.values()]})
    if below != b"leader":
        return message(404, "Not found", service.cluster_id)
    leader = known.get(service.node.leader)
    if leader is None:
        return message(503, "During election", service.cluster_id)
    return _answer(service, _shown(leader))


def _answer(service: Service, value: Mapping[str, object]) -> Answer:
    return Answer(200, (CONTENT_JSON, service.cluster_id), orjson.dumps(value) + b"\n")


async def machines(service: Service, _: Request) -> Answer:
    """GET /v2/machines: all client URLs."""
    urls = sorted(u for m in service.node.cluster.members.values() for u in m.client_urls)
    return Answer(200, ((b"Content-Type", TEXT),), ", ".join(urls).encode())
