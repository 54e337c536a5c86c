"""Leader election: Raft.v handleTimeout, handleRequestVote, handleRequestVoteReply; pre-vote."""

from __future__ import annotations

from vard_http.raft.configuration import is_quorum
from vard_http.raft.messages import NOBODY, RequestVote, RequestVoteReply, TimeoutNow
from vard_http.raft.state import Role, State


def handle_timeout(state: State) -> None:
    """The election timer fired (Raft.v `handleTimeout` on any server but the leader)."""
    if not state.promotable:
        state.reset_election_deadline()
        return
    campaign(state, pre_vote=state.settings.pre_vote)


def campaign(state: State, *, pre_vote: bool, transfer: bool = False) -> None:
    """Ask all other voters for their votes, or whether they would give them."""
    if pre_vote:
        state.become_pre_candidate()
        term = state.current_term + 1
    else:
        state.become_candidate()
        term = state.current_term
    log = state.log
    request = RequestVote(term, log.last_index, log.last_term, pre_vote, transfer)
    for node in state.configuration.voters:
        if node != state.me:
            state.send(node, request)
    count_votes(state)


def handle_request_vote(state: State, candidate: int, m: RequestVote) -> None:
    """Raft.v `handleRequestVote`; the caller has compared terms."""
    granted = (
        state.log.is_up_to_date(m.last_log_index, m.last_log_term)
        and m.term >= state.current_term
        and (m.pre_vote or state.voted_for in (NOBODY, candidate))
        and (m.transfer or not state.lease_holds())
    )
    if granted and m.pre_vote:
        granted = m.term > state.current_term
    if granted and not m.pre_vote:
        state.voted_for = candidate
        state.reset_election_deadline()
    term = m.term if granted else state.current_term
    state.send(candidate, RequestVoteReply(term, granted, m.pre_vote))


def handle_request_vote_reply(state: State, voter: int, m: RequestVoteReply) -> None:
    """Raft.v `handleRequestVoteReply`; replies to an earlier campaign are passed over."""
    if m.pre_vote:
        relevant = state.role is Role.PRE_CANDIDATE and m.term == state.current_term + 1
    else:
        relevant = state.role is Role.CANDIDATE and m.term == state.current_term
    if relevant and m.vote_granted:
        state.votes_received.add(voter)
        count_votes(state)


def count_votes(state: State) -> None:
    """Raft.v `wonElection`: go on to the next step if a majority said yes."""
    if not is_quorum(state.configuration, state.votes_received):
        return
    if state.role is Role.PRE_CANDIDATE:
        campaign(state, pre_vote=False)
    else:
        state.become_leader()


def handle_timeout_now(state: State, m: TimeoutNow) -> None:
    """The leader hands over: stand at once, without asking first (thesis 3.10)."""
    if m.term == state.current_term and state.promotable and not state.is_leader:
        campaign(state, pre_vote=False, transfer=True)
