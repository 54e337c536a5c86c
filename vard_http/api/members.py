"""/v2/members and /v2/machines (contract 13)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import orjson
import structlog

from vard_http.api.answers import TEXT, Answer, plain_error
from vard_http.api.auth import require_root
from vard_http.api.gojson import GoJsonError, read_peer_urls
from vard_http.api.request import CONTENT_JSON, Request, message
from vard_http.api.service import Service
from vard_http.config.identity import format_id
from vard_http.config.urls import parse_urls
from vard_http.node import (
    Member,
    MemberConflict,
    MemberRemoved,
    MembershipError,
    MemberUnknown,
)

PREFIX: Final = b"/v2/members"

_HEX = re.compile(rb"[0-9a-fA-F]+")
_MAX_ID: Final = (1 << 64) - 1

log = structlog.get_logger("membership")


class Refused(Exception):
    """The request is answered before anything is done."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


async def members(service: Service, request: Request) -> Answer:
    """/v2/members and all below it."""
    below = request.path.removeprefix(PREFIX).removeprefix(b"/")
    if request.method == b"GET":
        return _get(service, below)
    if refused := await require_root(service, request):
        return refused
    try:
        match request.method:
            case b"POST":
                return await _add(service, request)
            case b"PUT":
                return await _update(service, request, _member_id(service, below))
            case _:
                return await _remove(service, _member_id(service, below))
    except Refused as early:
        return early.answer
    except MembershipError as error:
        log.warning("a change of members failed", method=request.method.decode(), error=str(error))
        return _message(service, 500, "Internal Server Error")


def _get(service: Service, below: bytes) -> Answer:
    known = service.node.cluster.members
    if not below:
        return _shown(service, 200, {"members": [_fields(member) for member in known.values()]})
    if below != b"leader":
        return _message(service, 404, "Not found")
    leader = known.get(service.node.leader)
    if leader is None:
        return _message(service, 503, "During election")
    return _shown(service, 200, _fields(leader))


async def _add(service: Service, request: Request) -> Answer:
    peer_urls = _peer_urls(service, request)
    try:
        added = await service.node.reconfiguration.add(peer_urls)
    except MemberConflict as conflict:
        return _message(service, 409, str(conflict))
    return _shown(service, 201, _fields(added))


async def _update(service: Service, request: Request, member: int) -> Answer:
    peer_urls = _peer_urls(service, request)
    try:
        await service.node.reconfiguration.update(member, peer_urls)
    except MemberConflict as conflict:
        return _message(service, 409, str(conflict))
    except MemberUnknown:
        return _message(service, 404, f"No such member: {format_id(member)}")
    return Answer(204, (service.cluster_id,))


async def _remove(service: Service, member: int) -> Answer:
    try:
        await service.node.reconfiguration.remove(member)
    except MemberRemoved:
        return _message(service, 410, f"Member permanently removed: {format_id(member)}")
    except MemberUnknown:
        return _message(service, 404, f"No such member: {format_id(member)}")
    return Answer(204, (service.cluster_id,))


def _member_id(service: Service, below: bytes) -> int:
    """The id in the path. Raises Refused."""
    if not below:
        answer = plain_error(405, b"Method Not Allowed")
        raise Refused(Answer(405, (*answer.pairs, service.cluster_id), answer.body))
    if not _HEX.fullmatch(below) or len(below.lstrip(b"0")) > 16:
        raise Refused(_message(service, 404, b"No such member: " + below))
    return int(below, 16)


def _peer_urls(service: Service, request: Request) -> tuple[str, ...]:
    """The peer URLs in the body, sorted (contract 13.2, steps 1 and 2). Raises Refused."""
    content_type = request.headers.get(b"content-type", b"")
    base, semicolon, _ = content_type.partition(b";")
    if semicolon:
        content_type = base.lower().strip()
    if content_type != b"application/json":
        text = b"Bad Content-Type %b, accept application/json" % content_type
        raise Refused(_message(service, 415, text))
    try:
        return parse_urls(read_peer_urls(request.body))
    except (GoJsonError, ValueError) as error:
        raise Refused(_message(service, 400, str(error))) from None


def _fields(member: Member) -> dict[str, object]:
    return {
        "id": format_id(member.id),
        "name": member.name,
        "peerURLs": member.peer_urls,
        "clientURLs": member.client_urls,
    }


def _shown(service: Service, status: int, value: Mapping[str, object]) -> Answer:
    body = orjson.dumps(value) + b"\n"
    for character in b"<>&":
        body = body.replace(b"%c" % character, b"\\u%04x" % character)
    return Answer(status, (CONTENT_JSON, service.cluster_id), body)


def _message(service: Service, status: int, text: str | bytes) -> Answer:
    return message(status, text, service.cluster_id)


async def machines(service: Service, _: Request) -> Answer:
    """GET /v2/machines: all client URLs."""
    urls = sorted(u for m in service.node.cluster.members.values() for u in m.client_urls)
    return Answer(200, (), ", ".join(urls).encode(), guessed=TEXT)
