"""aiohttp's side of the API: the same bytes as in the fast lane, on real sockets."""

from __future__ import annotations

import asyncio

import pytest

from tests.harness.wire import FORM, request_bytes
from tests.unit.api.support import Way, listening
from tests.unit.node.support import propose, put, until
from vard_http.api.http1 import MAX_DISCARDED
from vard_http.api.keys import MAX_FORM_BYTES
from vard_http.api.service import Service

KEY = "/v2/keys/k"
GET = request_bytes("GET", KEY)
CLOSING = request_bytes("GET", "/v2/keys/none", {"Connection": "close"})
WATCH = request_bytes("GET", KEY + "?wait=true")


async def all_of(port: int, data: bytes) -> bytes:
    """What comes back until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    async with asyncio.timeout(5):
        answer = await reader.read()
    writer.close()
    return answer


async def both(service: Service, data: bytes) -> tuple[bytes, bytes]:
    """What the lane and aiohttp send back."""
    async with listening(service, "lane") as lane, listening(service, "aiohttp") as aiohttp:
        return await all_of(lane, data), await all_of(aiohttp, data)


def old(target: str, method: str = "GET", fields: bytes = b"") -> bytes:
    return f"{method} {target} HTTP/1.0\r\n".encode() + fields + b"\r\n"


TABLE = [
    GET + CLOSING,
    request_bytes("GET", "/v2/keys/long") + CLOSING,
    request_bytes("HEAD", "/v2/keys/long") + CLOSING,
    request_bytes("HEAD", KEY) + CLOSING,
    request_bytes("HEAD", "/v2//keys") + CLOSING,
    old("/v2/keys/long"),
    old("/v2/keys/long", "HEAD"),
    old(KEY),
    old(KEY, fields=b"Connection: keep-alive\r\n") + old(KEY),
    old(KEY + "?wait=true&waitIndex=4"),
    request_bytes("GET", KEY + "?wait=true&waitIndex=4") + GET + CLOSING,
    request_bytes("GET", KEY + "?wait=true&waitIndex=4", {"Connection": "close"}),
    request_bytes("GET", KEY + "?dir=x") + CLOSING,
    request_bytes("GET", "/v2/keys/%0a%ff%00") + CLOSING,
    request_bytes("GET", "/v2/keys/a%zz"),
    request_bytes("GET", "/v2//keys?<b>&x") + CLOSING,
    request_bytes("PUT", "/v2//keys") + CLOSING,
    request_bytes("OPTIONS", "/nope") + CLOSING,
    request_bytes("OPTIONS", "*") + CLOSING,
    request_bytes("PATCH", KEY, {}, b"x") + CLOSING,
    request_bytes("GET", "http://other/v2/keys/k") + CLOSING,
    request_bytes("GET", KEY, {"Expect": "something"}),
    request_bytes("PATCH", KEY, {"Expect": "100-continue", "Content-Length": "7"}),
    request_bytes("DELETE", "/v2/keys/none", {"Expect": "100-continue", "Content-Length": "7"}),
    request_bytes("PUT", "/v2/keys?dir=x", {"Content-Type": "/"}, b"x") + CLOSING,
    request_bytes(
        "PUT", "/v2/keys/%0a?dir=x", {"Content-Type": FORM, "Expect": "100-continue"}, b"value=1"
    )
    + CLOSING,
    request_bytes("GET", KEY, {}, b"x" * 1000) + CLOSING,
    request_bytes("GET", KEY, {"Content-Length": str(10 * MAX_DISCARDED)}),
    request_bytes("PUT", KEY, {"Content-Type": FORM}, b"value=".ljust(MAX_FORM_BYTES + 1, b"x"))
    + CLOSING,
    request_bytes(
        "PUT", KEY, {"Content-Type": FORM, "Transfer-Encoding": "chunked"}, b"2\r\n%z\r\n0\r\n\r\n"
    )
    + CLOSING,
]


@pytest.mark.parametrize("data", TABLE, ids=lambda data: repr(data[:50]))
async def test_both_ways_send_the_same_bytes(service: Service, data: bytes) -> None:
    await propose(service.node, put(b"1"))
    await propose(service.node, put(b"x" * 3000, b"/1/long"))
    lane, aiohttp = await both(service, data)
    assert lane.startswith((b"HTTP/1.1 ", b"HTTP/1.0 "))
    assert aiohttp == lane


@pytest.mark.parametrize("way", ["lane", "aiohttp"])
async def test_the_largest_form_is_accepted(service: Service, way: Way) -> None:
    body = b"value=".ljust(MAX_FORM_BYTES, b"x")
    async with listening(service, way) as port:
        request = request_bytes("PUT", KEY, {"Content-Type": FORM, "Connection": "close"}, body)
        answer = await all_of(port, request)
    assert answer.startswith(b"HTTP/1.1 201 Created\r\n")
    assert b"x" * 1000 in answer


@pytest.mark.parametrize(
    "garbage",
    [
        b"GARBAGE\r\n\r\n",
        b"GET /v2/keys HTTP/1.1\r\nHost: h\r\nX : y\r\n\r\n",
        request_bytes("GET", KEY, {"Content-Length": "x"}),
    ],
)
async def test_what_aiohttp_refuses_is_refused_in_gos_words(
    service: Service, garbage: bytes
) -> None:
    async with listening(service, "lane") as port, asyncio.timeout(5):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request_bytes("GET", "/version"))
        await reader.readuntil(b"}")
        writer.write(garbage)
        refusal = await reader.read()
        writer.close()
    assert refusal == (
        b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
        b"Connection: close\r\n\r\n400 Bad Request"
    )


async def test_a_bug_is_told_without_its_traceback(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr(service, "keys", fail)
    async with listening(service, "aiohttp") as port:
        answer = await all_of(port, GET)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert b"Connection: close" in head
    assert b"Server" not in head.partition(b"\r\n")[2]
    assert body == b'{"message":"Internal Server Error"}'


@pytest.mark.parametrize("way", ["lane", "aiohttp"])
async def test_a_live_watch_ends_once_and_the_connection_goes_on(
    service: Service, way: Way
) -> None:
    async with listening(service, way) as port, asyncio.timeout(5):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(WATCH)
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"Transfer-Encoding: chunked\r\n" in head
        await propose(service.node, put(b"1"))
        event = await reader.readuntil(b"0\r\n\r\n")
        assert event.count(b"0\r\n\r\n") == 1
        writer.write(CLOSING)
        assert (await reader.read()).startswith(b"HTTP/1.1 404 Not Found\r\n")
        writer.close()
    assert service.node.store.watchers == 0


@pytest.mark.parametrize("way", ["lane", "aiohttp"])
@pytest.mark.parametrize("query", ["", "&stream=true"])
async def test_a_watch_goes_when_its_client_does(service: Service, way: Way, query: str) -> None:
    async with listening(service, way) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request_bytes("GET", KEY + "?wait=true" + query))
        await reader.readuntil(b"\r\n\r\n")
        assert service.node.store.watchers == 1
        writer.transport.abort()
        await until(lambda: service.node.store.watchers == 0)


@pytest.mark.parametrize("way", ["lane", "aiohttp"])
async def test_open_watches_are_cut_off_at_once_on_a_stop(
    service: Service, way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vard_http.api.listening.SHUTDOWN_SECONDS", 60.0)
    async with asyncio.timeout(5):
        async with listening(service, way) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(WATCH)
            await reader.readuntil(b"\r\n\r\n")
        try:
            rest = await reader.read()
        except ConnectionResetError:
            rest = b""
    assert rest == b""
    writer.close()
    await until(lambda: service.node.store.watchers == 0)
