"""Log replication: Raft.v handleAppendEntries, handleAppendEntriesReply, doLeader."""

from __future__ import annotations

from vard_http.raft.configuration import quorum_value
from vard_http.raft.messages import (
    AnyMessage,
    AppendEntries,
    AppendEntriesReply,
    CommitIndex,
    Entry,
)
from vard_http.raft.progress import Progress
from vard_http.raft.reading import confirm_reads, release_postponed
from vard_http.raft.snapshots import next_chunk
from vard_http.raft.state import NEVER, State


def handle_append_entries(state: State, leader: int, m: AppendEntries) -> None:
    """Raft.v `handleAppendEntries`; the caller has compared terms and noted the leader."""
    log, commit = state.log, state.commit_index
    index = m.prev_log_index + len(m.entries)
    if m.prev_log_index < commit:
        # All up to commit_index is the leader's too, and some of it may be compacted here.
        log.merge(m.entries[commit - m.prev_log_index :])
        index = max(index, commit)
    elif log.term_at(m.prev_log_index) == m.prev_log_term:
        log.merge(m.entries)
    else:
        hint = log.conflict_hint(m.prev_log_index, m.prev_log_term)
        reply = AppendEntriesReply(state.current_term, False, m.prev_log_index, *hint, m.read_round)
        state.send(leader, reply)
        return
    state.commit_index = max(commit, min(m.leader_commit, index))
    state.send(leader, AppendEntriesReply(state.current_term, True, index, 0, 0, m.read_round))


def handle_append_entries_reply(state: State, follower: int, m: AppendEntriesReply) -> None:
    """Raft.v `handleAppendEntriesReply`, on a leader, for its own term."""
    progress = state.progress.get(follower)
    if progress is None:
        return
    progress.contact = state.now
    if m.read_round > progress.read_round:
        progress.read_round = m.read_round
        confirm_reads(state)
    if m.success:
        appended(state, progress, m.index)
    else:
        refused(state, progress, m)


def appended(state: State, progress: Progress, index: int) -> None:
    """A follower's log is durable and ours up to `index`."""
    progress.accepted(index)
    snapshot = progress.snapshot
    if progress.mode == "probe" or (
        snapshot is not None and progress.match_index >= snapshot.index
    ):
        progress.become_replicate()


def refused(state: State, progress: Progress, m: AppendEntriesReply) -> None:
    """Step back to where the logs can agree, unless the refusal is out of date."""
    if progress.mode == "snapshot" or m.index <= progress.match_index:
        return
    if progress.mode == "probe" and m.index != progress.next_index - 1:
        return
    index, _ = state.log.conflict_hint(m.hint_index, m.hint_term)
    progress.become_probe(min(m.index, index + 1))


def advance_commit_index(state: State) -> None:
    """Raft.v `advanceCommitIndex`: a quorum holds an entry of the current term (thesis 3.6.2)."""
    matched = {node: p.match_index for node, p in state.progress.items()}
    matched[state.me] = state.log.durable_index
    index = quorum_value(state.configuration, matched)
    if index > state.commit_index and state.log.term_at(index) == state.current_term:
        state.commit_index = index
        release_postponed(state)


def handle_commit_index(state: State, m: CommitIndex) -> None:
    """Up to there our log is the leader's, for he has had our word for it in this term."""
    state.commit_index = max(state.commit_index, min(m.commit, state.log.last_index))


def do_leader(state: State) -> list[tuple[int, AnyMessage]]:
    """Raft.v `doLeader`: the AppendEntries that the leader owes, snapshots' chunks queued apart."""
    heartbeat = state.now >= state.heartbeat_deadline
    if heartbeat:
        state.heartbeat_deadline = state.now + state.settings.heartbeat_interval
    state.notice_due = state.now >= state.notice_deadline
    if state.notice_due:
        state.notice_deadline = NEVER
    appends: list[tuple[int, AnyMessage]] = []
    for node, progress in state.progress.items():
        replicate(state, node, progress, heartbeat, appends)
    state.reads.close_round()
    return appends


def replicate(
    state: State,
    node: int,
    progress: Progress,
    heartbeat: bool,
    appends: list[tuple[int, AnyMessage]],
) -> None:
    """Raft.v `replicaMessage`: all that `node` should get now."""
    if progress.mode != "snapshot" and progress.next_index <= state.log.offset:
        progress.become_snapshot(state.snapshot)
    if progress.mode == "snapshot":
        chunk = next_chunk(state, progress)
        if chunk is not None:
            state.send(node, chunk)
        if heartbeat or progress.read_sent < state.reads.round:
            appends.append((node, bare_heartbeat(state, progress)))
        return
    while not progress.paused and progress.next_index <= state.log.last_index:
        appends.append((node, append_message(state, progress)))
    if heartbeat:
        # An answer may have been lost: the heartbeat repeats a probe, and shows a pipelined
        # follower where the next entry belongs, so that it can refuse.
        progress.waiting = False
    if heartbeat or progress.read_sent < state.reads.round:
        appends.append((node, append_message(state, progress, entries=False)))
    elif progress.commit_sent < (commit := min(state.commit_index, progress.match_index)):
        tell_commit_index(state, node, progress, commit, appends)


def tell_commit_index(
    state: State,
    node: int,
    progress: Progress,
    commit: int,
    appends: list[tuple[int, AnyMessage]],
) -> None:
    """Tell `node` at once if its clients wait for it; else the next entries will, or a little later
    a message of its own."""
    if state.notice_due or progress.commit_sent < progress.proposed:
        progress.commit_sent = commit
        appends.append((node, CommitIndex(state.current_term, commit)))
    else:
        due = state.now + state.settings.notice_delay
        state.notice_deadline = min(state.notice_deadline, due)


def append_message(state: State, progress: Progress, *, entries: bool = True) -> AppendEntries:
    """The next AppendEntries for a server whose previous entry is still in the log."""
    log, previous = state.log, progress.next_index - 1
    batch: tuple[Entry, ...] = ()
    if entries:
        batch = tuple(
            log.slice(progress.next_index, log.last_index + 1, state.settings.max_append_bytes)
        )
    term = log.term_at(previous)
    assert term is not None
    if progress.mode == "replicate":
        if batch:
            progress.next_index += len(batch)
            progress.inflight.append(progress.next_index - 1)
    else:
        progress.waiting = True
    return stamped(state, progress, AppendEntries(state.current_term, previous, term, batch, 0))


def bare_heartbeat(state: State, progress: Progress) -> AppendEntries:
    """A heartbeat for a server that waits for a snapshot: it agrees with the empty log."""
    return stamped(state, progress, AppendEntries(state.current_term, 0, 0, (), 0))


def stamped(state: State, progress: Progress, m: AppendEntries) -> AppendEntries:
    """Add what every AppendEntries carries, and note that this server was told."""
    progress.commit_sent = state.commit_index
    progress.read_sent = state.reads.round
    return AppendEntries(
        m.term,
        m.prev_log_index,
        m.prev_log_term,
        m.entries,
        state.commit_index,
        state.reads.round,
    )
