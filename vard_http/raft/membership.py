"""Configuration entries and leadership hand-over (thesis 3.10 and chapter 4)."""

from __future__ import annotations

from vard_http.raft.configuration import (
    Change,
    ChangeRefused,
    ConfigurationData,
    changed,
    encode_data,
    quorum_value,
)
from vard_http.raft.messages import CONFIGURATION, NOBODY, TimeoutNow
from vard_http.raft.state import State


def propose_change(state: State, change: Change) -> int:
    """Append a change of configuration as leader; returns its index.

    One at a time, and only after an entry of the leader's own term is committed: without the latter
    two leaders could reach quorums that do not overlap (the single-server bug of 2015).

    Raises ChangeRefused.
    """
    if state.log.configuration_index > state.commit_index:
        raise ChangeRefused("another change is not committed yet")
    if state.log.term_at(state.commit_index) != state.current_term:
        raise ChangeRefused("the leader has not committed an entry of its own term yet")
    data = ConfigurationData(changed(state.configuration, change), change)
    index = state.append_own(CONFIGURATION, encode_data(data))
    state.refresh_progress()
    return index


def step_down_if_removed(state: State) -> None:
    """A leader that is no voter any more leads until that is committed (thesis 4.2.2).

    The most advanced voter is asked to stand at once, so that nobody has to wait for a timeout.
    """
    if not state.is_leader or state.promotable:
        return
    voters = [node for node in state.progress if node in state.configuration.voters]
    if voters:
        successor = max(voters, key=lambda node: state.progress[node].match_index)
        state.send(successor, TimeoutNow(state.current_term))
    state.become_follower(state.current_term, NOBODY)


def check_quorum(state: State) -> None:
    """A leader that no quorum has answered for an election timeout steps down (thesis 6.2)."""
    contacts = {node: progress.contact for node, progress in state.progress.items()}
    contacts[state.me] = state.now
    heard = quorum_value(state.configuration, contacts)
    if state.now - heard > state.settings.election_timeout:
        state.become_follower(state.current_term, NOBODY)


def begin_transfer(state: State, target: int | None) -> int:
    """Choose a voter to hand leadership to, the most advanced unless named; NOBODY if none."""
    candidates = [
        (progress.match_index, node)
        for node, progress in state.progress.items()
        if node in state.configuration.voters
        and target in (None, node)
        and state.now - progress.contact < state.settings.election_timeout
    ]
    if state.is_leader and candidates:
        state.transferee = max(candidates)[1]
        state.transfer_deadline = state.now + state.settings.election_timeout
    return state.transferee


def continue_transfer(state: State) -> None:
    """Tell the chosen server to stand as soon as it has the whole log."""
    if state.transferee == NOBODY:
        return
    progress = state.progress.get(state.transferee)
    if progress is None or state.now >= state.transfer_deadline:
        state.transferee = NOBODY
    elif progress.match_index == state.log.last_index:
        state.send(state.transferee, TimeoutNow(state.current_term))
        # Once is enough; the deadline lifts the stop on proposals if the message is lost.
        state.transfer_deadline = min(
            state.transfer_deadline, state.now + state.settings.election_timeout // 2
        )
