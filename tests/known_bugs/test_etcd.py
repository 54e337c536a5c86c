"""What was wrong with etcd, in its v2 and v3 stores and around them."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.known_bugs.crashes import Crashes, after_restart
from tests.unit.node.support import make_node, new_storage, propose, put, read, settled, until
from tests.unit.raft.support import entries, leader, turn
from tests.unit.store.support import NOW, SECOND, watch
from vard_http.node import Node
from vard_http.raft import AppendEntries, AppendEntriesReply, Entry, HardState
from vard_http.storage import Storage
from vard_http.store import (
    CompareAndSwap,
    Create,
    Event,
    Store,
    StoreError,
    apply,
    digest,
    dump,
    load,
)
from vard_http.store.history import CAPACITY


def busy_store(events: int) -> Store:
    """So many events below /1/q: sets, deletes, whole directories, expiries."""
    store = Store()
    while store.index < events:
        number = store.index
        match number % 7:
            case 3:
                store.delete(b"/1/q/%d" % (number - 1), now=NOW)
            case 5:
                store.set(b"/1/q/dir/a", b"", now=NOW)
            case 6:
                store.delete(b"/1/q/dir", recursive=True, now=NOW)
            case _:
                store.set(b"/1/q/%d" % number, b"v", now=NOW)
    return store


def follow(store: Store, since: int, renew: Callable[[Store], Store]) -> list[int]:
    """The events that a client gets that asks for each next one on a connection of its own."""
    got: list[int] = []
    while True:
        heard, watcher = watch(store, b"/1/q", recursive=True, since=since)
        if not heard.events:
            watcher.cancel()
            return got
        got.append(heard.events[0].index)
        since = got[-1] + 1
        if since % 97 == 0:
            store = renew(store)


@pytest.mark.parametrize(
    "renew", [lambda store: store, lambda store: load(dump(store))], ids=["same", "restored"]
)
def test_etcd_watch_events_are_lost_or_come_twice_around_a_reconnect(
    renew: Callable[[Store], Store],
) -> None:
    """etcd#17247, #15220, #17529 (twice or out of order), #1074 (lost, in the v2 store).

    Here: a client that follows a queue would do a job twice, or never.
    """
    assert follow(busy_store(900), 1, renew) == list(range(1, 901))


def test_etcd_watch_events_are_lost_around_a_compaction() -> None:
    """etcd#18089, #19179: a delete at the very revision of the compaction is left out.

    Here: at the oldest event that is kept a client would miss one, and hear nothing of it.
    """
    for last in range(CAPACITY + 1, CAPACITY + 9):
        store = load(dump(busy_store(last)))
        oldest = last - CAPACITY + 1
        assert follow(store, oldest, lambda same: same) == list(range(oldest, last + 1))
        with pytest.raises(StoreError) as refused:
            watch(store, b"/1/q", recursive=True, since=oldest - 1)
        assert refused.value.code == 401


def test_etcd_a_watch_misses_what_happened_while_its_member_was_away() -> None:
    """etcd#15271, and its v2 store: a member restored from a snapshot tells its watchers nothing.

    Here: a stream on a member that slept would have a hole of which nobody tells.
    """
    behind, ahead = busy_store(100), busy_store(600)
    stream, _ = watch(behind, b"/1/q", recursive=True, stream=True)
    once, _ = watch(behind, b"/1/q", recursive=True, since=300)
    behind.restore(dump(ahead))
    behind.set(b"/1/q/after", b"", now=NOW)
    assert [event.index for event in stream.events] == list(range(101, 602))
    assert [event.index for event in once.events] == [300]


def test_etcd_a_watch_from_a_future_index_gets_events_from_before_it() -> None:
    """etcd#20221.

    Here: a client that knows of a later write would act on an earlier one.
    """
    store = busy_store(50)
    heard, _ = watch(store, b"/1/q", recursive=True, stream=True, since=80)
    while store.index < 90:
        store.set(b"/1/q/x", b"", now=NOW)
    assert [event.index for event in heard.events] == list(range(80, 91))


def test_etcd_a_lock_without_fencing_lets_two_work_at_once() -> None:
    """Jepsen, etcd 3.4.3 (2020): whoever pauses for longer than its lease works on without a lock.

    Here: so would users of a TTL; but the index of the lock is a fencing token, which a resource
    below /v2/keys checks itself (prevIndex), and any other one can compare.
    """
    store = Store()
    first = apply(store, Create(NOW, b"/1/lock", b"a", expires=NOW + SECOND))
    store.delete_expired(NOW + 2 * SECOND)
    second = apply(store, Create(NOW + 2 * SECOND, b"/1/lock", b"b"))
    assert first is not None
    assert second is not None
    assert first.index < second.index
    # The first one wakes up, and would renew the lock, then write what it guards.
    for path in (b"/1/lock", b"/1/guarded"):
        store.set(b"/1/guarded", b"of b", now=NOW)
        late = CompareAndSwap(NOW + 3 * SECOND, path, b"a", prev_index=first.index)
        with pytest.raises(StoreError) as refused:
            apply(store, late)
        assert refused.value.code == 101


async def test_etcd_a_crash_between_apply_and_index_update_applies_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """etcd 3.5.0 to 3.5.2 (postmortem "v3.5 data inconsistency"), #13766: the applied index was
    saved apart from its data.

    Here: keys made in order (POST) would be made twice on one member, which differs from then on.
    """
    storage = new_storage(tmp_path / "data")
    node = make_node(storage, snapshot_count=8, catch_up_entries=2)
    node.start()
    await settled(node)
    states: dict[int, str] = {}
    crashes = Crashes(tmp_path / "data", monkeypatch)
    for _ in range(30):
        await propose(node, Create(NOW, b"/1/q", b"job", in_order=True))
        states[node.applied] = digest(node.store)
    await until(lambda: node.raft.snapshot_index > 20)
    await node.stop()
    monkeypatch.undo()
    compared = 0
    for copy in crashes.copies[:-2:2]:
        content = after_restart(copy)
        if content.index in states:
            assert digest(content.store) == states[content.index]
            compared += 1
    assert compared > 20


class StuckDisk:
    """A storage whose appends stand still from the moment that `go` is cleared."""

    def __init__(self, storage: Storage, patch: pytest.MonkeyPatch) -> None:
        self.go = threading.Event()
        self.go.set()
        append = storage.append

        def slowly(batch: Sequence[Entry], hard_state: HardState | None) -> None:
            self.go.wait(10)
            append(batch, hard_state)
            storage.commit_seconds = 1.0  # so slow a disk gets a thread

        patch.setattr(storage, "append", slowly)


async def test_etcd_a_leader_with_a_stuck_disk_keeps_leading(
    trio: list[Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    """etcd#15247, #7312: heartbeats go on while not a single write can be made durable.

    Here: every write would wait until it times out, for as long as the disk stands still.
    """
    stuck = next(node for node in trio if node.is_leader)
    others = [node for node in trio if node is not stuck]
    disk = StuckDisk(stuck._storage, monkeypatch)
    await propose(stuck)
    await propose(stuck)
    disk.go.clear()
    lost = propose(stuck, put(b"stuck"))
    await until(lambda: any(node.is_leader for node in others))
    assert isinstance(await propose(others[0], put(b"on")), Event)
    assert not lost.done()
    disk.go.set()
    await until(lambda: not stuck.is_leader)
    await until(lambda: len({digest(node.store) for node in trio}) == 1)


async def test_etcd_a_single_node_acknowledges_before_its_log_is_safe(tmp_path: Path) -> None:
    """etcd#14370: with one member, committed entries were applied while the WAL was written.

    Here: a power cut right after the answer would take the write back.
    """
    data = tmp_path / "data"
    node = make_node(new_storage(data))
    node.start()
    await settled(node)
    copies: list[Path] = []
    for number in range(5):
        done = asyncio.Event()

        def answered(_: object, number: int = number, done: asyncio.Event = done) -> None:
            copies.append(shutil.copytree(data, tmp_path / f"{number}"))
            done.set()

        node.propose(put(b"v", b"/1/%d" % number), answered)
        await done.wait()
    await node.stop()
    for number, copy in enumerate(copies):
        assert after_restart(copy).store.peek(b"/1/%d" % number) is not None


def test_etcd_a_leader_that_was_paused_answers_a_read_with_old_data() -> None:
    """etcd#20418: a leader that woke up served reads by what it knew before.

    Here: a quorum read would miss a write that was acknowledged while this member slept.
    """
    raft = leader(log=entries(1), term=1, commit=1)
    for follower in (2, 3):
        raft.step(follower, AppendEntriesReply(raft.term, True, raft.state.log.last_index))
    turn(raft)
    # It sleeps. The clock, answers of before, a client's read and the new leader's word all wait.
    raft.read_index(7)
    for follower in (2, 3):
        raft.step(follower, AppendEntriesReply(raft.term, True, raft.state.log.last_index))
    assert not [state for ready in turn(raft) for state in ready.reads]
    raft.step(2, AppendEntries(raft.term + 1, 2, raft.term, tuple(entries(9, start=3)), 3))
    raft.step(3, AppendEntriesReply(raft.term - 1, True, 3, read_round=9))
    assert not [state for ready in turn(raft) for state in ready.reads]
    assert not raft.is_leader


async def test_etcd_a_leader_that_is_cut_off_answers_reads_with_old_data(trio: list[Node]) -> None:
    """Jepsen, etcd 0.4.1 (2014); etcd#20418.

    Here: two clients that read one after the other would see time go back.
    """
    old = next(node for node in trio if node.is_leader)
    others = [node for node in trio if node is not old]
    network = old.transport.network  # type: ignore[attr-defined]
    network.cut.add(old.me)
    waiting = read(old)
    await until(lambda: any(node.is_leader for node in others))
    await propose(others[0], put(b"new"))
    assert not waiting.done()
    network.cut.clear()
    assert await waiting is None
    found = old.store.peek(b"/1/k")
    assert getattr(found, "value", None) == b"new"
