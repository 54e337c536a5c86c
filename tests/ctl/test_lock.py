"""`vardctl lock` and `elect` with real processes, some of which are killed."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ctl.inside import run
from tests.ctl.outside import vardctl, wait_until_gone
from tests.harness.processes import Server, start_server
from vard_http.client import Client, KeyNotFound, Node


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with start_server("vard") as running:
        yield running


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[Client]:
    with Client(server.endpoint.client_url) as client:
        yield client


def _queue(client: Client, name: str) -> list[Node]:
    try:
        return list(client.get(f"/_locks/{name}", sorted=True).node.nodes)
    except KeyNotFound:
        return []


_ANNOUNCE = "echo $VARD_LOCK_INDEX $$; exec sleep 1000"


def test_a_command_knows_its_index_and_its_status_is_passed_on(
    server: Server, client: Client
) -> None:
    with vardctl(server, "lock", "a", "--", "sh", "-c", "env | grep ^VARD_LOCK; exit 7") as process:
        told = sorted([process.line(), process.line()])
        status, err = process.end()

    index, key = (line.partition("=")[2] for line in told)
    assert key == f"/_locks/a/{int(index):020}"
    assert (status, err, _queue(client, "a")) == (7, "", [])


def test_a_command_that_a_signal_ends_has_the_status_of_shells(server: Server) -> None:
    with vardctl(server, "lock", "killed", "--", "sh", "-c", "kill -9 $$") as process:
        assert process.end() == (137, "")


def test_who_waits_is_next_with_a_higher_index(server: Server, client: Client) -> None:
    with vardctl(server, "lock", "b", "--", "sh", "-c", _ANNOUNCE) as first:
        index, _ = first.line().split()
        with vardctl(server, "lock", "b", "--", "sh", "-c", _ANNOUNCE) as second:
            first.signal(signal.SIGTERM)
            assert first.end()[0] == 143
            later, _ = second.line().split()

    assert int(later) > int(index)


def test_after_kill_9_the_next_gets_it_when_the_ttl_has_passed(
    server: Server, client: Client
) -> None:
    with vardctl(server, "lock", "--ttl", "2", "c", "--", "sh", "-c", _ANNOUNCE) as first:
        index, pid = map(int, first.line().split())
        with vardctl(server, "lock", "--ttl", "2", "c", "--", "sh", "-c", _ANNOUNCE) as second:
            while len(_queue(client, "c")) < 2:
                time.sleep(0.01)
            killed = time.monotonic()
            first.kill()
            wait_until_gone(pid)
            gone = time.monotonic()
            later, _ = map(int, second.line().split())

    assert later > index
    assert gone - killed < 2, "the command goes with its vardctl, before its TTL has passed"


_LISTENER = """
import signal, sys
def told(number, _):
    print("told", number, flush=True)
    sys.exit(3)
signal.signal(int(sys.argv[1]), told)
print("ready", flush=True)
signal.pause()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1])
def test_signals_go_to_the_command(server: Server, client: Client, number: signal.Signals) -> None:
    command = (sys.executable, "-c", _LISTENER, str(number.value))
    with vardctl(server, "lock", "d", "--", *command) as process:
        assert process.line() == "ready"
        process.signal(number)
        assert process.line() == f"told {number.value}"
        assert process.end() == (3, "")
    assert _queue(client, "d") == []


def test_what_is_ignored_is_not_passed_on(server: Server) -> None:
    command = (sys.executable, "-c", _LISTENER, str(signal.SIGTERM.value))
    with vardctl(server, "lock", "d", "--", *command, ignored=[signal.SIGHUP]) as process:
        assert process.line() == "ready"
        process.signal(signal.SIGHUP)
        process.signal(signal.SIGTERM)
        assert process.end()[0] == 3


def test_all_that_a_command_started_ends_before_the_next_has_the_lock(
    server: Server, tmp_path: Path
) -> None:
    file = tmp_path / "work"
    inner = f'trap "sleep 0.3; echo done >{file}; exit" TERM; echo ready; sleep 1000 & wait'
    with vardctl(server, "lock", "e", "--", "sh", "-c", f"bash -c '{inner}'; :") as first:
        assert first.line() == "ready"
        with vardctl(server, "lock", "e", "--", "cat", str(file)) as second:
            first.signal(signal.SIGTERM)
            assert second.line() == "done"


def test_who_loses_the_lock_is_ended(server: Server, client: Client) -> None:
    with vardctl(server, "lock", "--ttl", "1", "f", "--", "sh", "-c", _ANNOUNCE) as process:
        process.line()
        client.delete(_queue(client, "f")[0].key)
        status, err = process.end()

    assert (status, err) == (
        75,
        "Error:  the lock is lost: its key was deleted, or has expired\n",
    )


def test_who_does_not_end_when_told_is_killed_with_all_it_started(
    server: Server, client: Client
) -> None:
    script = "trap '' TERM; sleep 1000 & echo $!; wait; wait"
    flags = ("--ttl", "1", "--grace", "0.2")
    with vardctl(server, "lock", *flags, "g", "--", "bash", "-c", script) as process:
        grandchild = int(process.line())
        client.delete(_queue(client, "g")[0].key)
        assert process.end()[0] == 75
        wait_until_gone(grandchild)


def test_waiting_has_an_end(server: Server, client: Client) -> None:
    with client.lock("h", ttl=30):
        ran = run(server, "lock", "--timeout", "0.1", "h", "--", "true")
        assert (ran.status, ran.err) == (124, "Error:  the lock h was not had in 0.1 s\n")
        assert len(_queue(client, "h")) == 1


def test_who_is_told_to_end_while_waiting_leaves_the_queue(server: Server, client: Client) -> None:
    with client.lock("i", ttl=30), vardctl(server, "lock", "i", "--", "true") as process:
        while len(_queue(client, "i")) < 2:
            time.sleep(0.01)
        process.signal(signal.SIGTERM)
        assert process.end()[0] == 143
        assert len(_queue(client, "i")) == 1


def test_what_cannot_be_run_takes_no_lock(server: Server) -> None:
    ran = run(server, "lock", "j", "--", "no-such-command")
    assert (ran.status, ran.err) == (127, "Error:  no-such-command: no such command\n")
    assert run(server, "lock", "j", "--", "/etc/passwd").status == 126
    assert run(server, "lock", "/", "--", "true").err == "Error:  '/' names nothing\n"


def test_without_a_command_it_holds_the_lock_until_told(server: Server, client: Client) -> None:
    with vardctl(server, "lock", "k") as process:
        (place,) = _queue_once_printed(process.line(), client)
        process.signal(signal.SIGINT)
        assert process.end() == (0, "")
    assert (place.key.rpartition("/")[0], _queue(client, "k")) == ("/_locks/k", [])


def _queue_once_printed(line: str, client: Client) -> list[Node]:
    queue = _queue(client, "k")
    assert line == f"{queue[0].created_index} {queue[0].key}"
    return queue


def test_leaders_follow_one_another_and_are_seen(server: Server) -> None:
    with vardctl(server, "elect", "--listen", "boss") as listener:
        assert listener.line() == "-"
        with vardctl(server, "elect", "boss", "first one") as first:
            index, value = first.line().split(" ", 1)
            assert (value, listener.line()) == ("first one", f"{index} first one")
            with vardctl(server, "elect", "boss", "second") as second:
                first.signal(signal.SIGTERM)
                assert first.end() == (0, "")
                line = second.line()
                assert int(line.split()[0]) > int(index)
                assert listener.line() in (line, "-")


def test_a_leader_that_is_deposed_says_so(server: Server, client: Client) -> None:
    with vardctl(server, "elect", "--ttl", "1", "deposed", "me") as process:
        process.line()
        client.delete(client.get("/_elections/deposed").node.nodes[0].key)
        status, err = process.end()
    assert (status, err) == (
        75,
        "Error:  the leadership is lost: its key was deleted, or has expired\n",
    )


@pytest.mark.parametrize("arguments", [("boss",), ("boss", "me", "--listen")])
def test_one_leads_or_listens(server: Server, arguments: tuple[str, ...]) -> None:
    ran = run(server, "elect", *arguments)

    assert (ran.status, ran.err) == (1, "Error:  give either VALUE, to lead, or --listen\n")
