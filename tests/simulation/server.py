"""One simulated process: a core, its disk, its clock and the turns that drive them."""

from __future__ import annotations

from random import Random
from typing import Literal, Protocol

from tests.simulation.disk import Disk, StoredSnapshot
from tests.simulation.machine import Machine
from vard_http.raft import (
    AnyMessage,
    Change,
    ChangeRefused,
    Entry,
    InstallSnapshot,
    Proposal,
    Raft,
    ReadState,
    Ready,
    Settings,
    SnapshotMeta,
)
from vard_http.raft.messages import Propose

CrashPoint = Literal["before write", "after write", "while sending", "after sending"]
CRASH_POINTS: tuple[CrashPoint, ...] = (
    "before write",
    "after write",
    "while sending",
    "after sending",
)


class Surroundings(Protocol):
    """What a server needs of the cluster around it; the checker listens here too."""

    @property
    def now(self) -> int: ...
    def after_for(self, server: Server, delay: int, action: Action) -> None: ...
    def write_time(self, server: Server) -> int: ...
    def handing_out(self, server: Server, ready: Ready) -> None: ...
    def send(self, server: Server, target: int, message: AnyMessage) -> None: ...
    def written(self, server: Server, ready: Ready) -> None: ...
    def applied(self, server: Server, entries: list[Entry]) -> None: ...
    def installed(self, server: Server) -> None: ...
    def readable(self, server: Server, state: ReadState) -> None: ...
    def observe(self, server: Server) -> None: ...
    def started(self, server: Server) -> None: ...
    def crashed(self, server: Server, where: str) -> None: ...


class Action(Protocol):
    def __call__(self) -> None: ...


class Clock:
    """A server's own milliseconds, which run at `rate` and may jump forward."""

    def __init__(self, rate: float, offset: int) -> None:
        self.rate = rate
        self.offset = offset

    def local(self, now: int) -> int:
        return self.offset + int(now * self.rate)

    def until(self, now: int, deadline: int) -> int:
        """How long to wait, in the scheduler's time, for a local deadline."""
        return max(1, int((deadline - self.local(now)) / self.rate) + 1)


class Server:
    """`raft` is None while the process is down; all else but `disk` is then lost."""

    def __init__(
        self, node: int, surroundings: Surroundings, disk: Disk, clock: Clock, chance: Random
    ) -> None:
        self.node = node
        self.disk = disk
        self.clock = clock
        self.raft: Raft | None = None
        self.machine = Machine(disk.snapshot.meta.configuration)
        self.incarnation = 0
        self.crash_point: CrashPoint | None = None
        self._around = surroundings
        self._chance = chance
        self._inbox: list[tuple[int, AnyMessage]] = []
        self._proposals: list[Proposal] = []
        self._reads: list[int] = []
        self._busy = False
        self._turn_due = False
        self._timer_at: int | None = None
        self._padding = bytes([node]) * (40 + 7 * node)

    def start(self, settings: Settings) -> None:
        """Come up with what is durable."""
        disk, now = self.disk, self.clock.local(self._around.now)
        self.raft = Raft(self.node, disk.recovered(), settings, self._chance, now)
        self.machine = Machine(disk.snapshot.meta.configuration)
        if disk.snapshot.meta.index:
            self.machine = Machine.restored(disk.snapshot.chunks)
        self._around.started(self)
        self._turn()

    def crash(self, where: str = "between turns") -> None:
        if self.raft is None:
            return
        self.raft = None
        self.incarnation += 1
        self.crash_point = None
        self._inbox, self._proposals, self._reads = [], [], []
        self._busy = self._turn_due = False
        self._timer_at = None
        self._around.crashed(self, where)

    def receive(self, source: int, message: AnyMessage) -> None:
        if self.raft is not None:
            self._inbox.append((source, message))
            self._wake()

    def propose(self, proposal: Proposal) -> None:
        if self.raft is not None:
            self._proposals.append(proposal)
            self._wake()

    def read(self, context: int) -> None:
        if self.raft is not None:
            self._reads.append(context)
            self._wake()

    def change(self, change: Change) -> None:
        if self.raft is not None and not self._busy:
            self._around.observe(self)
            try:
                self.raft.propose_change(change)
            except ChangeRefused:
                return
            self._wake()

    def transfer(self, target: int | None) -> None:
        if self.raft is not None and not self._busy:
            self.raft.transfer_leadership(target)

    def stall(self, time: int) -> None:
        """Do nothing for a while, as a stopped process does; then all that waits is due at once."""
        if self.raft is not None and not self._busy:
            self._busy = True
            self._around.after_for(self, time, self._resume)

    def _resume(self) -> None:
        self._busy = False
        self._turn()

    def take_snapshot(self, write_time: int) -> None:
        """Copy the state now; it is durable after `write_time`, if nothing overtakes it."""
        if self.raft is None or self.machine.index <= self.raft.snapshot_index:
            return
        chunks = self.machine.snapshot(self._padding, self._chance.randrange(12, 40))
        keep = self._chance.randrange(0, 6)
        snapshot = StoredSnapshot(self.machine.meta(), chunks)
        self._around.after_for(self, write_time, lambda: self._snapshot_written(snapshot, keep))

    def _snapshot_written(self, snapshot: StoredSnapshot, keep: int) -> None:
        assert self.raft is not None
        meta = snapshot.meta
        if self._busy or meta.index <= self.raft.snapshot_index:
            return
        assert self._snapshot_position_known(meta)
        self.disk.store(snapshot)
        self.raft.snapshot_taken(meta, keep)
        self.disk.compact(meta.index - keep)
        self.disk.forget_snapshots(self.raft.snapshots_in_use())

    def _snapshot_position_known(self, meta: SnapshotMeta) -> bool:
        """Whether the core agrees on what a snapshot of the latest state would cover."""
        assert self.raft is not None
        return meta.index < self.machine.index or meta == self.raft.applied_position()

    def _wake(self) -> None:
        """Mostly act at once; at times let more inputs gather for one turn."""
        if self._turn_due or self._busy:
            return
        if self._chance.random() < 0.8:
            self._turn()
        else:
            self._turn_due = True
            self._around.after_for(self, self._chance.randrange(1, 6), self._turn_now)

    def _turn_now(self) -> None:
        self._turn_due = False
        if not self._busy:
            self._turn()

    def _turn(self) -> None:
        raft = self.raft
        assert raft is not None
        raft.tick(self.clock.local(self._around.now))
        inbox, self._inbox = self._inbox, []
        for source, message in inbox:
            if isinstance(message, Propose):
                # It may change the configuration: look first at what the one before committed.
                self._around.observe(self)
            raft.step(source, message)
        self._around.observe(self)
        if self._proposals and raft.propose(self._proposals):
            self._proposals = []
        reads, self._reads = self._reads, []
        for context in reads:
            raft.read_index(context)
        self._work()

    def _work(self) -> None:
        """Carry out one Ready after the other, in the order that `Ready` prescribes."""
        raft = self.raft
        assert raft is not None
        while (ready := raft.ready()) is not None:
            self._around.handing_out(self, ready)
            for target, message in ready.appends:
                self._around.send(self, target, message)
            time = self._around.write_time(self)
            if time:
                self._busy = True
                self._write_slowly(ready, time)
                return
            if not self._complete(ready):
                return
        self._around.observe(self)
        self._set_timer()

    def _write_slowly(self, ready: Ready, time: int) -> None:
        self._around.after_for(self, time, lambda: self._slowly_written(ready))

    def _slowly_written(self, ready: Ready) -> None:
        self._busy = False
        if self._complete(ready):
            self._work()
            if self.raft is not None and not self._busy and (self._inbox or self._reads):
                self._turn()

    def _complete(self, ready: Ready) -> bool:
        """Steps 2 to 5; False if the server crashed on the way."""
        raft = self.raft
        assert raft is not None
        if self._crashes("before write"):
            return False
        self.disk.write(ready)
        self._around.written(self, ready)
        if self._crashes("after write"):
            return False
        raft.persisted(ready)
        for target, message in ready.messages:
            if isinstance(message, InstallSnapshot):
                message = self._filled(message)
            self._around.send(self, target, message)
            if self._crashes("while sending"):
                return False
        if self._crashes("after sending"):
            return False
        if ready.chunk is not None and ready.chunk.last:
            self.machine = Machine.restored(self.disk.snapshot.chunks)
            self.disk.forget_snapshots(raft.snapshots_in_use())
            self._around.installed(self)
        for entry in ready.committed:
            self.machine.apply(entry)
        if ready.committed:
            self._around.applied(self, ready.committed)
        for state in ready.reads:
            self._around.readable(self, state)
        return True

    def _crashes(self, point: CrashPoint) -> bool:
        if self.crash_point != point:
            return False
        self.crash(point)
        return True

    def _filled(self, m: InstallSnapshot) -> InstallSnapshot:
        chunks = self.disk.snapshots[m.meta.index].chunks
        return InstallSnapshot(m.term, m.meta, m.chunk, chunks[m.chunk], m.chunk == len(chunks) - 1)

    def _set_timer(self) -> None:
        raft = self.raft
        assert raft is not None
        now = self._around.now
        due = now + self.clock.until(now, raft.deadline())
        if self._timer_at is None or due < self._timer_at:
            self._timer_at = due
            self._around.after_for(self, due - now, lambda: self._timer(due))

    def _timer(self, due: int) -> None:
        if self._timer_at != due:
            return
        self._timer_at = None
        raft = self.raft
        assert raft is not None
        if self._busy:
            return
        if self.clock.local(self._around.now) >= raft.deadline():
            self._turn()
        else:
            self._set_timer()
