"""Whether a server has joined its cluster and serves clients."""

from __future__ import annotations

import json
from typing import Any

from tests.harness.http1 import MalformedResponse, Response
from tests.harness.wire import Connection, ConnectionEnded, Deadline


def is_ready(port: int, members: int, *, fresh: bool) -> bool:
    """Whether the server knows a leader and, if `fresh`, its etcd index rests at 2N+1 (contract 3).

    Asks endpoints that move no counter of /v2/stats/store and propose nothing, so that the first
    request of a test finds the server as nobody had touched it. A server that has no
    /v2/members yet is asked for the etcd index itself.
    """
    try:
        with Connection(port, timeout=1.0) as connection:
            leader = connection.request("GET", "/v2/members/leader").status
            if leader == 404:
                return _index(connection) >= (2 * members + 1 if fresh else 1)
            return leader == 200 and (not fresh or _has_settled(connection, members))
    except (OSError, ConnectionEnded, Deadline, MalformedResponse):
        return False


def _has_settled(connection: Connection, members: int) -> bool:
    """All members have published their names, and the cluster version, written last, is known."""
    listed = _json(connection.request("GET", "/v2/members")).get("members", [])
    published = [member for member in listed if member.get("clientURLs")]
    version = _json(connection.request("GET", "/version")).get("etcdcluster", "not_decided")
    return len(published) == members and version != "not_decided"


def _index(connection: Connection) -> int:
    return int(connection.request("HEAD", "/v2/keys").head.get("X-Etcd-Index") or 0)


def _json(response: Response) -> dict[str, Any]:
    value = json.loads(response.body) if response.status == 200 else {}
    return value if isinstance(value, dict) else {}
