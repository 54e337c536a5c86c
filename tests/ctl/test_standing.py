"""`vardctl status`: what it says of members, of those too that say nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.ctl.inside import run, run_alone
from tests.harness.cluster import Cluster, running_cluster
from vard_http.ctl.standing import Standing, is_whole, table

LEADER = Standing("n1", "8e9e05c52164694d", "leader", "http://a:1", 3, 120, "vard_http 0.1", 2e6)
FOLLOWER = Standing("second", "91bc", "follower", "http://b:1", 3, 9, "etcd 3.4.23", None)
SILENT = Standing("", "a", "unreachable", "//c", reason="(dead)")


def test_columns_are_as_wide_as_they_must_be() -> None:
    assert ["  ".join(cells) for cells in table([LEADER, FOLLOWER, SILENT])] == [
        "MEMBER  ID                ROLE         TERM  INDEX  VERSION        DB     URL",
        "n1      8e9e05c52164694d  leader       3     120    vard_http 0.1  1.91M  http://a:1",
        "second  91bc              follower     3     9      etcd 3.4.23    -      http://b:1",
        "-       a                 unreachable  -     -      -              -      //c  (dead)",
    ]


@pytest.mark.parametrize(
    ("standings", "whole"),
    [([LEADER, FOLLOWER], True), ([LEADER, SILENT], False), ([FOLLOWER, FOLLOWER], False)],
)
def test_a_cluster_is_whole_if_all_answer_and_one_leads(
    standings: list[Standing], whole: bool
) -> None:
    assert is_whole(standings) is whole


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with running_cluster("vard", 3) as running:
        yield running


def test_vards_commands_take_hosts_and_ports_as_vards_do(cluster: Cluster) -> None:
    hosts = ",".join(f"127.0.0.1:{server.port}" for server in cluster.servers)
    named = {"VARD_CLUSTER": hosts}

    assert run_alone(["--cluster", hosts, "put", "from", "vard"], {}).out == "vard\n"
    assert run_alone(["get", "from"], named).out == "vard\n"
    assert run_alone(["status"], named).out.count("follower") == 2


def test_each_member_is_told_and_then_who_is_silent(cluster: Cluster) -> None:
    leader = cluster.leader()
    asked = cluster.servers[0]

    whole = run(asked, "-o", "json", "status")
    dead = next(each for each in cluster.servers if each not in (leader, asked))
    dead.kill()
    part = run(asked, "status")

    members = {each["name"]: each for each in json.loads(whole.out)["members"]}
    assert whole.status == 0
    assert [each["role"] for each in members.values()].count("leader") == 1
    for server in cluster.servers:
        told = members[server.endpoint.name]
        assert told["role"] == ("leader" if server is leader else "follower")
        assert (told["id"], told["url"]) == (server.endpoint.member_id, server.endpoint.client_url)
        assert told["term"] == members["n1"]["term"] > 0
        assert told["index"] > 0
        assert told["database"] > 0
        assert told["version"].startswith("vard_http ")
    assert part.status == 5
    (line,) = (line for line in part.out.splitlines() if line.startswith(dead.endpoint.name))
    assert "unreachable" in line
    assert line.endswith(f"{dead.endpoint.client_url}  (Connection refused)")


def test_if_nobody_answers_each_endpoint_is_named(cluster: Cluster) -> None:
    ran = run(cluster.servers[0], "--endpoints", "http://127.0.0.1:1,http://127.0.0.1:2", "status")

    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("Error:  no member answers: http://127.0.0.1:1: ")
    assert "; http://127.0.0.1:2: " in ran.err
