"""One of the two servers of a differential run, and how steps are done to it."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.conformance.administration import OWN_ID, OWN_PEER_URL
from tests.conformance.steps import Administer, Alone, Ask, Broken, Expecting, OpenWatch
from tests.harness.http1 import Head, MalformedResponse, Response
from tests.harness.processes import Server
from tests.harness.wire import Connection, ConnectionEnded, Deadline, Incoming, request_bytes

# How long a server is given to answer or close before it counts as waiting for more.
_QUIET = 0.2

_PROBE = request_bytes("GET", b"/v2/keys/probe?sorted=true")


@dataclass(frozen=True)
class Lost:
    """No complete answer: `why` is closed, silent or malformed."""

    why: str
    detail: str = field(default="", compare=False)


@dataclass(frozen=True)
class WatchedBody:
    """What a watch has delivered. `ended` if the server has ended the answer."""

    body: bytes
    ended: bool


Received = Response | Lost


class Side:
    """A running server with the connection that asks share and the watches open on it."""

    def __init__(self, name: str, server: Server) -> None:
        self.name = name
        self.server = server
        self._connection = server.connect()
        self._administration = server.connect()
        own = server.endpoint
        self.own = {
            own.member_id.encode(): OWN_ID.encode(),
            own.peer_url.encode(): OWN_PEER_URL.encode(),
            own.client_url.encode(): b"{own-client-url}",
        }
        self._watches: list[Incoming] = []

    def close(self) -> None:
        self.close_watches()
        self._connection.close()
        self._administration.close()
        self.server.close()

    def ask(self, ask: Ask) -> Received:
        """One request on the shared connection, which is renewed if the server gave it up."""
        self._connection.send(ask.data)
        received = _read(self._connection, ask.method)
        if isinstance(received, Lost) or received.head.get("Connection") == "close":
            self._connection.close()
            self._connection = self.server.connect()
        return received

    def administer(self, step: Administer) -> Received:
        """One request on the connection of the administration."""
        target, body = step.target.encode(), step.body
        for text, placeholder in self.own.items():
            target = target.replace(placeholder, text)
            body = body.replace(placeholder, text) if body is not None else None
        self._administration.send(request_bytes(step.method, target, step.headers, body))
        received = _read(self._administration, step.method)
        if isinstance(received, Lost) or received.head.get("Connection") == "close":
            self._administration.close()
            self._administration = self.server.connect()
        return received

    def wait_for(self, target: bytes) -> Received:
        """The answer to a GET on a connection of its own."""
        with self.server.connect() as connection:
            connection.send(request_bytes("GET", target))
            return _read(connection, "GET")

    def alone(self, step: Alone) -> tuple[Received, ...]:
        """The answers, then that to a probe."""
        with self.server.connect() as connection:
            connection.send(step.data)
            return _read_all(connection, step.methods)

    def expecting(self, step: Expecting) -> tuple[Received, ...]:
        """The answer, its body sent only if the server asked for it, then that to a probe."""
        with self.server.connect() as connection:
            connection.send(step.head)
            incoming = Incoming(connection, step.method)
            while not incoming.parser.interim and incoming.parser.head is None:
                if not incoming.pump(connection.timeout):
                    return (Lost("silent"),)
                if incoming.parser.at_eof:
                    return (Lost("closed"),)
            if incoming.parser.interim:
                connection.send(step.body)
            try:
                answer = incoming.wait_end()
            except (ConnectionEnded, Deadline, MalformedResponse) as error:
                return (_lost(error),)
            return (answer, _probe(connection))

    def broken(self, step: Broken) -> bytes:
        """All that comes back until the server closes.

        A server that waits for more is told after a while that nothing will come. Not at once:
        etcd may then close without the answer it would have given.
        """
        with self.server.connect() as connection:
            connection.send(step.data)
            received = connection.read_until_quiet(_QUIET)
            if connection.closed_by_server:
                return received
            connection.half_close()
            try:
                return received + connection.read_to_end()
            except Deadline as error:
                return b"(never closed) " + str(error).encode()

    def open_watch(self, step: OpenWatch) -> Received:
        """The head of the answer, as an answer without a body."""
        connection = self.server.connect()
        connection.send(step.data)
        incoming = Incoming(connection, "GET")
        try:
            head: Head = incoming.wait_head()
        except (ConnectionEnded, Deadline, MalformedResponse) as error:
            return _lost(error)
        self._watches.append(incoming)
        return Response(head, incoming.parser.framing, b"")

    def watched(self, number: int) -> WatchedBody:
        incoming = self._watches[number]
        return WatchedBody(incoming.body, incoming.finished or incoming.parser.at_eof)

    def pump(self, number: int, timeout: float) -> bool:
        """Takes in what the watch delivers within `timeout` seconds; False if nothing."""
        return self._watches[number].pump(timeout)

    def close_watches(self) -> None:
        for incoming in self._watches:
            incoming.connection.close()
        self._watches.clear()


def _read(connection: Connection, method: str) -> Received:
    try:
        return connection.read(method)
    except (ConnectionEnded, Deadline, MalformedResponse) as error:
        return _lost(error)


def _read_all(connection: Connection, methods: tuple[str, ...]) -> tuple[Received, ...]:
    received: list[Received] = []
    for method in methods:
        received.append(_read(connection, method))
        if isinstance(received[-1], Lost):
            return tuple(received)
    return (*received, _probe(connection))


def _probe(connection: Connection) -> Received:
    connection.send(_PROBE)
    return _read(connection, "GET")


def _lost(error: Exception) -> Lost:
    why = {ConnectionEnded: "closed", Deadline: "silent"}.get(type(error), "malformed")
    return Lost(why, str(error))
