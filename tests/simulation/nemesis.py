"""Trouble: crashes, partitions, and the operator's own changes at the worst time."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

from tests.simulation.network import Conditions, Network
from tests.simulation.profiles import Profile
from tests.simulation.server import CRASH_POINTS, Server
from vard_http.raft import CONFIGURATION, AnyMessage, Change, Proposal, encode_change

MAX_SERVERS = 9


WHY: Final = {
    "crash": "what it had in memory is gone, what it promised must hold",
    "crash_leader": "the others must elect one who has all that was acknowledged",
    "crash_all": "only what is durable is left",
    "crash_within": "a Ready is left half done",
    "stall": "timers of others run out meanwhile",
    "stall_leader": "it wakes up and believes to lead still",
    "split": "only one side may go on",
    "isolate": "it must not depose the leader when it is back",
    "isolate_leader": "it must not answer reads any more",
    "one_way": "it is not heard, but hears",
    "heal": "who fell behind catches up",
    "weather": "messages overtake one another",
    "clock_jump": "its leases and timeouts are over at once",
    "transfer": "an election while all are well",
    "snapshot": "the log before it goes",
    "change": "quorums change while all this goes on",
}
"""Why each fault matters."""


class Nemesis:
    """Does one of the profile's faults at a time."""

    def __init__(
        self,
        profile: Profile,
        network: Network[AnyMessage],
        servers: dict[int, Server],
        trace: Callable[[str], None],
    ) -> None:
        self._profile = profile
        self._chance = Random()
        self._network = network
        self._servers = servers
        self._trace = trace
        self._names = list(profile.faults)
        self._weights = list(profile.faults.values())
        self._next_node = max(servers) + 1

    def act(self, number: int, chance: Random) -> None:
        self._chance = chance
        name = chance.choices(self._names, self._weights)[0]
        self._trace(name)
        getattr(self, name)()

    def up(self) -> list[Server]:
        return [server for server in self._servers.values() if server.raft is not None]

    def leaders(self) -> list[Server]:
        return [s for s in self.up() if s.raft is not None and s.raft.is_leader]

    def someone(self) -> Server | None:
        up = self.up()
        return self._chance.choice(up) if up else None

    # Faults

    def crash(self) -> None:
        if (server := self.someone()) is not None:
            server.crash()

    def crash_leader(self) -> None:
        for server in self.leaders():
            server.crash()

    def crash_all(self) -> None:
        for server in self.up():
            server.crash()

    def crash_within(self) -> None:
        """Crash at the next chance to leave a Ready half done."""
        if (server := self.someone()) is not None:
            server.crash_point = self._chance.choice(CRASH_POINTS)

    def stall(self) -> None:
        if (server := self.someone()) is not None:
            server.stall(self._chance.randrange(1, 1200))

    def stall_leader(self) -> None:
        for server in self.leaders():
            server.stall(self._chance.randrange(300, 1200))

    def split(self) -> None:
        self._mostly_heal()
        nodes = list(self._servers)
        self._chance.shuffle(nodes)
        cut = self._chance.randrange(len(nodes) + 1)
        self._network.block(nodes[:cut], nodes[cut:])
        self._network.block(nodes[cut:], nodes[:cut])

    def isolate(self) -> None:
        if (server := self.someone()) is not None:
            self._isolate(server.node)

    def isolate_leader(self) -> None:
        self._mostly_heal()
        for server in self.leaders():
            self._isolate(server.node)

    def _isolate(self, node: int) -> None:
        others = [other for other in self._servers if other != node]
        self._network.block([node], others)
        self._network.block(others, [node])

    def one_way(self) -> None:
        nodes = list(self._servers)
        a, b = self._chance.choice(nodes), self._chance.choice(nodes)
        self._network.block([a], nodes if self._chance.random() < 0.5 else [b])

    def heal(self) -> None:
        self._network.heal()

    def _mostly_heal(self) -> None:
        """Now and then partitions add up."""
        if self._chance.random() < 0.7:
            self._network.heal()

    def weather(self) -> None:
        base, roll = self._profile.conditions, self._chance.random()
        self._network.conditions = Conditions(
            base.loss * 2 * roll, base.duplication * 2 * roll, base.straggling, 1 + int(60 * roll)
        )

    def clock_jump(self) -> None:
        if (server := self.someone()) is not None:
            server.clock.offset += self._chance.randrange(1, 2000)

    # The operator

    def transfer(self) -> None:
        for server in self.leaders():
            server.transfer(self._chance.choice([None, *self._servers]))

    def snapshot(self) -> None:
        for server in self.up():
            if self._chance.random() < 0.8:
                server.take_snapshot(self._chance.randrange(1, 80))

    def change(self) -> None:
        """One step of membership change, asked for at a leader or passed on to it."""
        change = self._some_change()
        leaders = self.leaders()
        if leaders and self._chance.random() < 0.7:
            self._chance.choice(leaders).change(change)
        elif (server := self.someone()) is not None:
            server.propose(Proposal(CONFIGURATION, encode_change(change)))

    def _some_change(self) -> Change:
        nodes = list(self._servers)
        roll = self._chance.random()
        if roll < 0.45 and len(nodes) < MAX_SERVERS:
            node, self._next_node = self._next_node, self._next_node + 1
            return Change("add" if roll < 0.15 else "learn", node)
        return Change("add" if roll < 0.7 else "remove", self._chance.choice(nodes))
