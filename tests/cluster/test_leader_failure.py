"""A leader that dies, sleeps or is asked to go, at the default settings."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator

import pytest

from tests.cluster.client import agree, first_write, get, put, value_of, wait_until, write
from tests.cluster.load import writing
from tests.harness.cluster import Cluster, leader_name, running_cluster
from tests.harness.processes import Server, start_server
from tests.harness.wire import ConnectionEnded, open_watch

FAILOVER_SECONDS = 2.0
HANDOVER_SECONDS = 0.3


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with running_cluster("vard", 3) as cluster:
        yield cluster


def others(cluster: Cluster, server: Server) -> list[Server]:
    return [each for each in cluster.servers if each is not server]


@pytest.mark.parametrize("round", range(3))
def test_a_killed_leader_is_replaced_and_no_acknowledged_write_is_lost(
    cluster: Cluster, round: int
) -> None:
    leader = cluster.leader()
    survivors = others(cluster, leader)
    with writing(cluster.servers) as load:
        load.wait_for(50)
        killed = time.monotonic()
        leader.kill()
        back = first_write(survivors[0], f"failover/{round}", killed + 10)
        assert back - killed <= FAILOVER_SECONDS
        leader.start()
        load.wait_for(20)
    agree(cluster.servers)
    load.assert_kept(cluster.servers)


def test_followers_may_be_killed_under_load(cluster: Cluster) -> None:
    leader = cluster.leader()
    with writing(cluster.servers) as load:
        for follower in others(cluster, leader):
            load.wait_for(20)
            follower.kill()
            follower.start()
        load.wait_for(20)
    agree(cluster.servers)
    load.assert_kept(cluster.servers)
    assert cluster.leader() is leader


def test_all_members_may_be_killed_at_once_under_load(cluster: Cluster) -> None:
    with writing(cluster.servers) as load:
        load.wait_for(50)
        for server in cluster.servers:
            server.signal(signal.SIGKILL)
        for server in cluster.servers:
            server.wait_end()
        cluster.start()
        load.wait_for(20)
    agree(cluster.servers)
    load.assert_kept(cluster.servers)


def test_a_leader_that_wakes_up_after_3_seconds_follows_and_reads_nothing_stale(
    cluster: Cluster,
) -> None:
    leader = cluster.leader()
    survivor = others(cluster, leader)[0]
    write(survivor, "awake", "before")
    paused = time.monotonic()
    leader.pause()
    try:
        with leader.connect() as asleep:
            # Asked while it still takes itself for the leader: this read waits in its socket.
            asleep.send(b"GET /v2/keys/awake?quorum=true HTTP/1.1\r\nHost: h\r\n\r\n")
            back = first_write(survivor, "probe", paused + 10)
            assert back - paused <= FAILOVER_SECONDS
            write(survivor, "awake", "after")
            time.sleep(max(0.0, paused + 3 - time.monotonic()))
            leader.resume()
            assert b'"value":"after"' in asleep.read("GET").body
        assert value_of(leader, "awake", quorum=True) == "after"
    finally:
        leader.resume()
    wait_until(
        lambda: leader_name(leader) not in (None, leader.endpoint.name), "the old leader follows"
    )
    agree(cluster.servers)


def test_a_terminated_leader_hands_over_first(cluster: Cluster) -> None:
    leader = cluster.leader()
    survivors = others(cluster, leader)
    watch = open_watch(leader.port, "/v2/keys/handover?wait=true&stream=true")
    asked = time.monotonic()
    leader.signal(signal.SIGTERM)
    back = first_write(survivors[0], "handed-over", asked + 10)
    assert back - asked <= HANDOVER_SECONDS
    assert leader.wait_end() == -signal.SIGTERM
    with pytest.raises(ConnectionEnded):
        watch.wait_end()
    leader.start()
    agree(cluster.servers)


def test_terminating_a_single_member_keeps_what_it_acknowledged() -> None:
    with start_server("vard") as server:
        index = write(server, "kept", "yes")
        assert server.terminate() == -signal.SIGTERM
        server.start()
        assert value_of(server, "kept") == "yes"
        assert get(server, "/v2/keys/kept").head.get("X-Etcd-Index") == str(index + 1)
        with server.connect() as connection:
            assert put(connection, "kept", "still").status == 200
