"""Steps carried out with the standard library's HTTP client, on connections that are kept."""

from __future__ import annotations

import contextlib
import http.client
import select
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlsplit

from vard_http.client.errors import ClientError
from vard_http.client.exchange import (
    Attempt,
    Failure,
    Listen,
    Open,
    Operation,
    Outcome,
    Pause,
    Step,
)
from vard_http.client.model import Response
from vard_http.client.sockets import KEEPALIVE

T = TypeVar("T")

_PIECE = 1 << 16


class Interrupted(ClientError):
    """Another thread has ended this."""


class Connections:
    """Kept connections by endpoint. Threads may share them."""

    def __init__(
        self,
        context: ssl.SSLContext | None,
        authorization: str | None,
        timeout: float,
        connect_timeout: float,
    ) -> None:
        self.timeout = timeout
        self._context = context
        self._authorization = authorization
        self._connect_timeout = connect_timeout
        self._lock = threading.Lock()
        self._idle: dict[str, list[http.client.HTTPConnection]] = {}
        self._closed = False

    def take(self, endpoint: str, timeout: float) -> http.client.HTTPConnection:
        """A connection that was open a moment ago, or a new one. Raises OSError."""
        while True:
            with self._lock:
                kept = self._idle.get(endpoint)
                connection = kept.pop() if kept else None
            if connection is None:
                return self._connect(endpoint, min(timeout, self._connect_timeout))
            if not _readable(connection.sock, 0):
                return connection
            # An idle connection has nothing to tell but its end.
            connection.close()

    def give_back(self, endpoint: str, connection: http.client.HTTPConnection) -> None:
        """Keep a connection whose answer was read to its end, unless the server closes it."""
        with self._lock:
            if connection.sock is not None and not self._closed:
                self._idle.setdefault(endpoint, []).append(connection)
                return
        connection.close()

    def headers(self, attempt: Attempt) -> dict[str, str]:
        headers: dict[str, str] = {}
        if attempt.request.content_type is not None:
            headers["Content-Type"] = attempt.request.content_type
        if self._authorization is not None and attempt.trusted:
            headers["Authorization"] = self._authorization
        return headers

    def close(self) -> None:
        """Close the connections that are idle; those in use are closed after their answer."""
        with self._lock:
            self._closed = True
            idle = [connection for kept in self._idle.values() for connection in kept]
            self._idle.clear()
        for connection in idle:
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
        for option in KEEPALIVE:
            connection.sock.setsockopt(*option)
        return connection


@dataclass(slots=True)
class _Answer:
    """An answer that is being read."""

    endpoint: str
    connection: http.client.HTTPConnection
    socket: socket.socket
    http: http.client.HTTPResponse
    pieces: list[bytes] = field(default_factory=list)

    def response(self) -> Response:
        headers = {name.lower(): value for name, value in self.http.getheaders()}
        return Response(self.http.status, headers, b"".join(self.pieces))


class Line:
    """Carries out the steps of one operation, or of one after the other.

    `interrupt` ends it from another thread: the step in progress and all further ones raise
    Interrupted.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._interrupted = threading.Event()
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._open: _Answer | None = None

    def perform(self, step: Step) -> Outcome:
        if isinstance(step, Pause):
            self._interrupted.wait(step.seconds)
        self._raise_if_interrupted()
        outcome: Outcome = None
        if isinstance(step, Attempt):
            outcome = self._attempt(step)
        elif isinstance(step, Listen):
            outcome = self._listen(step.seconds)
        self._raise_if_interrupted()
        return outcome

    def interrupt(self) -> None:
        with self._lock:
            self._interrupted.set()
            if self._socket is not None:
                with contextlib.suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give up the long poll that is open, if there is one."""
        if self._open is not None:
            self._open.connection.close()
            self._open = None

    def _attempt(self, attempt: Attempt) -> Response | Failure | Open:
        timeout = self._connections.timeout if attempt.timeout is None else attempt.timeout
        try:
            connection = self._connections.take(attempt.endpoint, timeout)
        except (OSError, http.client.HTTPException) as error:
            return Failure(_text(error), sent=False)
        sock = connection.sock
        try:
            with self._reachable(sock):
                sock.settimeout(timeout)
                answer = self._send(connection, attempt)
            if isinstance(answer, Failure):
                connection.close()
                return answer
            if attempt.request.hold is None:
                return self._read(answer, timeout)
            self.close()
            self._open = answer
            return self._listen(attempt.request.hold)
        except BaseException:
            connection.close()
            raise

    def _send(self, connection: http.client.HTTPConnection, attempt: Attempt) -> _Answer | Failure:
        request, sock = attempt.request, connection.sock
        headers = self._connections.headers(attempt)
        try:
            connection.request(request.method, request.target, request.body, headers)
        except (OSError, http.client.HTTPException) as error:
            # What the kernel did not take in whole the server cannot act on. TLS has buffers of
            # its own, so there it stays unknown.
            return Failure(_text(error), sent=isinstance(sock, ssl.SSLSocket))
        try:
            return _Answer(attempt.endpoint, connection, sock, connection.getresponse())
        except (OSError, http.client.HTTPException) as error:
            return Failure(_text(error), sent=True)

    def _read(self, answer: _Answer, seconds: float) -> Response | Failure:
        outcome = self._read_for(answer, seconds)
        if outcome is None:
            outcome = Failure("timed out", sent=True)
        if isinstance(outcome, Failure):
            answer.connection.close()
        return outcome

    def _listen(self, seconds: float) -> Response | Failure | Open:
        answer = self._open
        if answer is None:
            return Failure("nothing is open", sent=True)
        outcome = self._read_for(answer, seconds)
        if outcome is None:
            return Open(answer.response())
        self._open = None
        if isinstance(outcome, Failure):
            answer.connection.close()
        return outcome

    def _read_for(self, answer: _Answer, seconds: float) -> Response | Failure | None:
        """The rest of an answer, None if its end does not come in time."""
        deadline = time.monotonic() + seconds
        try:
            with self._reachable(answer.socket):
                while _has_data(answer, deadline - time.monotonic()):
                    answer.socket.settimeout(max(deadline - time.monotonic(), 1.0))
                    piece = answer.http.read1(_PIECE)
                    if not piece:
                        return self._end(answer)
                    answer.pieces.append(piece)
        except (OSError, http.client.HTTPException) as error:
            return Failure(_text(error), sent=True)
        return None

    def _end(self, answer: _Answer) -> Response | Failure:
        if answer.http.length:
            return Failure("the connection ended within the answer", sent=True)
        response = answer.response()
        answer.http.close()
        self._connections.give_back(answer.endpoint, answer.connection)
        return response

    @contextlib.contextmanager
    def _reachable(self, sock: socket.socket) -> Iterator[None]:
        """While the block runs `interrupt` can cut `sock`."""
        with self._lock:
            self._socket = sock
        try:
            self._raise_if_interrupted()
            yield
        finally:
            with self._lock:
                self._socket = None

    def _raise_if_interrupted(self) -> None:
        if self._interrupted.is_set():
            raise Interrupted


def _has_data(answer: _Answer, seconds: float) -> bool:
    """Whether reading will find bytes, or the end, without waiting.

    Asked of the poll and not found out by a time-out of `read`, after which a buffered socket can
    be read no more.
    """
    if answer.http.length == 0 or answer.http.isclosed():
        return True
    answer.socket.settimeout(0)
    with contextlib.suppress(BlockingIOError, ssl.SSLWantReadError):
        if answer.http.fp.peek(1):
            return True
    return _readable(answer.socket, seconds)


def _readable(sock: socket.socket, seconds: float) -> bool:
    poll = select.poll()  # select() knows no descriptors above 1023
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(max(seconds, 0) * 1000))


def _text(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "timed out"
    if isinstance(error, http.client.IncompleteRead):
        return "the connection ended within the answer"
    return str(error) or type(error).__name__


def run(operation: Operation[T], line: Line) -> T:
    """Drive an operation to its end."""
    try:
        step = next(operation)
        while True:
            step = operation.send(line.perform(step))
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        operation.close()
