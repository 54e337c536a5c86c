"""Reading HTTP/1.x answers from bytes, without a socket and without tidying anything up."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum

_STATUS_LINE = re.compile(rb"(HTTP/1\.[01]) (\d{3}) ([^\r\n]*)")
_CHUNK_SIZE = re.compile(rb"[0-9a-fA-F]+")


class MalformedResponse(Exception):
    """The bytes received are no HTTP/1.x answer."""


class Framing(Enum):
    """How the end of an answer's body is known."""

    NONE = "none"
    LENGTH = "length"
    CHUNKED = "chunked"
    CLOSE = "close"


@dataclass(frozen=True)
class Head:
    """Status line and header fields, in the order and spelling received."""

    version: str
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str | None:
        """The first field of that name in any case, or None."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


@dataclass(frozen=True)
class Response:
    """A complete answer. `chunks` holds the sizes of the chunks as sent, empty if not chunked."""

    head: Head
    framing: Framing
    body: bytes
    chunks: tuple[int, ...] = ()
    interim: tuple[Head, ...] = ()

    @property
    def status(self) -> int:
        return self.head.status


@dataclass
class ResponseParser:
    """One answer in the making: `feed` it bytes, look at `head`, `body` and `finished`.

    `method` is that of the request: the answer to a HEAD has no body. Bytes that follow the
    answer are kept in `leftover`. Raises MalformedResponse.
    """

    method: str
    head: Head | None = None
    interim: list[Head] = field(default_factory=list)
    framing: Framing = Framing.NONE
    body: bytearray = field(default_factory=bytearray)
    chunks: list[int] = field(default_factory=list)
    finished: bool = False
    at_eof: bool = False
    leftover: bytes = b""
    _buffer: bytearray = field(default_factory=bytearray)
    _missing: int = 0
    _in_trailer: bool = False

    def feed(self, data: bytes) -> None:
        if self.finished:
            self.leftover += data
            return
        self._buffer += data
        while not self.finished and self._advance():
            pass
        if self.finished:
            self.leftover = bytes(self._buffer)
            self._buffer.clear()

    def feed_eof(self) -> None:
        """The server has closed. Ends a body that is delimited by closing."""
        self.at_eof = True
        if self.head is not None and self.framing is Framing.CLOSE:
            self.finished = True

    def response(self) -> Response:
        """The answer, once `finished`."""
        if self.head is None or not self.finished:
            raise MalformedResponse(f"incomplete answer: {self.describe()}")
        return Response(
            self.head, self.framing, bytes(self.body), tuple(self.chunks), tuple(self.interim)
        )

    def describe(self) -> str:
        """What was received so far, for messages."""
        return f"head={self.head} body={bytes(self.body)!r} unparsed={bytes(self._buffer)!r}"

    def _advance(self) -> bool:
        if self.head is None:
            return self._take_head()
        if self.framing is Framing.CHUNKED:
            return self._take_chunk()
        return self._take_plain_body()

    def _take_head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if not b"HTTP/1.".startswith(self._buffer[:7]):
                raise MalformedResponse(f"not a status line: {bytes(self._buffer[:80])!r}")
            return False
        head = _parse_head(bytes(self._buffer[:end]))
        del self._buffer[: end + 4]
        if 100 <= head.status < 200 and head.status != 101:
            self.interim.append(head)
            return True
        self.head = head
        self._choose_framing(head)
        return True

    def _choose_framing(self, head: Head) -> None:
        if self.method == "HEAD" or head.status in (204, 304):
            self.finished = True
        elif (head.get("Transfer-Encoding") or "").lower() == "chunked":
            self.framing = Framing.CHUNKED
        elif (length := head.get("Content-Length")) is not None:
            if not re.fullmatch(r"[0-9]+", length):
                raise MalformedResponse(f"bad Content-Length: {length!r}")
            self.framing = Framing.LENGTH
            self._missing = int(length)
            self.finished = self._missing == 0
        else:
            self.framing = Framing.CLOSE

    def _take_plain_body(self) -> bool:
        size = len(self._buffer)
        if self.framing is Framing.LENGTH:
            size = min(size, self._missing)
            self._missing -= size
            self.finished = self._missing == 0
        self.body += self._buffer[:size]
        del self._buffer[:size]
        return False

    def _take_chunk(self) -> bool:
        if self._missing:
            return self._take_chunk_data()
        end = self._buffer.find(b"\r\n")
        if end < 0:
            return False
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        if self._in_trailer:
            self.finished = not line
        elif not _CHUNK_SIZE.fullmatch(line):
            raise MalformedResponse(f"bad chunk size: {line!r}")
        elif (size := int(line, 16)) > 0:
            self.chunks.append(size)
            self._missing = size + 2
        else:
            self._in_trailer = True
        return True

    def _take_chunk_data(self) -> bool:
        size = min(len(self._buffer), max(self._missing - 2, 0))
        self.body += self._buffer[:size]
        del self._buffer[:size]
        self._missing -= size
        if self._missing > 2 or len(self._buffer) < self._missing:
            return False
        if self._buffer[:2] != b"\r\n":
            raise MalformedResponse(f"chunk without its line end: {bytes(self._buffer[:20])!r}")
        del self._buffer[:2]
        self._missing = 0
        return True


def _parse_head(text: bytes) -> Head:
    first, *lines = text.split(b"\r\n")
    match = _STATUS_LINE.fullmatch(first)
    if match is None:
        raise MalformedResponse(f"bad status line: {first!r}")
    version, status, reason = match.groups()
    fields = tuple(_parse_field(line) for line in lines)
    return Head(version.decode(), int(status), reason.decode("latin-1"), fields)


def _parse_field(line: bytes) -> tuple[str, str]:
    name, colon, value = line.partition(b": ")
    if not colon or not name:
        # "Name:" with an empty value is written without the space by some servers.
        name, colon, value = line.partition(b":")
        if not colon or not name:
            raise MalformedResponse(f"bad header field: {line!r}")
    return name.decode("latin-1"), value.decode("latin-1")
