"""A whole cluster of nodes in one object."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Final

import msgspec

from tests.simulation.checker import Checker, Stored, require
from tests.simulation.network import RELIABLE, Network
from tests.simulation.nodes.callers import Caller
from tests.simulation.nodes.clients import Clients
from tests.simulation.nodes.host import Host, Process
from tests.simulation.nodes.locks import Contender, Lock
from tests.simulation.nodes.loop import SECOND, LocalClock
from tests.simulation.nodes.nemesis import FAST, MILLISECOND, Nemesis
from tests.simulation.nodes.oracle import Reference
from tests.simulation.nodes.profiles import Profile
from tests.simulation.nodes.watchers import WatchingClient
from tests.simulation.nodes.wire import Frame
from tests.simulation.schedule import Schedule, bits
from tests.simulation.scheduler import Scheduler
from tests.simulation.words import WHY, of_messages
from vard_http.node import Node
from vard_http.raft import AnyMessage, HardState, Settings
from vard_http.raft.messages import RequestVoteReply
from vard_http.store import digest

EPOCH: Final = 1_750_000_000 * 10**9
MAX_DOWN: Final = 1_200 * MILLISECOND
NOTICED: Final = (0, 300 * MILLISECOND, 5 * SECOND)
"""How long a cut in the network may go unnoticed by TCP."""

Line = tuple[int, str, str, str]
Act = Callable[[int, Random], None]


class WorldSettings(msgspec.Struct, frozen=True):
    """How the nodes of one run are configured."""

    core: Settings
    snapshot_count: int
    catch_up: int
    strict: bool


class _Disks(Mapping[int, Stored]):
    """What is durable, by member."""

    def __init__(self, hosts: dict[int, Host]) -> None:
        self._hosts = hosts

    def __getitem__(self, member: int) -> Stored:
        return self._hosts[member].disk.image

    def __iter__(self) -> Iterator[int]:
        return iter(self._hosts)

    def __len__(self) -> int:
        return len(self._hosts)


class World:
    """All chance comes from `seed`; which of the actions take place is up to `schedule`."""

    def __init__(self, seed: int, profile: Profile, schedule: Schedule, lines: int | None) -> None:
        """`lines` is how much of the story is kept; None is all of it."""
        self.seed = seed
        self.profile = profile
        self.schedule = schedule
        self.scheduler = Scheduler()
        self.violation: BaseException | None = None
        self.hosts: dict[int, Host] = {}
        self.reference = Reference()
        self.checker = Checker(_Disks(self.hosts), self.reference)
        chance = self.stream("world")
        self.settings = _some_settings(chance)
        self._noticed = chance.choice(NOTICED)
        self.network: Network[Frame] = Network(
            self.scheduler, schedule, seed, profile.conditions, self._deliver, MILLISECOND
        )
        self.network.told = self._tell_fate
        self.network.repetition = Frame.repeated
        self.checker.elected = lambda member, term: self.tell(
            self._name(member), f"leads term {term}"
        )
        self.clients = Clients(self)
        self.nemesis = Nemesis(self)
        self.lock = Lock()
        self.contenders = [Contender(f"c{n}", self.lock, self.clients, self) for n in (1, 2)]
        self.callers = [Caller(f"vard{n}", self.clients, self) for n in (1, 2)]
        self.watchers = [
            WatchingClient(f"w{n}", self, self.stream(f"watcher {n}"), stream=n == 2)
            for n in (1, 2)
        ]
        self._troubled = False
        self._lines: deque[Line] | None = deque(maxlen=lines) if lines != 0 else None
        self._found(chance.choice(profile.sizes))

    def stream(self, name: str) -> Random:
        """Chance of its own for each use, so that one does not shift the others."""
        return Random(f"{self.seed} {name}")

    # Hosts

    def _found(self, size: int) -> None:
        for number in range(1, size + 1):
            self._add(number, number)
        founders: dict[int, tuple[str, ...]] = {
            member: host.urls for member, host in self.hosts.items()
        }
        for host in self.hosts.values():
            host.founders = founders

    def _add(self, number: int, member: int) -> Host:
        chance = self.stream(f"machine {number}")
        rate = 1 + (chance.random() * 2 - 1) * self.profile.skew
        date = EPOCH + chance.randrange(-SECOND, SECOND) * 1000
        clock = LocalClock(rate, chance.randrange(1000 * SECOND), date)
        host = self.hosts[member] = Host(self, number, member, clock)
        host.battery = chance.random() >= self.profile.forgetful
        return host

    def new_urls(self) -> tuple[str, ...]:
        """The peer URLs of the machine that is set up next."""
        return (f"http://n{len(self.hosts) + 1}:2380",)

    def _set_up_new_members(self, node: Node) -> None:
        for member in node.cluster.members:
            if member not in self.hosts:
                host = self._add(len(self.hosts) + 1, member)
                self.scheduler.after(20 * MILLISECOND, host.start)

    def up(self) -> list[Host]:
        return [host for host in self.hosts.values() if host.node is not None]

    def someone(self, chance: Random) -> Host | None:
        """One of the hosts whose process is at work."""
        up = self.up()
        return chance.choice(up) if up else None

    def ended(self, host: Host, process: Process) -> None:
        """A process is no more; who was connected notices, and the operator starts it again."""
        self.clients.ended(process)
        for watcher in self.watchers:
            watcher.ended(process)
        host.disk_fails = False
        down = 1 + bits(self.seed, host.member, host.lives) % (MAX_DOWN - 1)
        self.scheduler.after(down, host.start)

    # What processes tell

    def started(self, process: Process, node: Node) -> None:
        self.checker.started(process.host.member, node.raft)

    def observe(self, process: Process, node: Node) -> None:
        """After some steps of a core."""
        self.checker.observe(process.host.member, node.raft, process.configuration)

    def written(self, process: Process, hard_state: HardState | None) -> None:
        self.checker.written(process.host.member, hard_state)

    def sending(self, process: Process, target: int, message: AnyMessage) -> None:
        self.checker.sending(process.host.member, message)
        if isinstance(message, RequestVoteReply):
            self.checker.answering(process.host.member, target, message)

    def reached(self, member: int, node: Node) -> None:
        self.checker.reached(member, node.applied, digest(node.store))
        self._set_up_new_members(node)

    def violated(self, error: BaseException) -> None:
        """The first one counts; the run ends after this step."""
        self.violation = self.violation or error

    @property
    def telling(self) -> bool:
        """Whether anybody listens to the story."""
        return self._lines is not None

    def tell(self, who: str, what: str, why: str = "") -> None:
        """A line of the story."""
        if self._lines is not None:
            self._lines.append((self.scheduler.now, who, what, why))

    def _tell_fate(self, source: int, target: int, frame: Frame, fate: str) -> None:
        if self._lines is not None:
            names = f"{self._name(source)} -> {self._name(target)}"
            self.tell(names, f"is {fate}: {of_messages(frame.messages)}", WHY[fate])

    def _name(self, member: int) -> str:
        return self.hosts[member].name if member in self.hosts else f"{member:x}"

    # The network

    def _deliver(self, source: int, target: int, frame: Frame) -> None:
        host = self.hosts.get(target)
        if host is not None and host.process is not None:
            host.process.loop.at_once(host.process.arrive, source, frame)

    def connected_since(self, source: int, target: int) -> int | None:
        """Since when, as far as `source` can know, it has been connected to `target`."""
        host = self.hosts.get(target)
        if host is None or host.process is None:
            return None
        for way in ((source, target), (target, source)):
            since = self.network.blocked_since(*way)
            if since is not None and self.scheduler.now - since >= self._noticed:
                return None
        return host.process.began

    def turn_away(self, source: int) -> None:
        """A member hears that it was removed."""
        host = self.hosts.get(source)
        if host is not None and host.process is not None:
            process = host.process
            self.schedule.count("removed member turned away")
            self.scheduler.after(
                MILLISECOND, process.loop.at_once, lambda: process.wire.on_removed()
            )

    # Time

    def start(self) -> None:
        for host in self.hosts.values():
            host.start()
        for watcher in self.watchers:
            watcher.connect()

    def trouble(self, milliseconds: int) -> None:
        """Clients and faults for so long."""
        self._troubled = True
        self._every("client", self.clients.act, 40)
        for number, contender in enumerate(self.contenders):
            self._every(f"lock {number}", contender.act, 150)
        for number, caller in enumerate(self.callers):
            self._every(f"vard {number}", caller.act, 50)
        self._every("nemesis", self.nemesis.act, self.profile.pause)
        self.run_until(self.scheduler.now + milliseconds * MILLISECOND)
        self._troubled = False

    def _every(self, name: str, action: Act, pause: int) -> None:
        """Act again and again, `pause` milliseconds apart on average, while there is trouble."""
        times = self.stream(f"times of {name}")

        def act(number: int) -> None:
            if self._troubled:
                self.scheduler.after(times.randrange(2 * pause * MILLISECOND), act, number + 1)
                if self.schedule.permits((name, number)):
                    action(number, self.stream(f"{name} {number}"))

        self.scheduler.after(times.randrange(2 * pause * MILLISECOND), act, 1)

    def run_until(self, time: int) -> None:
        """Run all that is due by then. Raises what was found."""
        while self.scheduler.due(time):
            self.scheduler.step()
            if self.violation is not None:
                raise self.violation
        self.scheduler.run_until(time)

    def peace(self) -> None:
        """Everything works from now on; what is still on its way arrives."""
        self.tell("all", "trouble ends")
        self.network.heal()
        self.network.conditions = RELIABLE
        for host in list(self.hosts.values()):
            host.disk_fails = False
            host.write_times = FAST
            if host.process is not None:
                host.process.crash_point = ""
            host.start()

    # What is to be when all is well

    def leader(self) -> Node | None:
        """The leader of the highest term."""
        leaders = [node for host in self.up() if (node := host.node) is not None and node.is_leader]
        return max(leaders, key=lambda node: node.term, default=None)

    def settled(self) -> bool:
        """Whether all members have applied all that their leader has in its log."""
        leader = self.leader()
        if leader is None:
            return False
        configuration, last = leader.raft.configuration, leader.raft.state.log.last_index
        return leader.me in configuration.voters and all(
            member in self.hosts
            and (node := self.hosts[member].node) is not None
            and node.applied == last
            and node.leader == leader.me
            and node.published.done()
            for member in configuration.voters + configuration.learners
        )

    def finish(self) -> None:
        """After the end: nothing is left over, nothing was lost."""
        for host in self.up():
            node = host.node
            assert node is not None
            if not host.removed:
                self.checker.reached(host.member, node.applied, digest(node.store))
        self.clients.check()
        for watcher in self.watchers:
            require(
                watcher.seen == len(self.reference.events),
                "watch_complete",
                f"{watcher.name} saw {watcher.seen} of {len(self.reference.events)} events",
            )

    def close(self) -> None:
        """End all processes."""
        for host in self.hosts.values():
            if host.process is not None:
                host.process.loop.die()

    def story(self) -> str:
        """What happened, for a person."""
        lines = [
            f"{time / 1000:>10.3f} ms  {who:>9}  {what}{f' ({why})' if why else ''}"
            for time, who, what, why in self._lines or ()
        ]
        for host in self.hosts.values():
            node = host.node
            if node is None:
                lines.append(f"{host.name} is down")
                continue
            s = node.raft.state
            lines.append(
                f"{host.name} {s.role.value} term {s.current_term} vote {s.voted_for:x} leader"
                f" {s.leader_id:x} log {s.log.offset}..{s.log.last_index} commit {s.commit_index}"
                f" applied {node.applied} {s.configuration}"
            )
        return "\n".join(lines)


def _some_settings(chance: Random) -> WorldSettings:
    core = Settings(
        heartbeat_interval=100,
        election_timeout=400,
        pre_vote=chance.random() < 0.75,
        max_append_bytes=chance.choice((100, 1000, 1 << 20)),
    )
    return WorldSettings(
        core,
        snapshot_count=chance.choice((8, 15, 40)),
        catch_up=chance.choice((1, 4, 10)),
        strict=chance.random() < 0.3,
    )
