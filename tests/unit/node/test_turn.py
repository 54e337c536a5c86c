"""The turn of one node: durable first, then answered; what fails; slow disks."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.unit.node.support import KEY, make_node, propose, put, read, settled, until
from vard_http.node import Node
from vard_http.node.cluster import VERSION, attributes_path
from vard_http.node.writing import SLOW_DISK_SECONDS
from vard_http.raft import Entry, HardState
from vard_http.storage import Storage, StorageFailed, open_storage
from vard_http.store import Event, Set, StoreError


class Disk:
    """Stands before a storage's `append`, and notes what passes.

    `appended` has how many entries each call brought, `threads` who called. Each call waits for
    `gate`, then raises `error` if there is one; `seconds` is what it claims to have taken.
    """

    def __init__(self, storage: Storage, patch: pytest.MonkeyPatch) -> None:
        self.appended: list[int] = []
        self.durable: set[int] = set()
        self.threads: list[int] = []
        self.gate = threading.Event()
        self.gate.set()
        self.error: Exception | None = None
        self.seconds: float | None = None
        self._storage = storage
        self._append = storage.append
        patch.setattr(storage, "append", self.append)

    def append(self, entries: Sequence[Entry], hard_state: HardState | None) -> None:
        self.threads.append(threading.get_ident())
        assert self.gate.wait(5)
        if self.error is not None:
            raise self.error
        self._append(entries, hard_state)
        self.appended.append(len(entries))
        self.durable |= {entry.index for entry in entries}
        if self.seconds is not None:
            self._storage.commit_seconds = self.seconds


@pytest.fixture
def disk(node: Node, storage: Storage, monkeypatch: pytest.MonkeyPatch) -> Disk:
    """That of `node`, from the moment that it has settled."""
    return Disk(storage, monkeypatch)


async def test_nothing_is_answered_before_it_is_durable(node: Node, disk: Disk) -> None:
    answered: list[tuple[int, bool]] = []
    for _ in range(3):
        node.propose(put(), lambda _: answered.append((node.applied, node.applied in disk.durable)))
    await until(lambda: len(answered) == 3)
    assert [durable for _, durable in answered] == [True] * 3
    assert len({index for index, _ in answered}) == 3


async def test_proposals_that_come_together_share_an_append(node: Node, disk: Disk) -> None:
    await asyncio.gather(*(propose(node) for _ in range(10)))
    assert disk.appended == [10]


@pytest.mark.parametrize("in_thread", [False, True])
async def test_when_the_storage_fails_nothing_is_answered_any_more(
    node: Node, disk: Disk, in_thread: bool
) -> None:
    if in_thread:
        disk.seconds = 1.0
        await propose(node)
    disk.error = StorageFailed("disk full")
    waiting: list[asyncio.Future[Any]] = [propose(node), propose(node)]
    with pytest.raises(StorageFailed, match="disk full"):
        await asyncio.wait_for(asyncio.shield(node.finished), 5)
    disk.error = None
    waiting += [propose(node), read(node)]
    await asyncio.sleep(0.01)
    assert not any(future.done() for future in waiting)


async def test_a_bug_within_a_turn_stops_the_node(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("vard_http.node.node.apply", fail)
    waiting = propose(node)
    with pytest.raises(RuntimeError, match="a bug"):
        await asyncio.wait_for(asyncio.shield(node.finished), 5)
    assert not waiting.done()


async def test_an_answer_that_fails_hurts_nobody_else(node: Node) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("a broken connection")

    node.propose(put(), fail)
    node.read(fail)
    assert isinstance(await propose(node), Event)
    assert not node.finished.done()


async def test_a_refused_command_is_answered_with_its_error(node: Node) -> None:
    outcome = await propose(node, put(key=b"/"))
    assert isinstance(outcome, StoreError)
    assert outcome.code == 107


async def test_a_slow_disk_works_in_a_thread_until_it_is_fast_again(node: Node, disk: Disk) -> None:
    here = threading.get_ident()
    await propose(node)
    assert disk.threads == [here]
    disk.seconds = 100 * SLOW_DISK_SECONDS
    await propose(node)
    await propose(node)
    assert disk.threads[-1] != here
    disk.seconds = 0.0
    for _ in range(60):
        await propose(node)
        if disk.threads[-1] == here:
            break
    assert disk.threads[-1] == here


async def test_while_a_thread_writes_the_next_inputs_gather(node: Node, disk: Disk) -> None:
    disk.seconds = 1.0
    await propose(node)
    disk.appended.clear()
    disk.gate.clear()
    first = propose(node)
    await until(lambda: len(disk.threads) == 2)
    others = [propose(node) for _ in range(10)]
    await asyncio.sleep(0.005)
    assert not first.done()
    assert len(disk.threads) == 2
    disk.gate.set()
    await asyncio.gather(first, *others)
    assert [count for count in disk.appended if count] == [1, 10]


async def test_a_node_that_stops_waits_for_the_thread(node: Node, disk: Disk) -> None:
    disk.seconds = 1.0
    await propose(node)
    disk.gate.clear()
    waiting = propose(node)
    await until(lambda: len(disk.threads) == 2)
    threading.Timer(0.01, disk.gate.set).start()
    await node.stop()
    assert len(disk.appended) == 2
    assert not waiting.done()


async def test_a_new_cluster_is_told_of_its_member_and_its_version(node: Node) -> None:
    assert node.store.index == 3
    assert node.store.peek(attributes_path(1)) is not None
    assert node.store.peek(VERSION) is not None
    member = node.cluster.members[1]
    assert (member.name, member.client_urls) == ("node1", ("http://127.0.0.1:2379",))
    assert node.cluster.version == "3.4.0"


async def test_what_was_answered_is_there_after_a_restart(node: Node, tmp_path: Path) -> None:
    await asyncio.gather(*(propose(node, put(b"%d" % n)) for n in range(5)))
    term, index = node.term, node.store.index
    await node.stop()
    again = make_node(open_storage(tmp_path / "data", None))
    again.start()
    await settled(again)
    assert again.term > term
    assert b'"value":"4"' in again.store.get(KEY, now=time.time_ns()).to_json()
    assert again.store.index == index + 1  # it has published itself again
    await again.stop()


class Stopped:
    """The clock of a machine that knows no date."""

    monotonic = staticmethod(time.monotonic)

    def time_ns(self) -> int:
        return 1_700_000_000_000_000_000


async def test_no_entry_of_an_earlier_run_on_the_same_date_is_taken_for_this_runs(
    storage: Storage, tmp_path: Path
) -> None:
    node = make_node(storage, clock=Stopped())
    node.start()
    await settled(node)
    await node.stop()
    again = make_node(open_storage(tmp_path / "data", None), clock=Stopped())
    first = propose(again, put(b"new"))
    again.start()
    await settled(again)
    outcome = await first
    assert isinstance(outcome, Event)
    assert outcome.index > node.store.index
    assert attributes_path(1) in {event.path for event in again.store.history.since(0)}
    await again.stop()


async def test_expired_nodes_go_by_themselves(node: Node) -> None:
    due = time.time_ns() + 50_000_000
    await propose(node, Set(time.time_ns(), KEY, b"v", expires=due))
    await until(lambda: node.store.peek(KEY) is None)
    assert time.time_ns() >= due
