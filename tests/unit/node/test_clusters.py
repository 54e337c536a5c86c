"""Three nodes in one event loop: promises, hand-over, snapshots."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.unit.node.support import (
    Network,
    make_node,
    new_storage,
    propose,
    put,
    settled,
    until,
)
from vard_http.node import Node
from vard_http.raft import (
    AnyMessage,
    AppendEntriesReply,
    Entry,
    HardState,
    InstallSnapshot,
    Proposal,
    Propose,
    SnapshotMeta,
)
from vard_http.raft.messages import NORMAL, RequestVoteReply
from vard_http.storage import SnapshotWriter, Storage, database, open_storage
from vard_http.store import Event, digest, encode


def leader_of(nodes: list[Node]) -> Node:
    return next(node for node in nodes if node.is_leader)


def same(nodes: list[Node]) -> bool:
    return len({digest(node.store) for node in nodes}) == 1


class Witness(Network):
    """Compares what a server promises with what it has made durable by then."""

    def __init__(self) -> None:
        super().__init__()
        self.last: dict[int, int] = {}
        self.term: dict[int, int] = {}
        self.promises = 0
        self.broken: list[AnyMessage] = []

    def watch(self, storage: Storage, patch: pytest.MonkeyPatch) -> None:
        me, append = storage.identity.node_id, storage.append

        def noting(entries: Sequence[Entry], hard_state: HardState | None) -> None:
            append(entries, hard_state)
            if entries:
                self.last[me] = entries[-1].index
            if hard_state is not None:
                self.term[me] = hard_state.term

        recovered = storage.recover()
        self.last[me], self.term[me] = len(recovered.entries), recovered.hard_state.term
        patch.setattr(storage, "append", noting)

    def carry(self, source: int, target: int, message: AnyMessage) -> None:
        if isinstance(message, AppendEntriesReply) and message.success:
            self._promise(message, message.index <= self.last[source])
        if isinstance(message, RequestVoteReply) and message.vote_granted and not message.pre_vote:
            self._promise(message, message.term <= self.term[source])
        super().carry(source, target, message)

    def _promise(self, message: AnyMessage, kept: bool) -> None:
        self.promises += 1
        if not kept:
            self.broken.append(message)


async def test_servers_promise_only_what_is_durable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    witness, nodes = Witness(), []
    for me in (1, 2, 3):
        storage = new_storage(tmp_path / f"{me}", me, 3)
        witness.watch(storage, monkeypatch)
        nodes.append(make_node(storage, witness))
    for node in nodes:
        node.start()
    await settled(*nodes)
    for _ in range(10):
        await asyncio.gather(*(propose(node) for node in nodes for _ in range(5)))
    assert witness.promises > 20
    assert witness.broken == []
    for node in nodes:
        await node.stop()


async def test_all_members_answer_and_come_to_the_same(trio: list[Node]) -> None:
    assert all(node.store.index == 7 for node in trio)
    outcomes = await asyncio.gather(
        *(propose(node, put(key=b"/1/%d" % node.me)) for node in trio for _ in range(10))
    )
    assert all(isinstance(outcome, Event) for outcome in outcomes)
    await until(lambda: same(trio))
    assert trio[0].store.index == 37


async def test_what_a_peer_proposes_is_dropped_if_nobody_could_apply_it(trio: list[Node]) -> None:
    leader = leader_of(trio)
    junk = [Proposal(kind, b"x" * size) for kind in range(-1, 4) for size in (0, 8, 20)]
    sound = Proposal(NORMAL, bytes(8) + encode(put(b"sound")))
    index = leader.store.index
    leader.receive(next(node.me for node in trio if node is not leader), Propose((*junk, sound)))
    await until(lambda: all(node.store.index == index + 1 for node in trio))
    assert isinstance(await propose(leader), Event)
    await until(lambda: same(trio))


async def test_a_leader_that_stops_hands_over_first(trio: list[Node]) -> None:
    leader = leader_of(trio)
    others = [node for node in trio if node is not leader]
    term = leader.term
    await leader.stop()
    assert not leader.is_leader
    await until(lambda: any(node.is_leader for node in others))
    assert all(node.term > term for node in others)
    assert isinstance(await propose(others[0]), Event)


async def test_a_leader_hands_over_to_whom_it_is_told(trio: list[Node]) -> None:
    leader = leader_of(trio)
    chosen = next(node for node in trio if node is not leader)
    await leader.hand_over(chosen.me)
    await until(lambda: chosen.is_leader and all(node.leader == chosen.me for node in trio))
    for node in trio:
        _, term, led = node.metrics.leaders[-1]
        assert (term, led) == (chosen.term, chosen.me)


async def test_only_a_leader_hands_over_and_only_to_a_voter_it_hears_from(trio: list[Node]) -> None:
    leader = leader_of(trio)
    follower = next(node for node in trio if node is not leader)
    assert not await follower.hand_over()
    assert not await leader.hand_over(99)
    assert leader.is_leader


async def test_two_go_on_without_the_third_which_catches_up(trio: list[Node]) -> None:
    lost = leader_of(trio)
    network: Network = lost.transport.network  # type: ignore[attr-defined]
    network.cut.add(lost.me)
    others = [node for node in trio if node is not lost]
    await until(lambda: any(node.is_leader for node in others))
    for _ in range(10):
        await propose(others[0])
    assert lost.store.index == 7
    network.cut.clear()
    await until(lambda: same(trio))
    assert lost.store.index == 17


async def test_one_that_was_away_too_long_gets_a_snapshot(tmp_path: Path) -> None:
    network = Network()
    nodes = [
        make_node(
            new_storage(tmp_path / f"{me}", me, 3), network, snapshot_count=20, catch_up_entries=5
        )
        for me in (1, 2, 3)
    ]
    for node in nodes:
        node.start()
    await settled(*nodes)
    lost = next(node for node in nodes if not node.is_leader)
    others = [node for node in nodes if node is not lost]
    network.cut.add(lost.me)
    for number in range(60):
        await propose(others[0], put(b"%d" % number))
    await until(lambda: all(node.raft.snapshot_index > 40 for node in others))
    network.cut.clear()
    await until(lambda: same(nodes))
    assert any(isinstance(m, InstallSnapshot) for _, to, m in network.sent if to == lost.me)
    await propose(lost, put(b"after"))
    await until(lambda: same(nodes))
    for node in nodes:
        await node.stop()
    storage = open_storage(tmp_path / f"{lost.me}", None)
    assert make_node(storage).applied > 40  # it begins with what it was sent
    storage.close()


async def test_a_snapshot_is_made_in_slices_while_writes_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = new_storage(tmp_path / "data")
    node = make_node(storage, snapshot_count=40, catch_up_entries=5)
    node.start()
    await settled(node)
    log: list[str] = []
    begin = storage.begin_snapshot

    def noting(meta: SnapshotMeta) -> SnapshotWriter:
        writer = begin(meta)
        log.append("begin")
        _note(monkeypatch, writer, "write", log)
        _note(monkeypatch, writer, "commit", log)
        return writer

    monkeypatch.setattr(storage, "begin_snapshot", noting)
    number = 0
    while "commit" not in log:
        await propose(node, put(b"v" * 100_000, b"/1/%d" % number))
        log.append("answer")
        number += 1
    during = log[log.index("begin") : log.index("commit")]
    assert during.count("write") > 3
    assert during.count("answer") > 3
    index = node.store.index
    await node.stop()
    again = make_node(open_storage(tmp_path / "data", None))
    assert again.applied >= 40
    again.start()
    await settled(again)
    assert again.store.index == index + 1  # it has published itself again
    await again.stop()


async def test_a_large_snapshot_does_not_pile_up_one_long_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "CHECKPOINT_PAGES", range(50, 51))
    storage = new_storage(tmp_path / "data")
    node = make_node(storage, snapshot_count=20, catch_up_entries=5)
    frames: list[int] = []
    checkpoint = storage._database.checkpoint
    monkeypatch.setattr(storage._database, "checkpoint", lambda: frames.append(checkpoint()))
    node.start()
    await settled(node)
    for number in range(20):
        await propose(node, put(b"v" * 100_000, b"/1/%d" % number))
    await until(lambda: node.raft.snapshot_index > 0)
    assert sum(frames) > 600  # 2 MB of log and as much of a snapshot
    assert max(frames) < 200
    await node.stop()


def _note(patch: pytest.MonkeyPatch, writer: SnapshotWriter, name: str, log: list[str]) -> None:
    """Have calls of a writer's method noted in `log` by its name."""
    method = getattr(writer, name)

    def noting(*arguments: bytes) -> None:
        log.append(name)
        method(*arguments)

    patch.setattr(writer, name, noting)
