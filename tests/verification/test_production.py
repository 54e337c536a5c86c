"""The theorems hold of production cores in simulated runs, and broken cores break them."""

from __future__ import annotations

import pytest

from tests.simulation.profiles import PROFILES
from tests.verification import watched
from tests.verification.mutation.faults.elections import (
    count_minority,
    forget_vote_on_restart,
    vote_for_shorter_log,
)
from tests.verification.mutation.faults.membership import count_learners
from tests.verification.mutation.faults.reads import read_before_own_commit, read_without_round
from tests.verification.mutation.faults.replication import commit_by_counting, commit_past_match
from tests.verification.mutation.mutant import Break
from tests.verification.theorems.theorem import Violation

STEPS = 300
SEEDS = 4
MUTANT_SEEDS = 60


@pytest.mark.parametrize("profile", PROFILES)
def test_theorems_hold_of_production_cores(profile: str) -> None:
    runs = [watched.play(profile, seed, STEPS) for seed in range(SEEDS)]
    # A run in which nothing happens shows nothing.
    assert sum(run.checker.elections for run in runs) >= SEEDS
    assert sum(run.checker.last_committed for run in runs) > 5 * SEEDS


@pytest.mark.parametrize(
    ("broken", "profile", "theorems"),
    [
        (vote_for_shorter_log, "lossy", {"LeaderCompleteness"}),
        (forget_vote_on_restart, "crashy", {"VotesAreKept"}),
        (commit_by_counting, "crashy", {"CommitRecordedCommitted", "LeaderCompleteness"}),
        (count_learners, "membership", {"CommitRecordedCommitted"}),
        (count_minority, "membership", {"CroniesCorrect", "OneLeaderPerTerm"}),
        (commit_past_match, "partition", {"StateMachineSafety"}),
        (read_without_round, "partition", {"NoStaleQuorumRead"}),
        (read_before_own_commit, "crashy", {"NoStaleQuorumRead"}),
    ],
)
def test_a_broken_core_breaks_a_theorem(
    broken: Break, profile: str, theorems: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the simulator's own checker finds first does not count here."""
    broken(monkeypatch)
    found = set()
    for seed in range(MUTANT_SEEDS):
        found.add(violated(profile, seed))
        if found & theorems:
            return
    pytest.fail(f"only {found} within {MUTANT_SEEDS} seeds")


def violated(profile: str, seed: int) -> str | None:
    try:
        watched.play(profile, seed, 2 * STEPS)
    except Violation as violation:
        return violation.theorem
    except AssertionError:
        return None
    return None
