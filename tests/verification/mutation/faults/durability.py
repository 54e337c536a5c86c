"""Faults of the order between disk and network, and of what a server comes back with."""

from __future__ import annotations

import pytest

from vard_http.raft import Entry, Raft, Ready
from vard_http.raft.messages import AppendEntries
from vard_http.raft.state import Recovered, State


def send_before_write(patch: pytest.MonkeyPatch) -> None:
    """Everything is sent at once, promises included."""
    original = Raft.ready

    def ready(raft: Raft) -> Ready | None:
        made = original(raft)
        if made is not None:
            made.appends, made.messages = made.appends + made.messages, []
        return made

    patch.setattr(Raft, "ready", ready)


def lead_before_term_is_durable(patch: pytest.MonkeyPatch) -> None:
    """An only voter replicates to learners in a term that it may forget."""
    original = Raft.ready

    def ready(raft: Raft) -> Ready | None:
        made = original(raft)
        if made is not None and raft.is_leader:
            early = [sent for sent in made.messages if isinstance(sent[1], AppendEntries)]
            made.messages = [sent for sent in made.messages if sent not in early]
            made.appends += early
        return made

    patch.setattr(Raft, "ready", ready)


def write_only_the_last_entry(patch: pytest.MonkeyPatch) -> None:
    """Of the entries of a turn only the last is handed out to be stored."""
    original = Raft.ready

    def ready(raft: Raft) -> Ready | None:
        made = original(raft)
        if made is not None:
            made.entries = made.entries[-1:]
        return made

    patch.setattr(Raft, "ready", ready)


def lose_the_last_entry_on_restart(patch: pytest.MonkeyPatch) -> None:
    """A server comes back without the last entry of its log."""
    original = State.__init__

    def initialize(state: State, me: int, recovered: Recovered, *rest: object) -> None:
        entries: tuple[Entry, ...] = tuple(recovered.entries)
        if entries and recovered.hard_state.commit < entries[-1].index:
            recovered = Recovered(recovered.hard_state, recovered.snapshot, entries[:-1])
        original(state, me, recovered, *rest)  # type: ignore[arg-type]

    patch.setattr(State, "__init__", initialize)


def commit_all_on_restart(patch: pytest.MonkeyPatch) -> None:
    """A server that comes back takes its whole log for committed."""
    original = State.__init__

    def initialize(state: State, *arguments: object) -> None:
        original(state, *arguments)  # type: ignore[arg-type]
        state.commit_index = state.log.last_index

    patch.setattr(State, "__init__", initialize)


def apply_nothing_again_on_restart(patch: pytest.MonkeyPatch) -> None:
    """A server that comes back takes for applied all that was committed, snapshot or not."""
    original = State.__init__

    def initialize(state: State, *arguments: object) -> None:
        original(state, *arguments)  # type: ignore[arg-type]
        state.last_applied = state.commit_index

    patch.setattr(State, "__init__", initialize)
