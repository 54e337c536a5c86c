"""A whole cluster in one object: servers, network, clients, nemesis and checker."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from random import Random

from msgspec import structs

from tests.simulation.checker import Checker
from tests.simulation.clients import Clients
from tests.simulation.disk import Disk
from tests.simulation.machine import Machine
from tests.simulation.nemesis import WHY as WHY_FAULTS
from tests.simulation.nemesis import Nemesis
from tests.simulation.network import RELIABLE, Network
from tests.simulation.profiles import Profile
from tests.simulation.schedule import Schedule, bits
from tests.simulation.scheduler import Scheduler
from tests.simulation.server import Action, Clock, Server
from tests.simulation.words import WHY, of_entries, of_message, of_write
from vard_http.raft import (
    CONFIGURATION,
    AnyMessage,
    Configuration,
    Entry,
    ReadState,
    Ready,
    Settings,
    decode_data,
)
from vard_http.raft.messages import RequestVoteReply

SETTINGS = Settings(heartbeat_interval=100, election_timeout=400)
TRACE_LENGTH = 60
MAX_DOWN = 1500


class Cluster:
    """All chance comes from `seed`, in separate streams, so that one part does not shift others.

    `whole` keeps a story of all but deliveries, in place of the last few events with them.
    """

    def __init__(self, seed: int, profile: Profile, schedule: Schedule, whole: bool) -> None:
        self.profile = profile
        self.scheduler = Scheduler()
        self.schedule = schedule
        self._troubled = False
        self._seed = seed
        self._whole = whole
        self._events: deque[tuple[int, int, str, object]] = deque(
            maxlen=None if whole else TRACE_LENGTH
        )
        self._writes = 0
        self._chance = self._stream("cluster")
        self.settings = self._some_settings()
        self.disks: dict[int, Disk] = {}
        self.servers: dict[int, Server] = {}
        self.checker = Checker(self.disks, Machine(Configuration(())))
        self.network = Network(self.scheduler, schedule, seed, profile.conditions, self._deliver)
        if whole:
            self.network.told = self._note_fate
            self.checker.elected = lambda node, term: self._note(node, "leads term", term)
        configuration = self._first_configuration()
        for node in configuration.voters + configuration.learners:
            self._add(node, configuration)
        self.clients = Clients(self.checker, self.servers, self._note)
        self.nemesis = Nemesis(
            profile,
            self.network,
            self.servers,
            self._note_fault,
        )

    def start(self) -> None:
        for node in list(self.servers):
            self.restart(node)

    def _stream(self, name: str) -> Random:
        return Random(f"{self._seed} {name}")

    def _some_settings(self) -> Settings:
        """Pre-vote is an option, and what it prevents must be survived without it."""
        return structs.replace(
            SETTINGS,
            pre_vote=self._chance.random() < 0.75,
            max_append_bytes=self._chance.choice((1, 20, 100)),
        )

    def _first_configuration(self) -> Configuration:
        size = self._chance.choice(self.profile.sizes)
        learners = (size + 1,) if self.profile.learners and self._chance.random() < 0.4 else ()
        return Configuration(tuple(range(1, size + 1)), learners)

    def _add(self, node: int, configuration: Configuration) -> None:
        chance = self._stream(f"server {node}")
        rate = 1 + (chance.random() * 2 - 1) * self.profile.skew
        clock = Clock(rate, chance.randrange(1_000_000))
        self.disks[node] = Disk(configuration)
        self.servers[node] = Server(node, self, self.disks[node], clock, chance)

    def restart(self, node: int) -> None:
        server = self.servers[node]
        if server.raft is None:
            server.start(self.settings)

    def _deliver(self, source: int, target: int, message: AnyMessage) -> None:
        server = self.servers.get(target)
        if server is not None and server.raft is not None:
            if not self._whole:
                self._note(target, f"<- {source}", message)
            server.receive(source, message)

    # Faults on and off

    def trouble(self, steps: int) -> None:
        """Run `steps` events with clients and faults."""
        self._troubled = True
        self._every("client", self.clients.act, 40)
        if self.profile.faults:
            self._every("nemesis", self.nemesis.act, self.profile.pause)
        while self.scheduler.steps < steps and self.scheduler.step():
            pass
        self._troubled = False

    def _every(self, name: str, action: Callable[[int, Random], None], pause: int) -> None:
        """Act again and again, `pause` milliseconds apart on average, while there is trouble."""
        times = self._stream(f"times of {name}")

        def act(number: int) -> None:
            if self._troubled:
                self.scheduler.after(times.randrange(1, 2 * pause), act, number + 1)
                if self.schedule.permits((name, number)):
                    action(number, self._stream(f"{name} {number}"))

        self.scheduler.after(times.randrange(1, 2 * pause), act, 1)

    def peace(self) -> None:
        """Everything works from now on; what is still on its way arrives first."""
        self._note(0, "trouble ends", "")
        self.network.heal()
        self.network.conditions = RELIABLE
        for server in list(self.servers.values()):
            server.crash_point = None
            self.restart(server.node)
        self.scheduler.run_until(self.network.last_arrival)

    def leader(self) -> Server | None:
        """The one leader of the highest term, if its cluster agrees on it."""
        leaders = [s for s in self.servers.values() if s.raft is not None and s.raft.is_leader]
        return max(leaders, key=lambda s: s.raft.term if s.raft else 0, default=None)

    def settled(self) -> bool:
        """Whether all members have applied all that their leader has in its log."""
        leader = self.leader()
        if leader is None or leader.raft is None:
            return False
        configuration, last = leader.raft.configuration, leader.raft.state.log.last_index
        return leader.node in configuration.voters and all(
            node in self.servers
            and (raft := self.servers[node].raft) is not None
            and self.servers[node].machine.index == last
            and raft.leader_id == leader.node
            for node in configuration.voters + configuration.learners
        )

    # What servers tell (server.Surroundings)

    @property
    def now(self) -> int:
        return self.scheduler.now

    def after_for(self, server: Server, delay: int, action: Action) -> None:
        """Act later, unless the process has crashed by then."""
        self.scheduler.after(delay, self._act_for, server, server.incarnation, action)

    def _act_for(self, server: Server, incarnation: int, action: Action) -> None:
        if server.incarnation == incarnation:
            action()

    def write_time(self, server: Server) -> int:
        self._writes += 1
        times = self.profile.write_times
        return times[bits(self._seed, server.node, self._writes) % len(times)]

    def handing_out(self, server: Server, ready: Ready) -> None:
        assert server.raft is not None
        self.checker.handing_out(server.node, server.raft, ready)

    def send(self, server: Server, target: int, message: AnyMessage) -> None:
        self.checker.sending(server.node, message)
        if isinstance(message, RequestVoteReply):
            self.checker.answering(server.node, target, message)
        self.network.send(server.node, target, message)

    def written(self, server: Server, ready: Ready) -> None:
        if written := of_write(ready.hard_state, ready.entries):
            self._note(server.node, "has durably", written)
        self.checker.written(server.node, ready.hard_state)
        for entry in ready.entries:
            if entry.kind == CONFIGURATION:
                self._welcome(decode_data(entry.data).configuration)

    def _welcome(self, configuration: Configuration) -> None:
        """A server that joins starts empty and learns from its leader who the others are."""
        for node in configuration.voters + configuration.learners:
            if node not in self.servers:
                self._add(node, Configuration(()))
                self.restart(node)

    def applied(self, server: Server, entries: list[Entry]) -> None:
        if entries:
            self._note(server.node, "applies", of_entries(entries))
        self.checker.applied(server.node, server.incarnation, entries, server.machine)

    def installed(self, server: Server) -> None:
        self.checker.installed(server.node, server.machine)

    def readable(self, server: Server, state: ReadState) -> None:
        self.checker.readable(state)

    def observe(self, server: Server) -> None:
        assert server.raft is not None
        self.checker.observe(server.node, server.raft)

    def started(self, server: Server) -> None:
        assert server.raft is not None
        durable = of_write(server.disk.hard_state, server.disk.entries)
        self._note(server.node, "starts with", durable)
        self.checker.started(server.node, server.raft)

    def crashed(self, server: Server, where: str) -> None:
        self._note(server.node, "crashes", where)
        down = 1 + bits(self._seed, server.node, server.incarnation) % (MAX_DOWN - 1)
        self.scheduler.after(down, self.restart, server.node)

    # For readers

    def _note(self, node: int, what: str, subject: object) -> None:
        self._events.append((self.scheduler.now, node, what, subject))

    def _note_fault(self, name: str) -> None:
        self.schedule.count(name)
        self._note(0, "nemesis:", f"{name.replace('_', ' ')} ({WHY_FAULTS[name]})")

    def _note_fate(self, source: int, target: int, message: AnyMessage, fate: str) -> None:
        self._note(source, f"-> {target} is {fate}:", f"{of_message(message)} ({WHY[fate]})")

    def story(self) -> str:
        """The last events and each server's state, for a person."""
        lines = [
            f"{t:>7} ms  {f'server {n}' if n else '':<9} {what} {subject}"
            for t, n, what, subject in self._events
        ]
        for node, server in self.servers.items():
            if server.raft is None:
                lines.append(f"server {node} is down; {server.disk.hard_state}")
                continue
            s = server.raft.state
            lines.append(
                f"server {node} {s.role.value} term {s.current_term} vote {s.voted_for} leader"
                f" {s.leader_id} log {s.log.offset}..{s.log.last_index} commit {s.commit_index}"
                f" applied {server.machine.index} {s.configuration}"
            )
        return "\n".join(lines)
