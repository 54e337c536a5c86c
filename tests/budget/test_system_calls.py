"""A write on one connection costs each member so many system calls and not more."""

from __future__ import annotations

import contextlib
import re
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.harness.cluster import Cluster, running_cluster
from tests.harness.processes import Server
from tests.harness.wire import FORM, Connection

REQUESTS: Final = 300

# A request that leaves the leader: two AppendEntries, an answer, and now and then news of commits
# or a heartbeat. A frame of SQLite's log is two writes, and a page is full now and then.
LEADER: Final = {"fdatasync": 1.1, "write": 4.8, "pwrite64": 2.8}
FOLLOWER: Final = {"fdatasync": 1.1, "write": 1.5, "pwrite64": 2.8}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with running_cluster("vard", 3) as cluster:
        yield cluster


@contextlib.contextmanager
def traced(server: Server, report: Path) -> Iterator[None]:
    command = ["strace", "-f", "-c", "-o", str(report), "-p", str(server.pid)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
        assert tracer.stderr is not None
        if "attached" not in (said := tracer.stderr.readline()):
            pytest.skip(said)
        yield
        tracer.send_signal(signal.SIGINT)


def put(connection: Connection, number: int) -> None:
    target, headers = f"/v2/keys/k{number % 10}", {"Content-Type": FORM}
    assert connection.request("PUT", target, headers, b"value=1").status in (200, 201)


def counts(report: Path) -> Counter[str]:
    """Calls by name from the table of strace -c."""
    line = re.compile(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", re.MULTILINE)
    return Counter({name: int(calls) for calls, name in line.findall(report.read_text())})


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
@pytest.mark.parametrize("role", ["leader", "follower"])
def test_a_write_keeps_to_its_system_calls(cluster: Cluster, role: str, tmp_path: Path) -> None:
    leader = cluster.leader()
    server, budget = (leader, LEADER) if role == "leader" else (cluster.followers()[0], FOLLOWER)
    report = tmp_path / "strace"
    with leader.connect() as connection:
        put(connection, 0)
        with traced(server, report):
            for number in range(REQUESTS):
                put(connection, number)
    counted = counts(report)
    assert counted["fdatasync"] >= REQUESTS * 0.3, "it does not sync what it acknowledges"
    for name, limit in budget.items():
        assert counted[name] <= REQUESTS * limit, (name, counted)
