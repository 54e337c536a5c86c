"""A member's machine, and the process on it: a real node, and the ways in which it can end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING, Final

from tests.simulation.checker import require
from tests.simulation.nodes.disk import Disk
from tests.simulation.nodes.loop import SECOND, LocalClock, VirtualLoop
from tests.simulation.nodes.storage import SimulatedStorage
from tests.simulation.nodes.wire import Frame, Wire
from tests.simulation.schedule import bits
from tests.simulation.words import of_write
from vard_http.node import Node, NodeSettings
from vard_http.node.cluster import bootstrap_entries
from vard_http.node.start import resume
from vard_http.raft import AnyMessage, Configuration, Entry, HardState
from vard_http.storage import Identity, StorageFailed
from vard_http.transport import HandshakeRefused
from vard_http.transport.codec import FrameDecoder
from vard_http.transport.outbound import GONE
from vard_http.vardwire.requests import Requests

if TYPE_CHECKING:
    from tests.simulation.nodes.world import World

CLUSTER: Final = 0xC1
CRASH_POINTS: Final = (
    "before a write",
    "during a write",
    "after a write",
    "while sending",
    "before an answer",
)
BOOT_DATE: Final = 1_700_000_000 * 10**9
SLOW_WRITE: Final = 3_000


class Crashed(BaseException):
    """The process ends here and now."""


class Host:
    """What outlasts a process: disk and clock. `member` is the id that the cluster gave it."""

    def __init__(self, world: World, number: int, member: int, clock: LocalClock) -> None:
        self.world = world
        self.name = f"n{number}"
        self.urls = (f"http://{self.name}:2380",)
        self.identity = Identity(CLUSTER, member, self.name)
        self.clock = clock
        self.disk = Disk()
        self.founders: dict[int, tuple[str, ...]] = {}
        self.process: Process | None = None
        self.lives = 0
        self.removed = False
        self.write_times: tuple[int, ...] = (150, 250, 400)
        self.disk_fails = False
        self.battery = True
        self._writes = 0

    @property
    def member(self) -> int:
        return self.identity.node_id

    @property
    def node(self) -> Node | None:
        """The node at work, if there is one."""
        return None if self.process is None else self.process.node

    def start(self) -> None:
        if self.process is None and not self.removed:
            self.lives += 1
            if not self.battery:
                self._forget_the_date()
            self.process = Process(self, self.world)
            image = self.disk.image
            self.world.tell(self.name, f"starts with {of_write(image.hard_state, image.entries)}")
            self.process.loop.at_once(self.process.begin)

    def _forget_the_date(self) -> None:
        """A machine without a clock of its own begins each time with the same date."""
        now = self.world.scheduler.now
        self.clock.date += BOOT_DATE - self.clock.time_ns(now)
        if self.lives > 1:
            self.world.schedule.count("boot without a date")

    def crash(self, where: str, *, power: bool = False) -> None:
        self.end("power cut" if power else "kill", where)

    def end(self, how: str, where: str) -> None:
        """The process is gone; after a power cut all that was not synced may be, too."""
        process, world = self.process, self.world
        if process is None:
            return
        process.loop.die()
        self.process = None
        if how == "power cut" or process.failed:
            kept, lost = self.disk.cut_power(self.chance("power"))
            world.schedule.counts["kept without sync"] += kept
            world.schedule.counts["lost without sync"] += lost
        else:
            self.disk.sync()
        world.schedule.count(how)
        world.tell(self.name, f"is down: {how}", where)
        world.ended(self, process)

    def next_write_time(self) -> int:
        self._writes += 1
        roll = bits(self.world.seed, self.member, self._writes)
        return self.write_times[roll % len(self.write_times)]

    def chance(self, name: str) -> Random:
        """Chance of this life of it."""
        return Random(f"{self.world.seed} {self.name} {self.lives} {name}")


class Process:
    """One life of a member. It is the node's hardware too, and sees what the node does to it."""

    def __init__(self, host: Host, world: World) -> None:
        self.host = host
        self.world = world
        self.began = world.scheduler.now
        self.loop = VirtualLoop(world.scheduler, host.clock, self)  # type: ignore[abstract]
        self.wire = Wire(self, CLUSTER, host.member)
        self.storage = SimulatedStorage(host.disk, host.identity, self, self)
        self.node: Node | None = None
        self.crash_point = ""
        self.power_cut = False
        self.failed = False
        self.write_seconds = 0.0
        self._job = 0
        self._applied = 0
        self.configuration = Configuration(())
        self._ending: asyncio.Task[None] | None = None

    # Its life

    def begin(self) -> None:
        host, world = self.host, self.world
        if self.storage.recover().hard_state.term == 0:
            entries = bootstrap_entries(host.founders) if host.founders else []
            self.storage.append(entries, HardState(term=1, vote=0, commit=len(entries)))
        node = resume(
            NodeSettings(
                name=host.name,
                client_urls=(f"http://{host.name}:2379",),
                snapshot_count=world.settings.snapshot_count,
                election_timeout=world.settings.core.election_timeout / 1000,
                strict_reconfig_check=world.settings.strict,
                catch_up_entries=world.settings.catch_up,
            ),
            world.settings.core,
            self.storage,
            self.storage.recover(),
            self.wire,
            host.chance("raft"),
            self.loop,
        )
        self.configuration = node.raft.configuration
        self._applied = node.applied
        self.node = node
        self.requests = Requests(node)
        world.started(self, node)
        node.finished.add_done_callback(self._finished)
        node.start()

    def stop(self) -> None:
        """As on SIGTERM."""
        if self.node is not None and self._ending is None and not self.loop.dead:
            self._ending = self.loop.create_task(self.node.stop())

    def _finished(self, finished: asyncio.Future[None]) -> None:
        """As server.run does when the node says that it is at its end."""
        error = finished.exception()
        if error is None:
            self.host.removed = True
        elif not (self.failed and isinstance(error, StorageFailed)):
            self.world.violated(error)
        self.stop()

    def stall(self, microseconds: int) -> None:
        self.loop.block(microseconds)

    # What the loop asks and tells (loop.Owner)

    def thread_time(self) -> int:
        self.world.schedule.count("write in a thread")
        self._job = self.host.next_write_time()
        return self._job

    def failed_with(self, error: BaseException) -> None:
        if isinstance(error, Crashed):
            self.host.crash(str(error), power=self.power_cut)
        else:
            self.world.violated(error)

    def ran(self) -> None:
        """A callback has come to its end."""
        node = self.node
        if self._ending is not None and self._ending.done():
            self._ending.result()
            self.host.end("stop", "in good order")
            return
        if node is None or self.failed:
            return
        self.observe()
        if node.applied != self._applied:
            self._applied = node.applied
            self.world.reached(self.host.member, node)

    def observe(self) -> None:
        if self.node is not None:
            self.world.observe(self, self.node)
            self.configuration = self.node.raft.configuration

    def reach(self, point: str) -> None:
        """Crash if it was to be here."""
        if self.crash_point == point:
            self.world.schedule.count(f"crash {point}")
            raise Crashed(point)

    # storage.Hardware

    def writing(self) -> bool:
        self.reach("before a write")
        loop = self.loop
        time = self._job if loop.in_thread else self.host.next_write_time()
        if not loop.in_thread:
            loop.block(time)
        self.write_seconds = time / SECOND
        if time > SLOW_WRITE:
            self.world.schedule.count("slow write")
        if self.host.disk_fails:
            self.failed = True
            self.world.schedule.count("write error")
            self.world.tell(self.host.name, "cannot write")
        return not self.failed

    def noting(self, what: str) -> None:
        self.world.schedule.count(what)

    def written(self) -> None:
        self.reach("during a write")

    def synced(self) -> None:
        self.world.schedule.count("write")
        self.reach("after a write")

    # storage.Watching

    def appending(self, entries: Sequence[Entry], hard_state: HardState | None) -> None:
        if self.node is not None:
            self.observe()
            if entries:
                member, end = self.host.member, self.host.disk.image.last_index
                self.world.checker.appending(member, self.node.raft, entries, end)

    def appended(self, entries: Sequence[Entry], hard_state: HardState | None) -> None:
        if self.world.telling:
            self.world.tell(self.host.name, f"has durably {of_write(hard_state, entries)}")
        self.world.written(self, hard_state)

    # The network

    def connected_since(self, target: int) -> float | None:
        """In seconds of this process's clock; None if it knows that it cannot reach `target`."""
        since = self.world.connected_since(self.host.member, target)
        return None if since is None else self.host.clock.monotonic(max(since, self.began))

    def send(self, target: int, messages: Sequence[AnyMessage], data: bytes) -> int:
        require(not self.failed, "write_errors_are_final", f"{self.host.name} sends {messages}")
        world, member = self.world, self.host.member
        for message in messages:
            world.sending(self, target, message)
        frame = Frame(self.wire.introduce(target), data, tuple(messages))
        world.network.send(member, target, frame, self.loop.now - world.scheduler.now)
        self.reach("while sending")
        return len(data)

    def arrive(self, source: int, frame: Frame) -> None:
        node = self.node
        if node is None:
            return
        try:
            node.welcome(frame.handshake)
        except HandshakeRefused as error:
            if error.status == GONE:
                self.world.turn_away(source)
            return
        node.count_received(source, len(frame.data))
        for message in FrameDecoder().feed(frame.data):
            node.receive(source, message)
