"""Answers as the bytes that Go's server would write (contract 1.3 and 1.5)."""

from __future__ import annotations

import time
from collections.abc import Iterable
from email.utils import formatdate
from typing import Final

from vard_http.api.answers import MAX_MEASURED_BODY, PHRASES, Answer

CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"

_CORS_METHODS: Final = b"POST, GET, OPTIONS, PUT, DELETE"
_CORS_HEADERS: Final = b"accept, content-type, authorization"

Headers = tuple[tuple[bytes, bytes], ...]


class Cors:
    """The CORS headers, for all origins or for listed ones (contract 1.3)."""

    __slots__ = ("_origins",)

    def __init__(self, origins: Iterable[str]) -> None:
        self._origins = frozenset(origin.encode() for origin in origins)

    def headers(self, origin: bytes) -> Headers:
        """What a request from `origin` (empty: none given) gets."""
        if b"*" in self._origins:
            return _cors(b"*")
        return _cors(origin) if origin in self._origins else ()


def _cors(origin: bytes) -> Headers:
    return (
        (b"Access-Control-Allow-Headers", _CORS_HEADERS),
        (b"Access-Control-Allow-Methods", _CORS_METHODS),
        (b"Access-Control-Allow-Origin", origin),
    )


class Clock:
    """The Date header, made once a second."""

    __slots__ = ("_second", "_text")

    def __init__(self) -> None:
        self._second = 0
        self._text = b""

    def date(self) -> bytes:
        """Now, as HTTP writes it."""
        second = int(time.time())
        if second != self._second:
            self._second = second
            self._text = formatdate(second, usegmt=True).encode()
        return self._text


def framing(answer: Answer, *, method: bytes, minor: int, keep_alive: bool) -> tuple[Headers, bool]:
    """The headers behind Date, in Go's order, and whether the connection can stay open.

    What the answer says of itself is not said again.
    """
    said = dict(answer.headers)
    measured = len(answer.body) <= MAX_MEASURED_BODY
    stays = keep_alive and not answer.close and (minor > 0 or measured)
    headers: list[tuple[bytes, bytes]] = []
    if measured and answer.status != 204 and (answer.body or method != b"HEAD"):
        headers.append((b"Content-Length", b"%d" % len(answer.body)))
    if minor > 0 and not stays:
        headers.append((b"Connection", b"close"))
    elif minor == 0 and stays:
        headers.append((b"Connection", b"keep-alive"))
    if not measured and minor > 0 and method != b"HEAD":
        headers.append((b"Transfer-Encoding", b"chunked"))
    return tuple(header for header in headers if header[0] not in said), stays


def status_line(status: int, minor: int) -> bytes:
    """The first line; HTTP/1.0 is answered in kind."""
    return b"HTTP/1.%d %d %b\r\n" % (min(minor, 1), status, PHRASES[status])


def join(first: bytes, *groups: Headers) -> bytes:
    """A head from its first line and its headers."""
    lines = [b"%b: %b\r\n" % header for headers in groups for header in headers]
    return first + b"".join(lines) + b"\r\n"


def chunk(data: bytes) -> bytes:
    """One chunk of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


LAST_CHUNK: Final = b"0\r\n\r\n"


def render(
    answer: Answer, cors: Headers, date: bytes, *, method: bytes, minor: int, keep_alive: bool
) -> tuple[bytes, bool]:
    """All bytes of a response, and whether the connection can stay open."""
    tail, stays = framing(answer, method=method, minor=minor, keep_alive=keep_alive)
    head = join(
        status_line(answer.status, minor),
        cors if answer.cors else (),
        answer.headers,
        ((b"Date", date),),
        tail,
    )
    if method == b"HEAD":
        return head, stays
    if len(answer.body) > MAX_MEASURED_BODY and minor > 0:
        return head + chunk(answer.body) + LAST_CHUNK, stays
    return head + answer.body, stays
