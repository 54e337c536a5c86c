"""What requests mean: shared by the fast lane and the aiohttp application."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from vard_http.api import keys as keyspace
from vard_http.api.administration import Administration
from vard_http.api.answers import JSON, Answer, header_block
from vard_http.api.counting import Health, Requests
from vard_http.api.guard import Credentials, Guard
from vard_http.api.limits import Limits
from vard_http.api.render import Clock, Cors
from vard_http.api.urls import without_port
from vard_http.config.identity import format_id
from vard_http.node import Node, Outcome
from vard_http.store import Event, StoreError, errors

if TYPE_CHECKING:
    from vard_http.api.request import Handler

Respond = Callable[[Answer], None]
StartWatch = Callable[[keyspace.Watch], None]

NO_LIMITS: Final = Limits()

_NO_SPACE: Final = StoreError(errors.RAFT_INTERNAL, b"etcdserver: mvcc: database space exceeded", 0)
_TOO_MANY_WATCHERS: Final = StoreError(errors.RAFT_INTERNAL, b"etcdserver: too many watchers", 0)
_UNAUTHORIZED: Final = StoreError(errors.UNAUTHORIZED, b"Insufficient credentials", 0)


class Service:
    """The answers of one node."""

    def __init__(
        self,
        node: Node,
        *,
        cors: Iterable[str],
        host_whitelist: Iterable[str],
        v2: bool,
        client_cert_auth: bool,
        limits: Limits = NO_LIMITS,
    ) -> None:
        self.node = node
        self._raft = node.raft
        self.requests = Requests()
        self.health = Health()
        self.limits = limits
        self.guard = Guard(node.store)
        self.administration = Administration(node, self.guard.accounts, self.guard.passwords)
        self.cors = Cors(cors)
        self.clock = Clock()
        self.hosts = frozenset(host.encode() for host in host_whitelist)
        self.v2 = v2
        self.client_cert_auth = client_cert_auth
        self._mounts: dict[bytes, Handler] = {}
        self.cluster_id = (b"X-Etcd-Cluster-Id", format_id(node.cluster_id).encode())
        self._refusal = header_block(((b"Content-Type", JSON), self.cluster_id))
        self._success = (
            self._refusal.replace(b"%", b"%%")
            + b"X-Etcd-Index: %d\r\nX-Raft-Index: %d\r\nX-Raft-Term: %d\r\n"
        )

    def mount(self, prefix: bytes, handler: Handler) -> None:
        """Have `handler` answer whatever is asked of `prefix` and below it, OPTIONS too.

        To be done before the first request: routes are remembered.
        """
        self._mounts[prefix] = handler

    def mounted(self, path: bytes) -> Handler | None:
        """Who answers for `path`, if it is no endpoint of etcd's."""
        for prefix, handler in self._mounts.items():
            if path.startswith(prefix) and path[len(prefix) :][:1] in (b"", b"/"):
                return handler
        return None

    def is_misdirected(self, host: bytes) -> bool:
        """Whether plain requests with this Host are refused."""
        return b"*" not in self.hosts and without_port(host) not in self.hosts

    def keys(
        self,
        method: bytes,
        path: bytes,
        query: bytes,
        content_type: bytes,
        body: bytes | keyspace.BrokenBody,
        credentials: Credentials,
        respond: Respond,
        watch: StartWatch,
    ) -> None:
        """Carry out a request of /v2/keys; `path` is all of its decoded path.

        Either `respond` or, for the caller who has the connection, `watch` is called once, at once
        or later.
        """
        now = time.time_ns()
        try:
            operation = keyspace.parse(
                method,
                keyspace.key_path(path),
                query,
                content_type,
                body,
                now,
                self.limits.form_bytes,
            )
            if not self.node.store.auth_enabled():
                self._execute(method, operation, now, respond, watch)
                return

            def decided(allowed: bool) -> None:
                if allowed:
                    self._execute(method, operation, now, respond, watch)
                else:
                    respond(self.refused(_UNAUTHORIZED))

            self.guard.keys(
                method,
                path[len(keyspace.PREFIX) :],
                recursive=operation.recursive,
                credentials=credentials,
                verdict=decided,
            )
        except StoreError as error:
            respond(self.refused(error))

    def _execute(
        self,
        method: bytes,
        operation: keyspace.Operation,
        now: int,
        respond: Respond,
        watch: StartWatch,
    ) -> None:
        if isinstance(operation, keyspace.Watch):
            if 0 < self.limits.watchers <= self.node.store.watchers:
                respond(self.watch_refused(_TOO_MANY_WATCHERS))
            else:
                watch(operation)
            return
        if isinstance(operation, keyspace.Write):
            self._write(method, operation, respond)
        elif operation.quorum:
            self._read(operation, respond)
        else:
            begun = self.requests.begun(method)
            answer = self._get(operation, now)
            self.requests.ended(method, begun, answer.status)
            respond(answer)

    def _write(self, method: bytes, operation: keyspace.Write, respond: Respond) -> None:
        requests = self.requests
        begun = requests.begun(method)

        def done(outcome: Outcome) -> None:
            if isinstance(outcome, StoreError):
                answer = self.refused(outcome)
            else:
                assert outcome is not None
                body = outcome.to_brief_json() if operation.brief else outcome.to_json()
                answer = self._done(outcome, body)
            requests.ended(method, begun, answer.status)
            respond(answer)

        if self.node.quota.refuses(operation.command):
            done(_NO_SPACE)
        else:
            self.node.propose(operation.command, done)

    def _read(self, operation: keyspace.Get, respond: Respond) -> None:
        requests = self.requests
        begun = requests.begun(b"QGET", counted=not operation.waits)

        def done(error: StoreError | None) -> None:
            answer = self.refused(error) if error else self._get(operation, time.time_ns())
            requests.ended(b"QGET", begun, answer.status)
            respond(answer)

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
        raft = self._raft
        return self._success % (index, raft.commit_index, raft.term)

    def watch_refused(self, error: StoreError) -> Answer:
        """The answer to a watch that cannot be; of watches only failures are counted."""
        self.requests.failed[b"GET", error.status] += 1
        return self.refused(error)

    def refused(self, error: StoreError) -> Answer:
        """An error of the key space as a response."""
        headers = b"%bX-Etcd-Index: %d\r\n" % (self._refusal, error.index)
        return Answer(error.status, headers, error.to_json())
