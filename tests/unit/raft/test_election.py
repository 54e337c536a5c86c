"""Elections: who stands, who votes for whom, who wins (thesis 3.4, 3.6.1, 4.2.3, 9.6)."""

from __future__ import annotations

import pytest
from msgspec import structs

from tests.unit.raft.support import (
    SETTINGS,
    THREE,
    answer,
    change_entry,
    elect,
    entries,
    leader,
    said,
    said_to,
    server,
    time_out,
    turn,
)
from vard_http.raft import NOBODY, NOOP, Configuration, HardState, Raft, Role
from vard_http.raft.messages import (
    AppendEntries,
    AppendEntriesReply,
    RequestVote,
    RequestVoteReply,
    TimeoutNow,
)

NO_PRE_VOTE = structs.replace(SETTINGS, pre_vote=False)


def hear_from(raft: Raft, leader: int, term: int) -> None:
    raft.step(leader, AppendEntries(term, 0, 0, (), 0))
    turn(raft)


# Standing


def test_a_timeout_asks_first_and_changes_nothing() -> None:
    """Pre-vote, thesis 9.6."""
    raft = server(term=3, vote=2, log=entries(1, 3))
    time_out(raft)
    (ready,) = turn(raft)
    request = RequestVote(4, 2, 3, pre_vote=True)
    assert ready.messages == [(2, request), (3, request)]
    assert ready.hard_state is None
    assert (raft.term, raft.state.role) == (3, Role.PRE_CANDIDATE)


def test_with_a_majority_of_pre_votes_it_stands_in_the_next_term() -> None:
    raft = server(term=3)
    time_out(raft)
    turn(raft)
    raft.step(2, RequestVoteReply(4, True, pre_vote=True))
    (ready,) = turn(raft)
    assert ready.hard_state == HardState(4, 1, 0)
    assert (2, RequestVote(4, 0, 0)) in ready.messages
    assert raft.state.role is Role.CANDIDATE


def test_without_pre_vote_it_stands_at_once() -> None:
    raft = server(settings=NO_PRE_VOTE)
    time_out(raft)
    assert (2, RequestVote(1, 0, 0)) in said(raft)


@pytest.mark.parametrize(("advanced", "after"), [(False, 1100), (True, 300)])
def test_the_first_election_may_come_after_little_more_than_two_heartbeats(
    advanced: bool, after: int
) -> None:
    raft = server(settings=structs.replace(SETTINGS, initial_election_advance=advanced), now=50)
    assert raft.deadline() == 50 + after


def test_with_a_majority_of_votes_it_leads_and_appends_a_no_op() -> None:
    """Thesis 6.4: so that entries of earlier terms can be committed."""
    raft = server(log=entries(1, 1), term=1)
    elect(raft)
    (ready, *_) = turn(raft)
    assert [(e.index, e.term, e.kind) for e in ready.entries] == [(3, 2, NOOP)]
    assert raft.leader_id == 1


def test_alone_it_leads_at_once() -> None:
    raft = server(configuration=Configuration((1,)))
    time_out(raft)
    turn(raft)
    assert raft.is_leader
    assert raft.commit_index == 1


@pytest.mark.parametrize(
    ("reply", "voter"),
    [
        pytest.param(RequestVoteReply(1, False), 2, id="a refusal"),
        pytest.param(RequestVoteReply(1, True), 4, id="the vote of a learner"),
        pytest.param(RequestVoteReply(1, True, pre_vote=True), 2, id="a late pre-vote"),
        pytest.param(RequestVoteReply(0, True), 2, id="a vote of an earlier term"),
    ],
)
def test_replies_that_do_not_count(reply: RequestVoteReply, voter: int) -> None:
    raft = server(configuration=Configuration((1, 2, 3), (4,)), settings=NO_PRE_VOTE)
    time_out(raft)
    turn(raft)
    raft.step(voter, reply)
    assert raft.state.role is Role.CANDIDATE


def test_a_vote_counts_once() -> None:
    raft = server(configuration=Configuration((1, 2, 3, 4, 5)), settings=NO_PRE_VOTE)
    time_out(raft)
    turn(raft)
    raft.step(2, RequestVoteReply(1, True))
    raft.step(2, RequestVoteReply(1, True))
    assert not raft.is_leader


@pytest.mark.parametrize("me", [4, 5])
def test_neither_learner_nor_stranger_stands(me: int) -> None:
    raft = server(me, Configuration((1, 2, 3), (4,)))
    time_out(raft)
    assert said(raft) == []
    assert raft.deadline() > raft.state.now


def test_a_failed_candidate_tries_again() -> None:
    raft = server()
    for _ in range(2):
        time_out(raft)
        assert [to for to, _ in said(raft)] == [2, 3]


# Voting


@pytest.mark.parametrize(
    ("term", "vote", "asked", "granted"),
    [
        pytest.param(2, NOBODY, RequestVote(2, 2, 2), True, id="free and up to date"),
        pytest.param(2, 2, RequestVote(2, 2, 2), True, id="asked again by the same"),
        pytest.param(2, 3, RequestVote(2, 9, 2), False, id="voted for another"),
        pytest.param(2, 3, RequestVote(3, 2, 2), True, id="a new term frees the vote"),
        pytest.param(2, NOBODY, RequestVote(2, 1, 2), False, id="a shorter log"),
        pytest.param(2, NOBODY, RequestVote(2, 9, 1), False, id="a log of an older term"),
        pytest.param(3, NOBODY, RequestVote(2, 9, 3), False, id="an old term"),
    ],
)
def test_votes(term: int, vote: int, asked: RequestVote, granted: bool) -> None:
    """Raft.v `handleRequestVote`, thesis 3.4 and 3.6.1."""
    raft = server(term=term, vote=vote, log=entries(1, 2))
    reply = answer(raft, 2, asked, RequestVoteReply)
    assert reply == RequestVoteReply(max(term, asked.term), granted)
    assert (raft.state.voted_for == 2) is granted


def test_a_vote_is_durable_before_it_is_given() -> None:
    raft = server()
    raft.step(2, RequestVote(1, 0, 0))
    ready = raft.ready()
    assert ready is not None
    assert ready.hard_state == HardState(1, 2, 0)
    assert (ready.appends, ready.messages) == ([], [(2, RequestVoteReply(1, True))])


def test_a_vote_is_remembered_across_a_restart() -> None:
    raft = server(term=1, vote=2)
    assert not answer(raft, 3, RequestVote(1, 0, 0), RequestVoteReply).vote_granted


@pytest.mark.parametrize(
    ("request_term", "granted", "reply_term"),
    [
        pytest.param(3, True, 3, id="the next term"),
        pytest.param(2, False, 2, id="a term already reached"),
        pytest.param(1, False, 2, id="an old term"),
    ],
)
def test_pre_votes_bind_nobody(request_term: int, granted: bool, reply_term: int) -> None:
    """Thesis 9.6: neither term nor vote change; a refusal tells the term."""
    raft = server(term=2, vote=3)
    request = RequestVote(request_term, 0, 0, pre_vote=True)
    assert answer(raft, 2, request, RequestVoteReply) == RequestVoteReply(reply_term, granted, True)
    assert (raft.term, raft.state.voted_for) == (2, 3)


def test_a_refused_pre_candidate_learns_the_term() -> None:
    raft = server(term=2)
    time_out(raft)
    turn(raft)
    raft.step(2, RequestVoteReply(7, False, pre_vote=True))
    assert (raft.term, raft.state.role) == (7, Role.FOLLOWER)


@pytest.mark.parametrize("pre_vote", [True, False])
def test_no_vote_while_a_leader_is_heard(pre_vote: bool) -> None:
    """The lease of thesis 4.2.3: a removed server must not disturb."""
    raft = server(now=0)
    hear_from(raft, 3, 1)
    raft.tick(999)
    request = RequestVote(5, 9, 9, pre_vote)
    assert answer(raft, 2, request, RequestVoteReply) == RequestVoteReply(1, False, pre_vote)
    assert raft.term == 1
    raft.tick(1000)
    assert answer(raft, 2, request, RequestVoteReply).vote_granted


def test_a_leader_gives_no_vote() -> None:
    raft = leader()
    assert not answer(raft, 2, RequestVote(9, 9, 9), RequestVoteReply).vote_granted
    assert raft.is_leader


def test_a_transfer_overrides_the_lease() -> None:
    """Thesis 4.2.3: the leader itself asked for this election."""
    raft = server()
    hear_from(raft, 3, 1)
    request = RequestVote(2, 0, 0, transfer=True)
    assert answer(raft, 2, request, RequestVoteReply) == RequestVoteReply(2, True)


# Terms


def test_a_leader_that_hears_of_a_higher_term_follows() -> None:
    raft = leader()
    raft.step(2, AppendEntriesReply(9, False, 0))
    assert (raft.term, raft.state.role, raft.leader_id) == (9, Role.FOLLOWER, NOBODY)


def test_a_candidate_follows_the_leader_of_its_term() -> None:
    raft = server(settings=NO_PRE_VOTE)
    time_out(raft)
    hear_from(raft, 3, 1)
    assert (raft.state.role, raft.leader_id) == (Role.FOLLOWER, 3)


@pytest.mark.parametrize(
    ("message", "reply"),
    [
        (AppendEntries(1, 0, 0, (), 0), AppendEntriesReply(4, False, 0)),
        (RequestVote(1, 9, 9), RequestVoteReply(4, False)),
        (RequestVote(1, 9, 9, pre_vote=True), RequestVoteReply(4, False, pre_vote=True)),
    ],
)
def test_old_leaders_and_candidates_are_told_the_term(
    message: AppendEntries | RequestVote, reply: AppendEntriesReply | RequestVoteReply
) -> None:
    raft = server(term=4)
    assert answer(raft, 2, message, type(reply)) == reply


def test_timeout_now_stands_at_once() -> None:
    """Thesis 3.10: without a pre-vote, and saying that the leader wants it."""
    raft = server(term=1)
    raft.step(3, TimeoutNow(1))
    assert said_to(raft, 2, RequestVote) == [RequestVote(2, 0, 0, transfer=True)]


def test_timeout_now_of_an_old_term_is_passed_over() -> None:
    raft = server(term=2)
    raft.step(3, TimeoutNow(1))
    assert said(raft) == []


def test_a_removed_server_stands_until_its_removal_is_committed() -> None:
    """Thesis 4.2.2: its log may be the longest, but its own vote does not count."""
    removal = change_entry(2, 1, Configuration((2,)))
    log = [*entries(1), removal]
    raft = server(1, Configuration((1, 2)), term=1, commit=1, log=log, settings=NO_PRE_VOTE)
    time_out(raft)
    assert said_to(raft, 2, RequestVote) == [RequestVote(2, 2, 1)]
    assert not raft.is_leader
    raft.step(2, RequestVoteReply(2, True))
    assert raft.is_leader


def test_a_removed_server_does_not_stand_once_that_is_committed() -> None:
    log = [*entries(1), change_entry(2, 1, Configuration((2, 3)))]
    raft = server(1, THREE, term=1, commit=2, log=log)
    turn(raft)
    time_out(raft)
    assert said(raft) == []
