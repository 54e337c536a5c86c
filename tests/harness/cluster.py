"""Several members of one cluster, each a real process."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator, Sequence

from tests.harness.http1 import MalformedResponse
from tests.harness.processes import (
    START_TIMEOUT,
    AddressInUse,
    Endpoint,
    Kind,
    Server,
    StartFailed,
)
from tests.harness.wire import Connection, ConnectionEnded, Deadline


class NoLeader(RuntimeError):
    """No running member calls itself the leader within the time given."""


class Cluster:
    """`size` members named n1, n2, … that know each other from the start."""

    def __init__(self, kind: Kind, size: int, extra_flags: Sequence[str] = ()) -> None:
        endpoints = [Endpoint(f"n{number}") for number in range(1, size + 1)]
        self.initial_cluster = ",".join(f"{each.name}={each.peer_url}" for each in endpoints)
        self.servers = [
            Server(
                kind,
                endpoint,
                initial_cluster=self.initial_cluster,
                members=size,
                extra_flags=extra_flags,
            )
            for endpoint in endpoints
        ]

    def start(self, timeout: float = START_TIMEOUT) -> None:
        """Starts all members and waits until each serves. Raises StartFailed."""
        for server in self.servers:
            server.spawn()
        for server in self.servers:
            server.wait_ready(timeout, fresh=True)

    def close(self) -> None:
        for server in self.servers:
            server.close()

    def alive(self) -> list[Server]:
        return [server for server in self.servers if server.alive]

    def leader(self, timeout: float = 10.0) -> Server:
        """The member that calls itself leader and is named by /v2/members/leader.

        Raises NoLeader. Paused members are asked too, and count as silent.
        """
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            for server in self.alive():
                name = leader_name(server)
                found = next((each for each in self.alive() if each.endpoint.name == name), None)
                if found is not None and leader_name(found) == name:
                    return found
            time.sleep(0.02)
        raise NoLeader(f"none within {timeout:g} s")

    def followers(self) -> list[Server]:
        """All running members but the leader."""
        leader = self.leader()
        return [server for server in self.alive() if server is not leader]


@contextlib.contextmanager
def running_cluster(kind: Kind, size: int, extra_flags: Sequence[str] = ()) -> Iterator[Cluster]:
    """A fresh cluster for the length of a `with` block."""
    cluster = _start(kind, size, extra_flags)
    try:
        yield cluster
    finally:
        cluster.close()


def leader_name(server: Server) -> str | None:
    """The name of the leader this member knows of, None without one or without an answer."""
    try:
        with Connection(server.port, timeout=1.0) as connection:
            answer = connection.request("GET", "/v2/members/leader")
    except (OSError, ConnectionEnded, Deadline, MalformedResponse):
        return None
    if answer.status != 200:
        return None
    name = json.loads(answer.body)["name"]
    return str(name)


def _start(kind: Kind, size: int, extra_flags: Sequence[str]) -> Cluster:
    for _ in range(5):
        cluster = Cluster(kind, size, extra_flags)
        try:
            cluster.start()
        except AddressInUse:
            cluster.close()
        except BaseException:
            cluster.close()
            raise
        else:
            return cluster
    raise StartFailed("leased ports were taken by somebody else five times")
