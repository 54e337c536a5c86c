"""Handlers of ReadIndex (thesis 6.4); the bookkeeping is in `reads`."""

from __future__ import annotations

from vard_http.raft.configuration import quorum_value
from vard_http.raft.messages import ReadIndex, ReadIndexReply, ReadState
from vard_http.raft.reads import PendingRead
from vard_http.raft.state import State


def handle_read_index(state: State, node: int, m: ReadIndex) -> None:
    """A read wants an index: ours or a follower's. Only a leader can tell; others are silent."""
    if not state.is_leader:
        return
    if state.log.term_at(state.commit_index) != state.current_term:
        # Not knowing yet what earlier leaders committed, a new one must not answer.
        state.reads.postpone(node, m.context)
        return
    state.reads.add(node, m.context, state.commit_index)
    confirm_reads(state)


def release_postponed(state: State) -> None:
    """The commit index is now this term's own."""
    for node, context in state.reads.take_postponed():
        handle_read_index(state, node, ReadIndex(context))


def confirm_reads(state: State) -> None:
    """Answer the reads whose round a quorum has acknowledged."""
    if not state.reads:
        return
    rounds = {node: p.read_round for node, p in state.progress.items()}
    rounds[state.me] = state.reads.round
    for read in state.reads.confirmed(quorum_value(state.configuration, rounds)):
        answer(state, read)


def answer(state: State, read: PendingRead) -> None:
    if read.node == state.me:
        state.read_states.append(ReadState(read.context, read.commit))
    else:
        state.send(read.node, ReadIndexReply(read.context, read.commit))


def handle_read_index_reply(state: State, m: ReadIndexReply) -> None:
    """The leader vouches for an index; it stays true whatever happened meanwhile."""
    state.read_states.append(ReadState(m.context, m.index))
