"""Strangers on the peer port: each is turned away with a word in the log, and nothing else."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest

from tests.cluster.client import peer_port, value_of, wait_until, write
from tests.harness.processes import Server, start_server
from tests.harness.wire import Connection, request_bytes

HANDSHAKE_SECONDS = 5.0

TLS_HELLO = bytes.fromhex("16030100c8010000c40303") + bytes(range(193))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with start_server("vard") as server:
        yield server


@pytest.fixture(autouse=True)
def goes_on(server: Server) -> Iterator[None]:
    """Whatever a stranger did, the member still serves its clients."""
    yield
    write(server, "still", "here")
    assert value_of(server, "still") == "here"
    assert "Traceback" not in server.log()


def cluster_id(server: Server) -> str:
    with Connection(peer_port(server)) as connection:
        return connection.request("GET", "/members").head.get("X-Etcd-Cluster-Id") or ""


def handshake(cluster: str, target: str, source: str = "abc") -> bytes:
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "vard-raft/1",
        "X-Etcd-Cluster-Id": cluster,
        "X-Raft-To": target,
        "X-Server-From": source,
    }
    return request_bytes("GET", "/vard/raft", headers)


def warnings(server: Server) -> int:
    """How many warnings or worse are in the log."""
    return sum(line[27:28] in ("W", "E", "C") for line in server.log().splitlines())


def tell(server: Server, data: bytes) -> bytes:
    """Send bytes to the peer port; returns what came back until the member hung up."""
    with Connection(peer_port(server)) as connection:
        connection.send(data)
        return connection.read_to_end()


def test_members_and_version_can_be_asked(server: Server) -> None:
    with Connection(peer_port(server)) as connection:
        members = json.loads(connection.request("GET", "/members").body)
        version = json.loads(connection.request("GET", "/version").body)
    assert [member["clientURLs"] for member in members] == [[server.endpoint.client_url]]
    assert version == {"etcdserver": "3.4.23", "etcdcluster": "3.4.0"}


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        (b"\x00\xff\xfe\x00garbage", "not HTTP"),
        (TLS_HELLO, "not HTTP"),
        (b"GET /vard/raft HTTP/1.1\r\n\r\n", "vard-raft/1 only"),
        (b"GET /vard/raft HTTP/1.1\r\n" + b"a: b\r\n" * 5000, "too long"),
        (handshake("zz", "1"), "names no cluster or server"),
        (handshake("-1", "1"), "names no cluster or server"),
        (handshake("1" * 17, "1"), "names no cluster or server"),
    ],
    ids=["garbage", "tls", "no upgrade", "endless", "not hex", "negative", "too large"],
)
def test_a_bad_beginning_is_refused_with_one_line(
    server: Server, first: bytes, reason: str
) -> None:
    for _ in range(4):
        tell(server, first)
    assert server.log().count(reason) == 1


@pytest.mark.parametrize("frames", [b"\0\0\0\x05hello", b"\xff" * 4, b"\0" * 100], ids=repr)
def test_garbage_after_a_handshake_ends_the_connection(server: Server, frames: bytes) -> None:
    before = warnings(server)
    accepted = handshake(cluster_id(server), server.endpoint.member_id)
    answer = tell(server, accepted + frames)
    assert answer.startswith(b"HTTP/1.1 101 ")
    assert answer.endswith(b"\r\n\r\n")
    assert warnings(server) == before + 1


def test_half_a_handshake_is_given_up_after_a_while(server: Server) -> None:
    whole = handshake(cluster_id(server), server.endpoint.member_id)
    with Connection(peer_port(server)) as silent, Connection(peer_port(server)) as half:
        half.send(whole[:50])
        for connection in (silent, half):
            answer = connection.read_to_end(HANDSHAKE_SECONDS + 2)
            assert answer.startswith(b"HTTP/1.1 400 ")
            assert answer.endswith(b"no handshake within 5 seconds\n")


def test_a_caller_that_hangs_up_in_the_middle_is_forgotten(server: Server) -> None:
    whole = handshake(cluster_id(server), server.endpoint.member_id)
    for end in (0, 10, len(whole), len(whole)):
        before = server.log().count(" W | ")
        with Connection(peer_port(server)) as connection:
            connection.send(whole[:end])
            connection.half_close()
        assert server.log().count(" W | ") == before


@pytest.mark.parametrize(
    ("cluster", "target", "reason"),
    [("1", None, "cluster ID mismatch"), (None, "1", "this is server ")],
    ids=["another cluster", "another member"],
)
def test_a_caller_who_wants_somebody_else_gets_412_and_one_line_for_all_tries(
    server: Server, cluster: str | None, target: str | None, reason: str
) -> None:
    wanted = handshake(cluster or cluster_id(server), target or server.endpoint.member_id)
    for _ in range(3):
        answer = tell(server, wanted)
        assert answer.startswith(b"HTTP/1.1 412 Precondition Failed\r\n")
        assert reason.encode() in answer
    assert server.log().count(reason) == 1


def test_a_caller_who_is_refused_says_why_once_and_tries_again(server: Server) -> None:
    refusal = tell(server, handshake("1", "1"))
    with socket.create_server(("127.0.0.1", 0)) as listener, Server("vard") as caller:
        listener.settimeout(10)
        with_other(caller, listener.getsockname()[1])
        caller.spawn()
        refused = 0
        while refused < 4:
            with listener.accept()[0] as connection:
                # A new member first asks the others who they are; nobody has to know.
                if connection.recv(8192).startswith(b"GET /vard/raft HTTP/1.1\r\n"):
                    connection.sendall(refusal)
                    refused += 1
        assert caller.log().count("412 Precondition Failed") == 1
        assert caller.log().count("cluster ID mismatch") == 1


def with_other(server: Server, port: int) -> None:
    """Make this the first of two members, whose other one has this peer port."""
    own = f"{server.endpoint.name}={server.endpoint.peer_url}"
    server.extra_flags = (f"--initial-cluster={own},other=http://127.0.0.1:{port}",)


def test_a_member_that_has_not_joined_keeps_clients_waiting_and_answers_peers() -> None:
    with socket.socket() as nobody, Server("vard") as alone:
        nobody.bind(("127.0.0.1", 0))
        with_other(alone, nobody.getsockname()[1])
        alone.spawn()
        wait_until(lambda: listens(peer_port(alone)), "the peer port is open")
        with alone.connect() as client, Connection(peer_port(alone)) as peer:
            client.send(request_bytes("GET", "/v2/keys"))
            version = json.loads(peer.request("GET", "/version").body)
            assert version["etcdcluster"] == "not_decided"
            assert client.receive(0.2) is None


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
