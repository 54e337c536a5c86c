"""Linearizable reads by ReadIndex (thesis 6.4)."""

from __future__ import annotations

from tests.unit.raft.support import THREE, leader, said_to, server, turn
from vard_http.raft import Configuration, Raft, ReadState
from vard_http.raft.messages import (
    AppendEntries,
    AppendEntriesReply,
    ReadIndex,
    ReadIndexReply,
)


def acknowledge(raft: Raft, follower: int, round: int) -> None:
    raft.step(follower, AppendEntriesReply(raft.term, True, 1, read_round=round))


def settled(configuration: Configuration = THREE) -> Raft:
    """A leader that has committed its no-op."""
    raft = leader(configuration=configuration)
    acknowledge(raft, 2, 0)
    turn(raft)
    return raft


def served(raft: Raft) -> list[ReadState]:
    return [state for ready in turn(raft) for state in ready.reads]


def test_a_read_costs_one_round_of_heartbeats() -> None:
    raft = settled()
    assert raft.read_index(7)
    (message,) = said_to(raft, 2, AppendEntries)
    assert message.read_round == 1
    assert served(raft) == []
    acknowledge(raft, 2, 1)
    assert served(raft) == [ReadState(7, 1)]


def test_reads_of_one_turn_share_a_round() -> None:
    raft = settled()
    raft.read_index(7)
    raft.read_index(8)
    turn(raft)
    acknowledge(raft, 2, 1)
    assert served(raft) == [ReadState(7, 1), ReadState(8, 1)]


def test_a_round_that_left_before_the_read_came_does_not_confirm_it() -> None:
    raft = settled()
    raft.read_index(7)
    turn(raft)
    raft.read_index(8)
    turn(raft)
    acknowledge(raft, 2, 1)
    assert served(raft) == [ReadState(7, 1)]


def test_learners_confirm_nothing() -> None:
    raft = settled(Configuration((1, 2, 3), (4,)))
    raft.read_index(7)
    turn(raft)
    acknowledge(raft, 4, 1)
    assert served(raft) == []


def test_a_refusal_confirms_leadership_too() -> None:
    raft = settled()
    raft.read_index(7)
    turn(raft)
    raft.step(3, AppendEntriesReply(1, False, 1, 0, 0, read_round=1))
    assert served(raft) == [ReadState(7, 1)]


def test_a_new_leader_waits_until_its_own_entry_is_committed() -> None:
    raft = leader()
    raft.read_index(7)
    turn(raft)
    acknowledge(raft, 2, 0)
    turn(raft)
    acknowledge(raft, 2, 1)
    assert served(raft) == [ReadState(7, 1)]


def test_a_leader_that_steps_down_drops_its_reads() -> None:
    raft = settled()
    raft.read_index(7)
    turn(raft)
    raft.step(3, AppendEntries(5, 0, 0, (), 0))
    acknowledge(raft, 2, 1)
    assert served(raft) == []


def test_alone_a_read_is_confirmed_at_once() -> None:
    raft = leader(configuration=Configuration((1,)))
    raft.read_index(7)
    assert served(raft) == [ReadState(7, 1)]


def test_a_follower_asks_the_leader() -> None:
    raft = server(2)
    raft.step(1, AppendEntries(1, 0, 0, (), 0))
    turn(raft)
    assert raft.read_index(7)
    assert said_to(raft, 1, ReadIndex) == [ReadIndex(7)]
    raft.step(1, ReadIndexReply(7, 4))
    assert served(raft) == [ReadState(7, 4)]


def test_a_leader_answers_a_follower() -> None:
    raft = settled()
    raft.step(3, ReadIndex(7))
    turn(raft)
    acknowledge(raft, 2, 1)
    assert said_to(raft, 3, ReadIndexReply) == [ReadIndexReply(7, 1)]


def test_nobody_to_ask() -> None:
    assert not server().read_index(7)


def test_an_answer_may_outlive_the_run_that_asked() -> None:
    """So a `context` must not come again after a restart."""
    restarted = server(3)
    restarted.step(1, ReadIndexReply(7, 1))
    assert served(restarted) == [ReadState(7, 1)]
