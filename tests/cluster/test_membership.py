"""Members that are added, removed and moved while the cluster runs (contract 13)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.client import agree, etcd_index, get, leaves, value_of, wait_until, write
from tests.cluster.load import roaming, writing
from tests.cluster.membership import (
    UNGUARDED,
    add,
    ask,
    change,
    growing,
    id_of,
    joiner,
    members,
    names,
    peers_members,
    remove,
)
from tests.cluster.roaming import SYNC_EVERY
from tests.harness.cluster import running_cluster
from tests.harness.processes import Endpoint, Server, start_server
from tests.harness.wire import request_bytes

REMOVED = "node: the member has been permanently removed from the cluster"


def assert_ended_as_removed(server: Server) -> None:
    assert server.wait_end(10) == 0
    assert REMOVED in server.log()


def test_a_cluster_grows_from_one_to_three_under_writes() -> None:
    with growing() as cluster:
        first = cluster.found()
        with writing([first]) as load:
            load.wait_for(20)
            for name in ("n2", "n3"):
                cluster.join(name)
                load.wait_for(20)
        agree(cluster.servers)
        load.assert_kept(cluster.servers)
        assert names(first) == {"n1", "n2", "n3"}


def test_indexes_of_a_growing_and_shrinking_cluster() -> None:
    """Contract 3: add +1, first start +1, new peer URLs +1, removal +2."""
    with growing() as cluster:
        first = cluster.found([UNGUARDED])
        assert write(first, "a", "1") == 4
        endpoint = Endpoint("n2")
        added = add(first, endpoint)
        assert etcd_index(first) == 5
        second = cluster.start(joiner(first, endpoint))
        assert agree([first, second]).etcd_index == 6
        change(first, "PUT", f"/{added}", endpoint.peer_url)
        assert agree([first, second]).etcd_index == 7
        remove(first, added)
        assert etcd_index(first) == 9


def test_a_new_member_serves_what_was_written_before_it_came() -> None:
    with growing() as cluster:
        first = cluster.found(["--snapshot-count=100"])
        for number in range(300):
            write(first, f"k{number}", str(number))
        second = cluster.join("n2")
        before = {key: found for key, found in leaves(first).items() if key.startswith("k")}
        assert leaves(second) == before
        assert value_of(second, "k299", quorum=True) == "299"
        assert agree([first, second])


def test_a_member_that_was_added_counts_before_it_has_started() -> None:
    """One of two is no quorum; that lasts through a restart, until the other starts."""
    with growing() as cluster:
        first = cluster.found()
        endpoint = Endpoint("n2")
        add(first, endpoint)
        assert get(first, "/health").status == 503
        second = joiner(first, endpoint)
        first.kill()
        first.spawn()
        wait_until(lambda: len(peers_members(first)) == 2, "the first member is back")
        cluster.start(second)
        first.wait_ready()
        assert names(second) == {"n1", "n2"}
        write(first, "b", "2")
        agree(cluster.servers)


def test_a_follower_and_then_the_leader_are_removed() -> None:
    with running_cluster("vard", 3) as cluster:
        follower, other = cluster.followers()
        leader = cluster.leader()
        with writing([other]) as load:
            load.wait_for(10)
            remove(other, id_of(other, follower.endpoint.name))
            assert_ended_as_removed(follower)
            load.wait_for(10)
            remove(leader, id_of(other, leader.endpoint.name))
            assert_ended_as_removed(leader)
            load.wait_for(10)
        load.assert_kept([other])
        assert names(other) == {other.endpoint.name}
        assert cluster.leader() is other


def test_a_removed_member_is_gone_for_ever() -> None:
    with running_cluster("vard", 3) as cluster:
        first, second, third = cluster.servers
        removed = id_of(first, third.endpoint.name)
        remove(first, removed)
        assert_ended_as_removed(third)
        again = ask(second, "DELETE", f"/{removed.upper()}")
        assert (again.status, again.body) == (
            410,
            b'{"message":"Member permanently removed: %s"}' % removed.encode(),
        )
        assert ask(first, "PUT", f"/{removed}", "http://127.0.0.1:9").status == 500
        third.spawn()
        assert third.wait_end(10) == 0
        assert third.log().count(REMOVED) == 2


def test_a_member_that_was_down_when_removed_learns_of_it_when_it_starts() -> None:
    with running_cluster("vard", 3) as cluster:
        first, _, third = cluster.servers
        removed = id_of(first, third.endpoint.name)
        third.kill()
        remove(first, removed)
        third.spawn()
        assert_ended_as_removed(third)


def test_each_member_is_replaced_under_writes_and_quorum_reads() -> None:
    """No acknowledged write is lost, and no quorum read fails or misses one.

    A client that talks to a member as it is removed asks another one that it knows; a read fails
    if all of these fail it.
    """
    with running_cluster("vard", 3) as three, growing() as cluster:
        cluster.adopt(three)
        with roaming(three.servers) as load:
            load.wait_for(SYNC_EVERY)
            for number, server in enumerate(list(three.servers), 4):
                through = next(each for each in cluster.alive() if each is not server)
                remove(through, id_of(through, server.endpoint.name))
                assert_ended_as_removed(server)
                cluster.join(f"n{number}", through=through)
                load.wait_for(2 * SYNC_EVERY)
        load.assert_read()
        agree(cluster.alive())
        load.assert_kept(cluster.alive())
        assert names(cluster.alive()[0]) == {"n4", "n5", "n6"}


def test_a_member_that_lost_its_data_comes_back_under_a_new_id() -> None:
    with running_cluster("vard", 3) as three, growing() as cluster:
        first, _, third = three.servers
        write(first, "a", "1")
        old = id_of(first, third.endpoint.name)
        third.kill()
        (third.directory / "data").rename(third.directory / "lost")
        third.spawn()
        assert third.wait_end(10) == 1
        assert f"member {old} has already been bootstrapped" in third.log()
        remove(first, old)
        new = add(first, third.endpoint)
        assert new != old
        cluster.start(joiner(first, third.endpoint))
        back = cluster.servers[0]
        assert id_of(back, "n3") == new
        assert value_of(back, "a") == "1"
        agree([*three.servers[:2], back])


def test_a_member_moves_to_another_peer_url() -> None:
    with running_cluster("vard", 3) as cluster:
        first, _, third = cluster.servers
        moved = Endpoint("moved")
        change(first, "PUT", f"/{id_of(first, third.endpoint.name)}", moved.peer_url)
        third.kill()
        write(first, "a", "1")
        third.extra_flags = (
            f"--listen-peer-urls={moved.peer_url}",
            f"--initial-advertise-peer-urls={moved.peer_url}",
        )
        third.start()
        wait_until(lambda: value_of(third, "a") == "1", "the moved member has caught up")
        urls = [member["peerURLs"] for member in members(third) if member["name"] == "n3"]
        assert urls == [[moved.peer_url]]
        for server in cluster.servers[:2]:
            server.restart()
        wait_until(lambda: write(first, "b", "2") > 0, "a write after restarts of the others")


def test_a_change_is_visible_where_it_was_asked_for() -> None:
    with running_cluster("vard", 3, [UNGUARDED]) as cluster:
        for number, follower in enumerate(cluster.followers()):
            added = add(follower, Endpoint(f"later{number}"))
            assert added in {member["id"] for member in members(follower)}
            remove(follower, added)
            assert added not in {member["id"] for member in members(follower)}


def test_changes_asked_for_at_once_are_all_made_or_refused_for_what_they_are() -> None:
    with running_cluster("vard", 3, [UNGUARDED]) as cluster:
        connections = [server.connect() for server in cluster.servers]
        headers = {"Content-Type": "application/json"}
        body = b'{"peerURLs":["http://127.0.0.1:7"]}'
        for connection in connections:
            connection.send(request_bytes("POST", "/v2/members", headers, body))
        statuses = sorted(connection.read("POST").status for connection in connections)
        assert statuses == [201, 409, 409]
        assert len(members(cluster.servers[0])) == 4
        for connection in connections:
            connection.close()


@pytest.fixture
def single() -> Iterator[Server]:
    with start_server("vard") as server:
        yield server


def test_the_guard_refuses_what_would_lose_the_quorum(single: Server) -> None:
    only = members(single)[0]["id"]
    assert ask(single, "DELETE", f"/{only}").status == 500
    assert ask(single, "POST", "", "http://127.0.0.1:7").status == 201
    refused = ask(single, "POST", "", "http://127.0.0.1:8")
    assert (refused.status, refused.body) == (500, b'{"message":"Internal Server Error"}')


def test_the_guard_wants_all_members_connected_for_five_seconds() -> None:
    with running_cluster("vard", 3) as cluster:
        first, second, third = cluster.servers
        assert ask(first, "POST", "", "http://127.0.0.1:7").status == 500
        healthy = id_of(first, second.endpoint.name)
        dead = id_of(first, third.endpoint.name)
        change(first, "PUT", f"/{dead}", third.endpoint.peer_url)
        third.kill()
        wait_until(
            lambda: ask(first, "DELETE", f"/{healthy}").status == 500, "the guard has noticed", 10
        )
        assert ask(first, "POST", "", "http://127.0.0.1:7").status == 500
        assert ask(first, "DELETE", f"/{dead}").status == 204


def test_the_last_member_stays_even_without_a_guard() -> None:
    with start_server("vard", [UNGUARDED]) as server:
        assert ask(server, "DELETE", f"/{members(server)[0]['id']}").status == 500
        assert write(server, "a", "1")


def test_one_survivor_of_three_goes_on_alone_when_forced() -> None:
    with running_cluster("vard", 3) as cluster:
        first, second, third = cluster.servers
        write(first, "a", "1")
        index = agree(cluster.servers).etcd_index
        for server in (first, second, third):
            server.kill()
        third.extra_flags = ("--force-new-cluster",)
        third.members = 1
        third.start()
        assert names(third) == {"n3"}
        assert leaves(third)["a"] == ("1", index)
        assert etcd_index(third) == index + 2 * 2 + 1
        third.extra_flags = ()
        third.restart()
        assert etcd_index(third) == index + 2 * 2 + 2
        write(third, "b", "2")
        first.spawn()
        assert_ended_as_removed(first)


def test_a_forced_cluster_can_grow_again() -> None:
    with running_cluster("vard", 3) as three, growing() as cluster:
        survivor = three.leader()
        for server in three.servers:
            server.kill()
        survivor.extra_flags = ("--force-new-cluster",)
        survivor.members = 1
        survivor.start()
        write(survivor, "a", "1")
        joined = cluster.join("n4", through=survivor)
        assert value_of(joined, "a") == "1"


@pytest.mark.parametrize(
    ("initial_cluster", "reason"),
    [
        ("{n1},{me}", "}}: member count is unequal"),
        ("{me}", "cannot fetch cluster info from peer urls: could not retrieve"),
        ("{n1},other=http://127.0.0.1:7", 'couldn\'t find local name "n2"'),
    ],
)
def test_a_member_that_was_not_added_cannot_join(
    single: Server, initial_cluster: str, reason: str
) -> None:
    endpoint = Endpoint("n2")
    text = initial_cluster.format(
        n1=f"default={single.endpoint.peer_url}", me=f"n2={endpoint.peer_url}"
    )
    server = Server(
        "vard", endpoint, initial_cluster=text, initial_cluster_state="existing", members=2
    )
    with server:
        server.spawn()
        assert server.wait_end(10) == 1
        assert reason.replace("}}", "") in server.log()
        assert not (server.directory / "data").exists()


def test_a_joining_member_that_has_received_nothing_yet_remembers_who_it_is() -> None:
    with growing() as cluster:
        first = cluster.found()
        endpoint = Endpoint("n2")
        added = add(first, endpoint)
        with joiner(first, endpoint) as second:
            second.spawn()
            wait_until(lambda: "member id=" in second.log(), "the member has an identity")
            first.kill()
            second.kill()
            second.spawn()
            first.spawn()
            second.wait_ready()
            assert id_of(second, "n2") == added
