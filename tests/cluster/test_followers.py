"""Requests that reach a member which does not lead, and the indexes of fresh clusters."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.cluster.client import agree, etcd_index, get, put, value_of, write
from tests.harness.cluster import Cluster, running_cluster


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with running_cluster("vard", 3) as cluster:
        yield cluster


def test_a_write_can_be_read_at_once_on_the_follower_that_answered_it(cluster: Cluster) -> None:
    with cluster.followers()[0].connect() as connection:
        for number in range(200):
            written = put(connection, "own", str(number))
            index = json.loads(written.body)["node"]["modifiedIndex"]
            assert written.head.get("X-Etcd-Index") == str(index)
            read = connection.request("GET", "/v2/keys/own")
            assert json.loads(read.body)["node"]["value"] == str(number)
            assert int(read.head.get("X-Etcd-Index") or 0) >= index


def test_a_quorum_read_sees_what_any_other_member_acknowledged(cluster: Cluster) -> None:
    servers = cluster.servers
    for number in range(60):
        write(servers[number % 3], "shared", str(number))
        assert value_of(servers[(number + 1) % 3], "shared", quorum=True) == str(number)


def test_errors_of_the_key_space_come_through_a_follower(cluster: Cluster) -> None:
    follower = cluster.followers()[0]
    write(follower, "old", "1")
    with follower.connect() as connection:
        mismatch = put(connection, "old", "2", prevValue="other")
        missing = connection.request("DELETE", "/v2/keys/none")
    assert (mismatch.status, json.loads(mismatch.body)["errorCode"]) == (412, 101)
    assert (missing.status, json.loads(missing.body)["errorCode"]) == (404, 100)
    agree(cluster.servers)


def test_a_watch_on_a_follower_sees_a_write_on_the_leader(cluster: Cluster) -> None:
    leader, follower = cluster.leader(), cluster.followers()[0]
    with follower.connect() as connection:
        since = write(leader, "seen", "before")
        target = f"/v2/keys/seen?wait=true&waitIndex={since + 1}"
        connection.send(f"GET {target} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
        index = write(leader, "seen", "after")
        event = json.loads(connection.read("GET").body)
    assert (event["node"]["value"], event["node"]["modifiedIndex"]) == ("after", index)


@pytest.mark.parametrize("size", [1, 3, 5, 7])
def test_a_fresh_cluster_settles_at_2n_plus_1(size: int) -> None:
    with running_cluster("vard", size) as cluster:
        assert agree(cluster.servers).etcd_index == 2 * size + 1
        assert {etcd_index(server) for server in cluster.servers} == {2 * size + 1}
        assert write(cluster.servers[-1], "first", "1") == 2 * size + 2


@pytest.mark.etcd
@pytest.mark.parametrize("size", [1, 3])
def test_the_first_indexes_are_those_of_etcd(size: int) -> None:
    with running_cluster("etcd", size) as theirs, running_cluster("vard", size) as ours:
        seen = []
        for cluster in (theirs, ours):
            first = write(cluster.servers[-1], "first", "1")
            answer = get(cluster.servers[-1], "/v2/keys/first")
            seen.append((first, answer.head.get("X-Etcd-Index"), answer.head.get("X-Raft-Index")))
        assert seen[0] == seen[1]
