"""Clients that know several members and go on to another if one fails, as etcd's own do."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from tests.cluster.client import FAILURES
from tests.harness.http1 import Response
from tests.harness.wire import Connection

SYNC_EVERY = 10


class Roamer:
    """Keeps one connection, to the first of `ports`.

    A member has failed if there is no whole answer within `patience` seconds, or a 5xx; then the
    next one is the first.
    """

    def __init__(self, ports: Iterable[int], patience: float) -> None:
        self.ports = deque(ports)
        self._patience = patience
        self._connection: Connection | None = None

    def request(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Response:
        """Ask one member, once. Raises one of FAILURES."""
        try:
            if self._connection is None:
                self._connection = Connection(self.ports[0], self._patience)
            answer = self._connection.request(method, target, headers, body)
        except FAILURES:
            self._go_on()
            raise
        if answer.status >= 500:
            self._go_on()
        return answer

    def close(self) -> None:
        """Close the connection; the next request makes another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _go_on(self) -> None:
        self.close()
        self.ports.rotate(-1)


class SyncingRoamer(Roamer):
    """Takes over the members that the one in use lists, every SYNC_EVERY requests.

    The Go client does so every few seconds (`AutoSync`), etcdctl before each command, python-etcd
    whenever it has gone on.
    """

    def __init__(self, ports: Iterable[int], patience: float) -> None:
        super().__init__(ports, patience)
        self._requests = 0

    def request(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Response:
        self._requests += 1
        if self._requests % SYNC_EVERY == 0:
            self._sync()
        return super().request(method, target, headers, body)

    def _sync(self) -> None:
        answer = super().request("GET", "/v2/members")
        if answer.status == 200:
            urls = [
                url for each in json.loads(answer.body)["members"] for url in each["clientURLs"]
            ]
            others = {urlsplit(url).port or 0 for url in urls} - {self.ports[0]}
            self.ports = deque([self.ports[0], *sorted(others)])
