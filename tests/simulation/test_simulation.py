"""Random runs of whole clusters hold Raft's properties, and broken cores do not."""

from __future__ import annotations

import re

import pytest

from tests.simulation.__main__ import seed_range
from tests.simulation.mutants import MUTANTS, Mutant
from tests.simulation.profiles import PROFILES
from tests.simulation.run import SimulationFailed, play

STEPS = 600
SEEDS_PER_BATCH = 100
BATCHES = 4
MUTANT_SEEDS = 300


@pytest.mark.parametrize("batch", range(BATCHES))
@pytest.mark.parametrize("profile", PROFILES)
def test_properties_hold(profile: str, batch: int) -> None:
    first = batch * SEEDS_PER_BATCH
    runs = [play(profile, seed, STEPS) for seed in range(first, first + SEEDS_PER_BATCH)]
    # A run in which nothing happens shows nothing.
    assert sum(run.elections for run in runs) > SEEDS_PER_BATCH
    assert sum(run.acknowledged for run in runs) > 10 * SEEDS_PER_BATCH
    assert sum(run.reads for run in runs) > 2 * SEEDS_PER_BATCH


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.broken.__name__)
def test_checker_catches_a_broken_core(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant.broken(monkeypatch)
    caught = first_failure(mutant.profile)
    assert caught is not None, f"not caught within {MUTANT_SEEDS} seeds"
    assert any(name in caught for name in mutant.caught_as), caught


def first_failure(profile: str) -> str | None:
    for seed in range(MUTANT_SEEDS):
        try:
            play(profile, seed, STEPS)
        except SimulationFailed as failure:
            return str(failure).splitlines()[-2]
    return None


def test_one_seed_is_one_run() -> None:
    assert play("chaos", 7, STEPS) == play("chaos", 7, STEPS)


def test_a_failure_says_how_to_see_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    by_name = {mutant.broken.__name__: mutant for mutant in MUTANTS}
    by_name["send_before_write"].broken(monkeypatch)
    with pytest.raises(SimulationFailed) as failure:
        play("calm", 0, STEPS)
    command = str(failure.value).splitlines()[-1]
    assert re.fullmatch(
        r"to see it again: python -m tests\.simulation --profile calm --seeds 0 --steps 600",
        command,
    )
    assert "server 1 " in str(failure.value)


@pytest.mark.parametrize(
    ("text", "seeds"), [("5", range(5, 6)), ("5:8", range(5, 8)), ("0:0", range(0))]
)
def test_seed_range(text: str, seeds: range) -> None:
    assert seed_range(text) == seeds
