"""What the cluster tests say to members: writes, reads, and questions about their state."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec

from tests.harness.http1 import MalformedResponse, Response
from tests.harness.processes import Server
from tests.harness.wire import FORM, Connection, ConnectionEnded, Deadline, Incoming

FAILURES = (OSError, ConnectionEnded, Deadline, MalformedResponse)
"""Everything that leaves a client without a whole answer."""


class Applied(msgspec.Struct, frozen=True):
    """What a member says on its peer port of the state it has applied."""

    raft_index: int
    raft_term: int
    etcd_index: int
    digest: str


def put(connection: Connection, key: str, value: str, **fields: object) -> Response:
    """PUT /v2/keys/`key`; `fields` go into the form, too."""
    body = urlencode({"value": value, **fields}).encode()
    return connection.request("PUT", f"/v2/keys/{key}", {"Content-Type": FORM}, body)


def write(server: Server, key: str, value: str, **fields: object) -> int:
    """A PUT that has to succeed, on a connection of its own; returns its index."""
    with server.connect() as connection:
        answer = put(connection, key, value, **fields)
    assert answer.status in (200, 201), answer
    return int(json.loads(answer.body)["node"]["modifiedIndex"])


def get(server: Server, target: str) -> Response:
    """GET any target on a connection of its own."""
    with server.connect() as connection:
        return connection.request("GET", target)


def value_of(server: Server, key: str, *, quorum: bool = False) -> str | None:
    """The value of a key, None if there is no such key."""
    answer = get(server, f"/v2/keys/{key}?quorum={str(quorum).lower()}")
    if answer.status == 404:
        return None
    assert answer.status == 200, answer
    return str(json.loads(answer.body)["node"]["value"])


def etcd_index(server: Server) -> int:
    """X-Etcd-Index of a read."""
    return int(get(server, "/v2/keys").head.get("X-Etcd-Index") or 0)


def leaves(server: Server, directory: str = "") -> dict[str, tuple[str, int]]:
    """All keys below `directory` with their values and modified indexes."""
    answer = get(server, f"/v2/keys/{directory}?recursive=true")
    if answer.status == 404:
        return {}
    assert answer.status == 200, answer
    found: dict[str, tuple[str, int]] = {}
    waiting: list[Mapping[str, Any]] = [json.loads(answer.body)["node"]]
    while waiting:
        node = waiting.pop()
        if node.get("dir"):
            waiting.extend(node.get("nodes", ()))
        else:
            found[node["key"].lstrip("/")] = (node["value"], node["modifiedIndex"])
    return found


def events(watch: Incoming, count: int, timeout: float = 10.0) -> list[Any]:
    """The first `count` events of a watch, once they are there."""
    deadline = time.monotonic() + timeout
    while watch.body.count(b"\n") < count:
        assert watch.pump(deadline - time.monotonic()), f"the watch ends with {watch.body!r}"
    return [json.loads(line) for line in watch.body.splitlines()[:count]]


def peer_port(server: Server) -> int:
    """Where the member listens for its peers."""
    return urlsplit(server.endpoint.peer_url).port or 0


def applied(server: Server) -> Applied:
    """The member's GET /vard/state."""
    with Connection(peer_port(server)) as connection:
        answer = connection.request("GET", "/vard/state")
    assert answer.status == 200, answer
    return msgspec.json.decode(answer.body, type=Applied)


def agree(servers: Sequence[Server], timeout: float = 20.0) -> Applied:
    """Waits until all have applied the same entries, and checks that their states are the same."""
    states: list[Applied] = []

    def in_step() -> bool:
        states[:] = [applied(server) for server in servers]
        return len({state.raft_index for state in states}) == 1

    wait_until(in_step, "all members have applied the same entries", timeout)
    assert len({(state.digest, state.etcd_index) for state in states}) == 1, states
    return states[0]


def wait_until(condition: Callable[[], bool], what: str, timeout: float = 10.0) -> float:
    """Waits for something that can only be polled for; returns the seconds it took."""
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < timeout, f"not within {timeout:g} s: {what}"
        time.sleep(0.005)
    return time.monotonic() - start


def first_write(server: Server, key: str, deadline: float) -> float:
    """Writes until a write succeeds; returns the time.monotonic() of its answer.

    Each try has a short time limit: what was sent to a leader as it died is never answered.
    """
    while time.monotonic() < deadline:
        try:
            with Connection(server.port, timeout=0.25) as connection:
                if put(connection, key, "back").status in (200, 201):
                    return time.monotonic()
        except FAILURES:
            continue
    raise AssertionError(f"{server.endpoint.name} takes no writes")
