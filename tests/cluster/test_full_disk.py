"""A disk without room: the member says so and ends, and has kept what it acknowledged."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.client import FAILURES, agree, get, leaves, put, value_of, wait_until, write
from tests.harness.cluster import running_cluster
from tests.harness.http1 import Response
from tests.harness.processes import Server
from vard_http.node.quota import RESERVE_BYTES

ROOM = 2 << 20
"""Bytes that a file of the member may have; with RLIMIT_FSIZE writing fails beyond them."""

VALUE = "v" * 20_000

DISK = 2 * RESERVE_BYTES


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system of its own."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "none", str(tmp_path)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root outside of a container may mount a file system")
    yield tmp_path
    subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


def fill(disk: Path, leave: int) -> None:
    """Leave so many bytes free."""
    free = os.statvfs(disk)
    with (disk / "ballast").open("wb") as ballast, contextlib.suppress(OSError):
        os.posix_fallocate(ballast.fileno(), 0, free.f_bavail * free.f_frsize - leave)


def attempt(server: Server, method: str, target: str) -> Response:
    with server.connect() as connection:
        return connection.request(method, f"/v2/keys/{target}")


def test_a_nearly_full_disk_refuses_what_adds_until_there_is_space_again(disk: Path) -> None:
    with Server("vard", extra_flags=[f"--data-dir={disk}/data"]) as server:
        server.start()
        write(server, "kept", "1")
        write(server, "leader", "me", ttl=100)
        fill(disk, RESERVE_BYTES // 2)
        wait_until(lambda: attempt(server, "PUT", "more").status == 500, "a write is refused")
        assert b"database space exceeded" in attempt(server, "PUT", "kept").body
        assert attempt(server, "POST", "queue").status == 500
        assert value_of(server, "kept", quorum=True) == "1"
        assert attempt(server, "PUT", "leader?refresh=true&ttl=50").status == 200
        assert attempt(server, "DELETE", "leader").status == 200
        assert get(server, "/health").status == 503
        assert get(server, "/health?exclude=NOSPACE").status == 200
        (disk / "ballast").unlink()
        wait_until(lambda: attempt(server, "PUT", "more").status != 500, "a write succeeds")
        assert get(server, "/health").status == 200


def test_a_member_ends_when_nothing_is_left_for_its_log(disk: Path) -> None:
    with Server("vard", extra_flags=[f"--data-dir={disk}/data"]) as server:
        server.start()
        for number in range(60):
            write(server, f"k/{number}", VALUE)
        fill(disk, 0)
        with contextlib.suppress(*FAILURES):
            # Some space was taken for the log beforehand, and has to be used up first.
            for number in range(5000):
                attempt(server, "DELETE", f"k/{number % 59}")
        assert server.wait_end() == 1
        assert "disk is full; free some space" in server.log().splitlines()[-1]
        (disk / "ballast").unlink()
        server.start()
        assert value_of(server, "k/59") == VALUE


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
