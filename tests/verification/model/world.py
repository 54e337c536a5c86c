"""A cluster at one moment, and the table of everything that worlds are made of.

Servers and packets are interned: a world is a few small numbers, and equal parts of different
worlds are one object. The steps of servers are remembered by (server, event).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from hashlib import blake2b
from itertools import permutations, product
from typing import NamedTuple

from tests.verification.model import canonical
from tests.verification.model.canonical import Names
from tests.verification.model.properties import (
    Applied,
    Committed,
    Fact,
    History,
    Installed,
    Led,
    Readable,
    Violation,
    check_applied,
    check_complete,
    check_installed,
    check_log_matching,
    check_quorum_holds,
    extended,
)
from tests.verification.model.server import Event, Node, Outcome, Server
from vard_http.raft import NOBODY, AnyMessage, AppendEntriesReply, Configuration
from vard_http.raft.messages import InstallSnapshotReply, RequestVoteReply, TimeoutNow

FORGOTTEN = AppendEntriesReply | InstallSnapshotReply | RequestVoteReply | TimeoutNow
"""Messages that change nothing if their term is over, and are not answered either."""


class Packet(NamedTuple):
    source: int
    target: int
    message: AnyMessage


class Left(NamedTuple):
    """How often each of these may still happen."""

    timeouts: int = 0
    heartbeats: int = 0
    silences: int = 0
    entries: int = 0
    duplicates: int = 0
    crashes: int = 0
    holds: int = 0
    snapshots: int = 0
    transfers: int = 0
    reads: int = 0
    changes: int = 0


class World(NamedTuple):
    """Servers and packets by number; the others are what no server knows.

    leaders: of each term, from 1 on. floors: how much was committed when each read was asked.
    """

    servers: tuple[int, ...]
    network: tuple[int, ...]
    leaders: tuple[int, ...]
    history: History
    floors: tuple[int, ...]
    left: Left


class Space:
    """All that worlds of one scope are made of; `groups` are the names that may be swapped."""

    def __init__(self, model: Node, groups: tuple[tuple[int, ...], ...], size: int) -> None:
        self._model = model
        self._groups = groups
        self._plain: Names = tuple(range(size + 1))
        self.servers: list[Server] = []
        self.packets: list[Packet] = []
        self._server_numbers: dict[bytes, int] = {}
        self._packet_numbers: dict[Packet, int] = {}
        self._outcomes: dict[tuple[int, Event], Outcome] = {}
        self._after: dict[tuple[int, Event], int] = {}
        self._signatures: list[bytes] = []
        self._forms: dict[bytes, int] = {}
        self._server_forms: dict[tuple[int, Names], int] = {}
        self._packet_forms: dict[tuple[int, Names], int] = {}
        self._history_forms: dict[tuple[History, Names], int] = {}
        self._matching: set[tuple[int, int]] = set()

    def first(self, configurations: dict[int, Configuration], terms: int, left: Left) -> World:
        servers = tuple(
            self._intern(self._model.first(node, c)) for node, c in sorted(configurations.items())
        )
        return World(servers, (), (NOBODY,) * terms, (), (), left)

    def server(self, world: World, node: int) -> Server:
        return self.servers[world.servers[node - 1]]

    def outcome(self, number: int, event: Event) -> Outcome:
        """What `event` makes of the server with this number."""
        key = (number, event)
        if (known := self._outcomes.get(key)) is None:
            known = self._outcomes[key] = self._model.step(self.servers[number], event)
            self._after[key] = self._intern(known.server)
        return known

    def _intern(self, server: Server) -> int:
        form = canonical.packed(canonical.server(server, self._plain))
        number = self._server_numbers.setdefault(form, len(self.servers))
        if number == len(self.servers):
            self.servers.append(server)
            self._signatures.append(canonical.packed(canonical.signature(server)))
        return number

    def _packet(self, packet: Packet) -> int:
        number = self._packet_numbers.setdefault(packet, len(self.packets))
        if number == len(self.packets):
            self.packets.append(packet)
        return number

    # One step of a world

    def step(self, world: World, node: int, event: Event, taken: int | None, left: Left) -> World:
        """The world after `event` at `node`, with packet number `taken` gone; the same world if
        nothing changed but that. Raises Violation."""
        number = world.servers[node - 1]
        outcome = self.outcome(number, event)
        if outcome.violation is not None:
            raise outcome.violation
        after = self._after[number, event]
        if after == number and not outcome.sent and not outcome.facts:
            return world
        servers = (*world.servers[: node - 1], after, *world.servers[node:])
        network = self._carried(world, servers, node, outcome, taken)
        floors = world.floors
        if event.kind == "read":
            floors = (*floors, len(world.history))
        leaders, history = world.leaders, world.history
        for fact in outcome.facts:
            leaders, history = self._note(fact, servers, leaders, history, floors)
        self._logs_match(servers, node)
        return World(servers, network, leaders, history, floors, left)

    def _carried(
        self,
        world: World,
        servers: tuple[int, ...],
        node: int,
        outcome: Outcome,
        taken: int | None,
    ) -> tuple[int, ...]:
        """What is on its way. Whatever may not arrive at all need not be lost explicitly."""
        network = list(world.network)
        if taken is not None:
            network.remove(taken)
        known = len(self._plain)
        network.extend(
            self._packet(Packet(node, target, message))
            for target, message in outcome.sent
            if target < known
        )
        return tuple(sorted(n for n in network if not self._in_vain(self.packets[n], servers)))

    def _in_vain(self, packet: Packet, servers: tuple[int, ...]) -> bool:
        """Whether it can have no effect any more: terms on disk never go back."""
        message = packet.message
        if not isinstance(message, FORGOTTEN):
            return False
        return message.term < self.servers[servers[packet.target - 1]].disk.hard_state.term

    def _note(
        self,
        fact: Fact,
        servers: tuple[int, ...],
        leaders: tuple[int, ...],
        history: History,
        floors: tuple[int, ...],
    ) -> tuple[tuple[int, ...], History]:
        match fact:
            case Led(node, term):
                before = leaders[term - 1]
                if before not in (NOBODY, node):
                    raise Violation("one_leader_per_term", f"{before} and {node} lead term {term}")
                leaders = (*leaders[: term - 1], node, *leaders[term:])
                self._leaders_complete(servers, history)
            case Committed():
                check_quorum_holds(
                    fact, ((s.node, s.disk) for s in (self.servers[n] for n in servers))
                )
                history = extended(history, fact)
                self._leaders_complete(servers, history)
            case Applied():
                check_applied(fact, history)
            case Installed():
                check_installed(fact, history)
            case Readable(node, context, index):
                if index < floors[context - 1]:
                    raise Violation(
                        "linearizable_reads",
                        f"{node} may serve read {context} at {index},"
                        f" but {floors[context - 1]} was committed before it was asked",
                    )
        return leaders, history

    def _leaders_complete(self, servers: tuple[int, ...], history: History) -> None:
        for number in servers:
            raft = self.servers[number].raft
            if raft.is_leader:
                check_complete(raft.state.me, raft.term, raft.state.log, history)

    def _logs_match(self, servers: tuple[int, ...], node: int) -> None:
        own = servers[node - 1]
        for number in servers:
            if number == own or (own, number) in self._matching:
                continue
            a, b = self.servers[own], self.servers[number]
            check_log_matching(a.raft.state.log, b.raft.state.log, (a.node, b.node))
            self._matching.add((own, number))

    # Equal worlds

    def digest(self, world: World) -> bytes:
        """Equal for worlds that differ in nothing but the names of servers (or by a collision of
        128 bits, which nobody will see)."""
        return min(self._form(world, names) for names in self._namings(world))

    def _namings(self, world: World) -> Iterator[Names]:
        """Names in the order of signatures; all orders of those whose signatures are equal."""
        if not self._groups:
            yield self._plain
            return
        choices = []
        for group in self._groups:
            ordered = sorted(group, key=lambda node: self._signatures[world.servers[node - 1]])
            ties: list[list[int]] = []
            previous = None
            for node in ordered:
                signature = self._signatures[world.servers[node - 1]]
                if signature != previous:
                    ties.append([])
                ties[-1].append(node)
                previous = signature
            choices += [list(permutations(tie)) for tie in ties]
        slots = [node for group in self._groups for node in sorted(group)]
        for chosen in product(*choices):
            names = list(self._plain)
            for slot, node in zip(slots, (n for part in chosen for n in part), strict=True):
                names[node] = slot
            yield tuple(names)

    def _form(self, world: World, names: Names) -> bytes:
        servers = [0] * len(world.servers)
        for position, number in enumerate(world.servers, 1):
            servers[names[position] - 1] = self._server_form(number, names)
        network = sorted([self._packet_form(number, names) for number in world.network])
        leaders = [names[node] for node in world.leaders]
        history = self._history_form(world.history, names)
        numbers = (*servers, *leaders, history, len(world.floors), *world.floors, *world.left)
        return blake2b(array("q", (*numbers, *network)).tobytes(), digest_size=16).digest()

    def _server_form(self, number: int, names: Names) -> int:
        key = (number, names)
        if (known := self._server_forms.get(key)) is None:
            form = canonical.packed(canonical.server(self.servers[number], names))
            known = self._server_forms[key] = self._form_number(form)
        return known

    def _packet_form(self, number: int, names: Names) -> int:
        key = (number, names)
        if (known := self._packet_forms.get(key)) is None:
            source, target, message = self.packets[number]
            form = canonical.packed(
                (names[source], names[target], canonical.message(message, names))
            )
            known = self._packet_forms[key] = self._form_number(form)
        return known

    def _history_form(self, history: History, names: Names) -> int:
        key = (history, names)
        if (known := self._history_forms.get(key)) is None:
            form = tuple((canonical.entry(entry, names), term) for entry, term in history)
            known = self._history_forms[key] = self._form_number(canonical.packed(form))
        return known

    def _form_number(self, form: bytes) -> int:
        return self._forms.setdefault(form, len(self._forms))
