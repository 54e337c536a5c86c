"""The process harness, tried on etcd."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.harness.cluster import running_cluster
from tests.harness.ports import lease_port
from tests.harness.processes import EtcdMissing, Server, StartFailed, start_server
from tests.harness.wire import FORM, Deadline

ROOT = Path(__file__).parents[2]


def test_a_leased_port_is_not_given_twice() -> None:
    leases = [lease_port() for _ in range(50)]
    try:
        assert len({lease.port for lease in leases}) == 50
    finally:
        for lease in leases:
            lease.release()


def test_a_missing_etcd_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EtcdMissing):
        start_server("etcd")


@pytest.mark.etcd
def test_a_fresh_server_is_ready_at_index_3() -> None:
    with start_server("etcd") as server, server.connect() as connection:
        assert connection.request("GET", "/v2/keys").head.get("X-Etcd-Index") == "3"


@pytest.mark.etcd
def test_data_survives_a_kill() -> None:
    with start_server("etcd") as server:
        with server.connect() as connection:
            connection.request("PUT", "/v2/keys/a", {"Content-Type": FORM}, b"value=1")
        server.restart()
        with server.connect() as connection:
            assert connection.request("GET", "/v2/keys/a").status == 200


@pytest.mark.etcd
def test_a_paused_server_keeps_silent_until_it_is_resumed() -> None:
    with start_server("etcd") as server, server.connect() as connection:
        server.pause()
        connection.send(b"GET /v2/keys HTTP/1.1\r\nHost: h\r\n\r\n")
        with pytest.raises(Deadline):
            connection.read("GET", timeout=0.2)
        server.resume()
        assert connection.read("GET").status == 200


@pytest.mark.etcd
def test_a_failed_start_shows_the_log() -> None:
    server = Server("etcd", extra_flags=["--election-timeout=1"])
    try:
        with pytest.raises(StartFailed, match="election-timeout"):
            server.start()
    finally:
        server.close()


@pytest.mark.etcd
def test_a_cluster_settles_at_2n_plus_1_and_names_its_leader() -> None:
    with running_cluster("etcd", 3) as cluster:
        for server in cluster.servers:
            with server.connect() as connection:
                assert connection.request("GET", "/v2/keys").head.get("X-Etcd-Index") == "7"
        leader = cluster.leader()
        assert len(cluster.followers()) == 2
        leader.kill()
        assert cluster.leader() is not leader


@pytest.mark.etcd
def test_no_server_outlives_a_killed_test_run(tmp_path: Path) -> None:
    program = (
        "from tests.harness.processes import start_server\n"
        "import os, signal\n"
        "print(start_server('etcd').pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    pid = int(run.stdout)
    deadline = time.monotonic() + 5
    while _is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not _is_running(pid)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"
