"""Very many clients of the kind that tests/cluster/test_hostile_clients.py has one of."""

from __future__ import annotations

import json

from tests.cluster.client import put, wait_until
from tests.cluster.test_hostile_clients import memory, received
from tests.harness.processes import start_server
from tests.harness.wire import Incoming, open_watch
from vard_http.api.watching import MAX_UNSENT_BY_ALL

SLOW_READERS = 150
EVENTS = 120
VALUE = "v" * 40_000
"""An event shows it twice: now, and as it was before."""


def test_slow_readers_of_streams_get_a_beginning_without_holes_and_the_others_all() -> None:
    """Without a common bound, 150 readers would keep 150 times 100 events of 80 kB in memory."""
    target = "/v2/keys/slow?wait=true&stream=true&recursive=true"
    with start_server("vard") as server:
        slow = [open_watch(server.port, target) for _ in range(SLOW_READERS)]
        quick = open_watch(server.port, target)
        before = memory(server)
        with server.connect() as connection:
            for number in range(EVENTS):
                assert put(connection, f"slow/{number % 5}", VALUE).status in (200, 201)
                quick.pump()
                slow[number % SLOW_READERS].pump()
            assert memory(server) - before < 2 * MAX_UNSENT_BY_ALL
        wait_until(lambda: not quick.pump(0.1) or received(quick) >= EVENTS, "the quick gets all")
        first = indexes(quick)
        assert len(first) == EVENTS
        for watch in slow[:: SLOW_READERS // 5]:
            while watch.pump(0.2):
                pass
            assert 0 < received(watch) < EVENTS
            assert indexes(watch) == first[: received(watch)]
        for watch in (quick, *slow):
            watch.connection.close()


def indexes(watch: Incoming) -> list[int]:
    """Those of the events that have come in whole."""
    lines = watch.body.split(b"\n")[:-1]
    return [json.loads(line)["node"]["modifiedIndex"] for line in lines]
