"""Faults in the node, above the core: the simulation of whole nodes finds each of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.simulation.run import SimulationFailed, play
from vard_http.node import Node
from vard_http.node.pending import Pending
from vard_http.node.proposing import Proposals
from vard_http.node.reads import ReadDone
from vard_http.node.snapshotting import Snapshotting
from vard_http.node.writing import SLOW_DISK_SECONDS, Writer, Written
from vard_http.raft import Ready
from vard_http.store import ClientCache, Store, dump
from vard_http.store.image import Content
from vard_http.store.ttl import TTLIndex
from vard_http.store.watch import WatcherHub
from vard_http.vardwire.codec import not_leader, response
from vard_http.vardwire.requests import Requests, Waiting

SEEDS = 250
MILLISECONDS = 600

Break = Callable[[pytest.MonkeyPatch], None]


def answer_before_the_thread_has_written(patch: pytest.MonkeyPatch) -> None:
    original = Writer.write

    def write(writer: Writer, ready: Ready, written: Written) -> bool:
        slow = writer._commit_seconds > SLOW_DISK_SECONDS and ready.entries
        if not slow or ready.chunk is not None:
            writer._commit_seconds = min(writer._commit_seconds, SLOW_DISK_SECONDS)
            return original(writer, ready, written)
        asyncio.get_running_loop().run_in_executor(None, writer._write, ready)
        return True

    patch.setattr(Writer, "write", write)


def go_on_after_a_failed_write(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Node, "_fail", lambda node, error: None)


def read_what_is_here(patch: pytest.MonkeyPatch) -> None:
    def read(node: Node, done: ReadDone) -> None:
        asyncio.get_running_loop().call_soon(done, None)

    patch.setattr(Node, "read", read)


def snapshot_later_than_its_index(patch: pytest.MonkeyPatch) -> None:
    def snapshot(self: Snapshotting) -> Iterator[None]:
        meta = self._raft.applied_position()
        writer = self._storage.begin_snapshot(meta)
        yield
        yield
        for chunk in dump(self._store):
            writer.write(chunk)
        writer.commit()
        self._raft.snapshot_taken(meta, self._catch_up)
        while self._storage.compact(meta.index - self._catch_up):
            yield

    patch.setattr(Snapshotting, "_snapshot", snapshot)


def keep_watchers_ignorant_of_a_snapshot(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(WatcherHub, "notify_missed", lambda hub, event: None)


def expire_a_second_early(patch: pytest.MonkeyPatch) -> None:
    original = TTLIndex.pop_due
    patch.setattr(TTLIndex, "pop_due", lambda index, cutoff: original(index, cutoff + 10**9))


def expire_by_who_one_is(patch: pytest.MonkeyPatch) -> None:
    original = Node._apply
    expire = Store.delete_expired

    def apply(node: Node, *arguments: object) -> None:
        late = 10**9 * (node.me % 2)
        patch.setattr(Store, "delete_expired", lambda store, cutoff: expire(store, cutoff - late))
        original(node, *arguments)  # type: ignore[arg-type]
        patch.setattr(Store, "delete_expired", expire)

    patch.setattr(Node, "_apply", apply)


def answer_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Pending, "take", lambda pending, number: pending._waiting.get(number))


def wait_for_ever(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Node, "_time_out", lambda node, now: None)


def number_requests_by_the_date(patch: pytest.MonkeyPatch) -> None:
    original = Proposals.__init__

    def initialize(self: Proposals, node: Node, *others: Any, **named: Any) -> None:
        original(self, node, *others, **named)
        self.pending = Pending(node.me, node.clock.time_ns() // 1_000_000 << 8)

    patch.setattr(Proposals, "__init__", initialize)


def carry_out_what_was_answered(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ClientCache, "last", lambda cache, client: None)
    patch.setattr(Requests, "_settle_from_cache", _answer_the_latest)


def _answer_the_latest(requests: Requests, waiting: Waiting) -> None:
    last = requests._node.store.clients._last[waiting.client]
    requests._settle(waiting, response(last.number, last.output))


def restore_without_the_clients(patch: pytest.MonkeyPatch) -> None:
    original = Store.adopt

    def adopt(store: Store, content: Content) -> None:
        content.clients.clear()
        original(store, content)

    patch.setattr(Store, "adopt", adopt)


def deny_what_may_come_about(patch: pytest.MonkeyPatch) -> None:
    def leader_changed(requests: Requests) -> None:
        for waiting in list(requests._waiting):
            requests._settle(waiting, not_leader(waiting.number))

    patch.setattr(Requests, "_leader_changed", leader_changed)


FAULTS: tuple[tuple[Break, str, set[str]], ...] = (
    (answer_before_the_thread_has_written, "nodes", {"durability_order"}),
    (go_on_after_a_failed_write, "nodes-disk", {"liveness", "write_errors_are_final"}),
    (read_what_is_here, "nodes-network", {"linearizable"}),
    (snapshot_later_than_its_index, "nodes-disk", {"state_machine_safety"}),
    (keep_watchers_ignorant_of_a_snapshot, "nodes-network", {"watch_complete"}),
    (expire_a_second_early, "nodes", {"nothing_expires_early"}),
    (expire_by_who_one_is, "nodes", {"state_machine_safety"}),
    (answer_again, "nodes", {"answered_once"}),
    (wait_for_ever, "nodes-network", {"liveness"}),
    (number_requests_by_the_date, "nodes", {"state_machine_safety", "output_correct"}),
    (carry_out_what_was_answered, "nodes", {"vard_once"}),
    (restore_without_the_clients, "nodes", {"state_machine_safety", "vard_once"}),
    (deny_what_may_come_about, "nodes", {"vard_once"}),
)


@pytest.mark.parametrize(
    ("broken", "profile", "names"), FAULTS, ids=[broken.__name__ for broken, *_ in FAULTS]
)
def test_a_fault_of_the_node_is_found(
    broken: Break, profile: str, names: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(monkeypatch)
    assert first_failure(profile) in names


def first_failure(profile: str) -> str | None:
    for seed in range(SEEDS):
        try:
            play(profile, seed, MILLISECONDS)
        except SimulationFailed as failure:
            return failure.name
    return None
