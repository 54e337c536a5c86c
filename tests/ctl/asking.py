"""Members that answer from a table, for tests of what asks them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.ctl.snapshots import CLUSTER
from vard_http.client import ClusterUnavailable, Member, Response


def response(body: str | bytes, status: int = 200, **headers: str) -> Response:
    """An answer; underscores in the names of headers are dashes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, named, body.encode() if isinstance(body, str) else body)


def metrics(id: str) -> Response:
    """The least that a member says of itself."""
    return response(f'etcd_server_id{{server_id="{id}"}} 1\nprocess_start_time_seconds 1\n')


def variables(id: str, **status: Any) -> Response:
    """/debug/vars of a follower."""
    plain = {"id": id, "term": 5, "commit": 9, "applied": 9, "lead": "1a"}
    told = {**plain, "raftState": "StateFollower", **status}
    return response(json.dumps({"raft.status": told}))


def members(*listed: Member) -> Response:
    """/v2/members."""
    body = [
        {
            "id": one.id,
            "name": one.name,
            "peerURLs": list(one.peer_urls),
            "clientURLs": list(one.client_urls),
        }
        for one in listed
    ]
    return response(json.dumps({"members": body}), x_etcd_cluster_id=CLUSTER)


class Members:
    """Answers by URL and path; what is not in the table refuses the connection.

    `asked` are the URLs of all requests so far.
    """

    def __init__(self, answers: Mapping[str, Mapping[str, Response]]) -> None:
        self.answers = {url: dict(paths) for url, paths in answers.items()}
        self.asked: list[str] = []

    async def request(self, method: str, path: str, *, endpoint: str | None = None) -> Response:
        assert method == "GET"
        assert endpoint is not None
        self.asked.append(endpoint)
        answer = self.answers.get(endpoint, {}).get(path)
        if answer is None:
            raise ClusterUnavailable({endpoint: "connection refused"})
        return answer
