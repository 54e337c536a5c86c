"""HTTP/1 requests by the rules of Go's server, so that what etcd accepts is accepted here.

Sans-I/O: bytes in, heads and bodies out. The checks are those of net/http (request line, header
tokens, Host, Content-Length and chunks), but for an empty line in place of a chunk's size, which is
refused: a proxy in front might take it otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import msgspec

MAX_FIRST_LINE: Final = 4096
"""Bytes: etcd's port multiplexer must see the first line of a connection in one read."""

MAX_HEAD: Final = (1 << 20) + 4096
MAX_CHUNK_LINE: Final = 4096

MAX_DISCARDED: Final = 256 << 10
"""Bytes of an unwanted body that are read for the sake of the next request, as in Go."""

MAX_CACHED_FIELDS: Final = 1024
"""Bytes: so that the cache of parsed header fields stays below some megabytes."""

_HEAD_END = re.compile(rb"\n\r?\n")
_METHOD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VERSION = re.compile(rb"HTTP/([0-9])\.([0-9])")
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BAD_VALUE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_HOST = re.compile(rb"[A-Za-z0-9!$%&'()*+,.:;=\[\]_~-]*")
_HEX = re.compile(rb"[0-9A-Fa-f]+")


class Hangup(Exception):
    """Close the connection without a word."""


class BadRequest(Exception):
    """Answer with the parser's own error and close; the body is the status line unless given."""

    def __init__(self, status_line: str, body: str | None = None) -> None:
        super().__init__(status_line)
        self._body = status_line if body is None else body

    def to_bytes(self) -> bytes:
        """The whole answer, as Go writes it: without Date, length and CORS headers."""
        return (
            f"HTTP/1.1 {self}\r\nContent-Type: text/plain; charset=utf-8\r\n"
            f"Connection: close\r\n\r\n{self._body}"
        ).encode()


class Fields(msgspec.Struct, frozen=True):
    """The header fields of a request; made by `read_fields`.

    `headers` has the first value of each name, in lower case, and is not to be changed. `length`
    is that of the body, None if it is chunked. `keep_alive` is what the client wants. The last
    three are fields that every request is asked for. Values may hold passwords, and are not shown.
    """

    headers: Mapping[bytes, bytes]
    length: int | None
    keep_alive: bool
    expectation: bytes
    content_type: bytes
    authorization: bytes
    origin: bytes

    def __repr__(self) -> str:
        return f"Fields({sorted(self.headers)!r})"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [("headers", sorted(self.headers))]

    def get(self, name: bytes) -> bytes:
        """The field's value, empty if there is none."""
        return self.headers.get(name, b"")


def read_fields(headers: Mapping[bytes, bytes], length: int | None, *, keep_alive: bool) -> Fields:
    """Fields with what `headers` says beside the body's length and the connection's fate."""
    return Fields(
        headers,
        length,
        keep_alive,
        headers.get(b"expect", b"").lower(),
        headers.get(b"content-type", b""),
        headers.get(b"authorization", b""),
        headers.get(b"origin", b""),
    )


class Head(msgspec.Struct):
    """A request without its body; `minor` is 0 for HTTP/1.0."""

    method: bytes
    target: bytes
    minor: int
    fields: Fields

    @property
    def expects_continue(self) -> bool:
        """Whether the client waits for a 100 before it sends the body."""
        fields = self.fields
        return self.minor > 0 and fields.length != 0 and fields.expectation == b"100-continue"


def find_head(buffer: bytearray, start: int, *, first: bool) -> int:
    """Where the head in `buffer` ends, 0 if it is not all there. Raises BadRequest, Hangup.

    Up to `start` it has been looked at before. The `first` head of a connection has to have a short
    and sound first line.
    """
    if first:
        _check_first_line(buffer)
    match = _HEAD_END.search(buffer, max(0, start - 2))
    end = match.end() if match else 0
    if (end or len(buffer)) > MAX_HEAD:
        raise BadRequest("431 Request Header Fields Too Large")
    return end


def _check_first_line(buffer: bytearray) -> None:
    end = buffer.find(b"\n", 0, MAX_FIRST_LINE)
    if end < 0:
        if len(buffer) >= MAX_FIRST_LINE:
            raise Hangup
        return
    parts = bytes(buffer[:end]).rstrip(b"\r").split(b" ", 2)
    version = _VERSION.fullmatch(parts[2]) if len(parts) == 3 else None
    if version is None or version.group(1) != b"1":
        raise Hangup


def parse_head(text: bytes) -> Head:
    """The head whose bytes, the blank line included, are `text`. Raises BadRequest."""
    line, _, block = text.partition(b"\n")
    method, target, minor = _request_line(line)
    # A client sends the same fields again and again, so that most have been parsed before.
    parse = _parse_fields_cached if len(block) <= MAX_CACHED_FIELDS else _parse_fields
    return Head(method, target, minor, parse(block, minor))


def _parse_fields(block: bytes, minor: int) -> Fields:
    headers: dict[bytes, bytes] = {}
    for line in _unfolded(block.replace(b"\r\n", b"\n").split(b"\n")[:-2]):
        name, colon, value = line.partition(b":")
        if not colon:
            raise BadRequest("400 Bad Request")
        if not name:
            continue
        if not _NAME.fullmatch(name):
            raise BadRequest("400 Bad Request: invalid header name")
        value = value.strip(b" \t")
        name = name.lower()
        if _BAD_VALUE.search(value):
            what = "malformed Host header" if name == b"host" else "invalid header value"
            raise BadRequest(f"400 Bad Request: {what}")
        if name in headers:
            _check_repeated(name, value, headers[name])
        else:
            headers[name] = value
    _check_host(headers, minor)
    length = _body_length(headers, minor)
    keep_alive = _keep_alive(headers, minor)
    return read_fields(headers, length, keep_alive=keep_alive)


_parse_fields_cached = lru_cache(maxsize=1024)(_parse_fields)


def _keep_alive(headers: dict[bytes, bytes], minor: int) -> bool:
    """Whether further requests are read: not where others may see another end of this one.

    RFC 9112 6.1 has the connection end after both Transfer-Encoding and a length, and after
    Transfer-Encoding in HTTP/1.0; Go reads on.
    """
    if b"transfer-encoding" in headers and (minor == 0 or b"content-length" in headers):
        return False
    tokens = headers.get(b"connection", b"").lower()
    return b"close" not in tokens if minor > 0 else b"keep-alive" in tokens


def _request_line(line: bytes) -> tuple[bytes, bytes, int]:
    parts = line.rstrip(b"\r").split(b" ", 2)
    if len(parts) != 3 or not _METHOD.fullmatch(parts[0]):
        raise BadRequest("400 Bad Request")
    if parts[2] == b"HTTP/1.1":
        return parts[0], parts[1], 1
    version = _VERSION.fullmatch(parts[2])
    if version is None:
        raise BadRequest("400 Bad Request")
    if version.group(1) != b"1":
        raise BadRequest("505 HTTP Version Not Supported: unsupported protocol version")
    return parts[0], parts[1], int(version.group(2))


def _unfolded(lines: list[bytes]) -> list[bytes]:
    """Header lines with their continuation lines joined to them."""
    if not any(line[:1] in (b" ", b"\t") for line in lines):
        return lines
    joined: list[bytes] = []
    for line in lines:
        if line[:1] in (b" ", b"\t"):
            if not joined:
                raise BadRequest("400 Bad Request")
            joined[-1] = joined[-1].rstrip(b" \t") + b" " + line.strip(b" \t")
        else:
            joined.append(line)
    return joined


def _check_repeated(name: bytes, value: bytes, first: bytes) -> None:
    """Headers that decide about the request's borders or its host must not contradict."""
    if name == b"host" or (name == b"content-length" and value != first):
        raise BadRequest("400 Bad Request")
    if name == b"transfer-encoding":
        raise _unsupported_coding()


def _check_host(headers: dict[bytes, bytes], minor: int) -> None:
    host = headers.get(b"host")
    if host is None:
        if minor > 0:
            raise BadRequest("400 Bad Request: missing required Host header")
    elif not _HOST.fullmatch(host):
        raise BadRequest("400 Bad Request: malformed Host header")


def _unsupported_coding() -> BadRequest:
    return BadRequest("501 Not Implemented", "Unsupported transfer encoding")


def _body_length(headers: dict[bytes, bytes], minor: int) -> int | None:
    coding = headers.get(b"transfer-encoding")
    if coding is not None and minor > 0:
        if coding.lower() != b"chunked":
            raise _unsupported_coding()
        return None
    length = headers.get(b"content-length")
    if not length:
        return 0
    if not length.isdigit() or len(length) > 18:
        raise BadRequest("400 Bad Request")
    return int(length)


class Body:
    """Collects a body as its bytes arrive, up to `limit` of them; the rest is only counted.

    `error` is Go's text for what breaks the chunked coding, or for the lack of an end.
    """

    __slots__ = ("_chunk_left", "_limit", "_state", "data", "error", "left", "overflow")

    def __init__(self, length: int | None, limit: int) -> None:
        self.data = bytearray()
        self.left = length
        self.overflow = 0
        self.error: str | None = None
        self._limit = limit
        self._chunk_left = 0
        self._state = "size"

    @property
    def complete(self) -> bool:
        """Whether the body has ended as it should."""
        return self.left == 0

    @property
    def full(self) -> bool:
        """Whether further bytes are not kept."""
        return len(self.data) >= self._limit

    @property
    def chunked(self) -> bool:
        """Whether its length is not known beforehand."""
        return self.left is None

    def feed(self, buffer: bytearray) -> None:
        """Take what belongs to the body off the front of `buffer`."""
        if self.left is not None:
            taken = min(self.left, len(buffer))
            self._keep(buffer, taken)
            self.left -= taken
            return
        while self.left is None and self.error is None and self._step(buffer):
            pass

    def cut(self) -> None:
        """The client has stopped sending."""
        self.error = "unexpected EOF"

    def _keep(self, buffer: bytearray, count: int) -> None:
        room = min(count, self._limit - len(self.data))
        self.data += buffer[:room]
        self.overflow += count - room
        del buffer[:count]

    def _step(self, buffer: bytearray) -> bool:
        """One piece of the chunked coding; False if it is not all there."""
        if self._state == "data":
            taken = min(self._chunk_left, len(buffer))
            self._keep(buffer, taken)
            self._chunk_left -= taken
            if self._chunk_left:
                return False
            self._state = "end"
        if self._state == "end":
            if len(buffer) < 2:
                return False
            if not buffer.startswith(b"\r\n"):
                self.error = "malformed chunked encoding"
                return False
            del buffer[:2]
            self._state = "size"
        end = buffer.find(b"\n")
        if end < 0:
            if len(buffer) > MAX_CHUNK_LINE:
                self.error = "header line too long"
            return False
        line = bytes(buffer[:end]).rstrip(b"\r")
        del buffer[: end + 1]
        self._line(line)
        return True

    def _line(self, line: bytes) -> None:
        """The size of a chunk, or a line of the trailer, which is not kept."""
        if self._state == "trailer":
            if not line:
                self.left = 0
            return
        size = line.partition(b";")[0].rstrip(b" \t")
        if not _HEX.fullmatch(size):
            self.error = "invalid byte in chunk length"
        elif len(size) > 16:
            self.error = "http chunk length too large"
        else:
            self._chunk_left = int(size, 16)
            self._state = "data" if self._chunk_left else "trailer"
