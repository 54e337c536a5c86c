"""The order of a Ready, and coming back from storage."""

from __future__ import annotations

from tests.unit.raft.support import entries, leader, propose, server, time_out, turn
from vard_http.raft import Change, Configuration, HardState, SnapshotMeta
from vard_http.raft.core import COMMIT_LAG
from vard_http.raft.messages import AppendEntries, AppendEntriesReply

ONE_AND_LEARNER = Configuration((1,), (2,))


def test_nothing_to_do_is_none() -> None:
    assert server().ready() is None


def test_a_leader_replicates_before_its_own_write() -> None:
    """Thesis 10.2.1."""
    raft = leader()
    raft.step(2, AppendEntriesReply(1, True, 1))
    turn(raft)
    propose(raft, b"a")
    ready = raft.ready()
    assert ready is not None
    assert [to for to, _ in ready.appends] == [2]
    assert ready.messages == []


def test_a_lone_voter_speaks_only_once_its_term_is_durable() -> None:
    """Otherwise it could come back and lead the same term again with other entries."""
    raft = server(configuration=ONE_AND_LEARNER)
    time_out(raft)
    ready = raft.ready()
    assert ready is not None
    assert ready.hard_state == HardState(1, 1, 0)
    assert ready.appends == []
    assert [type(message) for _, message in ready.messages] == [AppendEntries]


def test_the_commit_index_is_written_along_now_and_then() -> None:
    """It saves a start some replay; the log alone says what is true."""
    raft = server(term=1)
    raft.step(2, AppendEntries(1, 0, 0, tuple(entries(*[1] * COMMIT_LAG)), COMMIT_LAG))
    (ready,) = turn(raft)
    assert ready.hard_state is None
    more = tuple(entries(1, start=COMMIT_LAG + 1))
    raft.step(2, AppendEntries(1, COMMIT_LAG, 1, more, COMMIT_LAG + 1))
    (ready,) = turn(raft)
    assert ready.hard_state == HardState(1, 0, COMMIT_LAG + 1)


def test_the_commit_index_is_written_along_with_a_change_of_configuration() -> None:
    """The change may take the quorum away: what was committed before must be known without one."""
    raft = leader(configuration=Configuration((1,)))
    raft.propose_change(Change("learn", 2))
    turn(raft)
    raft.propose_change(Change("add", 2))
    ready = raft.ready()
    assert ready is not None
    assert ready.hard_state == HardState(1, 1, 2)


def test_the_commit_index_is_not_written_for_its_own_sake() -> None:
    raft = server(term=1, log=entries(*[1] * (COMMIT_LAG + 2)))
    raft.step(2, AppendEntries(1, COMMIT_LAG + 2, 1, (), COMMIT_LAG + 2))
    (ready,) = turn(raft)
    assert (ready.hard_state, len(ready.committed)) == (None, COMMIT_LAG + 2)


def test_a_restart_applies_again_what_no_snapshot_holds() -> None:
    snapshot = SnapshotMeta(2, 1, Configuration((1, 2, 3)))
    raft = server(term=3, vote=2, commit=4, snapshot=snapshot, log=entries(1, 2, 3, start=3))
    (ready,) = turn(raft)
    assert ready.committed == entries(1, 2, start=3)
    assert (raft.term, raft.state.voted_for, raft.last_applied) == (3, 2, 4)


def test_a_restart_takes_the_configuration_from_snapshot_and_log() -> None:
    five = Configuration((1, 2, 3, 4, 5))
    raft = server(configuration=Configuration(()), snapshot=SnapshotMeta(2, 1, five), term=1)
    assert raft.configuration == five


def test_many_committed_entries_come_in_parts() -> None:
    log = entries(*[1] * 5000)
    raft = server(term=1, commit=5000, log=log)
    handed = [ready.committed for ready in turn(raft)]
    assert [len(part) for part in handed] == [4096, 904]
    assert [entry for part in handed for entry in part] == log
