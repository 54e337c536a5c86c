"""GET /ui/status: what one member knows of itself and of the cluster, for a page that asks often.

Nothing here is counted for it: it reads what /metrics and Raft keep anyway.
"""

from __future__ import annotations

import orjson

from vard_http import __version__
from vard_http.api import Service
from vard_http.api.answers import Answer
from vard_http.api.request import CONTENT_JSON, Request
from vard_http.config.identity import format_id
from vard_http.node import REQUEST_SECONDS, Node
from vard_http.raft import NOBODY
from vard_http.ui.access import auth_is_on

_NANOSECONDS_A_MILLISECOND = 1_000_000


async def status(service: Service, _: Request) -> Answer:
    """Times are milliseconds, since 1970 where they are no durations; durations of histograms are
    seconds. `heard` is how long ago the leader spoke, `contact` how long ago a follower did; both
    may be an interval of heartbeats."""
    node = service.node
    body = {
        **_identity(node),
        **_raft(node),
        "members": _members(node),
        "leaders": [
            (at // _NANOSECONDS_A_MILLISECOND, term, _name(leader))
            for at, term, leader in node.metrics.leaders
        ],
        **_counts(service),
        "store": {
            "index": node.store.index,
            "bytes": node.store.size,
            "quota": node.quota.limit,
            "watchers": node.store.watchers,
        },
        "auth": auth_is_on(node.store),
        "v2": service.v2,
    }
    return Answer(200, ((b"Cache-Control", b"no-store"), CONTENT_JSON), orjson.dumps(body))


def _identity(node: Node) -> dict[str, object]:
    return {
        "cluster": format_id(node.cluster_id),
        "id": format_id(node.me),
        "name": node.settings.name,
        "version": __version__,
        "now": node.clock.time_ns() // _NANOSECONDS_A_MILLISECOND,
        "started": node.started // _NANOSECONDS_A_MILLISECOND,
    }


def _raft(node: Node) -> dict[str, object]:
    state = node.raft.state
    now = int(node.clock.monotonic() * 1000)
    return {
        "role": state.role.value,
        "term": state.current_term,
        "leader": _name(state.leader_id),
        "heard": None if state.is_leader else now - state.leader_contact,
        "commit": state.commit_index,
        "applied": node.applied,
        "last": state.log.last_index,
        "snapshot": state.snapshot.index,
        "transferee": _name(state.transferee),
        "progress": {
            format_id(id): {
                "match": one.match_index,
                "next": one.next_index,
                "mode": one.mode,
                "contact": now - one.contact,
            }
            for id, one in state.progress.items()
        },
    }


def _members(node: Node) -> list[dict[str, object]]:
    peers, learners = node.transport.peers, node.raft.configuration.learners
    return [
        {
            "id": format_id(id),
            "name": member.name,
            "peerURLs": member.peer_urls,
            "clientURLs": member.client_urls,
            "learner": id in learners,
            "connected": id == node.me or (id in peers and peers[id].active_since is not None),
        }
        for id, member in node.cluster.members.items()
    ]


def _counts(service: Service) -> dict[str, object]:
    requests, metrics = service.requests, service.node.metrics
    return {
        "received": {method.decode(): n for method, n in requests.received.items()},
        "failed": sum(requests.failed.values()),
        "seconds": {
            "bounds": REQUEST_SECONDS,
            "counts": {method.decode(): one.counts for method, one in requests.seconds.items()},
        },
        "fsync": {"bounds": metrics.wal_fsync.bounds, "counts": metrics.wal_fsync.counts},
        "proposals": {
            "pending": service.node.proposals_pending,
            "failed": metrics.proposals_failed,
        },
    }


def _name(id: int) -> str | None:
    return None if id == NOBODY else format_id(id)
