"""A cluster of three under faults that are asked for in words."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.dev.running import Dev, running
from tests.harness.wire import FORM, Connection, Deadline


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dev]:
    with running(tmp_path_factory.mktemp("faults"), ["--nodes", "3"]) as dev:
        yield dev


@pytest.fixture(scope="module")
def ports(dev: Dev) -> dict[int, int]:
    return {n: int(url.rpartition(":")[2]) for n, (url, _) in dev.members().items()}


@pytest.fixture
def leader(dev: Dev, ports: dict[int, int]) -> int:
    """Who leads. Each test makes the cluster whole again."""
    return dev.leader()


def put(port: int, seconds: float = 20) -> int:
    """The status of a write. Raises Deadline if it is not answered within `seconds`."""
    with Connection(port, timeout=seconds) as connection:
        return connection.request("PUT", "/v2/keys/k", {"Content-Type": FORM}, b"value=1").status


def raft(port: int) -> dict[str, object]:
    with Connection(port) as connection:
        body = connection.request("GET", "/debug/vars").body
    status = json.loads(body)["raft.status"]
    assert isinstance(status, dict)
    return status


def test_another_leader_follows_one_that_was_killed(
    dev: Dev, ports: dict[int, int], leader: int
) -> None:
    dev.tell("kill leader")
    dev.wait_for(f"node{leader} ended by signal 9")
    dev.wait_for(f"no leader: node{leader} leads no more")
    change = dev.wait_for(
        rf"leader node{leader} -> node(\d), term (\d+), (\d+\.\d\d) s without one"
    )
    new = int(change[1])
    assert raft(ports[new])["raftState"] == "StateLeader"
    assert raft(ports[new])["term"] == int(change[2])
    assert 0.3 < float(change[3]) < 15
    dev.tell("status")
    dev.wait_for(rf".*; leader node{new}, .*; down: node{leader}$")
    dev.wait_for(rf"  node{leader} down ")
    dev.tell(f"restart {leader}")
    dev.wait_for("all nodes are healthy")


def test_a_partitioned_leader_acknowledges_nothing_and_follows_when_healed(
    dev: Dev, ports: dict[int, int], leader: int
) -> None:
    dev.tell("partition leader")
    dev.wait_for(f"node{leader} cut off from node")
    new = int(dev.wait_for(rf"leader node{leader} -> node(\d)")[1])
    assert put(ports[new]) in (200, 201)
    with pytest.raises(Deadline):
        put(ports[leader], seconds=0.5)
    assert raft(ports[leader])["raftState"] != "StateLeader"
    dev.tell(f"heal {leader}")
    dev.wait_for(f"the links of node{leader} are whole")
    dev.wait_for(rf"all nodes are healthy; ready; leader node{new}, ")
    assert put(ports[leader]) in (200, 201)
    states = [raft(port)["raftState"] for port in ports.values()]
    assert states.count("StateLeader") == 1


def test_a_paused_node_is_not_there_until_it_goes_on(
    dev: Dev, ports: dict[int, int], leader: int
) -> None:
    follower = min(ports.keys() - {leader})
    dev.tell(f"pause {follower}")
    dev.wait_for(f"node{follower} paused")
    dev.tell("status")
    dev.wait_for(f"2 of 3 healthy; leader node{leader}, .*; paused: node{follower}$")
    dev.tell(f"continue {follower}")
    dev.wait_for(f"node{follower} goes on")
    dev.wait_for("all nodes are healthy")


def test_one_direction_of_a_link_can_be_cut(dev: Dev, ports: dict[int, int], leader: int) -> None:
    follower = min(ports.keys() - {leader})
    dev.tell(f"cut {leader} {follower}")
    dev.wait_for(f"node{follower} does not hear node{leader} any more")
    dev.tell("status")
    dev.wait_for(f"  node{leader} .* cut from {follower} ")
    dev.tell("heal")
    dev.wait_for("the links of all are whole")


def test_the_writer_tells_what_an_election_cost(
    dev: Dev, ports: dict[int, int], leader: int
) -> None:
    dev.tell("write on")
    dev.wait_for("writing to")
    dev.tell("kill leader")
    gap = dev.wait_for(r"writes are acknowledged again, after a gap of (\d+) ms")
    assert int(gap[1]) > 300
    dev.tell("write off")
    counts = dev.wait_for(r"no more writes; writer: (\d+) acknowledged, (\d+) failed")
    assert int(counts[1]) > 0
    dev.tell(f"restart {leader}")
    dev.wait_for("all nodes are healthy")


def test_logs_can_be_left_out_and_shown(dev: Dev, ports: dict[int, int], leader: int) -> None:
    dev.tell("logs none")
    dev.wait_for("log lines shown: none")
    said = len(dev.said)
    dev.tell("kill 1")
    dev.wait_for("node1 ended by signal 9")
    assert not [line for line in dev.said[said:] if " | " in line]
    dev.tell("logs info")
    dev.tell("restart 1")
    dev.wait_for(r"node1 \| \d\d:\d\d:\d\d\.\d{3} I start: member id=node1 ")
    dev.wait_for("all nodes are healthy")


def test_what_is_not_understood_is_said(dev: Dev, ports: dict[int, int]) -> None:
    dev.tell("explode 1")
    dev.wait_for("no command 'explode'")
    dev.tell("help")
    dev.wait_for(r"partition N\.\.\.")
