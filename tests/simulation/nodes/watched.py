"""A world of nodes under the eyes of Verdi's theorems (tests/verification/theorems)."""

from __future__ import annotations

from unittest.mock import patch

from tests.simulation.nodes.host import Host, Process
from tests.simulation.nodes.profiles import Profile
from tests.simulation.nodes.run import play_nodes
from tests.simulation.nodes.world import World
from tests.simulation.played import Played
from tests.simulation.schedule import Schedule
from tests.verification import production
from tests.verification.theorems.incremental import Checker
from tests.verification.theorems.view import Configuration, Packet
from tests.verification.watched import Watched, stored_index
from vard_http.node import Node, start
from vard_http.node.cluster import bootstrap_entries
from vard_http.raft import AnyMessage, HardState, Recovered
from vard_http.store import digest


class WatchedWorld(World):
    """After each handler of each core, each write and each message the theorems are checked."""

    def __init__(self, seed: int, profile: Profile, schedule: Schedule, lines: int | None) -> None:
        self.theorems = Checker()
        self._digested: dict[Process, int] = {}
        super().__init__(seed, profile, schedule, lines)
        self._begin()

    def _begin(self) -> None:
        """Founders start with the same entries, whether or not they have stored them yet."""
        founders = {member: host.urls for member, host in self.hosts.items()}
        entries = bootstrap_entries(founders)
        self.theorems.founded(1, Configuration(frozenset(founders)))
        recovered = Recovered(HardState(1, 0, len(entries)), start.NOTHING, entries)
        self.theorems.observe([production.down(member, recovered, 1) for member in founders])

    def started(self, process: Process, node: Node) -> None:
        super().started(process, node)
        assert isinstance(node.raft, Watched)
        node.raft.look = lambda delivered: self._look(process, node, delivered)
        self._look(process, node, None)

    def written(self, process: Process, hard_state: HardState | None) -> None:
        super().written(process, hard_state)
        if process.node is not None:
            self._look(process, process.node, None)

    def observe(self, process: Process, node: Node) -> None:
        super().observe(process, node)
        self._look(process, node, None)

    def sending(self, process: Process, target: int, message: AnyMessage) -> None:
        super().sending(process, target, message)
        if process.node is not None:
            self._look(process, process.node, None)
        packet = production.packet(process.host.member, target, message)
        if packet is not None:
            self.theorems.observe([], [packet])

    def ended(self, host: Host, process: Process) -> None:
        image = host.disk.image
        if not image.hard_state.term:
            super().ended(host, process)
            return
        meta = start.NOTHING if image.current is None else image.current.meta
        recovered = Recovered(image.hard_state, meta, tuple(image.entries))
        self.theorems.observe([production.down(host.member, recovered, host.lives + 1)])
        super().ended(host, process)

    def _look(self, process: Process, node: Node, delivered: Packet | None) -> None:
        image, raft = process.host.disk.image, node.raft
        # Within a turn the store is behind what the core hands out.
        state = None
        if node.applied == raft.last_applied and self._digested.get(process) != node.applied:
            self._digested[process] = node.applied
            state = digest(node.store)
        seen = production.running(
            raft, image.hard_state, stored_index(raft, image), process.host.lives, state
        )
        self.theorems.observe([seen], (), delivered)


def play(profile: str, seed: int, milliseconds: int) -> Played:
    """As run.play_nodes; raises SimulationFailed for theorems, too."""
    with patch.object(start, "Raft", Watched):
        return play_nodes(profile, seed, milliseconds, Schedule(), make=WatchedWorld)
