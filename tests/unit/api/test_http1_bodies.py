"""Bodies of requests: the same however their bytes arrive."""

from __future__ import annotations

import pytest

from vard_http.api.http1 import MAX_CHUNK_LINE, Body

NEXT = b"GET / HTTP/1.1\r\n"
LIMIT = 1000

CHUNKED = [
    (b"0\r\n\r\n", b""),
    (b"7\r\nvalue=1\r\n0\r\n\r\n", b"value=1"),
    (b"3\r\nval\r\n4\r\nue=1\r\n0\r\n\r\n", b"value=1"),
    (b"0007;x=y\r\nvalue=1\r\n0\r\nTrailer: t\r\n\r\n", b"value=1"),
    (b"7 \nvalue=1\r\n0\n\n", b"value=1"),
    (b"A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", b"0123456789" * 2),
]


def fed(body: Body, *pieces: bytes) -> bytearray:
    """Feed the pieces as they arrive; returns what was left behind the body."""
    buffer = bytearray()
    for piece in pieces:
        buffer += piece
        if not body.complete and body.error is None:
            body.feed(buffer)
    return buffer


@pytest.mark.parametrize(("text", "data"), CHUNKED)
def test_a_chunked_body_is_the_same_wherever_it_is_split(text: bytes, data: bytes) -> None:
    whole = text + NEXT
    for split in range(len(whole) + 1):
        body = Body(None, LIMIT)
        rest = fed(body, whole[:split], whole[split:])
        assert (bytes(body.data), body.complete, body.error) == (data, True, None)
        assert rest == NEXT


@pytest.mark.parametrize(("text", "data"), CHUNKED)
def test_a_chunked_body_may_arrive_byte_by_byte(text: bytes, data: bytes) -> None:
    body = Body(None, LIMIT)
    assert fed(body, *(bytes([byte]) for byte in text)) == b""
    assert (bytes(body.data), body.complete) == (data, True)


def test_a_body_of_known_length_is_the_same_wherever_it_is_split() -> None:
    whole = b"value=1" + NEXT
    for split in range(len(whole) + 1):
        body = Body(7, LIMIT)
        assert fed(body, whole[:split], whole[split:]) == NEXT
        assert (bytes(body.data), body.complete) == (b"value=1", True)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (b"zz\r\n", "invalid byte in chunk length"),
        (b"-1\r\n", "invalid byte in chunk length"),
        (b"\r\n", "invalid byte in chunk length"),
        (b"7\r\nvalue=1xx", "malformed chunked encoding"),
        (b"7\r\nvalue=1\n0", "malformed chunked encoding"),
        (b"0" * 16 + b"7\r\n", "http chunk length too large"),
        (b"0" * (MAX_CHUNK_LINE + 1), "header line too long"),
    ],
)
def test_broken_chunks_are_told_as_go_tells_them(text: bytes, error: str) -> None:
    body = Body(None, LIMIT)
    fed(body, text)
    assert body.error == error
    assert not body.complete


@pytest.mark.parametrize("length", [10, None])
def test_a_body_that_is_cut_short(length: int | None) -> None:
    body = Body(length, LIMIT)
    fed(body, b"5\r\nv")
    body.cut()
    assert body.error == "unexpected EOF"


@pytest.mark.parametrize(
    ("body", "text"), [(Body(30, 10), b"x" * 30), (Body(None, 10), b"1e\r\n" + b"x" * 30 + b"\r\n")]
)
def test_beyond_the_limit_bytes_are_counted_not_kept(body: Body, text: bytes) -> None:
    fed(body, text[:8], text[8:])
    assert (bytes(body.data), body.overflow, body.full) == (b"x" * 10, 20, True)
