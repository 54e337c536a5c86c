"""POST /ui/leader: hand leadership over; guarded as changes of members are."""

from __future__ import annotations

import msgspec
import structlog

from vard_http.api import Service
from vard_http.api.answers import Answer
from vard_http.api.auth import require_root
from vard_http.api.request import CONTENT_JSON, Request, message
from vard_http.config.identity import format_id

log = structlog.get_logger("ui")


class Move(msgspec.Struct, forbid_unknown_fields=True):
    """The member that is to lead, by its id in hexadecimal; None: the most advanced one."""

    to: str | None = None


async def move_leader(service: Service, request: Request) -> Answer:
    """200 and the new leader; 409 if this member does not lead, 503 if nobody took over in time."""
    if refused := await require_root(service, request):
        return refused
    node = service.node
    try:
        given = msgspec.json.decode(request.body or b"{}", type=Move).to
        to = None if given is None else int(given, 16)
    except (msgspec.DecodeError, ValueError):
        return message(400, 'The body is to be JSON: {"to": "ID IN HEXADECIMAL"}')
    if to is not None and to not in node.cluster.members:
        return message(404, f"No such member: {given}")
    if not node.is_leader:
        return message(409, "This member does not lead")
    if to != node.me and not await node.hand_over(to):
        return message(503, "Nobody took over in time")
    leader = format_id(node.leader)
    log.info("leadership was moved by a client", to=leader)
    return Answer(200, (CONTENT_JSON,), msgspec.json.encode({"leader": leader}))
