"""What the membership tests say to members: adding, removing and moving them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from tests.cluster.client import FAILURES, get, peer_port, wait_until
from tests.harness.cluster import Cluster
from tests.harness.http1 import Response
from tests.harness.processes import Endpoint, Kind, Server
from tests.harness.wire import Connection

UNGUARDED = "--strict-reconfig-check=false"


def members(server: Server) -> list[Mapping[str, Any]]:
    """GET /v2/members, by id."""
    answer = get(server, "/v2/members")
    assert answer.status == 200, answer
    listed: list[Mapping[str, Any]] = json.loads(answer.body)["members"]
    return listed


def peers_members(server: Server) -> list[Any]:
    """GET /members on the peer port, empty while there is no answer."""
    try:
        with Connection(peer_port(server)) as connection:
            listed: list[Any] = json.loads(connection.request("GET", "/members").body)
    except FAILURES:
        return []
    return listed


def names(server: Server) -> set[str]:
    """The names of the members that have started."""
    return {member["name"] for member in members(server) if member["name"]}


def id_of(server: Server, name: str) -> str:
    """The id of the member of that name, as `server` knows it."""
    return str(next(each["id"] for each in members(server) if each["name"] == name))


def ask(server: Server, method: str, path: str, peer_url: str | None = None) -> Response:
    """A change of members, asked for once."""
    body = json.dumps({"peerURLs": [peer_url]}).encode() if peer_url else None
    headers = {"Content-Type": "application/json"} if peer_url else {}
    with server.connect() as connection:
        return connection.request(method, f"/v2/members{path}", headers, body)


def change(server: Server, method: str, path: str, peer_url: str | None = None) -> Response:
    """A change of members that must succeed, once the guard finds all members healthy."""
    answers: list[Response] = []

    def done() -> bool:
        answers.append(ask(server, method, path, peer_url))
        return answers[-1].status != 500

    wait_until(done, f"{method} /v2/members{path}", timeout=20)
    assert answers[-1].status in (201, 204), answers[-1]
    return answers[-1]


def add(server: Server, endpoint: Endpoint) -> str:
    """Announce a member that is not started yet; returns its id."""
    answer = change(server, "POST", "", endpoint.peer_url)
    return str(json.loads(answer.body)["id"])


def remove(server: Server, member: str) -> None:
    """Remove a member by its id."""
    change(server, "DELETE", f"/{member}")


def joiner(through: Server, endpoint: Endpoint, flags: Sequence[str] = ()) -> Server:
    """The process of a member that was added, not started; it joins the members of `through`."""
    others = [
        f"{member['name']}={url}"
        for member in members(through)
        for url in member["peerURLs"]
        if member["name"] and url != endpoint.peer_url
    ]
    return Server(
        through.kind,
        endpoint,
        initial_cluster=",".join([*others, f"{endpoint.name}={endpoint.peer_url}"]),
        initial_cluster_state="existing",
        members=len(members(through)),
        extra_flags=flags,
    )


class Growing:
    """A cluster whose members come and go; all processes end with it."""

    def __init__(self, kind: Kind, stack: ExitStack) -> None:
        self.kind: Kind = kind
        self.servers: list[Server] = []
        self._stack = stack

    def found(self, flags: Sequence[str] = ()) -> Server:
        """Start the first member."""
        server = self._own(Server(self.kind, Endpoint("n1"), extra_flags=flags))
        server.start()
        return server

    def join(
        self, name: str, flags: Sequence[str] = (), *, through: Server | None = None
    ) -> Server:
        """Add a member and start it."""
        through = through or next(server for server in self.servers if server.alive)
        endpoint = Endpoint(name)
        add(through, endpoint)
        server = self._own(joiner(through, endpoint, flags))
        server.start()
        return server

    def adopt(self, cluster: Cluster) -> None:
        """Take over the members of a cluster that was started in one go."""
        self.servers.extend(cluster.servers)

    def start(self, server: Server) -> Server:
        """Start a member that was made elsewhere."""
        self._own(server)
        server.start()
        return server

    def alive(self) -> list[Server]:
        return [server for server in self.servers if server.alive]

    def _own(self, server: Server) -> Server:
        self._stack.callback(server.close)
        self.servers.append(server)
        return server


@contextmanager
def growing(kind: Kind = "vard") -> Iterator[Growing]:
    """No members yet, for the length of a `with` block."""
    with ExitStack() as stack:
        yield Growing(kind, stack)
