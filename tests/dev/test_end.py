"""However it ends, no process and no temporary directory is left."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.dev.running import SECONDS, Dev, lives, running, wait_gone
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


def test_a_signal_ends_all_and_the_end_of_stdin_does_not(tmp_path: Path) -> None:
    with running(tmp_path, ["--nodes", "1"]) as dev:
        assert dev.process.stdin is not None
        dev.process.stdin.close()
        nodes = pids(dev)
        dev.process.send_signal(signal.SIGHUP)
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


def test_given_data_is_found_again_under_the_same_port(tmp_path: Path) -> None:
    directory = tmp_path / "data"
    with running(tmp_path, ["--nodes", "1", "--data-dir", str(directory)]) as dev:
        url = dev.members()[1][0]
        with Connection(port_of(url)) as connection:
            connection.request("PUT", "/v2/keys/k", {"Content-Type": FORM}, b"value=kept")
        assert dev.end() == 0
    assert "leader" in (directory / "node1.log").read_text()
    with running(tmp_path, ["--data-dir", str(directory)]) as dev:
        assert dev.members()[1][0] == url
        with Connection(port_of(url)) as connection:
            assert b"kept" in connection.request("GET", "/v2/keys/k").body


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


def test_a_node_that_does_not_start_ends_all_and_says_why(tmp_path: Path) -> None:
    with running(tmp_path, ["--nodes", "2"], ["--election-timeout", "1"]) as dev:
        dev.wait_for(r"node\d ended by itself, with status 1")
        dev.wait_for(r"  .*election-timeout")
        assert dev.process.wait(SECONDS) == 1
        assert not list(tmp_path.iterdir())
