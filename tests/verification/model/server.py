"""One server: a core, its disk and its state machine; and what it does with one event.

A server's step depends on nothing but the server and the event, so the search takes each such step
once and remembers its `Outcome`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from copy import copy
from typing import Any, Literal, TypeVar

import msgspec

from tests.verification.model.properties import (
    Applied,
    Committed,
    Fact,
    Installed,
    Led,
    Readable,
    Violation,
    check_durable,
    check_said,
)
from vard_http.raft import (
    NOBODY,
    AnyMessage,
    Change,
    ChangeRefused,
    Configuration,
    Entry,
    HardState,
    InstallSnapshot,
    Proposal,
    Raft,
    Ready,
    Recovered,
    Settings,
    SnapshotMeta,
)
from vard_http.raft.log import Log
from vard_http.raft.messages import NORMAL, RequestVote, RequestVoteReply
from vard_http.raft.progress import Progress
from vard_http.raft.reads import Reads
from vard_http.raft.state import State

T = TypeVar("T")

Kind = Literal[
    "deliver",
    "timeout",
    "heartbeat",
    "silence",
    "transfer overdue",
    "turn",
    "crash",
    "propose",
    "read",
    "change",
    "transfer",
    "snapshot",
]


class Event(msgspec.Struct, frozen=True):
    """What happens to one server.

    deliver: `message` from `source`; with `late`, after the lease of its leader has run out.
    timeout: the election timer fires. heartbeat: that of the leader does.
    silence: a leader's clock goes on by more than an election timeout.
    transfer overdue: a leader's hand-over has taken too long.
    turn: carry out what earlier events left. crash: lose all that is not durable, and come back.
    propose: a client's entry, `data`. read: a client's read, numbered `number`.
    change: an operator's `change`. transfer: hand leadership to `source`. snapshot: take one.

    hold: the turn does not end yet: more events come before anything is written or sent.
    crash_at: crash before the write of the turn's so-and-so-many-th Ready; 0 for never.
    """

    kind: Kind
    source: int = NOBODY
    message: AnyMessage | None = None
    late: bool = False
    data: bytes = b""
    number: int = 0
    change: Change | None = None
    hold: bool = False
    crash_at: int = 0


class Disk(msgspec.Struct, frozen=True):
    """What survives a crash: hard state, entries `base + 1 ..`, snapshots whole and in part.

    A snapshot holds all entries up to its index: that is the state of the machine here.
    """

    hard_state: HardState
    meta: SnapshotMeta
    base: int = 0
    entries: tuple[Entry, ...] = ()
    snapshots: tuple[tuple[Entry, ...], ...] = ((),)
    partial: tuple[bytes, ...] = ()

    @property
    def last_index(self) -> int:
        return self.base + len(self.entries)

    def holds(self, entry: Entry) -> bool:
        """Whether this entry is here, or a snapshot that covers its index."""
        position = entry.index - self.base - 1
        if position < 0 or entry.index <= self.meta.index:
            return True
        return position < len(self.entries) and self.entries[position] == entry

    def content(self, index: int) -> tuple[Entry, ...]:
        """What the snapshot at `index` holds."""
        return next(content for content in self.snapshots if len(content) == index)


class Server(msgspec.Struct, frozen=True, eq=False):
    """`machine` is what it has applied, `held` whether a turn is half done, `spoken` the last term
    it spoke of and its vote in that, as the others have heard it."""

    node: int
    raft: Raft
    disk: Disk
    machine: tuple[Entry, ...] = ()
    held: bool = False
    spoken: tuple[int, int] = (0, NOBODY)


class Outcome(msgspec.Struct, frozen=True):
    """What one step made: the server after it, what it sent, what there is to check in the cluster,
    how many Readies it carried out, and what was wrong already, if anything was."""

    server: Server
    sent: tuple[tuple[int, AnyMessage], ...]
    facts: tuple[Fact, ...]
    readies: int
    violation: Violation | None


class Frozen:
    """A chance that leaves none: when a timer fires is the search's choice."""

    def randrange(self, start: int, stop: int) -> int:
        return start


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[Entry, ...]).decode
_OWN = (Raft, State, Log, Progress, Reads)


def copied(value: T) -> T:
    """A copy of the core that shares with it only what never changes."""
    kind: Any = type(value)
    if isinstance(value, list | set | deque):
        return kind(value)  # type: ignore[no-any-return]
    if isinstance(value, dict):
        return kind((key, copied(held)) for key, held in value.items())  # type: ignore[no-any-return]
    if isinstance(value, _OWN):
        twin = copy(value)
        for name in attributes(value):
            setattr(twin, name, copied(getattr(value, name)))
        return twin
    return value


def attributes(value: object) -> Sequence[str]:
    """The names of an object's variables."""
    return getattr(value, "__slots__", None) or list(vars(value))


class Node:
    """Takes steps; `chunks` is how many pieces a snapshot is sent in."""

    def __init__(self, settings: Settings, chunks: int) -> None:
        self._settings = settings
        self._chunks = chunks

    def first(self, node: int, configuration: Configuration) -> Server:
        """A server that has never run before."""
        disk = Disk(HardState(), SnapshotMeta(0, 0, configuration))
        return Server(node, self._started(node, disk), disk)

    def _started(self, node: int, disk: Disk, now: int = 0) -> Raft:
        recovered = Recovered(disk.hard_state, disk.meta, disk.entries)
        return Raft(node, recovered, self._settings, Frozen(), now)

    def step(self, server: Server, event: Event) -> Outcome:
        """What `event` makes of `server`, which itself stays as it is."""
        turn = _Turn(server, event.crash_at, self)
        violation = None
        try:
            turn.take(event)
        except Violation as found:
            violation = found
        except Exception as error:
            violation = Violation("the core fails", f"{type(error).__name__}: {error}")
        return Outcome(turn.done(), tuple(turn.sent), tuple(turn.facts), turn.readies, violation)

    def restarted(self, turn: _Turn) -> None:
        """Come back with what is durable."""
        turn.disk = disk = msgspec.structs.replace(turn.disk, partial=())
        turn.raft = self._started(turn.node, disk, turn.raft.state.now)
        turn.machine = disk.content(disk.meta.index)
        if turn.raft.term < turn.spoken[0]:
            raise Violation(
                "terms_never_go_back",
                f"{turn.node} spoke of term {turn.spoken[0]} and came back in {turn.raft.term}",
            )

    def chunk(self, disk: Disk, m: InstallSnapshot) -> InstallSnapshot:
        """Fill in the data."""
        content = _encode(disk.content(m.meta.index))
        size = -(-len(content) // self._chunks)
        pieces = [content[start : start + size] for start in range(0, len(content), size)]
        return InstallSnapshot(m.term, m.meta, m.chunk, pieces[m.chunk], m.chunk == len(pieces) - 1)


class _Crashed(Exception):
    """The process dies here."""


class _Turn:
    """The variables of one step."""

    def __init__(self, server: Server, crash_at: int, model: Node) -> None:
        self.node = server.node
        self.raft = copied(server.raft)
        self.disk = server.disk
        self.machine = server.machine
        self.spoken = server.spoken
        self.held = False
        self.sent: list[tuple[int, AnyMessage]] = []
        self.facts: list[Fact] = []
        self.readies = 0
        self._crash_at = crash_at
        self._model = model
        self._commit = server.raft.commit_index
        self._led = server.raft.term if server.raft.is_leader else 0

    def done(self) -> Server:
        return Server(self.node, self.raft, self.disk, self.machine, self.held, self.spoken)

    def take(self, event: Event) -> None:
        if event.kind == "crash":
            self._restart()
            return
        self._happen(event)
        self._observe()
        if event.hold:
            self.held = True
            return
        try:
            self._work()
        except _Crashed:
            self._restart()
        check_durable(self.node, self.raft, self.disk)

    def _restart(self) -> None:
        self._model.restarted(self)
        self._commit = self.raft.commit_index
        self._led = 0
        self._crash_at = 0
        self._work()

    def _happen(self, event: Event) -> None:
        raft, state = self.raft, self.raft.state
        if event.kind != "deliver" or not event.late:
            raft.tick(self._time(event.kind))
        match event.kind:
            case "deliver":
                assert event.message is not None
                if event.late:
                    raft.tick(state.leader_contact + state.settings.election_timeout)
                raft.step(event.source, event.message)
            case "propose":
                raft.propose((Proposal(NORMAL, event.data),))
            case "read":
                raft.read_index(event.number)
            case "change":
                assert event.change is not None
                self._change(event.change)
            case "transfer":
                raft.transfer_leadership(event.source)
                raft.tick(state.now)
            case "snapshot":
                self._snapshot()

    def _time(self, kind: Kind) -> int:
        state = self.raft.state
        match kind:
            case "timeout":
                return state.election_deadline
            case "heartbeat":
                return state.heartbeat_deadline
            case "silence":
                return state.now + state.settings.election_timeout + 1
            case "transfer overdue":
                return state.transfer_deadline
        return state.now

    def _change(self, change: Change) -> None:
        try:
            self.raft.propose_change(change)
        except ChangeRefused:
            return

    def _snapshot(self) -> None:
        """Copy the machine, store that, and forget the log before it."""
        meta = self.raft.applied_position()
        contents = (*self.disk.snapshots, self.machine)
        self.disk = msgspec.structs.replace(self.disk, meta=meta, snapshots=contents)
        self.raft.snapshot_taken(meta, 0)
        self._forget(meta.index)

    def _forget(self, index: int) -> None:
        disk, used = self.disk, self.raft.snapshots_in_use()
        self.disk = msgspec.structs.replace(
            disk,
            base=max(disk.base, index),
            entries=disk.entries[max(0, index - disk.base) :],
            snapshots=tuple(content for content in disk.snapshots if len(content) in used),
        )

    def _work(self) -> None:
        """Carry out one Ready after the other, in the order that `Ready` prescribes."""
        while (ready := self.raft.ready()) is not None:
            self.readies += 1
            self._observe()
            for target, message in ready.appends:
                self._send(target, message)
            if self.readies == self._crash_at:
                raise _Crashed
            self._write(ready)
            self.raft.persisted(ready)
            self._observe()
            for target, message in ready.messages:
                if isinstance(message, InstallSnapshot):
                    message = self._model.chunk(self.disk, message)
                self._send(target, message)
            self._apply(ready)
        self._observe()

    def _write(self, ready: Ready) -> None:
        disk, chunk = self.disk, ready.chunk
        hard_state = ready.hard_state or disk.hard_state
        if chunk is not None:
            partial = (*(disk.partial if chunk.number else ()), chunk.data)
            disk = msgspec.structs.replace(disk, partial=partial)
            if chunk.last:
                content = _decode(b"".join(partial))
                disk = Disk(
                    disk.hard_state,
                    chunk.meta,
                    chunk.meta.index,
                    (),
                    (*(c for c in disk.snapshots if len(c) != len(content)), content),
                )
        entries = disk.entries
        if ready.entries:
            kept = ready.entries[0].index - disk.base - 1
            if not 0 <= kept <= len(entries):
                raise Violation(
                    "durability", f"{self.node} writes {ready.entries} after {disk.last_index}"
                )
            entries = entries[:kept] + tuple(ready.entries)
        self.disk = msgspec.structs.replace(disk, hard_state=hard_state, entries=entries)

    def _send(self, target: int, message: AnyMessage) -> None:
        check_said(self.node, self.disk, self.raft, target, message)
        if isinstance(message, RequestVote) and not message.pre_vote:
            self._vote(message.term, self.node)
        elif isinstance(message, RequestVoteReply) and (message.vote_granted > message.pre_vote):
            self._vote(message.term, target)
        self.sent.append((target, message))

    def _vote(self, term: int, candidate: int) -> None:
        if term == self.spoken[0] and self.spoken[1] not in (NOBODY, candidate):
            raise Violation(
                "votes_correct",
                f"{self.node} votes in term {term} for {self.spoken[1]} and for {candidate}",
            )
        if term >= self.spoken[0]:
            self.spoken = (term, candidate)

    def _apply(self, ready: Ready) -> None:
        if ready.chunk is not None and ready.chunk.last:
            self.machine = self.disk.content(ready.chunk.meta.index)
            self.facts.append(Installed(self.node, self.machine))
            self._forget(0)
        for entry in ready.committed:
            if entry.index != len(self.machine) + 1:
                raise Violation(
                    "applied_entries_monotonic",
                    f"{self.node} applies {entry} after {len(self.machine)}",
                )
            self.machine = (*self.machine, entry)
        if ready.committed:
            self.facts.append(Applied(self.node, tuple(ready.committed)))
        for state in ready.reads:
            self.facts.append(Readable(self.node, state.context, state.index))

    def _observe(self) -> None:
        """Note what the whole cluster has a say in."""
        raft, log = self.raft, self.raft.state.log
        if raft.is_leader and self._led != raft.term:
            self._led = raft.term
            self.facts.append(Led(self.node, raft.term))
        if raft.commit_index < self._commit:
            raise Violation(
                "commit_index_monotonic",
                f"{self.node} from {self._commit} to {raft.commit_index}",
            )
        if raft.commit_index > self._commit:
            start = max(self._commit, log.offset) + 1
            self._commit = raft.commit_index
            entries = tuple(log.slice(start, raft.commit_index + 1))
            leads = raft.configuration if raft.is_leader else None
            if entries:
                self.facts.append(Committed(self.node, raft.term, entries, leads, self.disk))
