"""Faults of voting, of terms, and of what a server remembers of either."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from vard_http.raft import NOBODY, AnyMessage, Configuration, Entry, HardState, Raft, core, election
from vard_http.raft import log as raft_log
from vard_http.raft.messages import AppendEntries, RequestVote, RequestVoteReply
from vard_http.raft.state import Role, State


def vote_twice(patch: pytest.MonkeyPatch) -> None:
    """A vote in a term does not keep a server from giving another."""
    original = election.handle_request_vote

    def handle_request_vote(state: State, candidate: int, m: RequestVote) -> None:
        if not state.is_leader:
            state.voted_for = NOBODY
        original(state, candidate, m)

    patch.setattr(core, "handle_request_vote", handle_request_vote)


def vote_for_shorter_log(patch: pytest.MonkeyPatch) -> None:
    """Any log is good enough for a leader."""
    patch.setattr(raft_log.Log, "is_up_to_date", lambda *_: True)


def vote_by_length(patch: pytest.MonkeyPatch) -> None:
    """A log is as good as another if it is as long, whatever its last term."""

    def is_up_to_date(log: raft_log.Log, last_index: int, last_term: int) -> bool:
        return last_index >= log.last_index

    patch.setattr(raft_log.Log, "is_up_to_date", is_up_to_date)


def forget_vote(patch: pytest.MonkeyPatch) -> None:
    """The vote is not stored."""
    original = Raft._hard_state

    def hard_state(raft: Raft, entries: Sequence[Entry]) -> HardState | None:
        kept = original(raft, entries)
        return None if kept is None else HardState(kept.term, NOBODY, kept.commit)

    patch.setattr(Raft, "_hard_state", hard_state)


def forget_term(patch: pytest.MonkeyPatch) -> None:
    """Term and vote are stored only when entries are."""
    original = Raft._hard_state

    def hard_state(raft: Raft, entries: Sequence[Entry]) -> HardState | None:
        return original(raft, entries) if entries else None

    patch.setattr(Raft, "_hard_state", hard_state)


def forget_vote_on_restart(patch: pytest.MonkeyPatch) -> None:
    """The vote is stored, but not looked at again."""
    original = State.__init__

    def initialize(state: State, *arguments: object) -> None:
        original(state, *arguments)  # type: ignore[arg-type]
        state.voted_for = NOBODY

    patch.setattr(State, "__init__", initialize)


def forget_vote_within_a_term(patch: pytest.MonkeyPatch) -> None:
    """A candidate that becomes a follower in its own term is free to vote again."""
    original = State.become_follower

    def become_follower(state: State, term: int, leader: int) -> None:
        if term == state.current_term and state.role is not Role.FOLLOWER:
            state.voted_for = NOBODY
        original(state, term, leader)

    patch.setattr(State, "become_follower", become_follower)


def count_minority(patch: pytest.MonkeyPatch) -> None:
    """Half of the voters pass for a majority in elections."""

    def is_half(configuration: Configuration, nodes: set[int]) -> bool:
        return 2 * len(set(configuration.voters) & nodes) >= len(configuration.voters)

    patch.setattr(election, "is_quorum", is_half)


def count_refusals(patch: pytest.MonkeyPatch) -> None:
    """A candidate counts every answer as a vote."""
    original = election.handle_request_vote_reply

    def handle_request_vote_reply(state: State, voter: int, m: RequestVoteReply) -> None:
        original(state, voter, RequestVoteReply(m.term, True, m.pre_vote))

    patch.setattr(core, "handle_request_vote_reply", handle_request_vote_reply)


def count_old_votes(patch: pytest.MonkeyPatch) -> None:
    """A candidate counts votes that it got in an earlier term."""
    original = Raft.step

    def step(raft: Raft, source: int, message: AnyMessage) -> None:
        if isinstance(message, RequestVoteReply) and message.vote_granted and not message.pre_vote:
            message = RequestVoteReply(max(message.term, raft.term), True, False)
        original(raft, source, message)

    patch.setattr(Raft, "step", step)


def count_pre_votes(patch: pytest.MonkeyPatch) -> None:
    """A candidate counts late answers to its question whether it should stand as votes."""
    original = election.handle_request_vote_reply

    def handle_request_vote_reply(state: State, voter: int, m: RequestVoteReply) -> None:
        late = state.role is Role.CANDIDATE and m.term == state.current_term
        original(state, voter, RequestVoteReply(m.term, m.vote_granted, m.pre_vote and not late))

    patch.setattr(core, "handle_request_vote_reply", handle_request_vote_reply)


def pre_vote_takes_the_vote(patch: pytest.MonkeyPatch) -> None:
    """Saying that one would vote for a server counts as having done so, in the current term."""
    original = election.handle_request_vote

    def handle_request_vote(state: State, candidate: int, m: RequestVote) -> None:
        original(state, candidate, m)
        if state.messages[-1][1] == RequestVoteReply(m.term, True, True):
            state.voted_for = candidate

    patch.setattr(core, "handle_request_vote", handle_request_vote)


def pre_vote_raises_the_term(patch: pytest.MonkeyPatch) -> None:
    """A question whether one would vote takes everybody to the term that it is about."""
    original = Raft._term_counts

    def term_counts(raft: Raft, message: AnyMessage) -> bool:
        return isinstance(message, RequestVote) or original(raft, message)

    patch.setattr(Raft, "_term_counts", term_counts)


def stand_in_the_same_term(patch: pytest.MonkeyPatch) -> None:
    """A candidate does not begin a new term."""
    original = State.become_candidate

    def become_candidate(state: State) -> None:
        term = state.current_term
        original(state)
        state.current_term = max(term, 1)

    patch.setattr(State, "become_candidate", become_candidate)


def obey_old_leaders(patch: pytest.MonkeyPatch) -> None:
    """A follower takes entries of a leader whose term is over."""
    original = Raft.step

    def step(raft: Raft, source: int, m: AnyMessage) -> None:
        if isinstance(m, AppendEntries) and m.term < raft.term and not raft.is_leader:
            m = AppendEntries(raft.term, *(getattr(m, f) for f in m.__struct_fields__[1:]))
        original(raft, source, m)

    patch.setattr(Raft, "step", step)


def no_lease(patch: pytest.MonkeyPatch) -> None:
    """Any timeout is an election, and voters listen to it even while their leader lives."""
    patch.setattr(State, "lease_holds", lambda _: False)
    original = election.campaign

    def campaign(state: State, *, pre_vote: bool, transfer: bool = False) -> None:
        original(state, pre_vote=False, transfer=transfer)

    patch.setattr(election, "campaign", campaign)


def lead_without_a_quorum(patch: pytest.MonkeyPatch) -> None:
    """A leader that nobody answers goes on leading."""
    patch.setattr(core, "check_quorum", lambda _: None)
