"""A member that is left without a majority."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.cluster.client import agree, get, put, value_of, wait_until, write
from tests.harness.cluster import Cluster, leader_name, running_cluster
from tests.harness.http1 import Response
from tests.harness.processes import Server

REQUEST_TIMEOUT = 6.0
"""Seconds: 5 and twice the election timeout (contract 11)."""

TIMED_OUT = {
    "errorCode": 300,
    "message": "Raft Internal Error",
    "cause": "etcdserver: request timed out",
    "index": 0,
}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    flags = ("--election-timeout=500", "--heartbeat-interval=50")
    with running_cluster("vard", 3, flags) as cluster:
        yield cluster


def timed(server: Server, method: str, target: str) -> tuple[Response, float]:
    start = time.monotonic()
    with server.connect() as connection:
        if method == "PUT":
            answer = put(connection, target, "late")
        else:
            answer = connection.request(method, target)
    return answer, time.monotonic() - start


def leave_alone(cluster: Cluster) -> Server:
    """Kill all but one follower; returns it once it knows that there is no leader."""
    alone = cluster.followers()[0]
    for server in cluster.servers:
        if server is not alone:
            server.kill()
    wait_until(lambda: leader_name(alone) is None, "the loss of the leader is noticed")
    return alone


def test_without_a_quorum_reads_answer_and_writes_time_out_as_in_etcd(cluster: Cluster) -> None:
    write(cluster.servers[0], "a", "1")
    agree(cluster.servers)
    alone = leave_alone(cluster)
    with ThreadPoolExecutor() as pool:
        waiting = [
            pool.submit(timed, alone, "PUT", "late"),
            pool.submit(timed, alone, "DELETE", "/v2/keys/a"),
            pool.submit(timed, alone, "GET", "/v2/keys/a?quorum=true"),
        ]
        assert value_of(alone, "a") == "1"
        assert get(alone, "/v2/members").status == 200
        leader = get(alone, "/v2/members/leader")
        assert (leader.status, json.loads(leader.body)) == (503, {"message": "During election"})
        health = get(alone, "/health")
        assert (health.status, json.loads(health.body)) == (503, {"health": "false"})
        for answer, seconds in (each.result() for each in waiting):
            assert (answer.status, json.loads(answer.body)) == (500, TIMED_OUT)
            assert answer.head.get("X-Etcd-Index") == "0"
            assert REQUEST_TIMEOUT <= seconds < REQUEST_TIMEOUT + 1
    for server in cluster.servers:
        if not server.alive:
            server.spawn()
    for server in cluster.servers:
        server.wait_ready()
    agree(cluster.servers)
    assert value_of(alone, "a", quorum=True) == "1"


def test_a_write_that_waits_for_a_quorum_succeeds_when_it_returns(cluster: Cluster) -> None:
    alone = leave_alone(cluster)
    with alone.connect() as client, ThreadPoolExecutor() as pool:
        answer = pool.submit(put, client, "patient", "yes")
        for server in cluster.servers:
            if not server.alive:
                server.spawn()
        assert answer.result().status == 201
    for server in cluster.servers:
        server.wait_ready()
    agree(cluster.servers)


def test_a_leader_without_followers_steps_down_and_may_keep_what_timed_out(
    cluster: Cluster,
) -> None:
    leader = cluster.leader()
    followers = [server for server in cluster.servers if server is not leader]
    for server in followers:
        server.pause()
    try:
        answer, seconds = timed(leader, "PUT", "maybe")
        assert answer.status == 500
        assert json.loads(answer.body)["cause"].startswith(TIMED_OUT["cause"])
        assert REQUEST_TIMEOUT <= seconds < REQUEST_TIMEOUT + 1
        assert value_of(leader, "maybe") is None
        assert leader_name(leader) is None
    finally:
        for server in followers:
            server.resume()
    write(leader, "after", "1")
    agree(cluster.servers)
    assert {value_of(server, "maybe") for server in cluster.servers} in ({None}, {"late"})
