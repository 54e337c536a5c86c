"""Attempts over the standard library's HTTP client, on connections that are kept."""

from __future__ import annotations

import contextlib
import http.client
import select
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from vard_http.client.exchange import Attempt, Failure
from vard_http.client.model import Response

_PIECE = 1 << 16


class Connections:
    """Kept connections by endpoint, and what is sent on them. Safe to use from many threads."""

    def __init__(
        self,
        context: ssl.SSLContext | None,
        authorization: str | None,
        timeout: float,
        connect_timeout: float,
    ) -> None:
        self._context = context
        self._authorization = authorization
        self._timeout = timeout
        self._connect_timeout = connect_timeout
        self._lock = threading.Lock()
        self._idle: dict[str, list[http.client.HTTPConnection]] = {}
        self._closed = False

    def perform(self, attempt: Attempt, interrupt: Interrupt) -> Response | Failure:
        """Send one request and read its answer."""
        timeout = self._timeout if attempt.timeout is None else attempt.timeout
        try:
            connection = self._take(attempt.endpoint, timeout)
        except (OSError, http.client.HTTPException) as error:
            return Failure(_text(error), sent=False)
        kept = False
        try:
            with interrupt.on(connection.sock):
                outcome = self._converse(connection, attempt, timeout)
            kept = isinstance(outcome, Response) and connection.sock is not None
            return outcome
        finally:
            if kept:
                self._give_back(attempt.endpoint, connection)
            else:
                connection.close()

    def close(self) -> None:
        """Close the connections that are idle; those in use are closed after their answer."""
        with self._lock:
            self._closed = True
            idle = [connection for kept in self._idle.values() for connection in kept]
            self._idle.clear()
        for connection in idle:
            connection.close()

    def _converse(
        self, connection: http.client.HTTPConnection, attempt: Attempt, timeout: float
    ) -> Response | Failure:
        request = attempt.request
        sock = connection.sock
        sock.settimeout(timeout)
        try:
            connection.request(request.method, request.target, request.body, self._headers(attempt))
        except (OSError, http.client.HTTPException) as error:
            # What the kernel did not take in whole the server cannot act on. TLS has buffers of
            # its own, so there it stays unknown.
            return Failure(_text(error), sent=isinstance(sock, ssl.SSLSocket))
        try:
            answer = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            return Failure(_text(error), sent=True)
        deadline = time.monotonic() + (timeout if request.hold is None else request.hold)
        return _read(answer, sock, deadline)

    def _headers(self, attempt: Attempt) -> dict[str, str]:
        headers: dict[str, str] = {}
        if attempt.request.content_type is not None:
            headers["Content-Type"] = attempt.request.content_type
        if self._authorization is not None and attempt.trusted:
            headers["Authorization"] = self._authorization
        return headers

    def _take(self, endpoint: str, timeout: float) -> http.client.HTTPConnection:
        """A connection that was open a moment ago, or a new one."""
        while True:
            with self._lock:
                kept = self._idle.get(endpoint)
                connection = kept.pop() if kept else None
            if connection is None:
                return self._connect(endpoint, min(timeout, self._connect_timeout))
            if not _readable(connection.sock):
                return connection
            connection.close()

    def _connect(self, endpoint: str, timeout: float) -> http.client.HTTPConnection:
        parts = urlsplit(endpoint)
        assert parts.hostname is not None
        connection: http.client.HTTPConnection
        if parts.scheme == "https":
            connection = http.client.HTTPSConnection(
                parts.hostname, parts.port, timeout=timeout, context=self._context
            )
        else:
            connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
        try:
            connection.connect()
        except BaseException:
            connection.close()
            raise
        return connection

    def _give_back(self, endpoint: str, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            if not self._closed:
                self._idle.setdefault(endpoint, []).append(connection)
                return
        connection.close()


class Interrupt:
    """Lets another thread end an attempt and all that would follow."""

    def __init__(self) -> None:
        self.set_off = threading.Event()
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None

    def trigger(self) -> None:
        """End it; the attempt in progress fails."""
        with self._lock:
            self.set_off.set()
            if self._socket is not None:
                with contextlib.suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)

    @contextlib.contextmanager
    def on(self, sock: socket.socket) -> Iterator[None]:
        """While the block runs `trigger` cuts `sock`."""
        with self._lock:
            self._socket = sock
        try:
            yield
        finally:
            with self._lock:
                self._socket = None


def _read(
    answer: http.client.HTTPResponse, sock: socket.socket, deadline: float
) -> Response | Failure:
    headers = {name.lower(): value for name, value in answer.getheaders()}
    pieces: list[bytes] = []
    try:
        while True:
            sock.settimeout(max(deadline - time.monotonic(), 0.001))
            piece = answer.read1(_PIECE)
            if not piece:
                break
            pieces.append(piece)
    except (OSError, http.client.HTTPException) as error:
        return Failure(_text(error), True, Response(answer.status, headers, b"".join(pieces)))
    response = Response(answer.status, headers, b"".join(pieces))
    if answer.length:
        return Failure("the connection ended within the answer", True, response)
    answer.close()
    return response


def _readable(sock: socket.socket) -> bool:
    """Whether an idle connection has something to read, which can only be its end."""
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


def _text(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "timed out"
    if isinstance(error, http.client.IncompleteRead):
        return "the connection ended within the answer"
    return str(error) or type(error).__name__
