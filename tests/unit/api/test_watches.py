"""Watches in the fast lane: how they go out and how they end (contract 10)."""

from __future__ import annotations

import orjson
import pytest

from tests.harness.wire import request_bytes
from tests.unit.api.support import Client
from tests.unit.node.support import propose, put
from vard_http.api.http1 import MAX_DISCARDED
from vard_http.api.service import Service
from vard_http.api.watching import MAX_BACKLOG, SLOW_BYTES, EventStream
from vard_http.store import Store, dump
from vard_http.store.history import CAPACITY

KEY = "/v2/keys/k"
LAST_CHUNK = b"0\r\n\r\n"


@pytest.fixture
def client(service: Service) -> Client:
    return Client(service)


def watch(
    query: str = "", version: bytes = b"HTTP/1.1", fields: dict[str, str] | None = None
) -> bytes:
    return request_bytes("GET", f"{KEY}?wait=true{query}", fields).replace(b"HTTP/1.1", version, 1)


async def write(service: Service, value: bytes = b"v") -> None:
    await propose(service.node, put(value))


def watchers(service: Service) -> int:
    found: int = orjson.loads(service.node.store.stats_json())["watchers"]
    return found


def values(data: bytes) -> list[bytes]:
    """Those in the chunks of a stream, each of which is one event."""
    found = []
    while data and data != LAST_CHUNK:
        size, _, rest = data.partition(b"\r\n")
        event = orjson.loads(rest[: int(size, 16)])
        found.append(event["node"]["value"].encode())
        data = rest[int(size, 16) + 2 :]
    return found


async def test_the_head_goes_out_before_any_event(client: Client, service: Service) -> None:
    client.send(watch())
    head = client.line.take()
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert head.endswith(b"Transfer-Encoding: chunked\r\n\r\n")
    assert b"X-Etcd-Index: 3\r\n" in head
    assert watchers(service) == 1


@pytest.mark.parametrize("stream", ["", "&stream=true"])
async def test_a_watch_ends_without_an_event_if_some_are_not_known_any_more(
    client: Client, service: Service, stream: str
) -> None:
    client.send(watch(stream))
    client.line.take()
    ahead = Store()
    for _ in range(CAPACITY + 10):
        ahead.set(b"/1/k", b"v", now=1)
    service.node.store.restore(dump(ahead))
    assert client.line.take() == LAST_CHUNK
    assert watchers(service) == 0
    client.send(request_bytes("GET", KEY))
    assert client.line.take().startswith(b"HTTP/1.1 200 OK\r\n")


async def test_a_one_shot_watch_ends_with_its_event_and_the_connection_goes_on(
    client: Client, service: Service
) -> None:
    client.send(watch() + request_bytes("GET", KEY))
    await write(service, b"1")
    await write(service, b"2")
    event, get = await client.answers("GET", "GET")
    assert b'"value":"1"' in event.body
    assert get.status == 200
    assert watchers(service) == 0


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        ({"Content-Length": str(2 * MAX_DISCARDED)}, b"x" * MAX_DISCARDED),
        ({"Content-Length": "9", "Expect": "100-continue"}, b""),
        ({"Transfer-Encoding": "chunked"}, b"zz\r\n"),
    ],
    ids=["too long", "not asked for", "broken"],
)
async def test_what_follows_a_body_that_was_not_read_is_no_request(
    client: Client, service: Service, fields: dict[str, str], body: bytes
) -> None:
    client.send(request_bytes("GET", f"{KEY}?wait=true", fields) + body + request_bytes("GET", KEY))
    await write(service, b"1")
    (event,) = await client.answers("GET")
    assert event.head.get("Connection") == "close"
    assert client.line.ended


async def test_a_stream_has_one_chunk_for_each_event(client: Client, service: Service) -> None:
    client.send(watch("&stream=true"))
    client.line.take()
    for value in (b"1", b"2", b"3"):
        await write(service, value)
    assert values(client.line.take()) == [b"1", b"2", b"3"]
    assert watchers(service) == 1


@pytest.mark.parametrize("query", ["", "&stream=true"])
async def test_what_happened_before_comes_at_once(
    client: Client, service: Service, query: str
) -> None:
    await write(service, b"1")
    client.send(watch(f"&waitIndex=4{query}"))
    _, _, body = client.line.take().partition(b"\r\n\r\n")
    assert values(body) == [b"1"]
    assert body.endswith(LAST_CHUNK) is (not query)


async def test_a_one_shot_watch_of_http_1_0_is_ended_by_closing(
    client: Client, service: Service
) -> None:
    client.send(watch(version=b"HTTP/1.0"))
    assert b"Transfer-Encoding" not in client.line.take()
    await write(service, b"1")
    assert orjson.loads(client.line.take())["node"]["value"] == "1"
    assert client.line.ended


async def test_a_client_that_wants_to_close_is_left_after_its_event(
    client: Client, service: Service
) -> None:
    client.send(watch(fields={"Connection": "close"}))
    assert b"Connection: close\r\n" in client.line.take()
    await write(service, b"1")
    assert client.line.take().endswith(LAST_CHUNK)
    assert client.line.ended


@pytest.mark.parametrize("query", ["", "&stream=true"])
async def test_a_client_that_says_no_more_ends_its_watch(
    client: Client, service: Service, query: str
) -> None:
    client.send(watch(query))
    client.line.take()
    assert client.lane.eof_received() is False
    assert client.line.take() == LAST_CHUNK
    assert watchers(service) == 0


@pytest.mark.parametrize("query", ["", "&stream=true"])
async def test_a_lost_connection_ends_its_watch(
    client: Client, service: Service, query: str
) -> None:
    client.send(watch(query))
    client.line.take()
    client.lane.connection_lost(None)
    assert watchers(service) == 0
    await write(service)
    assert client.line.take() == b""


async def test_a_watch_of_an_index_that_is_gone_is_refused_and_counts_no_watcher(
    client: Client, service: Service
) -> None:
    store = service.node.store
    for _ in range(1000):
        store.set(b"/1/other", b"", now=0)
    client.send(watch("&waitIndex=3") + request_bytes("GET", KEY))
    refused, get = await client.answers("GET", "GET")
    assert (refused.status, get.status) == (400, 404)
    assert b'"errorCode":401' in refused.body
    assert b"[4/3]" in refused.body
    assert watchers(service) == 0


async def test_a_client_that_does_not_read_silently_gets_no_more_events(
    client: Client, service: Service
) -> None:
    client.send(watch("&stream=true"))
    client.line.take()
    client.line.unsent = SLOW_BYTES + 1
    store = service.node.store
    for number in range(3 * MAX_BACKLOG):
        store.set(b"/1/k", b"%d" % number, now=0)
    client.line.unsent = 0
    store.set(b"/1/k", b"late", now=0)
    assert values(client.line.take()) == [b"%d" % number for number in range(MAX_BACKLOG)]
    assert watchers(service) == 0
    assert not client.line.closed


async def test_clients_that_do_not_read_share_what_they_may_leave_unsent(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vard_http.api.watching.MAX_UNSENT_BY_ALL", 5 * SLOW_BYTES)
    monkeypatch.setattr(EventStream, "unsent_by_all", 0)
    slow, quick = [Client(service) for _ in range(3)], Client(service)
    for each in (*slow, quick):
        each.send(watch("&stream=true"))
        each.line.take()
    for each in slow:
        each.line.unsent = 2 * SLOW_BYTES
    await write(service, b"1")
    assert [values(each.line.take()) for each in slow] == [[b"1"], [b"1"], []]
    await write(service, b"2")
    assert values(quick.line.take()) == [b"1", b"2"]
    for each in (*slow, quick):
        each.lane.connection_lost(None)
    assert EventStream.unsent_by_all == 0


async def test_a_client_that_catches_up_in_time_misses_nothing(
    client: Client, service: Service
) -> None:
    client.send(watch("&stream=true"))
    client.line.take()
    store = service.node.store
    for number in range(3 * MAX_BACKLOG):
        client.line.unsent = 0 if number % MAX_BACKLOG == 0 else SLOW_BYTES + 1
        store.set(b"/1/k", b"%d" % number, now=0)
    assert values(client.line.take()) == [b"%d" % number for number in range(3 * MAX_BACKLOG)]


async def test_requests_behind_a_stream_wait_and_do_not_pile_up(
    client: Client, service: Service
) -> None:
    client.send(watch("&stream=true"))
    client.line.take()
    for _ in range(40):
        client.send(request_bytes("GET", KEY, {"X": "y" * 10_000}))
    assert not client.line.reading
    assert client.line.take() == b""
