"""What is answered, before it becomes bytes on a connection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

JSON: Final = b"application/json"
TEXT: Final = b"text/plain; charset=utf-8"

PHRASES: Final = {
    200: b"OK",
    201: b"Created",
    204: b"No Content",
    301: b"Moved Permanently",
    400: b"Bad Request",
    401: b"Unauthorized",
    403: b"Forbidden",
    404: b"Not Found",
    405: b"Method Not Allowed",
    409: b"Conflict",
    410: b"Gone",
    412: b"Precondition Failed",
    415: b"Unsupported Media Type",
    417: b"Expectation Failed",
    421: b"Misdirected Request",
    431: b"Request Header Fields Too Large",
    500: b"Internal Server Error",
    501: b"Not Implemented",
    502: b"Bad Gateway",
    503: b"Service Unavailable",
}

MAX_MEASURED_BODY: Final = 2048
"""Bytes; longer bodies are sent chunked, as Go does (contract 1.5)."""


Headers = tuple[tuple[bytes, bytes], ...]


def header_block(headers: Headers) -> bytes:
    """Headers as they stand in a response."""
    return b"".join([b"%b: %b\r\n" % header for header in headers])


def header_pairs(block: bytes) -> Headers:
    """The headers of a block."""
    lines = block.split(b"\r\n")[:-1]
    return tuple((name, value) for name, _, value in (line.partition(b": ") for line in lines))


class Answer(msgspec.Struct):
    """A whole response. `headers` are in alphabetical order, without CORS, Date and length.

    They are pairs, or a block of lines already.

    `cors` is False where etcd answers before its CORS handler; `close` ends the connection.
    `parts` are a body that is made while it is sent, in place of `body`. `guessed` is a type that
    Go finds by looking at the body: it stands behind the length then.
    """

    status: int
    headers: Headers | bytes
    body: bytes = b""
    cors: bool = True
    close: bool = False
    parts: Iterator[bytes] | None = None
    guessed: bytes = b""

    @property
    def block(self) -> bytes:
        """The headers as lines."""
        headers = self.headers
        return headers if isinstance(headers, bytes) else header_block(headers)

    @property
    def pairs(self) -> Headers:
        """The headers as pairs."""
        headers = self.headers
        return header_pairs(headers) if isinstance(headers, bytes) else headers


def plain_error(status: int, text: bytes, *headers: tuple[bytes, bytes]) -> Answer:
    """What Go's http.Error sends."""
    return Answer(
        status,
        (*headers, (b"Content-Type", TEXT), (b"X-Content-Type-Options", b"nosniff")),
        text + b"\n",
    )


def not_found() -> Answer:
    """No such path."""
    return plain_error(404, b"404 page not found")


def method_not_allowed(allowed: bytes) -> Answer:
    """The path exists, but not for this method; `allowed` as etcd spells it."""
    return plain_error(405, b"Method Not Allowed", (b"Allow", allowed))


def expectation_failed() -> Answer:
    """The client expects something other than 100-continue."""
    return Answer(417, ((b"Connection", b"close"),), cors=False, close=True)


_HTML_ESCAPES = (
    (b"&", b"&amp;"),
    (b"<", b"&lt;"),
    (b">", b"&gt;"),
    (b'"', b"&#34;"),
    (b"'", b"&#39;"),
)


def moved(method: bytes, location: bytes, shown: bytes) -> Answer:
    """A redirect to the cleaned path; `shown` is what the page for browsers links to."""
    headers: Headers = ((b"Location", location),)
    if method in (b"GET", b"HEAD"):
        headers = ((b"Content-Type", b"text/html; charset=utf-8"), *headers)
    if method != b"GET":
        return Answer(301, headers)
    for raw, escaped in _HTML_ESCAPES:
        shown = shown.replace(raw, escaped)
    return Answer(301, headers, b'<a href="%b">Moved Permanently</a>.\n\n' % shown)
