"""What aiohttp's parser makes of a stream of requests, and where ours may differ."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from aiohttp import HttpVersion10
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.http_parser import HttpRequestParser, RawRequestMessage
from aiohttp.streams import StreamReader

ANOTHER_PROTOCOL: Final = "another protocol follows"
"""Not that it would; aiohttp reads on by itself only if nobody takes the connection over."""


class Seen(NamedTuple):
    """A request; the first value of each field; `body` None if it does not matter to us.

    `end` is where it ends in the stream, 0 if that is not known.
    """

    method: bytes
    target: bytes
    minor: int
    headers: Mapping[bytes, bytes]
    body: bytes | None
    end: int


class Parsed(NamedTuple):
    """`refused` has the parser's words, empty if it waits for more."""

    seen: list[Seen]
    refused: str


async def parse(data: bytes) -> Parsed:
    """The whole requests in `data`, up to the first that is refused."""
    found, refused = _fed(data, max(1, len(data)))
    if refused:
        # In one piece, what comes before an error is lost with it.
        found, refused = _fed(data, 1)
    seen = []
    for message, payload in found:
        if payload.exception() is not None or not payload.is_eof():
            break
        if message.version < HttpVersion10 or message.method == "CONNECT":
            refused = "a request without a version, or for a tunnel"
            break
        headers = {name.lower(): value for name, value in reversed(message.raw_headers)}
        target = message.path.encode("utf-8", "surrogateescape")
        body = payload.read_nowait() if isinstance(payload, StreamReader) else b""
        minor = message.version.minor
        seen.append(Seen(message.method.encode(), target, minor, headers, body, 0))
    return Parsed(seen, refused)


def _fed(data: bytes, step: int) -> tuple[list[tuple[RawRequestMessage, StreamReader]], str]:
    """What the parser finds, and the words with which it refuses the rest."""
    loop = asyncio.get_running_loop()
    parser = HttpRequestParser(
        BaseProtocol(loop), loop, 1 << 16, max_line_size=1 << 20, max_field_size=1 << 20
    )
    found: list[tuple[RawRequestMessage, StreamReader]] = []
    try:
        for at in range(0, len(data), step):
            messages, upgraded, _ = parser.feed_data(data[at : at + step])
            found.extend(messages)
            if upgraded:
                return found, ANOTHER_PROTOCOL
    except HttpProcessingError as error:
        return found, " ".join(error.message.split()) or "refused"
    return found, ""


class Difference(NamedTuple):
    """A difference that is allowed, in requests that `applies` recognises."""

    what: str
    why: str
    applies: Callable[[bytes], object]


def _matcher(pattern: bytes) -> Callable[[bytes], object]:
    return re.compile(pattern, re.DOTALL | re.IGNORECASE).search


def _in_head(pattern: bytes) -> Callable[[bytes], object]:
    search = _matcher(pattern)

    def applies(request: bytes) -> object:
        end = re.search(rb"\n\r?\n", request)
        return search(request[: end.end()] if end else request)

    return applies


MORE_THAN_AIOHTTP: Final[Sequence[Difference]] = (
    Difference("lines end with a line feed alone", "as in Go", _matcher(rb"(^|[^\r])\n")),
    Difference("folded fields", "as in Go: joined with a space", _in_head(rb"\n[ \t]")),
    Difference("a nameless field", "as in Go: skipped", _in_head(rb"\n:")),
    Difference(
        "methods that aiohttp does not know, and CONNECT, after which it reads no more",
        "as in Go: any token is a method, and gets 404 or 405",
        lambda request: (
            not re.match(rb"(?!CONNECT)(GET|HEAD|PUT|POST|DELETE|OPTIONS|PATCH) ", request)
        ),
    ),
    Difference(
        "bytes from 0x80 on in the target",
        "as in Go; they are escaped before aiohttp sees them",
        _matcher(rb"^[^\n]*[\x80-\xff]"),
    ),
    Difference(
        "targets that are no path, and escapes that yarl does not take",
        "as in Go: * and scheme:rest are answered 400 or 404, whatever the method",
        _matcher(rb"^\S+ ([^/ ]|[^ ]*[%#\"<>\\^`{|}])"),
    ),
    Difference("versions 1.2 to 1.9", "as in Go", _matcher(rb"^[^\n]* HTTP/1\.[2-9]\r?\n")),
    Difference(
        "both Content-Length and Transfer-Encoding",
        "as in Go and RFC 9112 6.3: chunked counts, and the connection ends after the answer",
        _in_head(rb"\ntransfer-encoding:(?=.*\ncontent-length:)|\ncontent-length:.*\ntransfer-enc"),
    ),
    Difference(
        "Transfer-Encoding in HTTP/1.0",
        "as in Go: it counts for nothing; and the connection ends after the answer",
        _in_head(
            rb"^[^\n]* HTTP/1\.0\r?\n.*\ntransfer-encoding:|"
            rb"^[^\n]* HTTP/1\.0\r?\ntransfer-encoding:"
        ),
    ),
    Difference(
        "the same Content-Length twice",
        "as in Go, and allowed by RFC 9110 8.6",
        _in_head(rb"\ncontent-length:.*\ncontent-length:"),
    ),
    Difference(
        "fields that aiohttp wants once, twice",
        "as in Go: the first counts; none of them is about borders",
        _in_head(rb"\n(content-type|expect|authorization|origin|upgrade):.*\n\1:"),
    ),
    Difference(
        "space between a chunk's size and its extension or the line's end",
        "as in Go at the end of the line",
        _matcher(rb"\r\n[0-9a-f]+[ \t]+(;|\r)"),
    ),
)
"""What ours takes and aiohttp's refuses, which ends the connection there."""

LESS_THAN_AIOHTTP: Final[Sequence[Difference]] = (
    Difference(
        "a version other than 1.x, or none",
        "as in etcd",
        _matcher(rb"^(?!\S+ \S+ HTTP/1\.[0-9]\r?\n)"),
    ),
    Difference(
        "a Host that names none",
        "as in Go: 400",
        _in_head(rb"\nhost:[^\r\n]*[^\r\na-z0-9!$%&'()*+,.:;=\[\]_~\t -]|\nhost:[ \t]*\S+[ \t]+\S"),
    ),
    Difference("escapes that are none", "as in Go: 400", _matcher(rb"^\S+ [^ ]*%(?![0-9a-f]{2})")),
    Difference(
        "codings other than chunked, or chunked twice",
        "as in Go: 501",
        _in_head(
            rb"\ntransfer-encoding[ \t]*:(?![ \t]*chunked[ \t]*\r?\n)|"
            rb"\ntransfer-encoding:.*\ntransfer-encoding:"
        ),
    ),
    Difference(
        "line ends before the first request",
        "as in etcd, whose port takes many protocols",
        _matcher(rb"^[\r\n]"),
    ),
)
"""What aiohttp's takes and ours refuses, or leaves without an answer."""


def compare(data: bytes, ours: Sequence[Seen], ended: str, theirs: Parsed) -> None:
    """Raises AssertionError where both have taken the stream differently."""
    start, trailer = 0, False
    for one, other in zip(ours, theirs.seen, strict=False):
        headers = one.headers if trailer else other.headers
        same = one._replace(body=None, end=0) == other._replace(headers=headers, body=None, end=0)
        same = same and one.body in (None, other.body)
        assert same, f"{one} is not {other}"
        # aiohttp takes the trailer of a chunked body for fields of the next request.
        trailer = b"transfer-encoding" in one.headers
        start = one.end
    if len(ours) > len(theirs.seen) and theirs.refused != ANOTHER_PROTOCOL:
        request = data[start : ours[len(theirs.seen)].end]
        last = ended in ("hung up", "watching")  # a stream, behind which nothing is read
        if last and len(ours) == len(theirs.seen) + 1 and ours[-1].body is None:
            return  # answered without the body, which nobody wants; nothing is read behind it
        assert theirs.refused, f"aiohttp does not see {request!r}"
        reasons = [each.what for each in MORE_THAN_AIOHTTP if each.applies(request)]
        assert reasons, f"ours takes {request!r}, aiohttp says {theirs.refused}"
    if len(theirs.seen) > len(ours) and ended not in ("handed on", "watching"):
        request = data[start:]
        assert ended != "open", f"ours does not see {request!r}"
        if ours and _says_goodbye(ours[-1]):
            return
        reasons = [each.what for each in LESS_THAN_AIOHTTP if each.applies(request)]
        assert reasons, f"aiohttp takes {request!r}, ours does not"


def _says_goodbye(request: Seen) -> bool:
    connection = request.headers.get(b"connection", b"").lower()
    return b"close" in connection or (request.minor == 0 and b"keep-alive" not in connection)
