"""One connection in the fast lane: requests in a row, pressure, and ends."""

from __future__ import annotations

import pytest

from tests.harness.wire import FORM, request_bytes
from tests.unit.api.support import Client, Line, Receiver
from tests.unit.node.support import until
from vard_http.api.crowd import Crowd
from vard_http.api.http1 import MAX_DISCARDED, find_head
from vard_http.api.lane import BURST, MAX_AHEAD, Lane
from vard_http.api.service import Service

KEY = "/v2/keys/k"
GET = request_bytes("GET", KEY)
LARGE = request_bytes("GET", KEY, {"X": "y" * 10_000})
VERSION = request_bytes("GET", "/version")


def put(value: bytes = b"1", key: str = KEY) -> bytes:
    return request_bytes("PUT", key, {"Content-Type": FORM}, b"value=" + value)


@pytest.fixture
def client(service: Service) -> Client:
    return Client(service)


async def test_requests_in_a_row_are_answered_in_their_order(client: Client) -> None:
    client.send(GET + put() + GET + request_bytes("HEAD", KEY) + put(b"2") + GET)
    answers = await client.answers("GET", "PUT", "GET", "HEAD", "PUT", "GET")
    assert [answer.status for answer in answers] == [404, 201, 200, 200, 200, 200]
    assert b'"value":"1"' in answers[2].body
    assert b'"value":"2"' in answers[5].body


async def test_where_requests_are_split_makes_no_difference(service: Service) -> None:
    chunked = {"Content-Type": FORM, "Transfer-Encoding": "chunked"}
    requests = (
        request_bytes("GET", "/v2/keys/none")
        + request_bytes("PUT", KEY + "?ttl=x", {"Content-Type": FORM}, b"value=1")
        + request_bytes("POST", "/v2/keys?dir=x", chunked, b"3\r\nval\r\n4\r\nue=1\r\n0\r\n\r\n")
        + b"\r\n"
        + request_bytes("GET", "/v2//keys", {}, b"unwanted")
        + request_bytes("HEAD", "/v2/keys")
    )
    whole = Client(service)
    whole.send(requests)
    expected = whole.line.take()
    assert expected.count(b"HTTP/1.1 ") == 5
    for split in range(1, len(requests)):
        client = Client(service)
        client.send(requests[:split])
        client.send(requests[split:])
        assert client.line.take() == expected


async def test_requests_may_arrive_byte_by_byte(client: Client) -> None:
    for byte in put() + GET:
        client.send(bytes([byte]))
    assert [answer.status for answer in await client.answers("PUT", "GET")] == [201, 200]


async def test_a_slow_head_is_looked_at_once(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at = 0

    def counting(buffer: bytearray, start: int, *, first: bool) -> int:
        nonlocal looked_at
        looked_at += len(buffer) - start
        return find_head(buffer, start, first=first)

    monkeypatch.setattr("vard_http.api.lane.find_head", counting)
    head = request_bytes("GET", KEY, {"X": "y" * 1_000_000})
    for start in range(0, len(head), 1000):
        client.send(head[start : start + 1000])
    assert (await client.answers("GET"))[0].status == 404
    assert looked_at == len(head)


async def test_a_client_that_sends_ahead_is_held_up_until_it_is_its_turn(client: Client) -> None:
    count = MAX_AHEAD // len(LARGE) + 1
    client.send(put() + LARGE * count)
    assert not client.line.reading
    answers = await client.answers("PUT", *["GET"] * count)
    assert {answer.status for answer in answers} == {200, 201}
    assert client.line.reading


async def test_a_client_that_does_not_read_gets_no_answers_and_is_not_read(
    client: Client,
) -> None:
    client.lane.pause_writing()
    count = MAX_AHEAD // len(LARGE) + 1
    for _ in range(count):
        client.send(LARGE)
    assert client.line.written == b""
    assert not client.line.reading
    client.lane.resume_writing()
    assert client.line.reading
    await client.answers(*["GET"] * count)


async def test_a_part_of_a_head_does_not_keep_reading_paused(client: Client) -> None:
    client.lane.pause_writing()
    head = request_bytes("GET", KEY, {"X": "y" * (MAX_AHEAD + 1)})
    client.send(head[:-1])
    client.lane.resume_writing()
    assert client.line.reading
    client.send(head[-1:])
    await client.answers("GET")


async def test_a_long_row_of_requests_gives_others_their_turn(service: Service) -> None:
    busy, other = Client(service), Client(service)
    busy.send(GET * (3 * BURST))
    assert busy.line.written.count(b"HTTP/1.1 404") == BURST
    other.send(GET)
    await other.answers("GET")
    await busy.answers(*["GET"] * (3 * BURST))


async def test_other_endpoints_get_the_connection_and_what_is_left(client: Client) -> None:
    client.send(GET + VERSION + GET[:10])
    await client.answers("GET")
    assert client.receiver.received == VERSION + GET[:10]
    assert client.receiver.transport is client.line
    assert client.line.protocol is client.receiver
    assert list(client.crowd) == []


async def test_a_request_behind_an_unfinished_one_is_handed_over_after_it(client: Client) -> None:
    client.send(put() + VERSION)
    assert client.receiver.received == b""
    await client.answers("PUT")
    assert client.receiver.received == VERSION


async def test_raw_bytes_in_the_target_are_escaped_for_aiohttp(client: Client) -> None:
    client.send(request_bytes("GET", "/v2/members/ü", {"X": "ü"}))
    assert client.receiver.received.startswith(b"GET /v2/members/%c3%bc HTTP/1.1\r\n")
    assert "X: ü".encode() in client.receiver.received


async def test_an_exception_closes_the_connection_without_an_answer(
    client: Client, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(service, "keys", fail)
    client.send(GET)
    assert client.line.aborted
    assert client.line.written == b""


# Half-close: the client has said all it will.


async def test_a_half_closed_idle_connection_is_closed(client: Client) -> None:
    client.send(GET)
    assert client.lane.eof_received() is False


async def test_a_half_closed_connection_gets_the_answers_it_waits_for(client: Client) -> None:
    client.send(put() + GET)
    assert client.lane.eof_received() is True
    assert [answer.status for answer in await client.answers("PUT", "GET")] == [201, 200]
    assert client.line.closed


async def test_a_body_cut_short_is_told(client: Client) -> None:
    client.send(put()[:-1])
    client.lane.eof_received()
    answer = (await client.answers("PUT"))[0]
    assert answer.status == 400
    assert b'"cause":"unexpected EOF"' in answer.body


async def test_a_head_cut_short_is_a_bad_request(client: Client) -> None:
    client.send(b"GET /v2/keys HTTP/1.1\r\nHo")
    client.lane.eof_received()
    assert client.line.take().startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert client.line.closed


# Refusals and bodies that nobody wants.


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"garbage\r\n\r\n", b""),
        (GET.replace(b"Host", b"H st"), b"HTTP/1.1 400 Bad Request: invalid header name\r\n"),
        (request_bytes("GET", "/%zz"), b"HTTP/1.1 400 Bad Request\r\n"),
    ],
)
async def test_what_the_parser_refuses_ends_the_connection(
    client: Client, data: bytes, expected: bytes
) -> None:
    client.send(data + GET)
    written = client.line.take()
    assert written.startswith(expected)
    assert b"404" not in written
    assert client.line.ended
    client.send(GET)
    assert client.line.take() == b""


async def test_a_client_may_read_before_a_refused_connection_is_closed(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vard_http.api.lane.LINGER_SECONDS", 0)
    client.send(request_bytes("GET", "/%zz"))
    assert not client.line.closed
    await until(lambda: client.line.closed)
    assert not client.line.aborted


async def test_leave_to_send_a_wanted_body_is_given(client: Client) -> None:
    head, body = put()[:-7], put()[-7:]
    client.send(head.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"))
    assert client.line.take() == b"HTTP/1.1 100 Continue\r\n\r\n"
    client.send(body + GET)
    assert [answer.status for answer in await client.answers("PUT", "GET")] == [201, 200]


async def test_leave_to_send_an_unwanted_body_is_not_given(client: Client) -> None:
    client.send(request_bytes("DELETE", KEY, {"Expect": "100-continue", "Content-Length": "7"}))
    answer = (await client.answers("DELETE"))[0]
    assert answer.status == 404
    assert answer.head.get("Connection") == "close"
    assert client.line.ended


@pytest.mark.parametrize(("size", "stays"), [(MAX_DISCARDED - 1, True), (MAX_DISCARDED, False)])
async def test_of_an_unwanted_body_only_so_much_is_read(
    client: Client, size: int, stays: bool
) -> None:
    request = request_bytes("GET", KEY, {}, b"x" * size)
    client.send(request[: len(request) - size])
    client.send(request[len(request) - size :] if stays else b"")
    answer = (await client.answers("GET"))[0]
    assert (answer.head.get("Connection") is None) is stays
    assert client.line.ended is not stays


async def test_a_lost_connection_leaves_the_crowd_and_gets_no_answer(
    client: Client, service: Service
) -> None:
    client.send(put())
    client.lane.connection_lost(None)
    assert list(client.crowd) == []
    await until(lambda: not service.node.proposals_pending)
    assert client.line.written == b""


async def test_a_connection_beyond_the_limit_is_closed_at_once(service: Service) -> None:
    crowd: Crowd[Lane] = Crowd(1, lambda: 0)
    lines = [Line(), Line()]
    for line in lines:
        Lane(service, Receiver, crowd).connection_made(line)
    assert [line.aborted for line in lines] == [False, True]
