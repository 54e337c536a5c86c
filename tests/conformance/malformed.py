"""Requests at the edge of HTTP/1.1 and beyond it.

They name the key /raw, a file without TTL that no other step touches: answers to broken requests
are compared as raw bytes, in which listing orders and times could not be told apart.
"""

from __future__ import annotations

_HOST = b"Host: h\r\n"
_GET = b"GET /v2/keys/raw HTTP/1.1\r\n"


def _get(target: bytes, fields: bytes = _HOST, version: bytes = b"HTTP/1.1") -> bytes:
    return b"GET " + target + b" " + version + b"\r\n" + fields + b"\r\n"


def _put(fields: bytes, body: bytes) -> bytes:
    form = b"Content-Type: application/x-www-form-urlencoded\r\n"
    return b"PUT /v2/keys/raw HTTP/1.1\r\n" + _HOST + form + fields + b"\r\n" + body


# Answered like any other request: (bytes, methods of the answers).
UNUSUAL: tuple[tuple[bytes, tuple[str, ...]], ...] = (
    (_get(b"/v2/keys/raw", b"", b"HTTP/1.0"), ("GET",)),
    (_get(b"/v2/keys/raw", _HOST, b"HTTP/1.0"), ("GET",)),
    (_get(b"/v2/keys/raw", b"Connection: keep-alive\r\n", b"HTTP/1.0"), ("GET",)),
    (_get(b"/v2/keys/raw", b"Connection: Keep-Alive\r\n" + _HOST, b"HTTP/1.0"), ("GET",)),
    (_get(b"/v2/keys/raw", _HOST + b"Connection: close\r\n"), ("GET",)),
    (_get(b"/v2/keys/raw", _HOST + b"Connection: Close\r\n"), ("GET",)),
    (_get(b"/v2/keys/raw", _HOST + b"Connection: keep-alive, close\r\n"), ("GET",)),
    (_get(b"/v2/keys/raw", _HOST + b"Connection: keep-alive\r\n"), ("GET",)),
    (_get(b"/v2/keys/raw", _HOST + b"Connection: Upgrade\r\nUpgrade: websocket\r\n"), ("GET",)),
    (_get(b"http://other/v2/keys/raw"), ("GET",)),
    (_get(b"http://other:99/v2/keys//a?x=1"), ("GET",)),
    (_get(b"https://other/v2/keys/raw"), ("GET",)),
    (_get(b"http://other"), ("GET",)),
    (_get(b"http://other?x"), ("GET",)),
    (_get(b"/v2/keys/raw", b"host: h\r\nACCEPT: */*\r\nx-Y: z\r\n"), ("GET",)),
    (_get(b"/v2/keys/raw", b"Host:h\r\nX:\r\nY: \t z \t\r\n"), ("GET",)),
    (_get(b"/v2/keys/raw", b"Host:\r\n"), ("GET",)),
    (_get(b"/v2/keys/raw", _HOST + b"Origin: http://o:1\r\nAccept-Encoding: gzip\r\n"), ("GET",)),
    (_get(b"/v2/keys/raw", _HOST + b"If-None-Match: *\r\nRange: bytes=0-1\r\n"), ("GET",)),
    (_get(b"/v2/keys/raw", _HOST + b"Authorization: Basic eDp5\r\n"), ("GET",)),
    (_get(b"/v2/keys/raw", _HOST + b"Authorization: nonsense\r\n"), ("GET",)),
    (_get(b"/v2/keys/raw", _HOST + b"Content-Length: 5\r\n") + b"value", ("GET",)),
    (_get(b"/v2/keys/raw", _HOST + b"X: " + b"y" * 60_000 + b"\r\n"), ("GET",)),
    (_get(b"/v2/keys/" + b"k" * 3000), ("GET",)),
    (b"OPTIONS * HTTP/1.1\r\n" + _HOST + b"\r\n", ("OPTIONS",)),
    (b"OPTIONS /v2//keys HTTP/1.1\r\n" + _HOST + b"\r\n", ("OPTIONS",)),
    (b"HEAD /v2/keys/raw HTTP/1.0\r\n\r\n", ("HEAD",)),
    (b"DELETE /v2/keys/raw HTTP/1.1\r\n" + _HOST + b"Content-Length: 3\r\n\r\n%zz", ("DELETE",)),
    (_put(b"Content-Length: 7\r\n", b"value=1"), ("PUT",)),
    (_put(b"Content-Length: 7\r\nContent-Length: 7\r\n", b"value=1"), ("PUT",)),
    (_put(b"Content-Length: 007\r\n", b"value=1"), ("PUT",)),
    (_put(b"", b""), ("PUT",)),
    (_put(b"Transfer-Encoding: chunked\r\n", b"7\r\nvalue=1\r\n0\r\n\r\n"), ("PUT",)),
    (_put(b"Transfer-Encoding: CHUNKED\r\n", b"3\r\nval\r\n4\r\nue=1\r\n0\r\n\r\n"), ("PUT",)),
    (
        _put(b"Transfer-Encoding: chunked\r\n", b"0007;x=y\r\nvalue=1\r\n0\r\nT: t\r\n\r\n"),
        ("PUT",),
    ),
    (_put(b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n"), ("PUT",)),
    (
        b"PUT /v2/keys/raw HTTP/1.0\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: 7\r\n\r\nvalue=1",
        ("PUT",),
    ),
)

# Refused before any handler sees them, or ended too early.
BROKEN: tuple[bytes, ...] = (
    b"",
    b"\r\n",
    b"\r\n\r\n",
    b"garbage\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET /v2/keys/raw\r\n\r\n",
    b"GET /v2/keys/raw HTTP\r\n\r\n",
    _GET,
    b"GET /v2/keys/raw HT",
    _get(b"/v2/keys/raw", _HOST, b"HTTP/0.9"),
    _get(b"/v2/keys/raw", _HOST, b"HTTP/1.2"),
    _get(b"/v2/keys/raw", _HOST, b"HTTP/2.0"),
    _get(b"/v2/keys/raw", _HOST, b"HTTP/3.0"),
    _get(b"/v2/keys/raw", _HOST, b"HTTP/1"),
    _get(b"/v2/keys/raw", _HOST, b"HTTP/1.10"),
    _get(b"/v2/keys/raw", _HOST, b"http/1.1"),
    _get(b"/v2/keys/raw", _HOST, b"HTTX/1.1"),
    _get(b" /v2/keys/raw"),
    _get(b"/v2/keys/raw b"),
    _get(b"/v2/keys/raw\tb"),
    _get(b"/v2/keys/raw "),
    _get(b"v2/keys/raw"),
    _get(b""),
    _get(b"*"),
    _get(b"http://"),
    _get(b"http:///v2/keys/raw"),
    _get(b"http://[::1/v2/keys/raw"),
    _get(b"http://a b/v2/keys/raw"),
    _get(b"mailto:x"),
    _get(b":x"),
    _get(b"/v2/keys/raw%zz"),
    _get(b"/v2/keys/raw%"),
    _get(b"/v2/keys/raw%2"),
    _get(b"/v2/keys/raw\x00b"),
    _get(b"/v2/keys/raw\x7fb"),
    _get(b"/v2/keys/raw\x01b"),
    _get(b"/v2/keys/raw?x=\x01"),
    _get(b"/v2/keys/raw", b""),
    _get(b"/v2/keys/raw", _HOST + _HOST),
    _get(b"/v2/keys/raw", b"Host: a b\r\n"),
    _get(b"/v2/keys/raw", b"Host: a/b\r\n"),
    _get(b"/v2/keys/raw", b"Host: a\x01\r\n"),
    _get(b"/v2/keys/raw", b"Host: \xff\r\n"),
    _get(b"/v2/keys/raw", b"Host: h\r\nnocolon\r\n"),
    _get(b"/v2/keys/raw", b"Host: h\r\nX : y\r\n"),
    _get(b"/v2/keys/raw", b"Host: h\r\n X: y\r\n"),
    _get(b"/v2/keys/raw", b" Host: h\r\n"),
    _get(b"/v2/keys/raw", b"Host: h\r\nX: y\r\n folded\r\n"),
    _get(b"/v2/keys/raw", b"Host: h\r\nX: y\x00z\r\n"),
    _get(b"/v2/keys/raw", b"Host: h\r\nX: y\x01z\r\n"),
    _get(b"/v2/keys/raw", b"Host: h\r\nX: y\xffz\r\n"),
    _get(b"/v2/keys/raw", b"Host: h\r\nA@B: y\r\n"),
    _get(b"/v2/keys/raw", b"Host: h\r\nA B: y\r\n"),
    _get(b"/v2/keys/raw", b"Host: h\r\n: y\r\n"),
    _get(b"/v2/keys/raw", b"Host: h\r\n\xc3\xbc: y\r\n"),
    _get(b"/v2/keys/raw", _HOST + b"Expect: something\r\n"),
    _get(b"/v2/keys/raw", _HOST + b"Transfer-Encoding: gzip\r\n"),
    _get(b"/v2/keys/raw", _HOST + b"Transfer-Encoding: identity\r\n"),
    _get(b"/v2/keys/raw", _HOST + b"Transfer-Encoding: gzip, chunked\r\n"),
    _get(b"/v2/keys/raw", _HOST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
    _get(b"/v2/keys/raw", _HOST + b"Content-Length: x\r\n"),
    _get(b"/v2/keys/raw", _HOST + b"Content-Length: -1\r\n"),
    _get(b"/v2/keys/raw", _HOST + b"Content-Length: +0\r\n"),
    _get(b"/v2/keys/raw", _HOST + b"Content-Length: \r\n"),
    _get(b"/v2/keys/raw", _HOST + b"Content-Length: 0, 0\r\n"),
    _get(b"/v2/keys/raw", _HOST + b"Content-Length: 1\r\nContent-Length: 2\r\n"),
    _get(b"/v2/keys/raw", _HOST + b"Content-Length: 99999999999999999999\r\n"),
    _put(b"Content-Length: 10\r\n", b"value=1"),
    _put(b"Transfer-Encoding: chunked\r\n", b"7\r\nvalue=1"),
    _put(b"Transfer-Encoding: chunked\r\n", b"7\r\nvalue=1\r\n"),
    _put(b"Transfer-Encoding: chunked\r\n", b"zz\r\nvalue=1\r\n0\r\n\r\n"),
    _put(b"Transfer-Encoding: chunked\r\n", b"7\r\nvalue=1xx0\r\n\r\n"),
    _put(b"Transfer-Encoding: chunked\r\n", b"-1\r\nvalue=1\r\n0\r\n\r\n"),
    b"GET /v2/keys/raw HTTP/1.1\nHost: h\n\n",
    b"GET /v2/keys/raw HTTP/1.1\rHost: h\r\r",
    b"G@T /v2/keys/raw HTTP/1.1\r\n" + _HOST + b"\r\n",
    b"\xff\xfe\xfd\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
    b"PUT * HTTP/1.1\r\n" + _HOST + b"Content-Length: 0\r\n\r\n",
    b"CONNECT h:1 HTTP/1.1\r\n" + _HOST + b"\r\n",
    b"CONNECT /v2/keys/raw HTTP/1.1\r\n" + _HOST + b"\r\n",
    b"\x16\x03\x01\x00\x05hello\r\n\r\n",
    _get(b"/v2/keys/" + b"k" * 4060),
    _get(b"/v2/keys/" + b"k" * 4080),
    _get(b"/v2/keys/" + b"k" * 9000),
    _get(b"/v2/keys/raw", _HOST + b"X: " + b"y" * 1_200_000 + b"\r\n"),
    _get(b"/v2/keys/raw", b"X: \r\n" * 20_000 + _HOST),
)
