"""A blocking HTTP/1.1 client that sends exactly the bytes it is given."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Mapping

from tests.harness.http1 import Head, MalformedResponse, Response, ResponseParser

FORM = "application/x-www-form-urlencoded"

DEFAULT_TIMEOUT = 15.0


class ConnectionEnded(Exception):
    """The server closed the connection before the answer was complete."""


class Deadline(Exception):
    """The server did not send what was waited for in time."""


def request_bytes(
    method: str,
    target: str | bytes,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    host: str = "127.0.0.1",
) -> bytes:
    """An HTTP/1.1 request whose target is sent unchanged.

    `Host` and `Content-Length` are added unless given; PUT and POST without a body send length 0.
    """
    fields = dict(headers or {})
    given = {name.lower() for name in fields}
    if "host" not in given:
        fields = {"Host": host, **fields}
    if body is None and method in ("PUT", "POST"):
        body = b""
    if body is not None and not given & {"content-length", "transfer-encoding"}:
        fields["Content-Length"] = str(len(body))
    raw_target = target.encode() if isinstance(target, str) else target
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    start = method.encode() + b" " + raw_target + b" HTTP/1.1\r\n"
    return start + lines.encode("utf-8") + b"\r\n" + (body or b"")


class Connection:
    """One TCP connection to 127.0.0.1:port. Answers are read strictly in order."""

    def __init__(self, port: int, timeout: float = DEFAULT_TIMEOUT) -> None:
        self.timeout = timeout
        self.closed_by_server = False
        self._socket = socket.create_connection(("127.0.0.1", port), timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._leftover = b""

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Sends all bytes. A connection the server has closed is noticed when reading."""
        self._socket.settimeout(self.timeout)
        try:
            self._socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            return

    def half_close(self) -> None:
        """Tells the server that no more bytes will come."""
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            self.closed_by_server = True

    def request(
        self,
        method: str,
        target: str | bytes,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Response:
        """Sends one request and reads its answer."""
        self.send(request_bytes(method, target, headers, body))
        return self.read(method)

    def read(self, method: str, timeout: float | None = None) -> Response:
        """Reads one complete answer. Raises ConnectionEnded, Deadline or MalformedResponse."""
        return Incoming(self, method).wait_end(timeout)

    def read_to_end(self, timeout: float | None = None) -> bytes:
        """All bytes until the server closes. Raises Deadline if it does not."""
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        data = self._leftover
        self._leftover = b""
        while not self.closed_by_server:
            piece = self.receive(deadline - time.monotonic())
            if piece is None:
                raise Deadline(f"still open after {data[-200:]!r}")
            data += piece
        return data

    def read_until_quiet(self, quiet: float) -> bytes:
        """All bytes until the server closes or sends nothing for `quiet` seconds."""
        data = self.take_leftover()
        while piece := self.receive(quiet):
            data += piece
        return data

    def receive(self, timeout: float) -> bytes | None:
        """The next piece; b"" at the end of the connection, None if nothing came in time."""
        poll = select.poll()  # select() knows no descriptors above 1023
        poll.register(self._socket, select.POLLIN)
        if not poll.poll(max(timeout, 0) * 1000):
            return None
        try:
            data = self._socket.recv(1 << 18)
        except ConnectionResetError:
            data = b""
        if not data:
            self.closed_by_server = True
        return data

    def take_leftover(self) -> bytes:
        """Bytes received after the last answer that was read."""
        data, self._leftover = self._leftover, b""
        return data

    def keep_leftover(self, data: bytes) -> None:
        self._leftover = data


class Incoming:
    """An answer that is being received, possibly for long (a watch)."""

    def __init__(self, connection: Connection, method: str) -> None:
        self.connection = connection
        self.parser = ResponseParser(method)
        self._feed(connection.take_leftover())

    @property
    def body(self) -> bytes:
        """The de-chunked body so far."""
        return bytes(self.parser.body)

    @property
    def finished(self) -> bool:
        """Whether the server has ended the answer as its framing demands."""
        return self.parser.finished

    def wait_head(self, timeout: float | None = None) -> Head:
        """Waits for the status line and header fields only."""
        deadline = self._deadline(timeout)
        while self.parser.head is None:
            self._wait(deadline)
        return self.parser.head

    def wait_end(self, timeout: float | None = None) -> Response:
        """Waits for the complete answer."""
        deadline = self._deadline(timeout)
        while not self.parser.finished:
            self._wait(deadline)
        return self.parser.response()

    def pump(self, timeout: float = 0.0) -> bool:
        """Takes in what arrives within `timeout` seconds; False if nothing did."""
        if self.parser.finished or self.parser.at_eof:
            return False
        data = self.connection.receive(timeout)
        if data is None:
            return False
        self._feed(data) if data else self.parser.feed_eof()
        return True

    def _wait(self, deadline: float) -> None:
        if self.parser.at_eof:
            raise ConnectionEnded(self.parser.describe())
        if not self.pump(deadline - time.monotonic()) and time.monotonic() >= deadline:
            raise Deadline(self.parser.describe())

    def _feed(self, data: bytes) -> None:
        if data:
            self.parser.feed(data)
        if self.parser.finished:
            self.connection.keep_leftover(self.parser.leftover)

    def _deadline(self, timeout: float | None) -> float:
        return time.monotonic() + (self.connection.timeout if timeout is None else timeout)


def open_watch(port: int, target: str | bytes, timeout: float = DEFAULT_TIMEOUT) -> Incoming:
    """Opens a GET on a connection of its own and returns once the header fields are there."""
    connection = Connection(port, timeout)
    connection.send(request_bytes("GET", target))
    incoming = Incoming(connection, "GET")
    incoming.wait_head()
    return incoming


__all__ = [
    "FORM",
    "Connection",
    "ConnectionEnded",
    "Deadline",
    "Incoming",
    "MalformedResponse",
    "Response",
    "open_watch",
    "request_bytes",
]
