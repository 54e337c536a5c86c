"""Clients that break the rules, are slow, or ask for too much: the others must not notice."""

from __future__ import annotations

import json
import resource
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cluster.client import get, put, value_of, wait_until, write
from tests.harness.processes import Server, start_server
from tests.harness.wire import FORM, Connection, Incoming, open_watch, request_bytes

MIB = 1 << 20
IDLE_CONNECTIONS = 5000
IDLE_BYTES = 20 << 10
"""What an idle connection may cost the member."""

PIPELINED = 5000
FLOOD = 100_000
FLOOD_BYTES = 64 * MIB
"""What all requests of one connection together may cost, answered or not."""

MEMORY = 400 * MIB
"""Bytes that a member may take while clients try to make it hold more."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with start_server("vard") as server:
        yield server


@pytest.fixture(autouse=True)
def others_are_served(server: Server) -> Iterator[None]:
    """Whatever a client did, the member works for the next one, quickly and in little memory."""
    yield
    start = time.monotonic()
    write(server, "still", "here")
    assert value_of(server, "still") == "here"
    assert time.monotonic() - start < 1
    assert memory(server) < MEMORY
    assert "Traceback" not in server.log()


def memory(server: Server) -> int:
    """Resident bytes of the process."""
    status = Path(f"/proc/{server.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


def head(*lines: bytes) -> bytes:
    return b"\r\n".join((*lines, b"", b""))


GET = b"GET /v2/keys HTTP/1.1"
PUT = b"PUT /v2/keys/a HTTP/1.1"


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\xff\xfe\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET  /v2/keys HTTP/1.1\r\n\r\n",
        head(b"GET /v2/keys HTTP/3.0", b"Host: h"),
        head(b"GET /v2/keys HTTP/1.x", b"Host: h"),
        b"a" * 10_000,
        head(GET),
        head(GET, b"Host: h", b"Host: i"),
        head(GET, b"Host: h", b"no colon"),
        head(GET, b"Host: h", b"a b: c"),
        head(GET, b"Host: h", b"a: \x00"),
        head(GET, b" folded: first"),
        head(PUT, b"Host: h", b"Content-Length: -1"),
        head(PUT, b"Host: h", b"Content-Length: 1", b"Content-Length: 2"),
        head(PUT, b"Host: h", b"Content-Length: 99999999999999999999"),
        head(PUT, b"Host: h", b"Transfer-Encoding: gzip"),
        head(PUT, b"Host: h", b"Transfer-Encoding: chunked", b"Content-Type: " + FORM.encode())
        + b"zz\r\n",
        head(b"GET /v2/keys/%zz HTTP/1.1", b"Host: h"),
        head(b"GET /v2/keys/\x01 HTTP/1.1", b"Host: h"),
        head(b"GET nothing HTTP/1.1", b"Host: h"),
        head(b"PRI * HTTP/2.0") + b"SM\r\n\r\n",
        bytes.fromhex("16030100c8010000c40303") + bytes(range(193)),
    ],
    ids=repr,
)
def test_what_is_not_http_is_refused_and_the_connection_closed(server: Server, data: bytes) -> None:
    with server.connect() as connection:
        connection.send(data)
        answer = connection.read_to_end()
    assert not answer or answer[9:10] in (b"4", b"5"), answer


@pytest.mark.parametrize(
    ("method", "target", "body", "code"),
    [
        ("GET", "/v2/keys/a?recursive=maybe", b"", 209),
        ("GET", "/v2/keys/a?wait=true&waitIndex=x", b"", 203),
        ("GET", "/v2/keys/a?x=%zz", b"", 210),
        ("PUT", "/v2/keys/a", b"value=%", 210),
        ("PUT", "/v2/keys/a", b"value=1&ttl=1.5", 202),
        ("PUT", "/v2/keys/a", b"value=1&prevIndex=18446744073709551616", 203),
        ("PUT", "/v2/keys/a", b"value=1&prevValue=", 201),
        ("PUT", "/v2/keys/" + "a" * 3000 + "?ttl=" + "9" * 900, b"value=1", 202),
    ],
)
def test_parameters_of_the_wrong_type_are_refused(
    server: Server, method: str, target: str, body: bytes, code: int
) -> None:
    with server.connect() as connection:
        answer = connection.request(method, target, {"Content-Type": FORM}, body)
    assert (answer.status, json.loads(answer.body)["errorCode"]) == (400, code)


def test_a_value_may_fill_a_body_of_10_mib(server: Server) -> None:
    value = b"v" * (10 * MIB - len("value="))
    with server.connect() as connection:
        headers = {"Content-Type": FORM}
        assert connection.request("PUT", "/v2/keys/large", headers, b"value=" + value).status == 201
        read = connection.request("GET", "/v2/keys/large")
        assert json.loads(read.body)["node"]["value"] == value.decode()
        assert connection.request("DELETE", "/v2/keys/large").status == 200


@pytest.mark.parametrize("size", [10 * MIB + 1, 40 * MIB])
def test_a_body_that_is_too_large_is_refused(server: Server, size: int) -> None:
    with server.connect() as connection:
        fields = {"Content-Type": FORM, "Content-Length": str(size)}
        connection.send(request_bytes("PUT", "/v2/keys/a", fields))
        sender = threading.Thread(target=connection.send, args=(b"v" * size,))
        sender.start()
        answer = connection.read("PUT")
        sender.join()
    assert (answer.status, json.loads(answer.body)["cause"]) == (400, "http: POST too large")


def test_headers_of_2_mib_are_refused(server: Server) -> None:
    with server.connect() as connection:
        connection.send(GET + b"\r\nHost: h\r\n" + b"a: %b\r\n" % (b"v" * 8000) * 260 + b"\r\n")
        assert connection.read_to_end()[9:12] in (b"431", b"")


def test_a_request_that_comes_byte_by_byte_is_answered_and_holds_up_nobody(server: Server) -> None:
    request = request_bytes("PUT", "/v2/keys/slow", {"Content-Type": FORM}, b"value=1")
    with server.connect() as slow, server.connect() as quick:
        for position in range(len(request)):
            slow.send(request[position : position + 1])
            assert quick.request("GET", "/v2/keys").status == 200
        assert slow.read("PUT").status in (200, 201)


def test_half_requests_are_kept_and_half_closed_clients_are_answered(server: Server) -> None:
    with server.connect() as half, server.connect() as closing:
        half.send(b"PUT /v2/keys/half HTTP/1.1\r\nHost: h\r\nContent-Len")
        closing.send(request_bytes("PUT", "/v2/keys/b", {"Content-Type": FORM}, b"value=1"))
        closing.half_close()
        assert closing.read("PUT").status in (200, 201)
        assert closing.read_to_end() == b""
        half.half_close()
        half.read_to_end()
    assert value_of(server, "half") is None


def test_clients_that_reset_their_connections_leave_no_trace(server: Server) -> None:
    requests = (
        request_bytes("PUT", "/v2/keys/reset?value=1"),
        request_bytes("GET", "/v2/keys/reset?quorum=true"),
        request_bytes("GET", "/v2/keys/reset?wait=true&stream=true"),
        request_bytes("GET", "/v2/members") + request_bytes("GET", "/v2/keys/reset?wait=true"),
    )
    for number in range(200):
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.sendall(requests[number % len(requests)])
    wait_until(lambda: watchers(server) == 0, "the watches are forgotten")
    assert "an answer failed" not in server.log()


def watchers(server: Server) -> int:
    answer = get(server, "/v2/stats/store")
    return int(json.loads(answer.body)["watchers"])


def test_thousands_of_idle_connections_are_no_burden(server: Server) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 2 * IDLE_CONNECTIONS), hard))
    try:
        before = memory(server)
        with ExitStack() as stack:
            for _ in range(IDLE_CONNECTIONS):
                stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            start = time.monotonic()
            write(server, "crowded", "1")
            assert value_of(server, "crowded") == "1"
            assert time.monotonic() - start < 1
            assert memory(server) - before < IDLE_CONNECTIONS * IDLE_BYTES
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_thousands_of_pipelined_requests_are_answered_in_order(server: Server) -> None:
    requests = [
        request_bytes("PUT", f"/v2/keys/pipe?value={number}")
        if number % 5 == 0
        else request_bytes("GET", "/v2/keys/pipe")
        for number in range(PIPELINED)
    ]
    with server.connect() as connection:
        sender = threading.Thread(target=connection.send, args=(b"".join(requests),))
        sender.start()
        for number in range(PIPELINED):
            node = json.loads(connection.read("GET").body)["node"]
            assert node["value"] == str(number - number % 5)
        sender.join()


def test_a_flood_of_pipelined_requests_is_answered_as_far_as_its_client_reads(
    server: Server,
) -> None:
    write(server, "flood", "1")
    before = memory(server)
    requests = request_bytes("GET", "/v2/keys/flood") * FLOOD
    with server.connect() as connection, server.connect() as other:
        sender = threading.Thread(target=connection.send, args=(requests,))
        sender.start()
        for _ in range(200):
            assert put(other, "beside", "1").status in (200, 201)
        assert memory(server) - before < FLOOD_BYTES
        answered, tail = 0, b""
        while answered < FLOOD:
            data = connection.receive(connection.timeout)
            assert data, f"{answered} of {FLOOD} are answered"
            answered += (tail + data).count(b"HTTP/1.1 200 OK\r\n")
            tail = (tail + data)[-16:]
            if answered % 1000 == 0:
                assert other.request("GET", "/v2/keys/beside").status == 200
        sender.join()
        assert answered == FLOOD
        assert connection.request("GET", "/v2/keys/beside").status == 200
    assert memory(server) - before < FLOOD_BYTES


def test_a_client_that_never_reads_its_answers_makes_them_wait(server: Server) -> None:
    with server.connect() as connection:
        for number in range(20):
            put(connection, f"many/{number}", "v" * 500_000)
    with server.connect() as deaf, server.connect() as other:
        before = memory(server)
        deaf.send(request_bytes("GET", "/v2/keys/many?recursive=true") * 50)
        for _ in range(200):
            assert other.request("GET", "/v2/keys/still").status == 200
        assert memory(server) - before < 100 * MIB
        for _ in range(50):
            assert len(deaf.read("GET").body) > 20 * 500_000
    with server.connect() as connection:
        connection.request("DELETE", "/v2/keys/many?recursive=true")


def test_a_stream_that_is_never_read_is_dropped_and_the_others_go_on(server: Server) -> None:
    value = "v" * 20_000
    deaf = open_watch(server.port, "/v2/keys/noise?wait=true&stream=true&recursive=true")
    ears = open_watch(server.port, "/v2/keys/noise?wait=true&stream=true&recursive=true")
    before = memory(server)
    with server.connect() as connection:
        for number in range(1000):
            assert put(connection, f"noise/{number % 10}", value).status in (200, 201)
            ears.pump()
    assert memory(server) - before < 100 * MIB
    wait_until(lambda: not ears.pump(0.1) or received(ears) >= 1000, "the reader gets all")
    assert received(ears) == 1000
    while deaf.pump(0.2):
        pass
    assert 100 <= received(deaf) < 1000
    assert not deaf.parser.at_eof
    write(server, "noise/0", "more")
    assert not deaf.pump(0.2)
    for watch in (deaf, ears):
        watch.connection.close()


def received(watch: Incoming) -> int:
    return watch.body.count(b"\n")


def test_a_low_soft_limit_of_open_files_is_raised() -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    with Server("vard") as server:
        server.limits = {resource.RLIMIT_NOFILE: (100, limits[1])}
        server.start()
        with ExitStack() as stack:
            for _ in range(200):
                stack.enter_context(Connection(server.port))
            write(server, "a", "1")
