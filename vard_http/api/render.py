"""Answers as the bytes that Go's server would write (contract 1.3 and 1.5)."""

from __future__ import annotations

import time
from collections.abc import Iterable
from email.utils import formatdate
from typing import Final

from vard_http.api.answers import MAX_MEASURED_BODY, PHRASES, Answer, header_block
from vard_http.api.http1 import Head

CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
LAST_CHUNK: Final = b"0\r\n\r\n"

_STATUS_LINES: Final = {
    minor: {
        status: b"HTTP/1.%d %d %b\r\n" % (minor, status, phrase)
        for status, phrase in PHRASES.items()
    }
    for minor in (0, 1)
}
_CLOSE: Final = b"Connection: close\r\n"


class Cors:
    """The CORS headers, for all origins or for listed ones (contract 1.3)."""

    __slots__ = ("_all", "_origins")

    def __init__(self, origins: Iterable[str]) -> None:
        self._origins = frozenset(origin.encode() for origin in origins)
        self._all = _cors(b"*") if b"*" in self._origins else None

    def block(self, origin: bytes) -> bytes:
        """The header lines that a request from `origin` (empty: none given) gets."""
        if self._all is not None:
            return self._all
        return _cors(origin) if origin in self._origins else b""


def _cors(origin: bytes) -> bytes:
    return header_block(
        (
            (b"Access-Control-Allow-Headers", b"accept, content-type, authorization"),
            (b"Access-Control-Allow-Methods", b"POST, GET, OPTIONS, PUT, DELETE"),
            (b"Access-Control-Allow-Origin", origin),
        )
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


def chunk(data: bytes) -> bytes:
    """One chunk of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def render(
    answer: Answer, head: Head, cors: bytes, date: bytes, *, keep_alive: bool
) -> tuple[bytes, bool]:
    """All bytes of the response to `head`, and whether the connection can stay open."""
    body, minor = answer.body, 1 if head.minor else 0
    measured = len(body) <= MAX_MEASURED_BODY
    stays = keep_alive and not answer.close and (minor > 0 or measured)
    block = answer.block
    if not answer.cors:
        cors = b""
    usual = stays and measured and minor and head.method != b"HEAD" and answer.status != 204
    if usual and not answer.guessed and b"Content-L" not in block:
        # What follows, for the response that nearly all are.
        return (
            b"%b%b%bDate: %b\r\nContent-Length: %d\r\n\r\n%b"
            % (_STATUS_LINES[1][answer.status], cors, block, date, len(body), body),
            True,
        )
    text = (
        _STATUS_LINES[minor][answer.status],
        cors,
        block,
        b"Date: %b\r\n" % date,
        _framing(answer, block, head.method, minor, stays),
        b"\r\n",
    )
    if head.method == b"HEAD":
        body = b""
    elif not measured and minor:
        body = chunk(body) + LAST_CHUNK
    return b"".join(text) + body, stays


def _framing(answer: Answer, block: bytes, method: bytes, minor: int, stays: bool) -> bytes:
    """The header lines behind Date, in Go's order; what `block` says is not said again."""
    measured = len(answer.body) <= MAX_MEASURED_BODY
    lines = b""
    if (
        measured
        and answer.status != 204
        and (answer.body or method != b"HEAD")
        and b"Content-Length: " not in block
    ):
        lines += b"Content-Length: %d\r\n" % len(answer.body)
    if answer.guessed:
        lines += b"Content-Type: %b\r\n" % answer.guessed
    if minor and not stays:
        lines += b"" if _CLOSE in block else _CLOSE
    elif not minor and stays:
        lines += b"Connection: keep-alive\r\n"
    if not measured and minor and method != b"HEAD":
        lines += b"Transfer-Encoding: chunked\r\n"
    return lines


def render_stream(head: Head, block: bytes, cors: bytes, date: bytes, *, keep_alive: bool) -> bytes:
    """The head of a response to `head` that goes on until it is ended."""
    minor = min(head.minor, 1)
    framing = b""
    if minor:
        framing = b"Transfer-Encoding: chunked\r\n"
        if not keep_alive:
            framing = _CLOSE + framing
    return b"%b%b%bDate: %b\r\n%b\r\n" % (_STATUS_LINES[minor][200], cors, block, date, framing)
