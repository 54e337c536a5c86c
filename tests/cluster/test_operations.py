"""What operators see: statistics of a cluster, metrics of peers, the monitoring port, systemd."""

from __future__ import annotations

import functools
import json
import re
import signal
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.cluster.client import agree, get, wait_until, write
from tests.cluster.secure import Authority, ask
from tests.harness.cluster import running_cluster
from tests.harness.ports import lease_port
from tests.harness.processes import Kind, Server, start_server
from tests.harness.wire import Connection

WRITES = 20


def statistics(server: Server, which: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(get(server, f"/v2/stats/{which}").body)
    return found


def samples(server: Server) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    text = get(server, "/metrics").body.decode()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_leader_and_followers_count_the_appends_between_them() -> None:
    with running_cluster("vard", 3) as cluster:
        leader, followers = cluster.leader(), cluster.followers()
        for number in range(WRITES):
            write(leader, "k", str(number))

        own = statistics(leader, "self")
        assert own["state"] == "StateLeader"
        assert own["sendAppendRequestCnt"] >= 2 * WRITES
        assert own["sendPkgRate"] > 0
        assert own["sendBandwidthRate"] > own["sendPkgRate"]
        for follower in followers:
            theirs = statistics(follower, "self")
            assert theirs["state"] == "StateFollower"
            assert theirs["recvAppendRequestCnt"] >= WRITES
            assert theirs["recvBandwidthRate"] > theirs["recvPkgRate"] > 0
            refused = get(follower, "/v2/stats/leader")
            assert (refused.status, refused.body) == (403, b'{"message":"not current leader"}')

        told = statistics(leader, "leader")
        assert told["leader"] == leader.endpoint.member_id
        names = [follower.endpoint.member_id for follower in followers]
        assert list(told["followers"]) == sorted(names)
        for one in told["followers"].values():
            assert one["counts"]["success"] >= WRITES
            latency = one["latency"]
            assert 0 < latency["minimum"] <= latency["average"] <= latency["maximum"] < 5000
            assert latency["minimum"] <= latency["current"] <= latency["maximum"]
            assert latency["standardDeviation"] > 0


def test_heartbeats_are_no_appends() -> None:
    with running_cluster("vard", 3) as cluster:
        leader = cluster.leader()
        write(leader, "k", "v")
        agree(cluster.servers)
        appends, size = statistics(leader, "self")["sendAppendRequestCnt"], sent(leader)
        wait_until(lambda: sent(leader) > size, "a heartbeat was sent")
        assert statistics(leader, "self")["sendAppendRequestCnt"] == appends


def sent(server: Server) -> float:
    """Bytes to all peers."""
    name = "etcd_network_peer_sent_bytes_total"
    return sum(value for (found, _), value in samples(server).items() if found == name)


def peers(servers: list[Server], leader: Server) -> frozenset[tuple[str, str]]:
    other = next(server for server in servers if server is not leader)
    return frozenset({("Local", leader.endpoint.member_id), ("Remote", other.endpoint.member_id)})


def test_appends_to_a_dead_follower_fail_in_the_statistics() -> None:
    with running_cluster("vard", 3) as cluster:
        leader, dead = cluster.leader(), cluster.followers()[0]
        dead.kill()
        write(leader, "k", "v")

        def failed() -> bool:
            write(leader, "k", "v")
            followers = statistics(leader, "leader")["followers"]
            return bool(followers[dead.endpoint.member_id]["counts"]["fail"])

        wait_until(failed, "appends fail")
        found = samples(leader)
        ends = peers([dead], leader)
        assert found["etcd_network_active_peers", ends] == 0
        assert found["etcd_network_disconnected_peers_total", ends] == 1


def test_metrics_tell_what_passes_between_peers() -> None:
    with running_cluster("vard", 3) as cluster:
        leader = cluster.leader()
        for number in range(WRITES):
            write(leader, "k", "v" * 1000 + str(number))
        for follower in cluster.followers():
            name = follower.endpoint.member_id
            to, source = ("To", name), ("From", leader.endpoint.member_id)
            told = samples(leader)["etcd_network_peer_sent_bytes_total", frozenset({to})]
            heard = samples(follower)["etcd_network_peer_received_bytes_total", frozenset({source})]
            assert told > WRITES * 1000
            assert heard > WRITES * 1000
            wait_until(functools.partial(has_round_trips, leader, name), "one was noted")


def has_round_trips(server: Server, to: str) -> bool:
    name = "etcd_network_peer_round_trip_time_seconds_count"
    return samples(server).get((name, frozenset({("To", to)})), 0) > 0


@pytest.mark.parametrize("kind", ["vard", pytest.param("etcd", marks=pytest.mark.etcd)])
def test_the_monitoring_port_has_metrics_and_health_and_nothing_else(kind: Kind) -> None:
    port = lease_port()
    flags = [f"--listen-metrics-urls=http://127.0.0.1:{port.port}"]
    with start_server(kind, flags), Connection(port.port) as connection:
        health = connection.request("GET", "/health")
        assert (health.status, health.body) == (200, b'{"health":"true"}')
        assert health.head.get("Access-Control-Allow-Origin") is None
        metrics = connection.request("GET", "/metrics")
        assert metrics.head.get("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"
        assert re.search(rb"\netcd_server_has_leader 1(\.0)?\n", metrics.body)
        for path in ("/v2/keys", "/version", "/debug/vars", "/"):
            assert connection.request("GET", path).status == 404
        for method in ("HEAD", "POST", "OPTIONS"):
            assert connection.request(method, "/health").head.get("Allow") == "GET"
        assert connection.request("OPTIONS", "/metrics").status == 200
        assert connection.request("OPTIONS", "/nope").status == 404
        assert connection.request("OPTIONS", "//health").status == 301
    port.release()


@pytest.mark.parametrize("kind", ["vard", pytest.param("etcd", marks=pytest.mark.etcd)])
def test_the_monitoring_port_speaks_tls_as_the_clients_port_does(
    kind: Kind, tmp_path: Path
) -> None:
    port, authority = lease_port(), Authority(tmp_path)
    flags = [
        f"--listen-metrics-urls=https://127.0.0.1:{port.port}",
        *authority.client_flags(authority.issue("server")),
        f"--trusted-ca-file={authority.ca_file}",
        "--client-cert-auth",
    ]
    with start_server(kind, flags):
        friend = authority.client(authority.issue("prometheus"))
        assert ask(port.port, friend, "GET", "/health") == 200
        assert ask(port.port, friend, "GET", "/metrics") == 200
        with pytest.raises(ssl.SSLError, match=r"bad certificate|certificate required"):
            ask(port.port, authority.client(), "GET", "/metrics")
    port.release()


def test_systemd_is_told_when_clients_are_served_and_when_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.settimeout(20)
        with start_server("vard") as server:
            assert manager.recv(100) == b"STATUS=waiting for a quorum of the members"
            assert manager.recv(100) == b"READY=1\nSTATUS=serving clients"
            assert get(server, "/version").status == 200
            assert server.terminate() == -signal.SIGTERM
            assert manager.recv(100) == b"STOPPING=1\nSTATUS=stopping"


def test_the_watchdog_of_systemd_hears_from_a_member_that_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", path)
    monkeypatch.setenv("WATCHDOG_USEC", "100000")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.settimeout(20)
        with start_server("vard"):
            while manager.recv(100) != b"READY=1\nSTATUS=serving clients":
                pass
            assert [manager.recv(100) for _ in range(3)] == [b"WATCHDOG=1"] * 3


def test_debug_vars_show_the_core_of_leader_and_follower() -> None:
    with running_cluster("vard", 3) as cluster:
        leader, follower = cluster.leader(), cluster.followers()[0]
        write(leader, "k", "v")
        status = json.loads(get(leader, "/debug/vars").body)["raft.status"]
        assert status["raftState"] == "StateLeader"
        assert status["progress"].keys() == {s.endpoint.member_id for s in cluster.servers}
        assert {one["state"] for one in status["progress"].values()} == {"StateReplicate"}
        theirs = json.loads(get(follower, "/debug/vars").body)["raft.status"]
        assert theirs["raftState"] == "StateFollower"
        assert theirs["lead"] == leader.endpoint.member_id
        assert theirs["progress"] == {}
