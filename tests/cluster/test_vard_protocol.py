"""vard's protocol by real sockets: one member, three of them, and what kills them."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.cluster.client import agree, get, value_of, wait_until, write
from tests.cluster.secure import Authority
from tests.cluster.transfers import begun_by, only, run
from tests.harness.cluster import Cluster
from tests.harness.ports import PortLease, lease_port
from tests.harness.processes import Server, start_server
from tests.harness.vard import VardClient, ask_leader
from tests.harness.wire import ConnectionEnded


class VardCluster(Cluster):
    """A cluster that serves vard's clients, too; `ports` are theirs."""

    def __init__(self, size: int, *flags: str) -> None:
        super().__init__("vard", size)
        self._leases: dict[Server, PortLease] = {each: lease_port() for each in self.servers}
        for server, lease in self._leases.items():
            url = f"--listen-vard-urls=tcp://127.0.0.1:{lease.port}"
            server.extra_flags = (url, *flags)

    @property
    def ports(self) -> list[int]:
        return [self.port_of(server) for server in self.servers]

    def port_of(self, server: Server) -> int:
        return self._leases[server].port

    def close(self) -> None:
        super().close()
        for lease in self._leases.values():
            lease.release()


@contextlib.contextmanager
def vard_cluster(size: int, *flags: str) -> Iterator[VardCluster]:
    cluster = VardCluster(size, *flags)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.close()


@pytest.fixture(scope="module")
def single() -> Iterator[VardCluster]:
    with vard_cluster(1, "--snapshot-count=100") as cluster:
        yield cluster


@pytest.fixture(scope="module")
def trio() -> Iterator[VardCluster]:
    with vard_cluster(3, "--snapshot-count=100") as cluster:
        yield cluster


def test_both_protocols_see_the_same_keys(single: VardCluster) -> None:
    server = only(single)
    with VardClient(single.ports[0]) as client:
        assert client.ask("0 PUT both/a 1 -") == "Response 0 both/a 1 -"
        assert value_of(server, "both/a") == "1"
        write(server, "both/a", "2")
        assert client.ask("1 CAS both/a 2 3") == "Response 1 both/a 3 2"
        write(server, "both/a", "two words")
        assert client.ask("2 GET both/a - -").startswith("Error 2 both/a: ")
        assert client.ask("3 PUT both x -").startswith("Error 3 both: ")
        assert client.ask("4 GET both - -") == "Response 4 both - -"
    events = get(server, "/v2/keys/both?wait=true&recursive=true&waitIndex=4").body
    assert events.startswith(b'{"action":"set","node":{"key":"/both/a","value":"1"')


def test_retries_get_the_same_answer_over_restarts_and_snapshots(single: VardCluster) -> None:
    server, (port,) = only(single), single.ports
    client = uuid.uuid4().hex
    first = ask_leader([port], client, "7 CAS once - 1")
    assert first == "Response 7 once 1 -"
    for number in range(2):
        if number == 1:
            for each in range(120):
                write(server, "filler", str(each))
            wait_until(lambda: "snapshot taken" in server.log(), "a snapshot")
        server.restart()
        write(server, "once", f"other{number}")
        assert ask_leader([port], client, "7 CAS once - 1") == first
        assert value_of(server, "once") == f"other{number}"


def test_what_was_answered_is_in_a_backup(single: VardCluster, tmp_path: Path) -> None:
    client = uuid.uuid4().hex
    first = ask_leader(single.ports, client, "3 PUT backed x -")
    write(only(single), "backed", "later")
    run("backup", "--endpoint", only(single).endpoint.client_url, tmp_path / "backup")
    with begun_by(1, "restore", tmp_path / "backup") as restored:
        server = only(restored)
        lease = lease_port()
        server.extra_flags = (f"--listen-vard-urls=tcp://127.0.0.1:{lease.port}",)
        server.restart()
        assert ask_leader([lease.port], client, "3 PUT backed x -") == first
        assert value_of(server, "backed") == "later"
        lease.release()


def test_one_member_leads_and_the_others_say_that_they_do_not(trio: VardCluster) -> None:
    leader = trio.leader()
    for server in trio.servers:
        with VardClient(trio.port_of(server)) as client:
            answer = client.ask("5 GET a - -")
        assert answer == ("Response 5 a - -" if server is leader else "NotLeader 5")


def test_of_many_that_race_for_a_key_one_wins(trio: VardCluster) -> None:
    port = trio.port_of(trio.leader())

    def race(number: int) -> list[str]:
        with VardClient(port) as client:
            return [client.ask(f"{n} CAS race{n} - w{number}") for n in range(20)]

    with ThreadPoolExecutor(8) as executor:
        answers = list(executor.map(race, range(8)))
    for n in range(20):
        won = {answer[n] for answer in answers if answer[n].endswith(" -")}
        assert len(won) == 1
        (winner,) = won
        value = winner.split()[3]
        lost = [answer[n] for answer in answers if answer[n] not in won]
        assert lost == [f"Response {n} race{n} {value} {value}"] * 7


def test_increments_are_exact_though_leaders_are_killed(trio: VardCluster) -> None:
    """Each client has a counter, and repeats what it had no answer to, at any member."""
    stop = threading.Event()
    counts: dict[str, int] = {}
    wrong: list[str] = []

    def count(name: str) -> None:
        client, number = uuid.uuid4().hex, 0
        while not stop.is_set():
            old = f"v{number}" if number else "-"
            answer = ask_leader(trio.ports, client, f"{number} CAS {name} {old} v{number + 1}")
            if answer != f"Response {number} {name} v{number + 1} {old}":
                wrong.append(answer)
            number += 1
            counts[name] = number

    threads = [threading.Thread(target=count, args=(f"counter{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    try:
        for enough in (60, 120):
            wait_until(lambda enough=enough: sum(counts.values()) > enough, "progress")  # type: ignore[misc]
            leader = trio.leader()
            leader.kill()
            leader.start()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert wrong == []
    agree(trio.servers)
    for name, number in counts.items():
        assert value_of(trio.leader(), name) == f"v{number}"


def test_a_retry_that_meets_a_new_leader_is_not_carried_out_again(trio: VardCluster) -> None:
    client = uuid.uuid4().hex
    leader = trio.leader()
    with VardClient(trio.port_of(leader), client) as lost:
        lost.send("9 CAS onceonly - x")
        wait_until(lambda: value_of(leader, "onceonly") == "x", "the write")
    leader.kill()
    assert ask_leader(trio.ports, client, "9 CAS onceonly - x") == "Response 9 onceonly x -"
    leader.start()
    agree(trio.servers)


def test_a_leader_that_wakes_up_deposed_says_what_became_of_a_request(trio: VardCluster) -> None:
    leader = trio.leader()
    with VardClient(trio.port_of(leader)) as client:
        assert client.ask("0 PUT asleep 0 -") == "Response 0 asleep 0 -"
        leader.pause()
        client.send("1 PUT asleep 1 -")
        others = [server for server in trio.servers if server is not leader]
        retry = ask_leader([trio.port_of(each) for each in others], client.client, "2 GET a - -")
        assert retry == "Response 2 a - -"
        leader.resume()
        assert client.read() == "NotLeader 1"
    assert value_of(others[0], "asleep") == "0"


def garbage() -> list[bytes]:
    name = b"\x20\x00\x00\x00" + uuid.uuid4().hex.encode()
    return [
        b"GET / HTTP/1.1\r\nHost: h\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
        b"\xff" * 100_000,
        name + b"\xff\xff\xff\xff",
        name + b"\x04\x00\x00\x00junk",
        name + b"\x1f\x00\x00\x0099999999999999999999 GET a - - ",
        name + b"\x0b\x00\x00\x001 GET a - -" + b"\x00\x00\x00\x00" * 50_000,
    ]


def test_garbage_closes_its_connection_and_nothing_else(single: VardCluster) -> None:
    port = single.ports[0]
    with VardClient(port) as bystander:
        for data in garbage():
            for reset in (False, True):
                with socket.create_connection(("127.0.0.1", port), 15) as stranger:
                    with contextlib.suppress(ConnectionError):
                        stranger.sendall(data)
                    if reset:
                        linger = struct.pack("ii", 1, 0)
                        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    else:
                        with contextlib.suppress(ConnectionError):
                            while stranger.recv(1 << 16):
                                pass
        assert bystander.ask("1 GET a - -") == "Response 1 a - -"
    assert only(single).alive


def test_a_client_that_never_reads_costs_little(single: VardCluster) -> None:
    server, (port,) = only(single), single.ports
    value = "x" * 60_000
    with VardClient(port) as client:
        assert client.ask(f"0 PUT large {value} -") == f"Response 0 large {value} -"
    before = resident(server)
    with VardClient(port) as greedy:
        request = b"".join(
            len(text).to_bytes(4, "little") + text
            for text in (b"%d GET large - -" % number for number in range(20_000))
        )
        greedy.socket.settimeout(1)
        with pytest.raises(TimeoutError):
            greedy.socket.sendall(request * 20)
        with VardClient(port) as other:
            assert other.ask("0 GET none - -") == "Response 0 none - -"
    assert resident(server) - before < 64 << 20


def resident(server: Server) -> int:
    """Bytes of memory that the process has."""
    return int(Path(f"/proc/{server.pid}/statm").read_text().split()[1]) * 4096


def test_tls_is_that_of_the_client_urls(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    pair = authority.issue("server", "127.0.0.1")
    lease = lease_port()
    flags = [f"--listen-vard-urls=tls://127.0.0.1:{lease.port}", *authority.client_flags(pair)]
    with start_server("vard", flags):
        with VardClient(lease.port, tls=authority.client()) as client:
            assert client.ask("0 PUT a x -") == "Response 0 a x -"
        with VardClient(lease.port) as plain, pytest.raises(ConnectionEnded):
            plain.ask("0 GET a - -")
    lease.release()
