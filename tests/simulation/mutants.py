"""The faults of tests/verification/mutation that random runs of cores are known to catch."""

from __future__ import annotations

from dataclasses import dataclass

from tests.verification.mutation.faults.durability import (
    lead_before_term_is_durable,
    send_before_write,
)
from tests.verification.mutation.faults.elections import (
    count_minority,
    forget_vote,
    forget_vote_on_restart,
    no_lease,
    vote_for_shorter_log,
    vote_twice,
)
from tests.verification.mutation.faults.membership import (
    change_at_any_time,
    count_learners,
    removed_leader_never_stands,
)
from tests.verification.mutation.faults.reads import read_before_own_commit, read_without_round
from tests.verification.mutation.faults.replication import (
    commit_by_counting,
    commit_past_match,
    ignore_refusals,
    skip_previous_check,
    truncate_always,
)
from tests.verification.mutation.faults.snapshots import mix_chunks
from tests.verification.mutation.mutant import Break

__all__ = ["MUTANTS", "Mutant", "change_at_any_time"]


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
