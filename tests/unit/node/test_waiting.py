"""Proposals and reads that wait: in batches, and not for ever (contract 11)."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from tests.unit.node.support import Network, make_node, new_storage, propose, put, read, until
from vard_http.node import Node
from vard_http.node.pending import Pending
from vard_http.node.reads import LinearizableReads
from vard_http.raft import ReadState, Settings
from vard_http.raft.messages import ReadIndex
from vard_http.store import StoreError

TIMED_OUT = b"etcdserver: request timed out"


def alone(tmp_path: Path, patience: float) -> Node:
    """One of three members, the others of which never come."""
    return make_node(new_storage(tmp_path / "data", 1, 3), patience=patience)


async def test_without_a_leader_proposals_and_reads_time_out(tmp_path: Path) -> None:
    node = alone(tmp_path, patience=0.03)
    node.start()
    outcomes = await asyncio.wait_for(asyncio.gather(propose(node), read(node)), 5)
    for outcome in outcomes:
        assert isinstance(outcome, StoreError)
        assert (outcome.code, outcome.cause, outcome.index) == (300, TIMED_OUT, 0)
    assert node.metrics.proposals_failed >= 1
    assert node.metrics.reads_failed == 1
    await node.stop()


async def test_what_has_timed_out_is_not_proposed_later(tmp_path: Path) -> None:
    network = Network()
    first = make_node(new_storage(tmp_path / "1", 1, 3), network, patience=0.03)
    first.start()
    assert isinstance(await propose(first, put(b"late")), StoreError)
    others = [make_node(new_storage(tmp_path / f"{me}", me, 3), network) for me in (2, 3)]
    for node in others:
        node.start()
    await until(lambda: all(node.published.done() for node in (first, *others)))
    assert others[0].store.peek(b"/1/k") is None
    for node in (first, *others):
        await node.stop()


async def test_an_election_meanwhile_is_named_as_the_cause(tmp_path: Path) -> None:
    node = alone(tmp_path, patience=0.03)
    node.start()
    waiting = propose(node)
    node.leader_elected = time.monotonic()
    outcome = await waiting
    assert isinstance(outcome, StoreError)
    assert outcome.cause == TIMED_OUT + b", possibly due to previous leader failure"
    await node.stop()


async def test_a_lost_connection_to_the_leader_is_named_as_the_cause(tmp_path: Path) -> None:
    network = Network()
    settings = Settings(heartbeat_interval=20, election_timeout=500)
    nodes = [
        make_node(new_storage(tmp_path / f"{me}", me, 3), network, settings=settings, patience=0.1)
        for me in (1, 2, 3)
    ]
    for node in nodes:
        node.start()
    await until(lambda: all(node.published.done() for node in nodes))
    follower = next(node for node in nodes if not node.is_leader)
    follower.leader_elected = 0.0  # else the election just now counts as the cause
    network.cut.add(follower.me)
    outcome = await propose(follower)
    assert isinstance(outcome, StoreError)
    assert outcome.cause == TIMED_OUT + b", possibly due to connection lost"
    for node in nodes:
        await node.stop()


async def test_reads_that_come_together_ask_once(trio: list[Node]) -> None:
    follower = next(node for node in trio if not node.is_leader)
    network: Network = follower.transport.network  # type: ignore[attr-defined]
    network.sent.clear()
    assert await asyncio.gather(*(read(follower) for _ in range(20))) == [None] * 20
    asked = [message for source, _, message in network.sent if isinstance(message, ReadIndex)]
    assert len(asked) == 1


async def test_a_read_sees_what_was_answered_before_it(trio: list[Node]) -> None:
    leader = next(node for node in trio if node.is_leader)
    follower = next(node for node in trio if not node.is_leader)
    for number in range(20):
        await propose(leader, put(b"%d" % number))
        assert await read(follower) is None
        assert follower.store.get(b"/1/k", now=0).to_json().count(b'"value":"%d"' % number) == 1


def test_request_numbers_are_the_nodes_own() -> None:
    one, other = Pending(0x10001, 5), Pending(2, 5)
    numbers = {
        pending.add(put(), lambda _: None, 0.0) for pending in (one, other) for _ in range(100)
    }
    assert len(numbers) == 200
    later = Pending(0x10001, 1 << 40)
    assert later.add(put(), lambda _: None, 0.0) not in numbers


def test_who_waits_for_a_proposal_is_taken_once() -> None:
    pending = Pending(1, 0)
    number = pending.add(put(), lambda _: None, 1.0)
    assert number in pending
    assert pending.take(number) is not None
    assert pending.take(number) is None
    assert len(pending) == 0


def test_only_proposals_from_before_are_overdue() -> None:
    pending = Pending(1, 0)
    early = pending.add(put(), lambda _: None, 1.0)
    late = pending.add(put(), lambda _: None, 2.0)
    assert [waiting.started for waiting in pending.overdue(1.5)] == [1.0]
    assert early not in pending
    assert late in pending


@pytest.fixture
def reads() -> LinearizableReads:
    return LinearizableReads(100)


def test_a_batch_is_asked_for_again_until_it_is_confirmed(reads: LinearizableReads) -> None:
    reads.add(lambda _: None, 1.0)
    assert list(reads.ask(1.0, 0.5)) == [101]
    assert list(reads.ask(1.2, 0.7)) == []
    assert list(reads.ask(1.6, 1.1)) == [101]
    reads.confirm(ReadState(101, 7))
    assert list(reads.ask(9.0, 8.5)) == []


def test_a_batch_is_served_once_its_index_is_applied(reads: LinearizableReads) -> None:
    for started in (1.0, 2.0):
        reads.add(lambda _: None, started)
    list(reads.ask(2.0, 1.5))
    assert list(reads.ready(100)) == []
    reads.confirm(ReadState(101, 7))
    assert list(reads.ready(6)) == []
    assert [read.started for read in reads.ready(7)] == [1.0, 2.0]
    assert not reads


def test_the_first_confirmation_counts_and_others_are_nobodys(reads: LinearizableReads) -> None:
    reads.add(lambda _: None, 1.0)
    list(reads.ask(1.0, 0.5))
    reads.confirm(ReadState(99, 1))
    reads.confirm(ReadState(101, 7))
    reads.confirm(ReadState(101, 3))
    assert list(reads.ready(6)) == []


def test_overdue_reads_leave_the_others_of_their_batch(reads: LinearizableReads) -> None:
    for started in (1.0, 2.0):
        reads.add(lambda _: None, started)
    list(reads.ask(2.0, 1.5))
    assert [read.started for read in reads.overdue(1.5)] == [1.0]
    reads.confirm(ReadState(101, 1))
    assert [read.started for read in reads.ready(1)] == [2.0]
