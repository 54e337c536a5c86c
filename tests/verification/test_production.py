"""The theorems hold of production cores in simulated runs, and broken cores break them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation import cores
from tests.simulation.failure import SimulationFailed
from tests.simulation.mutants import MUTANTS
from tests.simulation.profiles import PROFILES
from tests.simulation.schedule import Schedule
from tests.verification import watched
from tests.verification.theorems.theorem import Violation

STEPS = 300
SEEDS = 4
MUTANT_SEEDS = 60


@pytest.fixture(autouse=True)
def _watching(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(cores, "Cluster", watched.WatchedCluster)
    with watched.watching():
        yield


@pytest.mark.parametrize("profile", PROFILES)
def test_theorems_hold_of_production_cores(profile: str) -> None:
    for seed in range(SEEDS):
        cores.play_cores(profile, seed, STEPS, Schedule())


@pytest.mark.parametrize(
    ("mutant", "theorems"),
    [
        ("vote_for_shorter_log", {"LeaderCompleteness"}),
        ("forget_vote_on_restart", {"VotesAreKept"}),
        ("commit_by_counting", {"CommitRecordedCommitted", "LeaderCompleteness"}),
        ("count_learners", {"CommitRecordedCommitted"}),
        ("count_minority", {"CroniesCorrect", "OneLeaderPerTerm"}),
        ("commit_past_match", {"StateMachineSafety"}),
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
        cores.play_cores(profile, seed, 2 * STEPS, Schedule())
    except SimulationFailed as failure:
        return failure.__cause__.theorem if isinstance(failure.__cause__, Violation) else None
    return None
