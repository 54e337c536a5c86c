"""Concurrent writers that remember what they were promised."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import msgspec

from tests.cluster.client import FAILURES, leaves, put, wait_until
from tests.harness.processes import Server
from tests.harness.wire import FORM, Connection, request_bytes

PATIENCE = 0.5
"""Seconds after which a writer gives up on an answer; the write may happen all the same."""

_RUNS = itertools.count(1)


class Writer(msgspec.Struct):
    """One client of one member. Every key is written once, so nothing hides a lost write.

    `promised` holds the values and indexes of acknowledged writes by key, `attempted` the values
    of all.
    """

    name: str
    port: int
    promised: dict[str, tuple[str, int]] = {}
    attempted: dict[str, str] = {}

    def run(self, stop: threading.Event) -> None:
        """Write until told to stop, through whatever happens to the member."""
        while not stop.is_set():
            try:
                with Connection(self.port, PATIENCE) as connection:
                    while not stop.is_set():
                        self._write(connection)
            except FAILURES:
                stop.wait(0.01)

    def _write(self, connection: Connection) -> None:
        number = len(self.attempted)
        key, value = f"load/{self.name}/{number}", f"value {number} of {self.name}"
        self.attempted[key] = value
        answer = put(connection, key, value)
        if answer.status == 201:
            index = json.loads(answer.body)["node"]["modifiedIndex"]
            self.promised[key] = (value, index)


class Load(msgspec.Struct):
    """All writers of a test."""

    writers: Sequence[Writer]

    def promised(self) -> dict[str, tuple[str, int]]:
        """Every acknowledged write."""
        return {
            key: result for writer in self.writers for key, result in list(writer.promised.items())
        }

    def wait_for(self, more: int, timeout: float = 20.0) -> None:
        """Wait until every writer has had `more` further writes acknowledged."""
        goals = [(writer, len(writer.promised) + more) for writer in self.writers]

        def reached() -> bool:
            return all(len(writer.promised) >= goal for writer, goal in goals)

        wait_until(reached, f"{more} more acknowledged writes a writer", timeout)

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


@contextmanager
def writing(servers: Sequence[Server], writers_each: int = 2) -> Iterator[Load]:
    """Load on all `servers` for the length of a `with` block; it has ended after it."""
    run = next(_RUNS)
    writers = [
        Writer(f"{run}-{server.endpoint.name}-{number}", server.port)
        for server in servers
        for number in range(writers_each)
    ]
    stop = threading.Event()
    threads = [threading.Thread(target=writer.run, args=(stop,)) for writer in writers]
    for thread in threads:
        thread.start()
    try:
        yield Load(writers)
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
