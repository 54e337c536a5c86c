"""/v2/stats (contract 12)."""

from __future__ import annotations

import orjson

from vard_http.api import gotime
from vard_http.api.answers import Answer
from vard_http.api.request import CONTENT_JSON, Request
from vard_http.api.service import Service
from vard_http.config.identity import format_id
from vard_http.raft import NOBODY


async def stats_self(service: Service, _: Request) -> Answer:
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
    return Answer(200, (CONTENT_JSON,), orjson.dumps(body))


async def stats_store(service: Service, _: Request) -> Answer:
    """GET /v2/stats/store."""
    return Answer(200, (CONTENT_JSON,), service.node.store.stats_json())
