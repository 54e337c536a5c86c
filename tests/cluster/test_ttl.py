"""Keys with a TTL in a cluster: one index for their end, whatever happens to the leader."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.cluster.client import agree, events, leaves, put, value_of, wait_until, write
from tests.harness.cluster import Cluster, running_cluster
from tests.harness.processes import start_server
from tests.harness.wire import open_watch


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with running_cluster("vard", 3) as cluster:
        yield cluster


def test_a_key_expires_on_all_members_at_the_same_index(cluster: Cluster) -> None:
    watches = [
        open_watch(server.port, "/v2/keys/brief?wait=true&stream=true")
        for server in cluster.servers
    ]
    started = time.monotonic()
    index = write(cluster.followers()[0], "brief", "1", ttl=1)
    ends = []
    for watch in watches:
        ends.append(events(watch, 2)[1])
        watch.connection.close()
    assert 0.9 <= time.monotonic() - started < 2.5
    assert [event["action"] for event in ends] == ["expire"] * 3
    assert {event["node"]["modifiedIndex"] for event in ends} == {index + 1}
    agree(cluster.servers)


def test_ttls_outlive_their_leader(cluster: Cluster) -> None:
    leader = cluster.leader()
    with leader.connect() as connection:
        for number in range(20):
            assert put(connection, f"many/{number}", "1", ttl=1 + number % 3).status == 201
    agree(cluster.servers)
    leader.kill()
    survivors = cluster.alive()
    wait_until(lambda: not any(leaves(server, "many") for server in survivors), "all expire")
    leader.start()
    agree(cluster.servers)
    assert leaves(leader, "many") == {}


def test_a_key_expires_in_downtime_and_a_refreshed_one_does_not() -> None:
    with start_server("vard") as server:
        write(server, "short", "1", ttl=1)
        write(server, "long", "1", ttl=100)
        with server.connect() as connection:
            assert put(connection, "refreshed", "1", ttl=1).status == 201
            body = b"ttl=100&refresh=true&prevExist=true"
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            refresh = connection.request("PUT", "/v2/keys/refreshed", headers, body)
            assert refresh.status == 200
        server.kill()
        server.start()
        wait_until(lambda: value_of(server, "short") is None, "the key expires", 3)
        assert value_of(server, "long") == "1"
        assert value_of(server, "refreshed") == "1"
