"""However it ends, no process and no temporary directory is left."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.dev.running import Dev, NotSaid, lives, running, wait_gone
from tests.harness.ports import lease_port
from tests.harness.wire import FORM, Connection


def pids(dev: Dev) -> list[int]:
    return [pid for _, pid in dev.members().values()]


def test_quit_ends_all_even_those_that_are_paused(tmp_path: Path) -> None:
    with running(tmp_path) as dev:
        nodes = pids(dev)
        assert list(tmp_path.iterdir())
        dev.tell("pause 1 2")
        dev.wait_for("node2 paused")
        assert dev.end() == 0
        assert not [pid for pid in nodes if lives(pid)]
        assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_end_all(tmp_path: Path, number: signal.Signals) -> None:
    with running(tmp_path, ["--nodes", "1"]) as dev:
        nodes = pids(dev)
        dev.process.send_signal(number)
        assert dev.process.wait(30) == 0
        assert not [pid for pid in nodes if lives(pid)]
        assert not list(tmp_path.iterdir())


def test_no_node_outlives_a_command_that_was_killed(tmp_path: Path) -> None:
    with running(tmp_path, ["--nodes", "2"]) as dev:
        nodes = pids(dev)
        dev.tell("pause 2")
        dev.wait_for("node2 paused")
        dev.process.kill()
        dev.process.wait()
        wait_gone(nodes)


def test_it_goes_on_when_stdin_has_ended(tmp_path: Path) -> None:
    with running(tmp_path, ["--nodes", "1"]) as dev:
        assert dev.process.stdin is not None
        dev.process.stdin.close()
        assert pids(dev)


def test_given_data_is_kept_and_found_again_under_the_same_ports(tmp_path: Path) -> None:
    options = ["--data-dir", str(tmp_path / "data")]
    with running(tmp_path, ["--nodes", "2", *options]) as dev:
        members = dev.members()
        url = members[1][0]
        with Connection(int(url.rpartition(":")[2])) as connection:
            connection.request("PUT", "/v2/keys/k", {"Content-Type": FORM}, b"value=kept")
        assert dev.end() == 0
    assert "leader" in (tmp_path / "data" / "node1.log").read_text()
    with running(tmp_path, options) as dev:
        assert {n: url for n, (url, _) in dev.members().items()} == {
            n: url for n, (url, _) in members.items()
        }
        with Connection(int(url.rpartition(":")[2])) as connection:
            assert b"kept" in connection.request("GET", "/v2/keys/k").body


def test_a_node_that_does_not_start_ends_all_and_says_why(tmp_path: Path) -> None:
    with running(tmp_path, ["--nodes", "2", "--data-dir", str(tmp_path / "data")]) as dev:
        pids(dev)
        dev.end()
    (tmp_path / "data" / "node2" / "vard.db").write_bytes(b"no database")
    with running(tmp_path, ["--data-dir", str(tmp_path / "data")]) as dev:
        dev.wait_for("node2 ended by itself, with status 1")
        dev.wait_for(r"  .*vard\.db")
        assert dev.process.wait(30) == 1


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--nodes", "10"], "10 is not in the range 1<=x<=9"),
        (["--base-port", "65530"], "ports 65530 to 65552"),
        (["--", "--name", "x"], "--name cannot be given"),
    ],
)
def test_wrong_arguments(tmp_path: Path, options: list[str], complaint: str) -> None:
    with running(tmp_path, options) as dev:
        assert dev.process.wait(30) == 2
        dev.wait_for(f".*{complaint}")
        assert not list(tmp_path.iterdir())


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    lease = lease_port()
    options = ["--nodes", "1", "--base-port", str(lease.port)]
    try:
        with running(tmp_path, options) as first:
            pids(first)
            with running(tmp_path, options) as second:
                second.wait_for(rf"vard-http dev: port {lease.port + 1} .* in use")
                with pytest.raises(NotSaid):
                    second.wait_for("Starting")
    finally:
        lease.release()
