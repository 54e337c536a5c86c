"""Faults of snapshots and compaction in the core."""

from __future__ import annotations

import pytest

from vard_http.raft import InstallSnapshot, Raft, SnapshotMeta, core, snapshots
from vard_http.raft.progress import Progress
from vard_http.raft.state import State


def mix_chunks(patch: pytest.MonkeyPatch) -> None:
    """A snapshot is put together from the chunks of two leaders."""
    original = snapshots.handle_install_snapshot

    def handle_install_snapshot(state: State, leader: int, m: InstallSnapshot) -> None:
        if state.receiving is not None:
            state.receiving = (state.current_term, *state.receiving[1:])
        original(state, leader, m)

    patch.setattr(core, "handle_install_snapshot", handle_install_snapshot)


def take_chunks_in_any_order(patch: pytest.MonkeyPatch) -> None:
    """The chunk that arrives is the chunk that is stored."""
    original = snapshots.handle_install_snapshot

    def handle_install_snapshot(state: State, leader: int, m: InstallSnapshot) -> None:
        if state.receiving is not None:
            state.receiving = (*state.receiving[:2], m.chunk)
        original(state, leader, m)

    patch.setattr(core, "handle_install_snapshot", handle_install_snapshot)


def snapshot_with_the_wrong_term(patch: pytest.MonkeyPatch) -> None:
    """A snapshot names the current term instead of that of its last entry."""
    original = Raft.applied_position

    def applied_position(raft: Raft) -> SnapshotMeta:
        meta = original(raft)
        return SnapshotMeta(meta.index, raft.term, meta.configuration)

    patch.setattr(Raft, "applied_position", applied_position)


def snapshot_with_the_latest_configuration(patch: pytest.MonkeyPatch) -> None:
    """A snapshot names the configuration in force instead of that at its position."""
    original = Raft.applied_position

    def applied_position(raft: Raft) -> SnapshotMeta:
        meta = original(raft)
        return SnapshotMeta(meta.index, meta.term, raft.configuration)

    patch.setattr(Raft, "applied_position", applied_position)


def install_without_truncating(patch: pytest.MonkeyPatch) -> None:
    """An installed snapshot leaves the conflicting log as it is."""

    def install(state: State, meta: SnapshotMeta) -> None:
        state.snapshot = meta
        state.commit_index = meta.index
        state.last_applied = meta.index

    patch.setattr(snapshots, "install", install)


def install_what_is_old(patch: pytest.MonkeyPatch) -> None:
    """A snapshot is installed although more than it holds is committed here."""

    def handle_install_snapshot(state: State, leader: int, m: InstallSnapshot) -> None:
        if state.commit_index < m.meta.index:
            original(state, leader, m)
            return
        commit, state.commit_index = state.commit_index, 0
        original(state, leader, m)
        state.commit_index = state.commit_index or commit

    original = snapshots.handle_install_snapshot
    patch.setattr(core, "handle_install_snapshot", handle_install_snapshot)


def forget_more_than_the_snapshot_holds(patch: pytest.MonkeyPatch) -> None:
    """Compaction takes an entry more than the snapshot holds."""

    def snapshot_taken(state: State, meta: SnapshotMeta, keep: int) -> None:
        state.snapshot = meta
        state.log.compact(min(meta.index + 1, state.log.last_index))

    patch.setattr(core, "snapshot_taken", snapshot_taken)


def append_after_the_compaction(patch: pytest.MonkeyPatch) -> None:
    """A follower whose entries are compacted is sent those after them instead of the snapshot."""

    def become_snapshot(progress: Progress, snapshot: SnapshotMeta) -> None:
        progress.next_index = snapshot.index + 1

    patch.setattr(Progress, "become_snapshot", become_snapshot)
