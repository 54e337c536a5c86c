"""/v2/stats (contract 12)."""

from __future__ import annotations

import time

import orjson

from vard_http.api import gotime
from vard_http.api.answers import Answer
from vard_http.api.gofloat import go_float
from vard_http.api.request import CONTENT_JSON, Request, message
from vard_http.api.service import Service
from vard_http.config.identity import format_id
from vard_http.node import Latency, Rate
from vard_http.raft import NOBODY


async def stats_self(service: Service, _: Request) -> Answer:
    """GET /v2/stats/self."""
    node = service.node
    leader, traffic = node.leader, node.traffic
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
        "recvAppendRequestCnt": traffic.received,
        **_rates("recv", traffic.received_rate),
        "sendAppendRequestCnt": traffic.sent,
        **_rates("send", traffic.sent_rate),
    }
    return Answer(200, (CONTENT_JSON,), orjson.dumps(body))


def _rates(way: str, rate: Rate) -> dict[str, orjson.Fragment]:
    """Messages and bytes a second; what is zero is left out."""
    messages, size = rate.per_second(time.monotonic())
    named = {f"{way}PkgRate": messages, f"{way}BandwidthRate": size}
    return {name: go_float(value) for name, value in named.items() if value}


async def stats_leader(service: Service, _: Request) -> Answer:
    """GET /v2/stats/leader: how fast each other member answers, told by the leader alone."""
    node = service.node
    if not node.is_leader:
        return message(403, "not current leader")
    others = sorted((format_id(id), id) for id in node.cluster.members if id != node.me)
    followers = {name: _follower(node.traffic.latency(id)) for name, id in others}
    body = {"leader": format_id(node.me), "followers": followers}
    return Answer(200, (CONTENT_JSON,), orjson.dumps(body))


def _follower(latency: Latency) -> dict[str, object]:
    return {
        "latency": {
            "current": go_float(latency.current),
            "average": go_float(latency.average),
            "standardDeviation": go_float(latency.standard_deviation),
            "minimum": go_float(latency.minimum),
            "maximum": go_float(latency.maximum),
        },
        "counts": {"fail": latency.fail, "success": latency.success},
    }


async def stats_store(service: Service, _: Request) -> Answer:
    """GET /v2/stats/store."""
    return Answer(200, (CONTENT_JSON,), service.node.store.stats_json())
