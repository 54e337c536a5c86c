"""Heads of requests by the rules of Go's server."""

from __future__ import annotations

import pytest

from tests.conformance.malformed import UNUSUAL
from vard_http.api.http1 import (
    MAX_FIRST_LINE,
    MAX_HEAD,
    BadRequest,
    Hangup,
    Head,
    find_head,
    parse_head,
)

HOST = b"Host: h\r\n"


def get(fields: bytes = HOST, version: bytes = b"HTTP/1.1") -> bytes:
    return b"GET /k " + version + b"\r\n" + fields + b"\r\n"


def parsed(text: bytes) -> Head:
    """The head at the beginning of `text`, found as a connection would find it."""
    end = find_head(bytearray(text), 0, first=True)
    return parse_head(text[:end])


UNUSUAL_REQUESTS = [data for data, _ in UNUSUAL]


@pytest.mark.parametrize("data", UNUSUAL_REQUESTS, ids=lambda data: repr(data[:60]))
def test_a_head_is_the_same_wherever_it_is_split(data: bytes) -> None:
    whole = find_head(bytearray(data), 0, first=True)
    assert whole > 0
    step = max(1, whole // 200)
    for split in range(1, whole, step):
        buffer = bytearray(data[:split])
        assert find_head(buffer, 0, first=True) == 0
        buffer += data[split:]
        assert find_head(buffer, split, first=True) == whole


def test_what_was_looked_at_before_is_not_looked_at_again() -> None:
    buffer = bytearray(b"GET / HTTP/1.1\r\n\r\n" + b"x" * 100)
    assert find_head(buffer, 17, first=False) == 18
    assert find_head(buffer, 100, first=False) == 0


@pytest.mark.parametrize(
    ("line_end", "end"), [(b"\r\n", b"\r\n"), (b"\n", b"\n"), (b"\r\n", b"\n"), (b"\n", b"\r\n")]
)
def test_lines_end_with_a_line_feed_with_or_without_a_return(line_end: bytes, end: bytes) -> None:
    head = parsed(b"GET /k HTTP/1.1" + line_end + b"Host: h" + line_end + end)
    assert (head.method, head.target, head.minor) == (b"GET", b"/k", 1)
    assert head.fields.get(b"host") == b"h"


@pytest.mark.parametrize(
    ("lines", "fields"),
    [
        (b"Host: h\r\nX:\r\nY: \t z \t\r\n", {b"host": b"h", b"x": b"", b"y": b"z"}),
        (b"hOsT:h\r\n", {b"host": b"h"}),
        (b"Host: h\r\nX: a\r\nX: b\r\n", {b"host": b"h", b"x": b"a"}),
        (b"Host: h\r\nX: y\r\n  folded\r\n\tmore\r\n", {b"host": b"h", b"x": b"y folded more"}),
        (b"Host: h\r\n: nameless\r\n", {b"host": b"h"}),
        (b"Host: h\r\nX: \xff\r\n", {b"host": b"h", b"x": b"\xff"}),
        (b"Host: h\r\nX: a\tb\r\n", {b"host": b"h", b"x": b"a\tb"}),
        (b"Host:\r\n", {b"host": b""}),
    ],
)
def test_header_fields(lines: bytes, fields: dict[bytes, bytes]) -> None:
    assert parsed(get(lines)).fields.headers == fields


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        (b"", "400 Bad Request: missing required Host header"),
        (b"Host: a b\r\n", "400 Bad Request: malformed Host header"),
        (b"Host: a/b\r\n", "400 Bad Request: malformed Host header"),
        (b"Host: \xff\r\n", "400 Bad Request: malformed Host header"),
        (b"Host: a\x01\r\n", "400 Bad Request: malformed Host header"),
        (HOST + HOST, "400 Bad Request"),
        (b"Host: h\r\nnocolon\r\n", "400 Bad Request"),
        (b" Host: h\r\n", "400 Bad Request"),
        (b"Host: h\r\nX : y\r\n", "400 Bad Request: invalid header name"),
        (b"Host: h\r\nA@B: y\r\n", "400 Bad Request: invalid header name"),
        (b"Host: h\r\n\xc3\xbc: y\r\n", "400 Bad Request: invalid header name"),
        (b"Host: h\r\nX: y\x00z\r\n", "400 Bad Request: invalid header value"),
        (b"Host: h\r\nX: y\x7f\r\n", "400 Bad Request: invalid header value"),
        (HOST + b"Content-Length: x\r\n", "400 Bad Request"),
        (HOST + b"Content-Length: -1\r\n", "400 Bad Request"),
        (HOST + b"Content-Length: +0\r\n", "400 Bad Request"),
        (HOST + b"Content-Length: 0, 0\r\n", "400 Bad Request"),
        (HOST + b"Content-Length: 99999999999999999999\r\n", "400 Bad Request"),
        (HOST + b"Content-Length: 1\r\nContent-Length: 2\r\n", "400 Bad Request"),
        (HOST + b"Transfer-Encoding: gzip\r\n", "501 Not Implemented"),
        (HOST + b"Transfer-Encoding: gzip, chunked\r\n", "501 Not Implemented"),
        (HOST + b"Transfer-Encoding: chunked\r\n" * 2, "501 Not Implemented"),
    ],
)
def test_fields_that_are_refused(fields: bytes, refusal: str) -> None:
    with pytest.raises(BadRequest) as refused:
        parsed(get(fields))
    assert str(refused.value) == refusal


@pytest.mark.parametrize(
    ("line", "refusal"),
    [
        (b"GET /k", "400 Bad Request"),
        (b"G@T /k HTTP/1.1", "400 Bad Request"),
        (b" /k HTTP/1.1", "400 Bad Request"),
        (b"GET /k HTTP/1.10", "400 Bad Request"),
        (b"GET /k http/1.1", "400 Bad Request"),
        (b"GET /k b HTTP/1.1", "400 Bad Request"),
        (
            b"GET /k HTTP/2.0",
            "505 HTTP Version Not Supported: unsupported protocol version",
        ),
    ],
)
def test_later_request_lines_that_are_refused(line: bytes, refusal: str) -> None:
    text = line + b"\r\n" + HOST + b"\r\n"
    assert find_head(bytearray(text), 0, first=False) == len(text)
    with pytest.raises(BadRequest) as refused:
        parse_head(text)
    assert str(refused.value) == refusal


def test_a_refusal_is_written_as_go_writes_it() -> None:
    assert BadRequest("501 Not Implemented", "Unsupported transfer encoding").to_bytes() == (
        b"HTTP/1.1 501 Not Implemented\r\nContent-Type: text/plain; charset=utf-8\r\n"
        b"Connection: close\r\n\r\nUnsupported transfer encoding"
    )


@pytest.mark.parametrize(
    "line",
    [
        b"garbage",
        b"GET",
        b"GET /k",
        b"GET /k HTTP",
        b"GET /k HTTP/0.9",
        b"GET /k HTTP/2.0",
        b"GET /k b HTTP/1.1",
        b"\x16\x03\x01\x00\x05hello",
        b"",
    ],
)
def test_a_connection_that_begins_with_anything_else_is_closed_silently(line: bytes) -> None:
    with pytest.raises(Hangup):
        find_head(bytearray(line + b"\r\n"), 0, first=True)


def test_the_first_line_of_a_connection_has_4096_bytes() -> None:
    line = b"GET /%b HTTP/1.1\r\n"
    fits = line % (b"k" * (MAX_FIRST_LINE - len(line) + 2))
    assert len(fits) == MAX_FIRST_LINE
    assert find_head(bytearray(fits), 0, first=True) == 0
    longer = bytearray(fits.replace(b"/", b"/k", 1))
    with pytest.raises(Hangup):
        find_head(longer, 0, first=True)
    assert find_head(longer, 0, first=False) == 0


@pytest.mark.parametrize("ended", [True, False])
def test_a_head_has_about_a_mebibyte(ended: bool) -> None:
    start = b"GET / HTTP/1.1\r\nHost: h\r\nX: "
    fits = bytearray(start + b"y" * (MAX_HEAD - len(start) - 4) + b"\r\n\r\n")
    assert find_head(fits, 0, first=True) == MAX_HEAD
    too_long = start + b"y" * MAX_HEAD + (b"\r\n\r\n" if ended else b"")
    with pytest.raises(BadRequest, match="431 Request Header Fields Too Large"):
        find_head(bytearray(too_long), 0, first=True)


@pytest.mark.parametrize(
    ("version", "fields", "stays"),
    [
        (b"HTTP/1.1", b"", True),
        (b"HTTP/1.1", b"Connection: Close\r\n", False),
        (b"HTTP/1.1", b"Connection: keep-alive, close\r\n", False),
        (b"HTTP/1.1", b"Connection: upgrade\r\n", True),
        (b"HTTP/1.0", b"", False),
        (b"HTTP/1.0", b"Connection: Keep-Alive\r\n", True),
    ],
)
def test_who_keeps_the_connection(version: bytes, fields: bytes, stays: bool) -> None:
    assert parsed(get(HOST + fields, version)).fields.keep_alive is stays


@pytest.mark.parametrize(
    ("version", "fields", "length"),
    [
        (b"HTTP/1.1", b"", 0),
        (b"HTTP/1.1", b"Content-Length: 007\r\n", 7),
        (b"HTTP/1.1", b"Content-Length: \r\n", 0),
        (b"HTTP/1.1", b"Content-Length: 7\r\nContent-Length: 7\r\n", 7),
        (b"HTTP/1.1", b"Transfer-Encoding: CHUNKED\r\n", None),
        (b"HTTP/1.1", b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", None),
        (b"HTTP/1.0", b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", 3),
    ],
)
def test_how_long_the_body_is(version: bytes, fields: bytes, length: int | None) -> None:
    assert parsed(get(HOST + fields, version)).fields.length == length


@pytest.mark.parametrize(
    ("version", "fields"),
    [
        (b"HTTP/1.1", b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"),
        (b"HTTP/1.0", b"Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n"),
    ],
)
def test_nothing_is_read_behind_a_body_whose_end_others_may_see_elsewhere(
    version: bytes, fields: bytes
) -> None:
    """RFC 9112 6.1."""
    assert not parsed(get(HOST + fields, version)).fields.keep_alive


def test_http_1_0_needs_no_host() -> None:
    assert parsed(get(b"", b"HTTP/1.0")).minor == 0


@pytest.mark.parametrize(
    ("version", "fields", "expects"),
    [
        (b"HTTP/1.1", b"Content-Length: 1\r\nExpect: 100-Continue\r\n", True),
        (b"HTTP/1.1", b"Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n", True),
        (b"HTTP/1.1", b"Content-Length: 0\r\nExpect: 100-continue\r\n", False),
        (b"HTTP/1.0", b"Content-Length: 1\r\nExpect: 100-continue\r\n", False),
        (b"HTTP/1.1", b"Content-Length: 1\r\n", False),
    ],
)
def test_who_waits_for_a_100(version: bytes, fields: bytes, expects: bool) -> None:
    assert parsed(get(HOST + fields, version)).expects_continue is expects


def test_values_of_fields_are_not_shown() -> None:
    fields = parsed(get(HOST + b"Authorization: Basic c2VjcmV0\r\n")).fields
    assert "c2VjcmV0" not in repr(fields)
    assert "authorization" in repr(fields)
