"""Ports, flags and command lines, and remembering the ports."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.harness.ports import lease_port
from vard_http.dev.plan import Plan, PlanError, check_flags, environment
from vard_http.dev.ports import Wishes, reserve


def test_the_ports_of_the_nodes_are_a_step_apart() -> None:
    endpoints = Plan(3, 12379, 10000).endpoints
    assert [e.client_url for e in endpoints] == [
        "http://127.0.0.1:12379",
        "http://127.0.0.1:22379",
        "http://127.0.0.1:32379",
    ]
    assert endpoints[0].member_id == "ddd67b312462fd7b"  # as such a member printed it
    assert [e.peer_port for e in endpoints] == [12380, 22380, 32380]


def test_a_node_listens_elsewhere_than_its_peers_are_told(tmp_path: Path) -> None:
    plan = Plan(2, 1000)
    command = plan.command(plan.endpoints[1], tmp_path, ["--debug"])
    flags = dict(zip(command[3:-1:2], command[4:-1:2], strict=True))
    assert flags["--listen-peer-urls"] == "http://127.0.0.1:1012"
    assert flags["--initial-advertise-peer-urls"] == "http://127.0.0.1:1011"
    assert flags["--initial-cluster"] == ("node1=http://127.0.0.1:1001,node2=http://127.0.0.1:1011")
    assert command[-1] == "--debug"


@pytest.mark.parametrize(
    ("nodes", "base", "step"), [(0, 1000, 10), (10, 1000, 10), (3, 1000, 3), (3, 50000, 10000)]
)
def test_no_plan(nodes: int, base: int, step: int) -> None:
    with pytest.raises(PlanError):
        Plan(nodes, base, step)


@pytest.mark.parametrize("flag", ["--name=a", "-data-dir", "--config-file"])
def test_flags_that_are_the_clusters_own_are_refused(flag: str) -> None:
    with pytest.raises(PlanError, match="cannot be given"):
        check_flags(["--debug", flag])


def test_no_variable_sets_a_node_up() -> None:
    given = {"PATH": "p", "ETCD_NAME": "n", "VARD_CLUSTER": "c", "NOTIFY_SOCKET": "s"}
    assert environment(given) == {"PATH": "p"}


def reserved(wishes: Wishes, directory: Path) -> Plan:
    """The plan alone; its ports are free again."""
    plan, sockets = reserve(wishes, directory)
    for each in sockets:
        each.close()
    return plan


def test_ports_are_remembered_with_the_data(tmp_path: Path) -> None:
    plan = reserved(Wishes(nodes=2, step=7), tmp_path)
    assert reserved(Wishes(), tmp_path) == plan
    with pytest.raises(PlanError, match="made with --nodes 2, not 3"):
        reserve(Wishes(nodes=3), tmp_path)
    with pytest.raises(PlanError, match="made with --port-step 7, not 8"):
        reserve(Wishes(step=8), tmp_path)


def test_data_without_its_ports_is_not_begun_with_others(tmp_path: Path) -> None:
    (tmp_path / "node1").mkdir()
    with pytest.raises(PlanError, match=r"holds a cluster, but no dev\.json"):
        reserve(Wishes(), tmp_path)


def test_two_clusters_do_not_get_the_same_ports(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    (tmp_path / "2").mkdir()
    first, sockets = reserve(Wishes(), tmp_path / "1")
    try:
        second = reserved(Wishes(), tmp_path / "2")
    finally:
        for each in sockets:
            each.close()
    ports = [{e.client_port for e in plan.endpoints} for plan in (first, second)]
    assert not ports[0] & ports[1]


def test_a_given_port_that_is_taken_is_an_error(tmp_path: Path) -> None:
    lease = lease_port()
    with socket.create_server(("127.0.0.1", lease.port)), pytest.raises(PlanError, match="in use"):
        reserve(Wishes(nodes=1, base_port=lease.port), tmp_path)
    lease.release()
