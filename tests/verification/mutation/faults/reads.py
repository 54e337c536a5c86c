"""Faults of linearizable reads."""

from __future__ import annotations

import pytest

from vard_http.raft import core, reading, replication
from vard_http.raft.messages import ReadIndex
from vard_http.raft.progress import Progress
from vard_http.raft.reads import PendingRead, Reads
from vard_http.raft.state import State


def read_without_round(patch: pytest.MonkeyPatch) -> None:
    """A leader answers reads without asking whether it still is one."""

    def handle_read_index(state: State, node: int, m: ReadIndex) -> None:
        if state.is_leader:
            reading.answer(state, PendingRead(0, node, m.context, state.commit_index))

    patch.setattr(core, "handle_read_index", handle_read_index)


def read_before_own_commit(patch: pytest.MonkeyPatch) -> None:
    """A new leader answers reads from a commit index that may lag behind its predecessor's."""

    def handle_read_index(state: State, node: int, m: ReadIndex) -> None:
        if state.is_leader:
            state.reads.add(node, m.context, state.commit_index)
            reading.confirm_reads(state)

    patch.setattr(core, "handle_read_index", handle_read_index)


def read_in_an_earlier_round(patch: pytest.MonkeyPatch) -> None:
    """A read joins a round whose heartbeats have left before it came."""
    patch.setattr(Reads, "close_round", lambda _: None)


def read_with_one_acknowledgement_too_few(patch: pytest.MonkeyPatch) -> None:
    """A leader's own word confirms a read."""

    def confirm_reads(state: State) -> None:
        for read in state.reads.confirmed(state.reads.round):
            reading.answer(state, read)

    patch.setattr(reading, "confirm_reads", confirm_reads)
    patch.setattr(replication, "confirm_reads", confirm_reads)


def read_at_the_wrong_index(patch: pytest.MonkeyPatch) -> None:
    """A follower's read is answered with what it is known to hold, not with the commit index."""

    def answer(state: State, read: PendingRead) -> None:
        progress = state.progress.get(read.node, Progress(1, 0))
        behind = PendingRead(read.number, read.node, read.context, progress.match_index)
        original(state, behind if read.node != state.me else read)

    original = reading.answer
    patch.setattr(reading, "answer", answer)
