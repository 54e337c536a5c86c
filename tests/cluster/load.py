"""Concurrent writers that remember what they were promised, and readers that ask for it."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import urlencode

import msgspec

from tests.cluster.client import FAILURES, leaves, wait_until
from tests.cluster.roaming import Roamer, SyncingRoamer
from tests.harness.http1 import Response
from tests.harness.processes import Server
from tests.harness.wire import FORM, request_bytes

PATIENCE = 0.5
"""Seconds after which a writer gives up on an answer; the write may happen all the same."""

ROAMING_PATIENCE = 5.0
"""Seconds after which a client that roams gives up on one member, as etcdctl does."""

_RUNS = itertools.count(1)


class Writer(msgspec.Struct):
    """One client that writes. Every key is written once, so nothing hides a lost write.

    `promised` holds the values and indexes of acknowledged writes by key, `attempted` the values
    of all, `newest` the last one that was acknowledged.
    """

    name: str
    client: Roamer
    promised: dict[str, tuple[str, int]] = {}
    attempted: dict[str, str] = {}
    newest: tuple[str, str] | None = None

    @property
    def done(self) -> int:
        """How many writes were acknowledged."""
        return len(self.promised)

    def run(self, stop: threading.Event) -> None:
        """Write until told to stop, through whatever happens to the members."""
        while not stop.is_set():
            try:
                self._write()
            except FAILURES:
                stop.wait(0.01)
        self.client.close()

    def _write(self) -> None:
        number = len(self.attempted)
        key, value = f"load/{self.name}/{number}", f"value {number} of {self.name}"
        self.attempted[key] = value
        body = urlencode({"value": value}).encode()
        answer = self.client.request("PUT", f"/v2/keys/{key}", {"Content-Type": FORM}, body)
        if answer.status == 201:
            index = json.loads(answer.body)["node"]["modifiedIndex"]
            self.promised[key] = (value, index)
            self.newest = (key, value)


class Reader(msgspec.Struct):
    """One client that reads with `quorum=true` what `writers` were promised last.

    A read has failed if every member that the client knows has failed it, one after the other.
    `failed` holds what they said, `stale` the answers without the promised value.
    """

    client: Roamer
    writers: Sequence[Writer]
    done: int = 0
    failed: list[list[str]] = []
    stale: list[Response] = []

    def run(self, stop: threading.Event) -> None:
        """Read until told to stop."""
        for writer in itertools.cycle(self.writers):
            if stop.is_set():
                break
            if writer.newest is None:
                stop.wait(0.01)
            else:
                self._read(*writer.newest)
        self.client.close()

    def _read(self, key: str, value: str) -> None:
        said: list[str] = []
        for _ in range(len(self.client.ports)):
            try:
                answer = self.client.request("GET", f"/v2/keys/{key}?quorum=true")
            except FAILURES as failure:
                said.append(repr(failure))
                continue
            if answer.status < 500:
                self._judge(answer, value)
                return
            said.append(repr(answer))
        self.failed.append(said)

    def _judge(self, answer: Response, value: str) -> None:
        self.done += 1
        if answer.status != 200 or json.loads(answer.body)["node"]["value"] != value:
            self.stale.append(answer)


class Load(msgspec.Struct):
    """All clients of a test."""

    writers: Sequence[Writer]
    readers: Sequence[Reader] = ()

    @property
    def clients(self) -> list[Writer | Reader]:
        """Writers and readers."""
        return [*self.writers, *self.readers]

    def promised(self) -> dict[str, tuple[str, int]]:
        """Every acknowledged write."""
        return {
            key: result for writer in self.writers for key, result in list(writer.promised.items())
        }

    def wait_for(self, more: int, timeout: float = 20.0) -> None:
        """Wait until every client has had `more` further writes acknowledged, or reads answered."""
        goals = [(client, client.done + more) for client in self.clients]

        def reached() -> bool:
            return all(client.done >= goal for client, goal in goals)

        wait_until(reached, f"{more} more requests a client", timeout)

    def assert_kept(self, servers: Iterable[Server]) -> None:
        """Every acknowledged write is on each of these members with its value and index."""
        promised = self.promised()
        attempted = {k: v for writer in self.writers for k, v in writer.attempted.items()}
        indexes = [index for _, index in promised.values()]
        assert len(set(indexes)) == len(indexes), "two writes were given the same index"
        for server in servers:
            found = leaves(server, "load")
            wrong = {k: (v, found.get(k)) for k, v in promised.items() if found.get(k) != v}
            assert not wrong, (
                f"{server.endpoint.name} lost {len(wrong)} of {len(promised)}: {wrong}"
            )
            assert all(found[key][0] == attempted[key] for key in found.keys() & attempted.keys())

    def assert_read(self) -> None:
        """No quorum read failed, and none missed a write that was acknowledged before it."""
        assert [reader.failed for reader in self.readers if reader.failed] == []
        assert [reader.stale for reader in self.readers if reader.stale] == []


@contextmanager
def writing(servers: Sequence[Server], writers_each: int = 2) -> Iterator[Load]:
    """Writers that stay with one member each, for the length of a `with` block."""
    run = next(_RUNS)
    writers = [
        Writer(f"{run}-{server.endpoint.name}-{number}", Roamer([server.port], PATIENCE))
        for server in servers
        for number in range(writers_each)
    ]
    with _running(Load(writers)) as load:
        yield load


@contextmanager
def roaming(servers: Sequence[Server]) -> Iterator[Load]:
    """A writer and a reader that begin at each of `servers`, for the length of a `with` block.

    All of them know all members, and go on to another if one fails.
    """
    ports = [server.port for server in servers]
    clients = [[*ports[number:], *ports[:number]] for number in range(len(ports))]
    writers = [
        Writer(f"roaming-{number}", SyncingRoamer(known, ROAMING_PATIENCE))
        for number, known in enumerate(clients)
    ]
    readers = [Reader(SyncingRoamer(known, ROAMING_PATIENCE), writers) for known in clients]
    with _running(Load(writers, readers)) as load:
        yield load


@contextmanager
def _running(load: Load) -> Iterator[Load]:
    stop = threading.Event()
    threads = [threading.Thread(target=client.run, args=(stop,)) for client in load.clients]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def fill(server: Server, directory: str, count: int, *, at_once: int = 50) -> None:
    """Have `count` keys 0, 1, … written below `directory`, with `at_once` of them under way."""
    body = b"value=x"
    connections = [server.connect() for _ in range(at_once)]
    for number, connection in enumerate(connections):
        requests = [
            request_bytes("PUT", f"/v2/keys/{directory}/{key}", {"Content-Type": FORM}, body)
            for key in range(number, count, at_once)
        ]
        connection.send(b"".join(requests))
    for number, connection in enumerate(connections):
        for _ in range(number, count, at_once):
            assert connection.read("PUT").status in (200, 201)
        connection.close()
