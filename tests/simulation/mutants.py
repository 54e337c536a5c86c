"""Raft with one rule broken at a time, to show that the checker can fail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from vard_http.raft import (
    NOBODY,
    Configuration,
    Entry,
    HardState,
    Raft,
    Ready,
    core,
    election,
    log,
    reading,
    replication,
    snapshots,
)
from vard_http.raft.configuration import (
    Change,
    ConfigurationData,
    changed,
    encode_data,
    quorum_value,
)
from vard_http.raft.messages import (
    CONFIGURATION,
    AppendEntries,
    InstallSnapshot,
    ReadIndex,
    RequestVote,
)
from vard_http.raft.reads import PendingRead
from vard_http.raft.state import State

Break = Callable[[pytest.MonkeyPatch], None]


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
    patch.setattr(log.Log, "is_up_to_date", lambda *_: True)


def forget_vote(patch: pytest.MonkeyPatch) -> None:
    """The vote is not stored."""
    original = Raft._hard_state

    def hard_state(raft: Raft, entries: Sequence[Entry]) -> HardState | None:
        kept = original(raft, entries)
        return None if kept is None else HardState(kept.term, NOBODY, kept.commit)

    patch.setattr(Raft, "_hard_state", hard_state)


def forget_vote_on_restart(patch: pytest.MonkeyPatch) -> None:
    """The vote is stored, but not looked at again."""
    original = State.__init__

    def initialize(state: State, *arguments: object) -> None:
        original(state, *arguments)  # type: ignore[arg-type]
        state.voted_for = NOBODY

    patch.setattr(State, "__init__", initialize)


def commit_by_counting(patch: pytest.MonkeyPatch) -> None:
    """A leader commits entries of earlier terms by counting copies (thesis figure 3.7)."""

    def advance_commit_index(state: State) -> None:
        matched = {node: p.match_index for node, p in state.progress.items()}
        matched[state.me] = state.log.durable_index
        index = quorum_value(state.configuration, matched)
        state.commit_index = max(state.commit_index, index)

    patch.setattr(core, "advance_commit_index", advance_commit_index)


def count_learners(patch: pytest.MonkeyPatch) -> None:
    """Learners count towards the quorum that commits."""

    def quorum_of_all(configuration: Configuration, values: dict[int, int]) -> int:
        every = tuple(sorted(configuration.voters + configuration.learners))
        return quorum_value(Configuration(every), values)

    patch.setattr(replication, "quorum_value", quorum_of_all)


def count_minority(patch: pytest.MonkeyPatch) -> None:
    """Half of the voters pass for a majority in elections."""

    def is_half(configuration: Configuration, nodes: set[int]) -> bool:
        return 2 * len(set(configuration.voters) & nodes) >= len(configuration.voters)

    patch.setattr(election, "is_quorum", is_half)


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


def truncate_always(patch: pytest.MonkeyPatch) -> None:
    """A follower cuts its log at every AppendEntries, so that an old one removes entries."""

    def merge(log: log.Log, entries: Sequence[Entry]) -> None:
        if entries:
            if log.term_at(entries[0].index) is not None:
                log._truncate(entries[0].index)
            log.append(entries)

    patch.setattr(log.Log, "merge", merge)


def commit_past_match(patch: pytest.MonkeyPatch) -> None:
    """A follower commits all that the leader has, whether or not its own log agrees so far."""
    original = replication.handle_append_entries

    def handle_append_entries(state: State, leader: int, m: AppendEntries) -> None:
        original(state, leader, m)
        state.commit_index = max(state.commit_index, min(m.leader_commit, state.log.last_index))

    patch.setattr(core, "handle_append_entries", handle_append_entries)


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


def change_at_any_time(patch: pytest.MonkeyPatch) -> None:
    """A leader changes the configuration before the last change is committed."""

    def propose_change(state: State, change: Change) -> int:
        data = ConfigurationData(changed(state.configuration, change), change)
        index = state.append_own(CONFIGURATION, encode_data(data))
        state.refresh_progress()
        return index

    patch.setattr(core, "propose_change", propose_change)


def mix_chunks(patch: pytest.MonkeyPatch) -> None:
    """A snapshot is put together from the chunks of two leaders."""
    original = snapshots.handle_install_snapshot

    def handle_install_snapshot(state: State, leader: int, m: InstallSnapshot) -> None:
        if state.receiving is not None:
            state.receiving = (state.current_term, *state.receiving[1:])
        original(state, leader, m)

    patch.setattr(core, "handle_install_snapshot", handle_install_snapshot)


def removed_leader_never_stands(patch: pytest.MonkeyPatch) -> None:
    """A server that its own, uncommitted, last entry removes leaves elections to the others."""
    patch.setattr(
        State, "promotable", property(lambda state: state.me in state.configuration.voters)
    )


def ignore_refusals(patch: pytest.MonkeyPatch) -> None:
    """A leader does not step back for a follower whose log is shorter."""

    def refused(*_: object) -> None: ...

    patch.setattr(replication, "refused", refused)


def no_lease(patch: pytest.MonkeyPatch) -> None:
    """Any timeout is an election, and voters listen to it even while their leader lives."""
    patch.setattr(State, "lease_holds", lambda _: False)
    original = election.campaign

    def campaign(state: State, *, pre_vote: bool, transfer: bool = False) -> None:
        original(state, pre_vote=False, transfer=transfer)

    patch.setattr(election, "campaign", campaign)


@dataclass(frozen=True)
class Mutant:
    """`caught_as` are the properties that may be the first to break."""

    broken: Break
    profile: str
    caught_as: tuple[str, ...]


MUTANTS = (
    Mutant(vote_twice, "crashy", ("votes_correct", "durability_order")),
    Mutant(vote_for_shorter_log, "lossy", ("leader_completeness",)),
    Mutant(forget_vote, "calm", ("durability_order",)),
    Mutant(forget_vote_on_restart, "crashy", ("votes_correct",)),
    Mutant(commit_by_counting, "crashy", ("commits_own_term_only", "leader_completeness")),
    Mutant(count_learners, "membership", ("committed_by_quorum",)),
    Mutant(count_minority, "membership", ("one_leader_per_term", "leader_completeness")),
    Mutant(send_before_write, "calm", ("durability_order",)),
    Mutant(lead_before_term_is_durable, "membership", ("durability_order",)),
    Mutant(truncate_always, "lossy", ("durability_order", "committed_by_quorum")),
    Mutant(commit_past_match, "partition", ("state_machine_safety",)),
    Mutant(skip_previous_check, "partition", ("log_matching", "state_machine_safety")),
    Mutant(read_without_round, "partition", ("linearizable_reads",)),
    Mutant(read_before_own_commit, "crashy", ("linearizable_reads",)),
    Mutant(change_at_any_time, "membership", ("leader_completeness", "liveness")),
    Mutant(mix_chunks, "snapshot", ("CorruptSnapshot", "IndexError")),
    Mutant(removed_leader_never_stands, "membership", ("liveness",)),
    Mutant(ignore_refusals, "lossy", ("liveness",)),
    Mutant(no_lease, "membership", ("liveness",)),
)
