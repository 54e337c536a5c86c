"""A disk without room: the member says so and ends, and has kept what it acknowledged."""

from __future__ import annotations

import resource

from tests.cluster.client import FAILURES, agree, leaves, put, value_of, write
from tests.harness.cluster import running_cluster
from tests.harness.processes import Server

ROOM = 2 << 20
"""Bytes that a file of the member may have; with RLIMIT_FSIZE writing fails beyond them."""

VALUE = "v" * 20_000


def write_until_the_end(server: Server) -> set[str]:
    """Write until the member hangs up; returns the keys that were acknowledged."""
    acknowledged: set[str] = set()
    try:
        with server.connect() as connection:
            while len(acknowledged) * len(VALUE) < 2 * ROOM:
                key = f"k/{len(acknowledged)}"
                assert put(connection, key, VALUE).status == 201
                acknowledged.add(key)
    except FAILURES:
        return acknowledged
    raise AssertionError("the disk was never full")


def test_a_member_whose_disk_is_full_says_so_and_loses_nothing() -> None:
    with Server("vard") as server:
        server.limits = {resource.RLIMIT_FSIZE: (ROOM, ROOM)}
        server.start()
        acknowledged = write_until_the_end(server)
        assert server.wait_end() == 1
        last = server.log().splitlines()[-1]
        assert "vard.db: disk I/O error" in last
        assert "Traceback" not in server.log()
        server.limits = {}
        server.start()
        assert acknowledged <= leaves(server, "k").keys()
        write(server, "room", "again")


def test_the_other_members_go_on_without_the_one_whose_disk_is_full() -> None:
    with running_cluster("vard", 3) as cluster:
        full = cluster.leader()
        full.kill()
        full.limits = {resource.RLIMIT_FSIZE: (ROOM, ROOM)}
        full.start()
        alive = [server for server in cluster.servers if server is not full]
        with alive[0].connect() as connection:
            for number in range(2 * ROOM // len(VALUE)):
                assert put(connection, f"k/{number}", VALUE).status == 201
        assert full.wait_end() == 1
        full.limits = {}
        full.start()
        agree(cluster.servers)
        assert value_of(full, "k/0") == VALUE
