"""The theorems hold of production cores in simulated runs, and broken cores break them."""

from __future__ import annotations

import pytest

from tests.simulation.mutants import MUTANTS
from tests.simulation.profiles import PROFILES
from tests.verification import watched
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
    ("mutant", "theorems"),
    [
        ("vote_for_shorter_log", {"LeaderCompleteness"}),
        ("forget_vote_on_restart", {"VotesAreKept"}),
        ("commit_by_counting", {"CommitRecordedCommitted", "LeaderCompleteness"}),
        ("count_learners", {"CommitRecordedCommitted"}),
        ("count_minority", {"CroniesCorrect", "OneLeaderPerTerm"}),
        ("commit_past_match", {"StateMachineSafety"}),
        ("read_without_round", {"NoStaleQuorumRead"}),
        ("read_before_own_commit", {"NoStaleQuorumRead"}),
    ],
)
def test_a_broken_core_breaks_a_theorem(
    mutant: str, theorems: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the simulator's own checker finds first does not count here."""
    by_name = {m.broken.__name__: m for m in MUTANTS}
    by_name[mutant].broken(monkeypatch)
    broken = set()
    for seed in range(MUTANT_SEEDS):
        broken.add(violated(by_name[mutant].profile, seed))
        if broken & theorems:
            return
    pytest.fail(f"only {broken} within {MUTANT_SEEDS} seeds")


def violated(profile: str, seed: int) -> str | None:
    try:
        watched.play(profile, seed, 2 * STEPS)
    except Violation as violation:
        return violation.theorem
    except AssertionError:
        return None
    return None
