"""Odd requests of /v2/members, once to vard_http and once to etcd (contract 13.2 to 13.4)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.harness.processes import Server, start_server

pytestmark = pytest.mark.etcd

JSON = "application/json"

BODIES: tuple[bytes, ...] = (
    b"",
    b" ",
    b"x",
    b"'",
    b'"',
    b"\\",
    b"\x00",
    b"\x7f",
    b"\xe9",
    b"\xa0",
    b"\xad",
    b"\xff",
    b"\n\t\r {} ",
    b"{",
    b"{ ",
    b"{x",
    b'{"',
    b'{"a',
    b'{"a"',
    b'{"a" x',
    b'{"a":',
    b'{"a":}',
    b'{"a":1',
    b'{"a":1 x',
    b'{"a":1,',
    b'{"a":1,}',
    b'{"a":1,x}',
    b"{,}",
    b"{1:2}",
    b"[",
    b"[,",
    b"[1",
    b"[1 2]",
    b"[1,",
    b"[1,]",
    b"[1}",
    b"]",
    b"}",
    b"{}x",
    b"{} x",
    b"{}{}",
    b"nul",
    b"nulx",
    b"null",
    b"nullx",
    b"t",
    b"trx",
    b"true",
    b"fals",
    b"falsy",
    b"false",
    b"-",
    b"-x",
    b"-0",
    b"01",
    b"1.",
    b"1.x",
    b"1.5",
    b"1e",
    b"1ex",
    b"1e+",
    b"1e+5",
    b"1e999",
    b"+1",
    b".5",
    b"0x1",
    b"NaN",
    b"Infinity",
    b'"a',
    b'"a\nb"',
    b'"\x01"',
    b'"\\x"',
    b'"\\',
    b'"\\u',
    b'"\\u12',
    b'"\\u12g4"',
    b'"\\ud800"',
    b'"text"',
    b"[]",
    b'{"peerURLs":1}',
    b'{"peerURLs":true}',
    b'{"peerURLs":{}}',
    b'{"peerURLs":"http://a:1"}',
    b'{"peerURLs":[1]}',
    b'{"peerURLs":[null]}',
    b'{"peerURLs":[true]}',
    b'{"peerURLs":[[]]}',
    b'{"peerURLs":[{}]}',
    b'{"peerURLs":["http://a:1",2]}',
    b'{"peerURLs":[2],"peerURLs":"x"}',
    b'{"peerURLs":["http://a:1"],"peerURLs":null}',
    b'{"peerURLs":["http://a:1"],"peerurls":[]}',
    b'{"PeErUrLs":["foo"]}',
    '{"peerURLſ":["foo"]}'.encode(),
    b'{"peerURLs ":["foo"]}',
    b'{"peerURLs":[""]}',
    b'{"peerURLs":[" "]}',
    b'{"peerURLs":["foo:1"]}',
    b'{"peerURLs":["http:"]}',
    b'{"peerURLs":["http://"]}',
    b'{"peerURLs":["http://a"]}',
    b'{"peerURLs":["http://a:1/"]}',
    b'{"peerURLs":["http://a:1?x"," http://b"]}',
    b'{"peerURLs":["http://a:x"]}',
    b'{"peerURLs":["http://[::1"]}',
    b'{"peerURLs":["http://<a>&:b"]}',
    b'{"peerURLs":["http://a\\u0000:1"]}',
    b'{"peerURLs":["http://\\ud800:x"]}',
    b'{"peerURLs":["\xff"]}',
    b'{"peerURLs":["unix://a:1/x"]}',
    b"[" * 10_001,
    b"[" * 10_000 + b"]" * 10_000,
    b'{"name":' + b"[" * 5000 + b"]" * 5000 + b"}",
)

CONTENT_TYPES = (
    "",
    "text/plain",
    "application/json",
    "application/json;",
    "application/json ; charset=utf-8",
    "APPLICATION/JSON",
    "Application/Json;x",
    " application/json ",
    "application/jsonx",
    "text/<b>;application/json",
    ";",
)

PATHS = (
    "",
    "/",
    "/x",
    "/1/",
    "/1/2",
    "/0",
    "/00000000000000000001",
    "/ffffffffffffffff",
    "/10000000000000000",
    "/FFFF",
    "/+1",
    "/-1",
    "/1_0",
    "/0x1",
    "/%20",
    "/%31",
    "/%ff%3c",
    "/leader",
    "/leader/",
    "/leader?x=y",
)


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Server, Server]]:
    with start_server("vard") as vard, start_server("etcd") as etcd:
        yield vard, etcd


def _same(
    servers: tuple[Server, Server], method: str, path: str, content_type: str, body: bytes
) -> None:
    answers = []
    for server in servers:
        headers = {"Content-Type": content_type} if content_type else {}
        with server.connect() as connection:
            answer = connection.request(method, f"/v2/members{path}", headers, body)
        shown = [answer.head.get(name) for name in ("Content-Type", "Content-Length", "Allow")]
        own = server.endpoint.member_id.encode()
        answers.append((answer.status, shown, answer.body.replace(own, b"<id>")))
    assert answers[0] == answers[1]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:40]))
def test_bodies(servers: tuple[Server, Server], body: bytes) -> None:
    _same(servers, "PUT", "/abc", JSON, body)


@pytest.mark.parametrize("content_type", CONTENT_TYPES)
def test_content_types(servers: tuple[Server, Server], content_type: str) -> None:
    _same(servers, "POST", "", content_type, b"{}")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD", "PATCH"])
@pytest.mark.parametrize("path", PATHS)
def test_paths(servers: tuple[Server, Server], method: str, path: str) -> None:
    _same(servers, method, path, JSON, b'{"peerURLs":["http://a:1"]}')
