"""A simulated cluster of production cores under the eyes of the theorems.

The simulator (tests/simulation) plays; after each handler of each core, each write and each message
the incremental checker looks at what changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest.mock import patch

from tests.simulation import server as simulated
from tests.simulation.checker import Checker as SimulatorsChecker
from tests.simulation.checker import Stored
from tests.simulation.cluster import Cluster
from tests.simulation.cores import settle
from tests.simulation.disk import StoredSnapshot
from tests.simulation.machine import Machine
from tests.simulation.profiles import PROFILES
from tests.simulation.schedule import Schedule
from tests.simulation.server import Server
from tests.verification import production
from tests.verification.theorems.history import (
    Acknowledged,
    Event,
    ReadInvoked,
    ReadServed,
    stale_quorum_reads,
)
from tests.verification.theorems.incremental import Checker
from tests.verification.theorems.theorem import Violation
from tests.verification.theorems.view import Packet
from vard_http.raft import AnyMessage, Entry, Raft, ReadState, Ready, Recovered


class Watched(Raft):
    """A core that says when a handler is done."""

    look: Callable[[Packet | None], None] = staticmethod(lambda _: None)

    def step(self, source: int, message: AnyMessage) -> None:
        super().step(source, message)
        self.look(production.packet(source, self.state.me, message))

    def tick(self, now: int) -> None:
        super().tick(now)
        self.look(None)

    def ready(self) -> Ready | None:
        self.look(None)
        return super().ready()


class WatchedCluster(Cluster):
    """As the simulator's, and raises theorem.Violation."""

    def __init__(self, *arguments: object) -> None:
        self.theorems = Checker()
        self.reads: list[Event] = []
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.checker.read_asked = self._read_asked  # type: ignore[method-assign]

    def started(self, server: Server) -> None:
        super().started(server)
        assert isinstance(server.raft, Watched)
        server.raft.look = lambda delivered: self._look(server, delivered)
        self._look(server, None)

    def crashed(self, server: Server, where: str) -> None:
        super().crashed(server, where)
        disk = server.disk
        recovered = Recovered(disk.hard_state, disk.snapshot.meta, tuple(disk.entries))
        down = production.down(
            server.node, recovered, server.incarnation, snapshot_state(disk.snapshot)
        )
        self.theorems.observe([down])

    def send(self, server: Server, target: int, message: AnyMessage) -> None:
        super().send(server, target, message)
        packet = production.packet(server.node, target, message)
        if packet is not None:
            self.theorems.observe([], [packet])

    def written(self, server: Server, ready: Ready) -> None:
        self._look(server, None)
        super().written(server, ready)

    def applied(self, server: Server, entries: list[Entry]) -> None:
        super().applied(server, entries)
        self._look(server, None)
        self.reads.append(Acknowledged(server.machine.index))

    def _read_asked(self, context: int) -> None:
        SimulatorsChecker.read_asked(self.checker, context)
        self.reads.append(ReadInvoked(context))

    def readable(self, server: Server, state: ReadState) -> None:
        self.reads.append(ReadServed(state.context, state.index))
        for complaint in stale_quorum_reads(self.reads):
            raise Violation("NoStaleQuorumRead", complaint)
        super().readable(server, state)

    def _look(self, server: Server, delivered: Packet | None) -> None:
        raft, disk = server.raft, server.disk
        assert raft is not None
        # Between a handler and the turn's end the machine is behind what the core hands out.
        state = server.machine.digest if server.machine.index == raft.last_applied else None
        meta = disk.snapshot.meta
        snapshot = snapshot_state(disk.snapshot) if meta.index == raft.snapshot_index else None
        seen = production.running(
            raft, disk.hard_state, stored_index(raft, disk), server.incarnation, state, snapshot
        )
        self.theorems.observe([seen], (), delivered)


def stored_index(raft: Raft, disk: Stored) -> int:
    """Up to where the disk holds what is in memory; after that it may have what was replaced."""
    log = raft.state.log
    index = min(disk.last_index, log.last_index)
    while index > log.offset and not disk.holds(index, log.term_at(index) or 0):
        index -= 1
    return index


def snapshot_state(snapshot: StoredSnapshot) -> int | None:
    return Machine.restored(snapshot.chunks).digest if snapshot.meta.index else None


@contextmanager
def watching() -> Iterator[None]:
    """Simulated cores that are started meanwhile are watched."""
    with patch.object(simulated, "Raft", Watched):
        yield


def play(profile: str, seed: int, steps: int) -> WatchedCluster:
    """As cores.play_cores, but raises what is found as it is: theorem.Violation for a theorem."""
    with watching():
        cluster = WatchedCluster(seed, PROFILES[profile], Schedule(), False)
        cluster.start()
        cluster.trouble(steps)
        cluster.peace()
        settle(cluster)
        cluster.checker.finish()
    return cluster
