"""Changes of membership, hand-over, and stepping down (thesis 3.10, 6.2, chapter 4)."""

from __future__ import annotations

import pytest

from tests.unit.raft.support import (
    THREE,
    change_entry,
    entries,
    leader,
    propose,
    said,
    said_to,
    server,
    turn,
)
from vard_http.raft import (
    CONFIGURATION,
    NOBODY,
    Change,
    ChangeRefused,
    Configuration,
    Proposal,
    Raft,
    Role,
    encode_change,
)
from vard_http.raft.messages import AppendEntries, AppendEntriesReply, TimeoutNow


def accept(raft: Raft, follower: int) -> None:
    """The follower has the whole log."""
    raft.step(follower, AppendEntriesReply(raft.term, True, raft.state.log.last_index))
    turn(raft)


def ready_to_change(configuration: Configuration = THREE) -> Raft:
    """A leader that has committed an entry of its own term."""
    raft = leader(configuration=configuration)
    for voter in configuration.voters[1:]:
        accept(raft, voter)
    assert raft.commit_index == 1
    return raft


# Changes


def test_a_change_takes_effect_when_it_is_appended() -> None:
    """Thesis 4.1."""
    raft = ready_to_change()
    index = raft.propose_change(Change("add", 4))
    assert raft.configuration == Configuration((1, 2, 3, 4))
    assert raft.commit_index < index
    accept(raft, 2)
    assert raft.commit_index < index
    accept(raft, 3)
    assert raft.commit_index == index


def test_a_new_server_is_probed() -> None:
    raft = ready_to_change()
    raft.propose_change(Change("learn", 4))
    turn(raft)
    raft.tick(raft.state.heartbeat_deadline)
    (message,) = said_to(raft, 4, AppendEntries)
    assert message.prev_log_index == 2


def test_one_change_at_a_time() -> None:
    raft = ready_to_change()
    raft.propose_change(Change("add", 4))
    with pytest.raises(ChangeRefused, match="not committed yet"):
        raft.propose_change(Change("add", 5))


def test_no_change_before_an_entry_of_the_own_term_is_committed() -> None:
    """The bug of 2015 in single-server changes: see the next test for what it would do."""
    raft = leader(configuration=Configuration((1, 2, 3, 4)))
    with pytest.raises(ChangeRefused, match="own term"):
        raft.propose_change(Change("remove", 4))


def test_quorums_of_two_leaders_overlap_although_their_changes_differ() -> None:
    """1 adds 5 and reaches nobody; 2 leads and would remove 1; then 1 leads again with 5."""
    four = Configuration((1, 2, 3, 4))
    first = leader(1, four)
    for voter in (2, 3, 4):
        accept(first, voter)
    first.propose_change(Change("add", 5))
    second = leader(2, four, term=1, commit=1, log=entries(1))
    with pytest.raises(ChangeRefused):
        # With it, {2, 3} would be a quorum of the new voters {2, 3, 4}, and {1, 4, 5} one of
        # {1, 2, 3, 4, 5}: two decisions that no server has seen both of.
        second.propose_change(Change("remove", 1))


def test_only_the_leader_changes_membership() -> None:
    with pytest.raises(ChangeRefused, match="not the leader"):
        server().propose_change(Change("add", 4))


def test_a_change_that_was_passed_on_and_must_not_be_made_is_dropped() -> None:
    raft = leader()
    assert raft.propose([Proposal(CONFIGURATION, encode_change(Change("add", 4)))])
    assert raft.configuration == THREE


def test_a_follower_goes_back_when_a_change_is_cut_off() -> None:
    raft = server(term=1, log=[*entries(1), change_entry(2, 1, Configuration((1, 2, 3, 4)))])
    raft.step(2, AppendEntries(2, 1, 1, tuple(entries(2, start=2)), 0))
    assert raft.configuration == THREE


def test_a_removed_leader_leads_until_that_is_committed() -> None:
    """Thesis 4.2.2: and does not count itself."""
    raft = ready_to_change()
    index = raft.propose_change(Change("remove", 1))
    turn(raft)
    accept(raft, 2)
    assert (raft.is_leader, raft.commit_index) == (True, 1)
    accept(raft, 3)
    assert (raft.is_leader, raft.commit_index) == (False, index)


def test_a_removed_leader_asks_the_most_advanced_voter_to_stand() -> None:
    raft = ready_to_change()
    raft.propose_change(Change("remove", 1))
    propose(raft, b"x")
    turn(raft)
    raft.step(2, AppendEntriesReply(1, True, 2))
    raft.step(3, AppendEntriesReply(1, True, 3))
    assert said(raft)[-1] == (3, TimeoutNow(1))
    assert not raft.is_leader


def test_a_change_is_pending_until_it_is_applied() -> None:
    raft = ready_to_change()
    assert not raft.change_pending
    raft.propose_change(Change("learn", 4))
    turn(raft)
    assert raft.change_pending
    raft.step(2, AppendEntriesReply(1, True, 2))
    assert raft.change_pending
    turn(raft)
    assert not raft.change_pending


# Check-quorum


def test_a_leader_without_a_quorum_steps_down() -> None:
    """Thesis 6.2."""
    raft = leader()
    start = raft.state.now
    raft.tick(start + 1000)
    assert raft.is_leader
    raft.tick(start + 1001)
    assert (raft.state.role, raft.leader_id) == (Role.FOLLOWER, NOBODY)


def test_any_answer_of_a_voter_counts_as_contact() -> None:
    raft = leader()
    raft.tick(raft.state.now + 600)
    raft.step(2, AppendEntriesReply(1, False, 0))
    raft.tick(raft.state.now + 600)
    assert raft.is_leader


def test_answers_of_learners_do_not_count_as_contact() -> None:
    raft = leader(configuration=Configuration((1, 2, 3), (4,)))
    raft.tick(raft.state.now + 600)
    raft.step(4, AppendEntriesReply(1, True, 1))
    raft.tick(raft.state.now + 600)
    assert not raft.is_leader


# Hand-over


def hand_over(raft: Raft, to: int | None) -> int:
    target = raft.transfer_leadership(to)
    raft.tick(raft.state.now)
    return target


def test_a_target_that_has_the_whole_log_is_told_to_stand() -> None:
    """Thesis 3.10."""
    raft = ready_to_change()
    assert hand_over(raft, 2) == 2
    assert said_to(raft, 2, TimeoutNow) == [TimeoutNow(1)]


def test_a_target_that_lags_behind_catches_up_first() -> None:
    raft = leader()
    accept(raft, 2)
    propose(raft, b"a")
    turn(raft)
    hand_over(raft, 2)
    assert said_to(raft, 2, TimeoutNow) == []
    accept(raft, 2)
    raft.tick(raft.state.now)
    assert said_to(raft, 2, TimeoutNow) == [TimeoutNow(1)]


def test_the_most_advanced_voter_is_chosen() -> None:
    raft = leader(configuration=Configuration((1, 2, 3), (4,)))
    accept(raft, 3)
    accept(raft, 4)
    assert hand_over(raft, None) == 3


@pytest.mark.parametrize("target", [1, 4, 9])
def test_only_another_voter_can_take_over(target: int) -> None:
    raft = leader(configuration=Configuration((1, 2, 3), (4,)))
    assert hand_over(raft, target) == NOBODY
    assert raft.accepts_proposals


def test_a_follower_hands_over_nothing() -> None:
    assert server().transfer_leadership() == NOBODY


def test_proposals_wait_during_a_hand_over_which_is_given_up_in_time() -> None:
    raft = ready_to_change()
    hand_over(raft, 2)
    assert not raft.propose([Proposal(0, b"a")])
    raft.tick(raft.state.now + 500)
    raft.tick(raft.state.now)
    assert raft.propose([Proposal(0, b"a")])


def test_a_target_that_is_removed_ends_the_hand_over() -> None:
    raft = ready_to_change()
    raft.transfer_leadership(2)
    raft.propose_change(Change("remove", 2))
    raft.tick(raft.state.now)
    assert raft.accepts_proposals
