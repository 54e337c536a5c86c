"""However it ends, no process and no temporary directory is left."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.dev.running import SECONDS, Dev, NotSaid, lives, running, wait_gone
from tests.harness.ports import lease_port
from tests.harness.wire import FORM, Connection


def pids(dev: Dev) -> list[int]:
    return [pid for _, pid in dev.members().values()]


def test_quit_ends_all_even_those_that_are_paused(tmp_path: Path) -> None:
    with running(tmp_path, ["--nodes", "2"]) as dev:
        nodes = pids(dev)
        assert list(tmp_path.iterdir())
        dev.tell("pause 1 2")
        dev.wait_for("node2 paused")
        assert dev.end() == 0
        assert not [pid for pid in nodes if lives(pid)]
        assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_end_all_and_the_end_of_stdin_does_not(
    tmp_path: Path, number: signal.Signals
) -> None:
    with running(tmp_path, ["--nodes", "1"]) as dev:
        assert dev.process.stdin is not None
        dev.process.stdin.close()
        nodes = pids(dev)
        dev.process.send_signal(number)
        assert dev.process.wait(SECONDS) == 0
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


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The data of two nodes in which the key /k is `kept`, and the client URL of the first."""
    directory = tmp_path_factory.mktemp("kept") / "data"
    with running(directory.parent, ["--nodes", "2", "--data-dir", str(directory)]) as dev:
        url = dev.members()[1][0]
        with Connection(port_of(url)) as connection:
            connection.request("PUT", "/v2/keys/k", {"Content-Type": FORM}, b"value=kept")
        assert dev.end() == 0
    return directory, url


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


def test_given_data_is_found_again_under_the_same_port(kept: tuple[Path, str]) -> None:
    directory, url = kept
    assert "leader" in (directory / "node1.log").read_text()
    with running(directory.parent, ["--data-dir", str(directory)]) as dev:
        assert dev.members()[1][0] == url
        with Connection(port_of(url)) as connection:
            assert b"kept" in connection.request("GET", "/v2/keys/k").body


def test_a_node_that_does_not_start_ends_all_and_says_why(kept: tuple[Path, str]) -> None:
    directory, _ = kept
    (directory / "node2" / "vard.db").write_bytes(b"no database")
    with running(directory.parent, ["--data-dir", str(directory)]) as dev:
        dev.wait_for("node2 ended by itself, with status 1")
        dev.wait_for(r"  .*vard\.db")
        assert dev.process.wait(SECONDS) == 1


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
