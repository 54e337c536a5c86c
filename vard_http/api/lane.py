"""The fast lane: /v2/keys straight from the connection, the rest handed on to aiohttp.

Every client connection begins here. Requests of /v2/keys, and those that get a fixed answer, are
served without any further machinery; at the first request of another endpoint the whole connection
goes over to the aiohttp application, and stays there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import lru_cache
from typing import Final, cast

import structlog

from vard_http.api.answers import Answer, expectation_failed
from vard_http.api.crowd import Crowd
from vard_http.api.guard import Credentials
from vard_http.api.http1 import (
    MAX_DISCARDED,
    BadRequest,
    Body,
    Hangup,
    Head,
    find_head,
    parse_head,
)
from vard_http.api.keys import MAX_FORM_BYTES, BrokenBody, Watch, wants_form
from vard_http.api.render import CONTINUE, LAST_CHUNK, render, render_stream
from vard_http.api.routes import Keys, Other, Route, route
from vard_http.api.service import Service
from vard_http.api.urls import UrlError, escape_non_ascii
from vard_http.api.watching import EventStream
from vard_http.store import StoreError
from vard_http.tls import caller_names

log = structlog.get_logger("api")

MAX_AHEAD: Final = 256 << 10
"""Bytes of later requests that are taken in while one is being answered."""

BURST: Final = 64
"""Requests of one connection that are answered before others get their turn."""

MAX_CACHED_HEAD: Final = 1024
"""Bytes: so that the cache of heads stays below some megabytes."""

LINGER_SECONDS: Final = 0.5


def _understand(text: bytes, service: Service, secure: bool) -> tuple[Head, Route]:
    """The head in `text`, and where it leads. Raises BadRequest."""
    head = parse_head(text)
    if head.fields.expectation not in (b"", b"100-continue"):
        return head, expectation_failed()
    try:
        host = None if secure else head.fields.get(b"host")
        return head, route(service, head.method, head.target, host)
    except UrlError as error:
        raise BadRequest("400 Bad Request") from error


_understand_cached = lru_cache(maxsize=4096)(_understand)
"""Clients ask for the same few keys in the same words again and again."""


@lru_cache(maxsize=4096)
def _whole_request(
    data: bytes, service: Service, secure: bool
) -> tuple[Head, Keys | Answer] | None:
    """The request without a body that `data` is, if it is just one, and this lane serves it."""
    try:
        end = find_head(bytearray(data), 0, first=True)
        head, to = _understand(data[:end], service, secure)
    except (BadRequest, Hangup):
        return None
    if end != len(data) or head.fields.length != 0 or isinstance(to, Other):
        return None
    return head, to


class Lane(asyncio.Protocol):
    """One client connection, one of the `crowd` if that lets it in.

    `hand_on` makes the aiohttp protocol that may take it over.
    """

    def __init__(
        self, service: Service, hand_on: Callable[[], asyncio.Protocol], crowd: Crowd[Lane]
    ) -> None:
        self._crowd = crowd
        self._service = service
        self._hand_on = hand_on
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._scanned = 0
        self._first = True
        self._after_post = False
        self._head: Head | None = None
        self._to: Keys | Answer | None = None
        self._body: Body | None = None
        self._close = False
        self._stream: EventStream | None = None
        self._busy = False
        self._working = False
        self._paused = False
        self._eof = False
        self._lingering = False
        self._secure = False
        self._peer_names: tuple[bytes, ...] = ()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._secure = transport.get_extra_info("sslcontext") is not None
        if self._secure and self._service.client_cert_auth:
            self._peer_names = caller_names(transport)
        if not self._crowd.enter(self):
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._crowd.leave(self)
        self._transport = None
        if self._stream is not None:
            self._stream.close()

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        if not self._busy and self._transport is not None:
            self._transport.resume_reading()
        self._work()

    def eof_received(self) -> bool:
        """The client sends no more, but may still read, unless this is TLS."""
        self._eof = True
        if self._stream is not None:
            self._end_stream()
        elif not self._busy and self._body is not None:
            self._body.cut()
            self._work()
        elif not self._busy and b"\n" in self._buffer:
            self._end(BadRequest("400 Bad Request").to_bytes())
        return self._busy and not self._secure

    def abort(self) -> None:
        """Close at once, whatever is under way."""
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._lingering:
            return
        if (
            data.endswith(b"\n\r\n")
            and len(data) <= MAX_CACHED_HEAD
            and not (self._buffer or self._busy or self._paused or self._head)
            and (whole := _whole_request(data, self._service, self._secure)) is not None
        ):
            self._begin(*whole)
            try:
                self._serve(b"")
            except Exception:
                self._fail()
            return
        self._buffer += data
        if not self._busy:
            self._work()
        waiting = self._busy or self._paused
        if waiting and len(self._buffer) > MAX_AHEAD and self._transport is not None:
            self._transport.pause_reading()

    def _work(self) -> None:
        """Answer the requests that are in the buffer, as far as they go."""
        if self._working:
            return
        self._working = True
        try:
            for _ in range(BURST):
                if not self._next_request():
                    return
                if not self._buffer and self._head is None:
                    return
            asyncio.get_running_loop().call_soon(self._work)
        except BadRequest as error:
            self._end(error.to_bytes())
        except Hangup:
            self._end(b"")
        except Exception:
            self._fail()
        finally:
            self._working = False

    def _fail(self) -> None:
        """Give up after an error of ours."""
        log.exception("a request failed")
        self.abort()

    def _next_request(self) -> bool:
        """Read and serve one request; False if there is nothing to do for now."""
        transport = self._transport
        if transport is None or transport.is_closing() or self._busy or self._paused:
            return False
        if self._head is None:
            return self._read_head()
        if not self._read_body():
            return False
        body = self._body
        assert body is not None
        self._serve(bytes(body.data) if body.error is None else BrokenBody(body.error))
        return True

    def _read_head(self) -> bool:
        """Read a head, and serve the request if its body is here too."""
        buffer = self._buffer
        if self._after_post and buffer.startswith((b"\r", b"\n")):
            # Some old clients send a line end more than they announced.
            del buffer[: len(buffer) - len(buffer.lstrip(b"\r\n"))]
        end = find_head(buffer, self._scanned, first=self._first) if buffer else 0
        if not end:
            self._scanned = len(buffer)
            return False
        self._scanned = 0
        understand = _understand_cached if end <= MAX_CACHED_HEAD else _understand
        head, to = understand(bytes(buffer[:end]), self._service, self._secure)
        fields = head.fields
        if isinstance(to, Other):
            self._hand_over(end + (fields.length or 0))
            return False
        self._begin(head, to)
        length = fields.length
        if length is not None and end + length <= len(buffer) and not fields.expectation:
            body = bytes(buffer[end : end + length])
            del buffer[: end + length]
            self._serve(body)
        else:
            del buffer[:end]
            self._expect_body(head, to)
        return True

    def _begin(self, head: Head, to: Keys | Answer) -> None:
        self._first = False
        self._after_post = head.method == b"POST"
        self._head, self._to = head, to
        self._close = False

    def _expect_body(self, head: Head, to: Keys | Answer) -> None:
        wanted = isinstance(to, Keys) and wants_form(head.method, head.fields.content_type)
        self._body = Body(head.fields.length, MAX_FORM_BYTES + 1 if wanted else 0)
        if head.expects_continue:
            # A client that waits for leave to send a body nobody wants is answered, and left.
            self._close = not wanted
            if wanted:
                self._write(CONTINUE)

    def _read_body(self) -> bool:
        """Whether the body is here, or as much of it as will be read."""
        body = self._body
        assert body is not None
        if self._close or body.complete:
            return True
        body.feed(self._buffer)
        if body.error is not None:
            self._close = body.chunked or body.full
            return True
        if body.full and body.overflow + (body.left or 0) >= MAX_DISCARDED:
            self._close = not body.complete
        return body.complete or self._close

    def _serve(self, body: bytes | BrokenBody) -> None:
        head, to = self._head, self._to
        assert head is not None
        self._busy = True
        if isinstance(to, Answer):
            self._respond(to)
            return
        assert to is not None
        fields = head.fields
        self._service.keys(
            head.method,
            to.path,
            to.query,
            fields.content_type,
            body,
            Credentials(fields.authorization, self._peer_names),
            self._respond,
            self._watch,
        )

    def _respond(self, answer: Answer) -> None:
        """Send the response to the current request, and go on to the next."""
        head, transport, service = self._head, self._transport, self._service
        if transport is None or transport.is_closing() or head is None:
            return
        data, stays = render(
            answer,
            head,
            service.cors.block(head.fields.origin),
            service.clock.date(),
            keep_alive=head.fields.keep_alive and not self._close,
        )
        transport.write(data)
        if stays:
            self._finish()
        else:
            self._linger()

    def _watch(self, watch: Watch) -> None:
        head, transport, service = self._head, self._transport, self._service
        if transport is None or head is None:
            return
        stream = EventStream(transport, chunked=head.minor > 0, finished=self._watch_finished)
        try:
            stream.register(service.node.store, watch)
        except StoreError as error:
            self._respond(service.watch_refused(error))
            return
        self._stream = stream
        transport.write(
            render_stream(
                head,
                service.success_headers(service.node.store.index),
                service.cors.block(head.fields.origin),
                service.clock.date(),
                keep_alive=head.fields.keep_alive and not self._close,
            )
        )
        stream.begin()

    def _watch_finished(self) -> None:
        head = self._head
        assert head is not None
        self._stream = None
        if head.minor > 0 and head.fields.keep_alive and not self._close:
            self._finish()
        else:
            self._linger()

    def _end_stream(self) -> None:
        """The client has had enough of its watch."""
        head, stream = self._head, self._stream
        assert head is not None
        assert stream is not None
        stream.close()
        if head.minor > 0:
            self._write(LAST_CHUNK)
        self._stream = None
        self._busy = False

    def _finish(self) -> None:
        self._head = self._to = self._body = None
        self._busy = False
        transport = self._transport
        if transport is None:
            return
        if self._buffer:
            transport.resume_reading()
            self._work()
        elif self._eof:
            transport.close()

    def _hand_over(self, size: int) -> None:
        """Give the connection and what is in the buffer to aiohttp.

        The request that needs it, of `size` bytes, goes first: what its parser does not like in
        those behind it must not take its answer away.
        """
        transport = self._transport
        assert transport is not None
        data = bytes(self._buffer)
        end = data.find(b"\n")
        protocol = self._hand_on()
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        protocol.data_received(escape_non_ascii(data[:end]) + data[end:size])
        if len(data) > size:
            protocol.data_received(data[size:])
        self._transport = None
        self._crowd.hand_on(self)

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def _end(self, data: bytes) -> None:
        self._write(data)
        self._linger()

    def _linger(self) -> None:
        """Close, but let the client read first.

        Bytes of his that nobody has read would make the kernel reset the connection, and take our
        answer away from him.
        """
        transport = self._transport
        if transport is None:
            return
        self._head = None
        self._busy = self._lingering = True
        if self._eof or not transport.can_write_eof():
            transport.close()
            return
        transport.write_eof()
        asyncio.get_running_loop().call_later(LINGER_SECONDS, transport.close)
