"""The node: the one place where Raft, storage, transport and store meet.

One turn collects every input that is waiting, steps the core, makes the result durable in one
transaction, sends, applies what is committed and answers. Batches come from this shape: while one
turn runs, the inputs of the next one gather.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

import msgspec
import structlog

from vard_http.config.identity import format_id
from vard_http.node.clock import Clock
from vard_http.node.cluster import (
    MEMBERS,
    apply_change,
    read_cluster,
)
from vard_http.node.duties import Duties
from vard_http.node.metrics import Metrics
from vard_http.node.pending import Done, Outcome
from vard_http.node.proposing import Proposals, request_number
from vard_http.node.quota import Quota, free_bytes
from vard_http.node.reads import LinearizableReads, ReadDone
from vard_http.node.reconfiguration import Reconfiguration
from vard_http.node.snapshotting import CATCH_UP_ENTRIES, Snapshotting
from vard_http.node.traffic import Traffic
from vard_http.node.writing import Writer
from vard_http.raft import (
    CONFIGURATION,
    NOBODY,
    NORMAL,
    AnyMessage,
    AppendEntries,
    AppendEntriesReply,
    Change,
    Entry,
    InstallSnapshot,
    Propose,
    Raft,
    Ready,
    decode_data,
)
from vard_http.storage import Storage
from vard_http.store import Command, Set, Store, StoreError, apply, decode
from vard_http.transport import Handshake, Transport, check

log = structlog.get_logger("node")

READ_RETRY_SECONDS: Final = 0.5
ROUND_TRIP_EVERY: Final = 1.0
REMOVED_SECONDS: Final = 1.0
"""For how long a removed member still answers those who asked it before, as in etcd."""

TURN_SECONDS: Final = 0.02
"""A turn that takes longer lets others have the event loop in between."""

_SYSTEM: Final = MEMBERS[:3]
_RAFT_INTERNAL_ERROR: Final = 300

Result = TypeVar("Result")


class NodeSettings(msgspec.Struct, frozen=True):
    """What a node must know beside its data; times are seconds."""

    name: str
    client_urls: tuple[str, ...]
    snapshot_count: int
    election_timeout: float
    strict_reconfig_check: bool = True
    quota_bytes: int = 0
    data_dir: str = "."
    catch_up_entries: int = CATCH_UP_ENTRIES

    @property
    def request_timeout(self) -> float:
        """How long a proposal or a linearizable read may take (contract 11)."""
        return 5.0 + 2 * self.election_timeout


class Node:
    """One server of the cluster, to be used from within the event loop only.

    `finished` ends when the node has to stop by itself: with None after its removal from the
    cluster, with StorageFailed if its storage failed, with any other exception for a bug.
    """

    def __init__(
        self,
        settings: NodeSettings,
        raft: Raft,
        storage: Storage,
        store: Store,
        transport: Transport,
        applied: int,
        clock: Clock = time,
    ) -> None:
        """`store` holds the state after entry `applied`."""
        self._loop = asyncio.get_running_loop()
        self.clock = clock
        self._settings = settings
        self._raft = raft
        self._storage = storage
        self._transport = transport
        self.store = store
        self.me = storage.identity.node_id
        self.cluster_id = storage.identity.cluster_id
        self.cluster = read_cluster(store)
        self.applied = applied
        self.published: asyncio.Future[None] = self._loop.create_future()
        self.finished: asyncio.Future[None] = self._loop.create_future()
        self.started = clock.time_ns()
        self.leader_elected = 0.0
        self.leader_noticed = self.started
        self.leader_observers: list[Callable[[], None]] = []
        self.traffic = Traffic(transport.active_since)
        self.metrics = Metrics()
        self.quota = Quota(
            store,
            settings.quota_bytes,
            functools.partial(free_bytes, settings.data_dir),
            clock.monotonic,
        )
        self.reconfiguration = Reconfiguration(self, strict=settings.strict_reconfig_check)

        transport.on_removed = self._leave
        store.on_deliver_error(_log_watcher)
        self._proposals = Proposals(
            self,
            raft,
            transport,
            random.getrandbits(48),
            patience=2 * settings.election_timeout,
        )
        self._reads = LinearizableReads(random.getrandbits(63))
        self._snapshotting = Snapshotting(
            raft,
            storage,
            store,
            self.metrics,
            count=settings.snapshot_count,
            catch_up=settings.catch_up_entries,
        )
        self._writer = Writer(storage, self.metrics)
        self._duties = Duties(self, raft)
        self._inbox: list[tuple[int, AnyMessage]] = []
        self._leader = NOBODY
        self._scheduled = False
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due = 0.0
        self._next_round_trips = 0.0
        self._handed_over: asyncio.Future[None] | None = None
        self._stopped = False

    # What the API uses.

    @property
    def term(self) -> int:
        return self._raft.term

    @property
    def commit_index(self) -> int:
        return self._raft.commit_index

    @property
    def leader(self) -> int:
        """The id of the leader this node follows or is; NOBODY during an election."""
        return self._raft.leader_id

    @property
    def is_leader(self) -> bool:
        return self._raft.is_leader

    @property
    def raft(self) -> Raft:
        """The core, for reading only."""
        return self._raft

    @property
    def proposals_pending(self) -> int:
        return len(self._proposals.pending)

    @property
    def database_bytes(self) -> int:
        """What the database takes on disk."""
        return self._storage.file_bytes

    @property
    def transport(self) -> Transport:
        """The peers, for reading only."""
        return self._transport

    @property
    def settings(self) -> NodeSettings:
        return self._settings

    def propose(self, command: Command, done: Done) -> None:
        """Have `command` committed and applied; `done` gets what it did, or error 300."""
        self._proposals.add(command, done, self.clock.monotonic())
        self._schedule()

    def propose_as_leader(self, command: Command, done: Done) -> None:
        """As `propose`, but `done` gets NotLeader unless this node itself can append `command`."""
        self._proposals.add_for_leader(command, done, self.clock.monotonic())
        self._schedule()

    def read(self, done: ReadDone) -> None:
        """Call `done` when the store may be read linearizably, or with error 300."""
        self._reads.add(done, self.clock.monotonic())
        self._schedule()

    def propose_change(self, change: Change) -> None:
        """Have a change of members made; it is lost if there is no leader who can make it now."""
        self._proposals.add_change(change)
        self._schedule()

    async def hand_over(self, to: int | None = None) -> bool:
        """Have another voter lead, the most advanced one unless named.

        Whether it does so within an election timeout; False too if this node does not lead, or
        hears from none who could.
        """
        if not self._raft.is_leader or self._raft.transfer_leadership(to) == NOBODY:
            return False
        if self._handed_over is None or self._handed_over.done():
            self._handed_over = self._loop.create_future()
        self._schedule()
        handed_over = asyncio.shield(self._handed_over)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(handed_over, self._settings.election_timeout)
        return to in (None, self._raft.leader_id) and not self._raft.is_leader

    def active_since(self, member: int) -> float | None:
        """Since when, in time.monotonic() seconds, another member can be reached; None if not."""
        return self._transport.active_since(member)

    # What the transport uses.

    def receive(self, source: int, message: AnyMessage) -> None:
        """A message from another server."""
        self._inbox.append((source, message))
        self._schedule()

    def count_received(self, source: int, size: int) -> None:
        """So many bytes have come from another server."""
        self._transport.count_received(source, size)

    def welcome(self, handshake: Handshake) -> None:
        """Whether another server may talk to us. Raises HandshakeRefused."""
        check(handshake, cluster_id=self.cluster_id, me=self.me, removed=self.cluster.removed)
        self._transport.meet(handshake.source, handshake.urls)

    # Life.

    def start(self) -> None:
        """Join the cluster; `published` ends when the node takes part in it."""
        self._cluster_changed()
        self._duties.publish()
        self._schedule()

    async def stop(self) -> None:
        """Hand over leadership if there is somebody to take it, then close everything."""
        if not self._stopped:
            await self.hand_over()
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()
        self._writer.close()
        await self._transport.close()
        self._storage.close()

    def _schedule(self) -> None:
        """Have a turn run once all inputs that are here already have been noted."""
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        self._scheduled = False
        if self._stopped or self._writer.busy:
            return
        with self._failing():
            self._take_in(self.clock.monotonic())
            self._proceed()

    @contextlib.contextmanager
    def _failing(self) -> Iterator[None]:
        """Stop at any error: after half a turn the state is nobody's idea of it any more."""
        try:
            yield
        except Exception as error:
            self._fail(error)

    def _take_in(self, now: float) -> None:
        """Step the core with all inputs that are waiting."""
        self._time_out(now)
        raft = self._raft
        raft.tick(int(now * 1000))
        inbox, self._inbox = self._inbox, []
        for source, message in inbox:
            if isinstance(message, AppendEntries):
                self.traffic.arrived(
                    source, message, self._transport.received_bytes.get(source, 0), now
                )
            elif isinstance(message, AppendEntriesReply):
                self.traffic.answered(source, message, now)
            if isinstance(message, Propose):
                self._proposals.receive(source, message, now)
            else:
                raft.step(source, message)
        self._duties.see_to(now)
        self._proposals.offer(now)
        if now >= self._next_round_trips:
            self._next_round_trips = now + ROUND_TRIP_EVERY
            self._note_round_trips()
        if self._reads:
            for context in self._reads.ask(now, now - READ_RETRY_SECONDS):
                raft.read_index(context)

    def _note_round_trips(self) -> None:
        for member, peer in self._transport.peers.items():
            if (seconds := peer.round_trip) is not None:
                self.metrics.round_trip(member, seconds)

    def _proceed(self) -> None:
        """Do what the core wants done, until it wants nothing more."""
        started = self.clock.monotonic()
        while (ready := self._raft.ready()) is not None:
            if ready.appends:
                self._send_appends(ready.appends)
            if not self._writer.write(ready, self._written):
                return
            self._complete(ready)
            if self.clock.monotonic() - started > TURN_SECONDS:
                self._schedule()
                break
        self._after_turn()

    def _send_appends(self, appends: Sequence[tuple[int, AnyMessage]]) -> None:
        now = self.clock.monotonic()
        counted = self.traffic.sending(appends, now)
        size = self._transport.send(appends)
        if counted:
            self.traffic.sent_rate.note(now, counted, size)

    def _written(self, ready: Ready, error: BaseException | None) -> None:
        """A thread has made `ready` durable, or not; go on with the turn."""
        if self._stopped:
            return
        if error is not None:
            self._fail(error)
            return
        with self._failing():
            self._complete(ready)
            self._proceed()
        self._schedule()

    def _complete(self, ready: Ready) -> None:
        """Steps 3 to 5 of `ready`."""
        self._raft.persisted(ready)
        if ready.messages:
            self._transport.send([self._filled(to, message) for to, message in ready.messages])
        if ready.chunk is not None and ready.chunk.last:
            self._restore(ready)
        if ready.committed:
            self._apply(ready.committed)
        for state in ready.reads:
            self._reads.confirm(state)
        self._duties.promote()

    def _filled(self, to: int, message: AnyMessage) -> tuple[int, AnyMessage]:
        """Put the data into a chunk that leaves."""
        if isinstance(message, InstallSnapshot):
            data, last = self._snapshotting.chunk(message.meta, message.chunk)
            message = msgspec.structs.replace(message, data=data, last=last)
        return to, message

    def _restore(self, ready: Ready) -> None:
        """A snapshot from the leader takes the place of everything."""
        assert ready.chunk is not None
        meta = ready.chunk.meta
        self._snapshotting.abandon()
        self.store.restore(self._storage.read_snapshot(meta))
        self.applied = meta.index
        self._cluster_changed()
        self.reconfiguration.overtaken()
        log.info("snapshot installed", index=meta.index, etcd_index=self.store.index)

    def _apply(self, entries: Sequence[Entry]) -> None:
        take, store = self._proposals.pending.take, self.store
        for entry in entries:
            if entry.kind == NORMAL:
                waiting = take(request_number(entry.data))
                command = waiting.command if waiting is not None else decode(entry.data[8:])
                outcome: Outcome
                try:
                    outcome = apply(store, command)
                except StoreError as error:
                    outcome = error
                self.applied = entry.index
                if isinstance(command, Set) and command.path.startswith(_SYSTEM):
                    self._cluster_changed()
                if waiting is not None:
                    self.answer(waiting.done, outcome)
            elif entry.kind == CONFIGURATION:
                self.applied = entry.index
                change = decode_data(entry.data).change
                apply_change(store, change)
                self._cluster_changed()
                self.reconfiguration.applied(change)
            else:
                self.applied = entry.index

    def answer(self, done: Callable[[Result], None], outcome: Result) -> None:
        """Tell a client; what goes wrong with that is logged."""
        try:
            done(outcome)
        except Exception:
            # A client's connection may break in any way; the replicas must not differ for it.
            log.exception("an answer failed")

    def _after_turn(self) -> None:
        """Serve reads, notice a change of leader, and see to what is due off the hot path."""
        if self._reads:
            for read in list(self._reads.ready(self.applied)):
                self.answer(read.done, None)
        if self._raft.leader_id != self._leader:
            self._leader_changed()
        if self._proposals.can_be_offered:
            self._schedule()
        if self._snapshotting.work():
            self._schedule()
        self._arm_timer()

    def _leader_changed(self) -> None:
        self._leader = self._raft.leader_id
        now = self.clock.time_ns()
        self.metrics.leaders.append((now, self._raft.term, self._leader))
        if self._leader != NOBODY:
            self.metrics.leader_changes += 1
            self.leader_elected = self.clock.monotonic()
            self.leader_noticed = now
        handed_over = self._leader not in (NOBODY, self.me)
        if handed_over and self._handed_over is not None and not self._handed_over.done():
            self._handed_over.set_result(None)
        for observer in self.leader_observers:
            observer()
        log.info("leader", id=format_id(self._leader), term=self._raft.term)

    def _arm_timer(self) -> None:
        """Wake at the core's next deadline.

        One that moves further away leaves the timer as it is: it wakes in vain, then goes on.
        """
        deadline = self._raft.deadline() / 1000
        if self._timer is None or deadline < self._timer_due:
            if self._timer is not None:
                self._timer.cancel()
            self._timer_due = deadline
            wait = max(0.001, deadline - self.clock.monotonic())
            self._timer = self._loop.call_later(wait, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self._schedule()

    def _time_out(self, now: float) -> None:
        """Give up on what has waited for too long."""
        before = now - self._settings.request_timeout
        late = self._proposals.overdue(before)
        self.metrics.proposals_failed += len(late)
        for waiting in late:
            self.answer(waiting.done, self._timed_out(waiting.started))
        for read in list(self._reads.overdue(before)):
            self.metrics.reads_failed += 1
            self.answer(read.done, self._timed_out(read.started))

    def _timed_out(self, started: float) -> StoreError:
        """Error 300 with the cause that etcd would give (contract 11)."""
        cause = b"etcdserver: request timed out"
        lost_before = self.leader_elected - 2 * self._settings.election_timeout
        if lost_before < started < self.leader_elected:
            cause += b", possibly due to previous leader failure"
        elif self._leader not in (NOBODY, self.me):
            since = self._transport.active_since(self._leader)
            if since is None or since > started:
                cause += b", possibly due to connection lost"
        return StoreError(_RAFT_INTERNAL_ERROR, cause, 0)

    def _fail(self, error: BaseException) -> None:
        """Not all was done that was asked: nothing may be acknowledged from here on."""
        self._stopped = True
        if not self.finished.done():
            self.finished.set_exception(error)

    def _cluster_changed(self) -> None:
        """Follow the bookkeeping in the store."""
        self.cluster = read_cluster(self.store)
        self.traffic.forget_all_but(self.cluster.members)
        peers = {member.id: member.peer_urls for member in self.cluster.members.values()}
        self._transport.set_peers(peers, self.cluster.removed)
        if self.me in self.cluster.removed:
            self._loop.call_later(REMOVED_SECONDS, self._leave)

    def _leave(self) -> None:
        """Stop as a removed member."""
        if not self.finished.done():
            log.error("the member has been permanently removed from the cluster")
            log.info("the data-dir used by this member must be removed.")
            self.finished.set_result(None)


def _log_watcher(error: Exception) -> None:
    log.error("a watcher failed", exc_info=error)
