"""One member that is killed over and over while clients write to it."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping

import msgspec

from tests.cluster.client import FAILURES, etcd_index, get, leaves, put
from tests.harness.processes import Server, start_server
from tests.harness.wire import Connection

CYCLES = 100
WRITES_BEFORE_A_KILL = 10
KEYS = 40


class Client(msgspec.Struct):
    """Writes its keys in turn, again and again. Its history of each key, oldest first, ends with
    what was acknowledged last; `doubtful` holds the later values that never got an answer.
    """

    name: str
    port: int
    writes: int = 0
    promised: dict[str, tuple[str, int]] = {}
    doubtful: dict[str, list[str]] = {}
    highest: int = 0

    def run(self, enough: threading.Semaphore) -> None:
        """Write until the member dies."""
        try:
            with Connection(self.port) as connection:
                while True:
                    self._write(connection)
                    enough.release()
        except FAILURES:
            return

    def _write(self, connection: Connection) -> None:
        self.writes += 1
        key, value = f"{self.name}/{self.writes % KEYS}", f"{self.name} {self.writes}"
        self.doubtful.setdefault(key, []).append(value)
        answer = put(connection, key, value)
        assert answer.status in (200, 201), answer
        index = json.loads(answer.body)["node"]["modifiedIndex"]
        assert index > self.highest
        self.highest = index
        self.promised[key] = (value, index)
        self.doubtful[key].clear()

    def assert_kept(self, found: Mapping[str, tuple[str, int]]) -> None:
        """Every key has its last acknowledged value, or a later one that got no answer."""
        for key, (value, index) in self.promised.items():
            if found.get(key) == (value, index):
                continue
            assert key in found, f"{key} is lost"
            assert found[key][0] in self.doubtful[key], (key, value, index, found[key])
            assert found[key][1] > index
        for key, values in self.doubtful.items():
            # What is found now will not change any more.
            if values and key in found:
                self.promised[key] = found[key]
            values.clear()


def kill_amid_writes(server: Server, clients: list[Client]) -> None:
    """Let all clients write, and kill the member after some of their writes."""
    enough = threading.Semaphore(0)
    threads = [threading.Thread(target=client.run, args=(enough,)) for client in clients]
    for thread in threads:
        thread.start()
    for _ in range(WRITES_BEFORE_A_KILL):
        assert enough.acquire(timeout=10)
    server.kill()
    for thread in threads:
        thread.join()


def test_a_member_killed_100_times_under_writes_loses_nothing() -> None:
    with start_server("vard", ["--snapshot-count=500"]) as server:
        clients = [Client(f"c{number}", server.port) for number in range(4)]
        for cycle in range(CYCLES):
            kill_amid_writes(server, clients)
            server.start()
            index = etcd_index(server)
            assert index > max(client.highest for client in clients), f"cycle {cycle}"
            found = leaves(server)
            for client in clients:
                client.assert_kept(found)
                client.highest = index
        assert_history_reaches_back(server)


def assert_history_reaches_back(server: Server) -> None:
    """The last 1000 events can be watched from, each under its own index."""
    index = etcd_index(server)
    for since in (index - 999, index - 500):
        answer = get(server, f"/v2/keys/?wait=true&recursive=true&waitIndex={since}")
        assert answer.status == 200
        assert json.loads(answer.body)["node"]["modifiedIndex"] >= since
