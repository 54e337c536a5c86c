"""Faults of replication, commitment and application."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from vard_http.raft import Configuration, Entry, Raft, core, replication
from vard_http.raft import log as raft_log
from vard_http.raft.configuration import quorum_value
from vard_http.raft.messages import AppendEntries, AppendEntriesReply, CommitIndex
from vard_http.raft.progress import Progress
from vard_http.raft.state import State


def commit_by_counting(patch: pytest.MonkeyPatch) -> None:
    """A leader commits entries of earlier terms by counting copies (thesis figure 3.7)."""

    def advance_commit_index(state: State) -> None:
        matched = {node: p.match_index for node, p in state.progress.items()}
        matched[state.me] = state.log.durable_index
        index = quorum_value(state.configuration, matched)
        state.commit_index = max(state.commit_index, index)

    patch.setattr(core, "advance_commit_index", advance_commit_index)


def commit_with_a_minority(patch: pytest.MonkeyPatch) -> None:
    """A leader commits what the fastest voter has."""

    def reached_by_one(configuration: Configuration, values: Mapping[int, int]) -> int:
        return max(values.get(node, 0) for node in configuration.voters)

    patch.setattr(replication, "quorum_value", reached_by_one)


def count_itself_before_the_write(patch: pytest.MonkeyPatch) -> None:
    """A leader counts itself for entries that are not on its disk yet."""
    patch.setattr(raft_log.Log, "durable_index", property(lambda log: log.last_index))


def count_what_was_sent(patch: pytest.MonkeyPatch) -> None:
    """A leader takes entries for replicated once they have left."""
    original = replication.append_message

    def append_message(state: State, progress: Progress, *, entries: bool = True) -> AppendEntries:
        message = original(state, progress, entries=entries)
        progress.match_index = max(progress.match_index, progress.next_index - 1)
        return message

    patch.setattr(replication, "append_message", append_message)


def count_refused_entries(patch: pytest.MonkeyPatch) -> None:
    """A leader takes a refusal for an acknowledgement."""
    original = replication.handle_append_entries_reply

    def handle_append_entries_reply(state: State, follower: int, m: AppendEntriesReply) -> None:
        original(state, follower, AppendEntriesReply(m.term, True, m.index))

    patch.setattr(core, "handle_append_entries_reply", handle_append_entries_reply)


def acknowledge_all_that_is_there(patch: pytest.MonkeyPatch) -> None:
    """A follower acknowledges its whole log, also what it has not compared with the leader's."""
    original = replication.handle_append_entries

    def handle_append_entries(state: State, leader: int, m: AppendEntries) -> None:
        original(state, leader, m)
        to, reply = state.messages[-1]
        if isinstance(reply, AppendEntriesReply) and reply.success:
            longer = AppendEntriesReply(
                reply.term, True, state.log.last_index, 0, 0, reply.read_round
            )
            state.messages[-1] = (to, longer)

    patch.setattr(core, "handle_append_entries", handle_append_entries)


def truncate_always(patch: pytest.MonkeyPatch) -> None:
    """A follower cuts its log at every AppendEntries, so that an old one removes entries."""

    def merge(log: raft_log.Log, entries: Sequence[Entry]) -> None:
        if entries:
            if log.term_at(entries[0].index) is not None:
                log._truncate(entries[0].index)
            log.append(entries)

    patch.setattr(raft_log.Log, "merge", merge)


def heartbeats_truncate(patch: pytest.MonkeyPatch) -> None:
    """A follower's log ends where a heartbeat says that the leader's previous entry is."""
    original = replication.handle_append_entries

    def handle_append_entries(state: State, leader: int, m: AppendEntries) -> None:
        matches = state.log.term_at(m.prev_log_index) == m.prev_log_term
        if not m.entries and matches and state.log.offset <= m.prev_log_index:
            state.log._truncate(m.prev_log_index + 1)
        original(state, leader, m)

    patch.setattr(core, "handle_append_entries", handle_append_entries)


def replace_committed_entries(patch: pytest.MonkeyPatch) -> None:
    """A follower that is sent an old probe takes the log to end there."""
    original = replication.handle_append_entries

    def handle_append_entries(state: State, leader: int, m: AppendEntries) -> None:
        log = state.log
        end = m.prev_log_index + len(m.entries)
        if log.offset <= m.prev_log_index and end < state.commit_index:
            log._truncate(end + 1)
            state.commit_index = end
        original(state, leader, m)

    patch.setattr(core, "handle_append_entries", handle_append_entries)


def commit_past_match(patch: pytest.MonkeyPatch) -> None:
    """A follower commits all that the leader has, whether or not its own log agrees so far."""
    original = replication.handle_append_entries

    def handle_append_entries(state: State, leader: int, m: AppendEntries) -> None:
        original(state, leader, m)
        state.commit_index = max(state.commit_index, min(m.leader_commit, state.log.last_index))

    patch.setattr(core, "handle_append_entries", handle_append_entries)


def commit_index_goes_back(patch: pytest.MonkeyPatch) -> None:
    """A follower believes an old commit index."""

    def handle_commit_index(state: State, m: CommitIndex) -> None:
        state.commit_index = min(m.commit, state.log.last_index)

    patch.setattr(core, "handle_commit_index", handle_commit_index)


def skip_previous_check(patch: pytest.MonkeyPatch) -> None:
    """A follower does not compare the term before the new entries."""
    original = replication.handle_append_entries

    def handle_append_entries(state: State, leader: int, m: AppendEntries) -> None:
        own = state.log.term_at(m.prev_log_index)
        term = m.prev_log_term if own is None else own
        copy = AppendEntries(
            m.term, m.prev_log_index, term, m.entries, m.leader_commit, m.read_round
        )
        original(state, leader, copy)

    patch.setattr(core, "handle_append_entries", handle_append_entries)


def keep_conflicting_entries(patch: pytest.MonkeyPatch) -> None:
    """A follower keeps what it has at an index, whatever the leader sends for that."""

    def merge(log: raft_log.Log, entries: Sequence[Entry]) -> None:
        log.append([entry for entry in entries if entry.index > log.last_index])

    patch.setattr(raft_log.Log, "merge", merge)


def ignore_refusals(patch: pytest.MonkeyPatch) -> None:
    """A leader does not step back for a follower whose log is shorter."""

    def refused(*_: object) -> None: ...

    patch.setattr(replication, "refused", refused)


def step_back_below_one(patch: pytest.MonkeyPatch) -> None:
    """A leader steps back one entry at each refusal, beyond the first if need be."""

    def refused(state: State, progress: Progress, m: AppendEntriesReply) -> None:
        if progress.mode != "snapshot":
            following = progress.next_index - 2
            progress.become_probe(following)
            progress.next_index = following

    patch.setattr(replication, "refused", refused)


def apply_twice(patch: pytest.MonkeyPatch) -> None:
    """The last entry of a turn is handed out again with the next."""

    def newly_committed(raft: Raft) -> list[Entry]:
        state = raft.state
        start = max(state.last_applied, state.log.offset + 1, 1)
        if state.commit_index == state.last_applied:
            return []
        state.last_applied = state.commit_index
        return state.log.slice(start, state.commit_index + 1)

    patch.setattr(Raft, "_newly_committed", newly_committed)


def apply_before_commit(patch: pytest.MonkeyPatch) -> None:
    """Entries are handed out as soon as they are in the log."""

    def newly_committed(raft: Raft) -> list[Entry]:
        state = raft.state
        start, state.last_applied = state.last_applied + 1, state.log.last_index
        return state.log.slice(start, state.log.last_index + 1)

    patch.setattr(Raft, "_newly_committed", newly_committed)
