"""What requests mean: shared by the fast lane and the aiohttp application."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from vard_http.api import keys as keyspace
from vard_http.api.answers import JSON, Answer, header_block
from vard_http.api.render import Clock, Cors
from vard_http.config.identity import format_id
from vard_http.node import Node, Outcome
from vard_http.store import Event, StoreError

Respond = Callable[[Answer], None]


class Service:
    """The answers of one node."""

    def __init__(
        self, node: Node, *, cors: Iterable[str], host_whitelist: Iterable[str], v2: bool
    ) -> None:
        self.node = node
        self.cors = Cors(cors)
        self.clock = Clock()
        self.hosts = frozenset(host.encode() for host in host_whitelist)
        self.v2 = v2
        self.cluster_id = (b"X-Etcd-Cluster-Id", format_id(node.cluster_id).encode())
        self._refusal = header_block(((b"Content-Type", JSON), self.cluster_id))
        self._success = (
            self._refusal.replace(b"%", b"%%")
            + b"X-Etcd-Index: %d\r\nX-Raft-Index: %d\r\nX-Raft-Term: %d\r\n"
        )

    def keys(
        self,
        method: bytes,
        path: bytes,
        query: bytes,
        content_type: bytes,
        body: bytes | keyspace.BrokenBody,
        respond: Respond,
    ) -> keyspace.Watch | None:
        """Carry out a request of /v2/keys; `path` is all of its decoded path.

        A watch is returned for the caller, who has the connection. Otherwise `respond` is called
        once, at once or later.
        """
        now = time.time_ns()
        try:
            operation = keyspace.parse(
                method, keyspace.key_path(path), query, content_type, body, now
            )
        except StoreError as error:
            respond(self.refused(error))
            return None
        self.node.store.count_auth_lookup()
        if isinstance(operation, keyspace.Watch):
            return operation
        if isinstance(operation, keyspace.Write):
            self._write(operation, respond)
        elif operation.quorum:
            self._read(operation, respond)
        else:
            respond(self._get(operation, now))
        return None

    def _write(self, operation: keyspace.Write, respond: Respond) -> None:
        def done(outcome: Outcome) -> None:
            if isinstance(outcome, StoreError):
                respond(self.refused(outcome))
            else:
                assert outcome is not None
                body = outcome.to_brief_json() if operation.brief else outcome.to_json()
                respond(self._done(outcome, body))

        self.node.propose(operation.command, done)

    def _read(self, operation: keyspace.Get, respond: Respond) -> None:
        def done(error: StoreError | None) -> None:
            respond(self.refused(error) if error else self._get(operation, time.time_ns()))

        self.node.read(done)

    def _get(self, get: keyspace.Get, now: int) -> Answer:
        try:
            event = self.node.store.get(
                get.path, recursive=get.recursive, sorted=get.sorted, now=now
            )
        except StoreError as error:
            return self.refused(error)
        return self._done(event, event.to_json())

    def _done(self, event: Event, body: bytes) -> Answer:
        return Answer(201 if event.is_new else 200, self.success_headers(event.index), body)

    def success_headers(self, index: int) -> bytes:
        """The headers of every success on /v2/keys (contract 3)."""
        node = self.node
        return self._success % (index, node.commit_index, node.term)

    def refused(self, error: StoreError) -> Answer:
        """An error of the key space as a response."""
        headers = b"%bX-Etcd-Index: %d\r\n" % (self._refusal, error.index)
        return Answer(error.status, headers, error.to_json())
