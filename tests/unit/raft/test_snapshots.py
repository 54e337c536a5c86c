"""Snapshots: chunks on their way, installing, compacting (thesis chapter 5)."""

from __future__ import annotations

import pytest

from tests.unit.raft.support import (
    THREE,
    answer,
    change_entry,
    entries,
    leader,
    said_to,
    server,
    turn,
)
from vard_http.raft import Chunk, Configuration, HardState, InstallSnapshot, Raft, SnapshotMeta
from vard_http.raft.messages import AppendEntries, AppendEntriesReply, InstallSnapshotReply

META = SnapshotMeta(5, 2, THREE)
FOUR = Configuration((1, 2, 3, 4))


def chunk(number: int, *, term: int = 3, last: bool = False) -> InstallSnapshot:
    return InstallSnapshot(term, META, number, b"%d" % number, last)


# The follower


def test_chunks_are_taken_in_order_and_the_last_installs() -> None:
    raft = server(term=3)
    for number in (0, 1):
        raft.step(2, chunk(number))
        (ready,) = turn(raft)
        assert ready.chunk == Chunk(META, number, b"%d" % number, False)
        assert ready.messages == [(2, InstallSnapshotReply(3, 5, number + 1))]
    raft.step(2, chunk(2, last=True))
    (ready,) = turn(raft)
    assert ready.chunk == Chunk(META, 2, b"2", True)
    assert ready.messages == [(2, AppendEntriesReply(3, True, 5))]
    assert (raft.last_applied, raft.commit_index, raft.snapshot_index) == (5, 5, 5)


@pytest.mark.parametrize("number", [0, 2, 7])
def test_a_chunk_out_of_turn_is_answered_with_the_one_that_is_wanted(number: int) -> None:
    raft = server(term=3)
    raft.step(2, chunk(0))
    turn(raft)
    assert answer(raft, 2, chunk(number), InstallSnapshotReply).next_chunk == 1


def test_one_chunk_a_turn() -> None:
    raft = server(term=3)
    raft.step(2, chunk(0))
    raft.step(2, chunk(1))
    (ready,) = turn(raft)
    assert ready.chunk is not None
    assert ready.chunk.number == 0
    assert ready.messages[-1] == (2, InstallSnapshotReply(3, 5, 1))


def test_chunks_of_two_leaders_are_not_mixed() -> None:
    """They may have cut the same state differently."""
    raft = server(term=3)
    raft.step(2, chunk(0))
    turn(raft)
    reply = answer(raft, 1, chunk(1, term=4), InstallSnapshotReply)
    assert reply == InstallSnapshotReply(4, 5, 0)


def test_a_snapshot_of_what_is_committed_is_not_taken() -> None:
    raft = server(term=3, log=entries(1, 1, 1, 1, 2, 2), commit=6)
    turn(raft)
    assert answer(raft, 2, chunk(0), AppendEntriesReply) == AppendEntriesReply(3, True, 6)


def test_a_snapshot_that_the_log_reaches_commits_and_keeps_the_log() -> None:
    """Thesis 5.3: entries that follow it stay."""
    raft = server(term=3, log=entries(1, 1, 1, 1, 2, 3))
    assert answer(raft, 2, chunk(0), AppendEntriesReply) == AppendEntriesReply(3, True, 5)
    assert (raft.commit_index, raft.state.log.last_index) == (5, 6)


def test_a_conflicting_log_gives_way() -> None:
    log = [*entries(1, 1, 1, 1), change_entry(5, 1, FOUR), *entries(1, start=6)]
    raft = server(term=3, log=log)
    raft.step(2, chunk(0, last=True))
    assert (raft.state.log.last_index, raft.state.log.last_term) == (5, 2)
    assert raft.configuration == THREE


def test_entries_may_follow_in_the_same_turn() -> None:
    raft = server(term=3)
    raft.step(2, chunk(0, last=True))
    raft.step(2, AppendEntries(3, 5, 2, tuple(entries(3, start=6)), 6))
    (ready,) = turn(raft)
    assert ready.chunk is not None
    assert ready.entries == ready.committed == entries(3, start=6)


def test_the_stored_commit_index_fits_the_snapshot_before_the_entries_are_there() -> None:
    """Storage may install the snapshot in a transaction of its own."""
    raft = server(term=1)
    raft.step(2, chunk(0, last=True))
    raft.step(2, AppendEntries(3, 5, 2, tuple(entries(3, start=6)), 6))
    (ready,) = turn(raft)
    assert ready.hard_state == HardState(3, 0, 5)


# The leader


def sending(match: int = 0) -> Raft:
    """A leader whose log before 6 is compacted, and whose follower 2 turns out to need it."""
    raft = leader(term=2, snapshot=META)
    raft.step(2, AppendEntriesReply(raft.term, False, 5, match, 0))
    return raft


def next_chunks(raft: Raft) -> list[int]:
    return [m.chunk for m in said_to(raft, 2, InstallSnapshot)]


def test_a_follower_behind_the_compaction_gets_the_snapshot() -> None:
    raft = sending()
    (message,) = said_to(raft, 2, InstallSnapshot)
    assert (message.meta, message.chunk, message.term) == (META, 0, raft.term)
    assert raft.snapshots_in_use() == {5}


def test_each_answer_draws_the_next_chunk() -> None:
    raft = sending()
    assert next_chunks(raft) == [0]
    assert next_chunks(raft) == []
    raft.step(2, InstallSnapshotReply(raft.term, 5, 1))
    assert next_chunks(raft) == [1]


def test_a_repeated_answer_draws_nothing() -> None:
    raft = sending()
    turn(raft)
    raft.step(2, InstallSnapshotReply(raft.term, 5, 1))
    turn(raft)
    raft.step(2, InstallSnapshotReply(raft.term, 5, 1))
    assert next_chunks(raft) == []


def test_a_follower_that_starts_over_is_followed() -> None:
    raft = sending()
    turn(raft)
    raft.step(2, InstallSnapshotReply(raft.term, 5, 3))
    turn(raft)
    raft.step(2, InstallSnapshotReply(raft.term, 5, 0))
    assert next_chunks(raft) == [0]


def test_an_unanswered_chunk_is_repeated() -> None:
    raft = sending()
    turn(raft)
    now = raft.state.now
    raft.tick(now + 499)
    assert next_chunks(raft) == []
    raft.tick(now + 500)
    assert next_chunks(raft) == [0]


def test_heartbeats_go_on_meanwhile() -> None:
    raft = sending()
    turn(raft)
    raft.tick(raft.deadline())
    assert said_to(raft, 2, AppendEntries) == [AppendEntries(raft.term, 0, 0, (), 5)]


def test_replication_goes_on_after_the_snapshot() -> None:
    raft = sending()
    turn(raft)
    raft.step(2, AppendEntriesReply(raft.term, True, 5))
    (message, *_) = said_to(raft, 2, AppendEntries)
    assert (message.prev_log_index, message.prev_log_term) == (5, 2)
    assert [entry.index for entry in message.entries] == [6]


# Taking one


def test_the_log_keeps_some_entries_before_a_snapshot() -> None:
    raft = server(term=1, log=entries(1, 1, 1, 1), commit=4)
    turn(raft)
    raft.snapshot_taken(raft.applied_position(), keep=3)
    assert (raft.state.log.offset, raft.snapshot_index) == (1, 4)


def test_a_snapshot_has_the_configuration_of_its_position() -> None:
    log = [*entries(1), change_entry(2, 1, FOUR)]
    raft = server(term=1, log=log, commit=1)
    turn(raft)
    assert raft.configuration == FOUR
    assert raft.applied_position() == SnapshotMeta(1, 1, THREE)
