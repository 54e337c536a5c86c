"""Streams of HTTP/1 requests, sound and unsound."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import strategies as st

from tests.fuzz.mutations import CUTS, edited, edits

_METHODS = ("GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH", "put", "FOO", "CONNECT", "")
_TARGETS = (
    "/v2/keys/a",
    "/v2/keys/b?prevExist=true",
    "/v2/keys/a?value=1&ttl=10",
    "/v2/keys/q?quorum=true",
    "/v2/keys/?recursive=true&sorted=true",
    "/v2/keys/w?wait=true",
    "/v2/keys/w?wait=true&stream=true",
    "/v2/keys//x/../y",
    "/v2/keys/%2e%2e%00%zz",
    "/v2/keys/ü",
    "/version",
    "/nope",
    "*",
    "http://h/v2/keys/a",
    "h:1",
    "/v2/keys/a b",
    "",
)
_VERSIONS = ("HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "http/1.1")
_FORM = "Content-Type: application/x-www-form-urlencoded"
_FIELDS = (
    _FORM,
    "content-type: text/plain",
    "Connection: close",
    "Connection: keep-alive",
    "Connection: Upgrade\r\nUpgrade: websocket",
    "Expect: 100-continue",
    "Origin: http://o",
    "Authorization: Basic eDp5",
    "X: y\r\n  folded",
    "X: y\r\n\tContent-Length: 5",
    "X : y",
    "X:",
    "X",
    ": y",
    "X: \x01",
    "X: \xe9",
    "Host: i",
    "Content-Length: 0",
    "Content-Length: 3",
    "Content-Length: +3",
    "Content-Length: 3, 3",
    "Content-Length: 0x3",
    "Content-Length: 99999999999999999999",
    "Content-Length : 3",
    "Content-Length:\t3",
    "Content-Length: \u0663",
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: identity",
    "Transfer-Encoding: gzip, chunked",
    "Transfer-Encoding: chunked, identity",
    "Transfer-Encoding: xchunked",
    "Transfer-Encoding: \x0bchunked",
    "Transfer-Encoding : chunked",
    "Transfer-Encoding:\r\n chunked",
    "transfer-encoding: Chunked",
)
_TOKENS = (
    b"\r",
    b"\n",
    b"\r\n",
    b"\r\n\r\n",
    b"\n\n",
    b" ",
    b"\t",
    b":",
    b";",
    b"\x00",
    b"\xff",
    b"0",
    b"0\r\n\r\n",
    b"ffffffffffffffff\r\n",
    b"10000000000000000\r\n",
    b"GET /v2/keys/smuggled HTTP/1.1\r\nHost: h\r\n\r\n",
    b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n",
)


class Stream(NamedTuple):
    """What a client sends, and where its packets end; without cuts each byte is one."""

    data: bytes
    cuts: list[int]


@st.composite
def _chunked(draw: st.DrawFn, body: bytes) -> bytes:
    """`body` in chunks, with sizes and trailers as a client may or may not write them."""
    coded: bytes = b""
    while body:
        size = draw(st.integers(1, len(body)))
        shown = draw(
            st.sampled_from((b"%x", b"%X", b"000%x", b"%x;a=b", b"%x ;a", b"%x \t", b"%d"))
        )
        coded += shown % size + b"\r\n" + body[:size] + b"\r\n"
        body = body[size:]
    last = (b"0\r\n\r\n",) * 4 + (
        b"0\r\nT: t\r\n\r\n",
        b"0;x\r\n\r\n",
        b"0\n\n",
        b"00\r\n\r\n",
        b"",
    )
    return b"".join((coded, draw(st.sampled_from(last))))


@st.composite
def _request(draw: st.DrawFn) -> bytes:
    method = draw(st.sampled_from(_METHODS[:4]) | st.sampled_from(_METHODS))
    line = f"{method} {draw(st.sampled_from(_TARGETS))} {draw(st.sampled_from(_VERSIONS))}"
    fields = ["Host: h"] if draw(st.integers(0, 9)) else []
    fields += draw(st.lists(st.sampled_from(_FIELDS), max_size=2))
    body = draw(st.sampled_from((b"", b"", b"value=1", b"value=%zz", b"ttl=5&value=x", b"abc")))
    if body:
        fields.append(_FORM)
        framing = draw(st.sampled_from(("length", "length", "chunked", "both", "wrong", "none")))
        if framing in ("length", "both"):
            fields.append(f"Content-Length: {len(body)}")
        if framing == "wrong":
            fields.append(f"Content-Length: {len(body) + draw(st.integers(-2, 2))}")
        if framing in ("chunked", "both"):
            fields.append("Transfer-Encoding: chunked")
            body = draw(_chunked(body))
    fields = draw(st.permutations(fields))
    head = "".join(f"{part}\r\n" for part in (line, *fields, ""))
    return head.encode("utf-8") + body


STREAMS = st.builds(
    lambda requests, changes, cuts: Stream(edited(b"".join(requests), changes), cuts),
    st.lists(_request(), min_size=1, max_size=4),
    edits(_TOKENS),
    CUTS,
)
