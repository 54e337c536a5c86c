"""Shows production servers to the theorems: Views made of `vard_http.raft`'s own state."""

from __future__ import annotations

from collections.abc import Hashable

from tests.verification.theorems import view
from vard_http import raft
from vard_http.raft.log import Log
from vard_http.raft.messages import (
    NOBODY,
    AppendEntries,
    AppendEntriesReply,
    InstallSnapshot,
    RequestVote,
    RequestVoteReply,
)


def running(
    core: raft.Raft,
    stored: raft.HardState,
    stored_index: int,
    incarnation: int = 0,
    state: Hashable = None,
    snapshot_state: Hashable = None,
) -> view.Server:
    """A server as it is in memory. Its disk holds `stored`, and of this log all up to
    `stored_index`; `state` and `snapshot_state` are digests of what it has applied and of what its
    latest snapshot holds."""
    s = core.state
    return view.Server(
        node=s.me,
        term=s.current_term,
        voted_for=somebody(s.voted_for),
        role=view.Role(s.role.value),
        log=log(s.log),
        commit_index=s.commit_index,
        last_applied=s.last_applied,
        configurations=configurations(s.log),
        votes_received=None if s.is_leader else frozenset(s.votes_received),
        leader=somebody(s.leader_id),
        snapshot=view.Snapshot(s.snapshot.index, s.snapshot.term, snapshot_state),
        state=state,
        durable=view.Durable(stored.term, somebody(stored.vote), stored_index),
        incarnation=incarnation,
    )


def down(
    node: int, recovered: raft.Recovered, incarnation: int, snapshot_state: Hashable = None
) -> view.Server:
    """A server that does not run: as it would come back. `incarnation` is already the next one."""
    stored, meta = recovered.hard_state, recovered.snapshot
    its_log = Log(meta, recovered.entries)
    return view.Server(
        node=node,
        term=stored.term,
        voted_for=somebody(stored.vote),
        role=view.Role.FOLLOWER,
        log=log(its_log),
        commit_index=max(stored.commit, meta.index),
        last_applied=meta.index,
        configurations=configurations(its_log),
        snapshot=view.Snapshot(meta.index, meta.term, snapshot_state),
        incarnation=incarnation,
    )


def packet(source: int, target: int, m: raft.AnyMessage) -> view.Packet | None:
    """A message under way; None for kinds that the theorems do not speak of."""
    content: view.Message
    match m:
        case RequestVote():
            content = view.RequestVote(
                m.term, source, m.last_log_index, m.last_log_term, m.pre_vote
            )
        case RequestVoteReply():
            content = view.RequestVoteReply(m.term, m.vote_granted, m.pre_vote)
        case AppendEntries():
            content = view.AppendEntries(
                m.term, source, m.prev_log_index, m.prev_log_term, m.entries, m.leader_commit
            )
        case AppendEntriesReply():
            content = view.AppendEntriesReply(m.term, m.success, m.index)
        case InstallSnapshot():
            content = view.InstallSnapshot(m.term, source, m.meta.index, m.meta.term)
        case _:
            return None
    return view.Packet(source, target, content)


def log(its: Log) -> view.Log:
    entries = tuple(its.slice(its.offset + 1, its.last_index + 1))
    return view.Log(entries, its.offset, its.offset_term)


def configurations(its: Log) -> tuple[tuple[int, view.Configuration], ...]:
    """All that a log knows of, oldest first."""
    return tuple(
        (index, view.Configuration(frozenset(c.voters), frozenset(c.learners)))
        for index, c in its._configurations
    )


def somebody(node: int) -> int | None:
    return None if node == NOBODY else node
