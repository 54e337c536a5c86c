"""Starts that must fail: the reason is said, the status is 1, and nothing is touched."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cluster.client import peer_port, value_of, write
from tests.harness.processes import Kind, Server, start_server


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with start_server("vard") as server:
        yield server


@pytest.fixture
def newcomer() -> Iterator[Server]:
    with Server("vard") as server:
        yield server


def last_line(server: Server) -> str:
    """Start a member that has to fail; returns the last line of its log."""
    server.spawn()
    assert server.wait_end() == 1
    assert "Traceback" not in server.log()
    return server.log().splitlines()[-1]


@pytest.mark.parametrize("which", ["client", "peer"])
def test_a_port_in_use_is_named_before_the_data_directory_is_made(
    running: Server, newcomer: Server, which: str
) -> None:
    port = running.port if which == "client" else peer_port(running)
    newcomer.extra_flags = (f"--listen-{which}-urls=http://127.0.0.1:{port}",)
    line = last_line(newcomer)
    assert line.endswith(f": listen tcp 127.0.0.1:{port}: bind: address already in use")
    assert " C | " in line
    assert not (newcomer.directory / "data").exists()


@pytest.mark.etcd
def test_a_port_in_use_is_named_as_by_etcd(running: Server) -> None:
    texts = []
    kinds: tuple[Kind, ...] = ("etcd", "vard")
    for kind in kinds:
        with Server(kind) as server:
            server.extra_flags = (f"--listen-client-urls=http://127.0.0.1:{running.port}",)
            texts.append(last_line(server).partition(": ")[2])
    assert texts[0] == texts[1]


def test_two_members_cannot_share_a_data_directory(running: Server, newcomer: Server) -> None:
    write(running, "owner", "first")
    newcomer.extra_flags = (f"--data-dir={running.directory / 'data'}",)
    assert f"is in use by process {running.pid}" in last_line(newcomer)
    assert value_of(running, "owner") == "first"
    running.restart()
    assert value_of(running, "owner") == "first"


def foreign_sqlite(path: Path) -> None:
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE mine (a)")
    database.close()


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path.write_bytes(b"no database at all"), "is not an SQLite database"),
        (foreign_sqlite, "is another program's SQLite database"),
    ],
    ids=["no database", "another program's"],
)
def test_a_foreign_file_is_refused_and_left_alone(
    newcomer: Server, make: Callable[[Path], object], reason: str
) -> None:
    path = newcomer.directory / "data" / "vard.db"
    path.parent.mkdir()
    make(path)
    before = path.read_bytes()
    assert reason in last_line(newcomer)
    assert path.read_bytes() == before


@pytest.mark.etcd
def test_a_data_directory_of_etcd_is_refused(newcomer: Server) -> None:
    with start_server("etcd") as etcd:
        etcd.kill()
        newcomer.extra_flags = (f"--data-dir={etcd.directory / 'data'}",)
        assert "is a data directory of etcd" in last_line(newcomer)
        etcd.start()
