"""Snapshots: sending them chunk by chunk, receiving them, compaction (thesis chapter 5)."""

from __future__ import annotations

from vard_http.raft.messages import (
    AppendEntriesReply,
    Chunk,
    InstallSnapshot,
    InstallSnapshotReply,
    SnapshotMeta,
)
from vard_http.raft.progress import Progress
from vard_http.raft.state import State


def next_chunk(state: State, progress: Progress) -> InstallSnapshot | None:
    """The chunk to send now; an unanswered one is repeated after half an election timeout.

    Its data is left for the node to fill in.
    """
    overdue = state.now - progress.sent_at >= state.settings.election_timeout // 2
    if progress.snapshot is None or (progress.waiting and not overdue):
        return None
    progress.waiting = True
    progress.sent_at = state.now
    return InstallSnapshot(state.current_term, progress.snapshot, progress.chunk, b"", False)


def handle_install_snapshot(state: State, leader: int, m: InstallSnapshot) -> None:
    """Take the chunk that comes next; the caller has compared terms and noted the leader."""
    term = state.current_term
    if m.meta.index <= state.commit_index:
        state.send(leader, AppendEntriesReply(term, True, state.commit_index))
        return
    if state.log.term_at(m.meta.index) == m.meta.term:
        # The log already reaches there, so all that the snapshot says is that this is committed.
        state.commit_index = m.meta.index
        state.send(leader, AppendEntriesReply(term, True, state.commit_index))
        return
    expected = 0
    # Another leader may cut the same state into other chunks: only one term's belong together.
    if state.receiving is not None and state.receiving[:2] == (term, m.meta):
        expected = state.receiving[2]
    if m.chunk != expected or state.chunk is not None:
        state.send(leader, InstallSnapshotReply(term, m.meta.index, expected))
        return
    state.receiving = (term, m.meta, expected + 1)
    state.chunk = Chunk(m.meta, m.chunk, m.data, m.last)
    if not m.last:
        state.send(leader, InstallSnapshotReply(term, m.meta.index, expected + 1))
        return
    state.receiving = None
    install(state, m.meta)
    state.send(leader, AppendEntriesReply(term, True, m.meta.index))


def install(state: State, meta: SnapshotMeta) -> None:
    """The snapshot replaces log and state; what it covers counts as applied."""
    state.log.restore(meta)
    state.snapshot = meta
    state.commit_index = meta.index
    state.last_applied = meta.index


def handle_install_snapshot_reply(state: State, follower: int, m: InstallSnapshotReply) -> None:
    """The follower names the chunk it wants next.

    If that is the one on its way already, this is a repeated answer, and another copy of the chunk
    would only draw one more.
    """
    progress = state.progress.get(follower)
    if progress is None:
        return
    progress.contact = state.now
    snapshot = progress.snapshot
    if snapshot is not None and snapshot.index == m.index and m.next_chunk != progress.chunk:
        progress.chunk = m.next_chunk
        progress.waiting = False


def snapshot_taken(state: State, meta: SnapshotMeta, keep: int) -> None:
    """A snapshot of our own is durable: forget the log before it, but for `keep` entries."""
    assert state.snapshot.index < meta.index <= state.last_applied
    state.snapshot = meta
    state.log.compact(meta.index - keep)
