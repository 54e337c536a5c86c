"""Random runs hold the properties, and in them happens what they are played for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest

from tests.simulation import profiles
from tests.simulation.nodes import profiles as node_profiles
from tests.simulation.nodes import watched
from tests.simulation.run import play

CORE_STEPS = 220
CORE_RUNS = 1200
NODE_MILLISECONDS = 600
NODE_RUNS = 400
BATCHES = 3
WATCHED_RUNS = 8

OF_NETWORKS = {"lost", "late", "repeated", "overtaken"}
OF_NODES = {
    "key expired",
    "lock taken",
    "log compacted",
    "snapshot installed",
    "snapshot taken",
    "vard request answered",
    "vard request repeated",
    "watched event",
    "write",
}
OF_FAULTS = {
    "change": {"member added", "member removed", "member updated", "change refused"},
    "crash_within": {
        "crash before a write",
        "crash during a write",
        "crash after a write",
        "crash while sending",
        "crash before an answer",
    },
    "isolate_leader": {"blocked"},
    "power_cut_within": {"power cut", "kept without sync", "lost without sync"},
    "slow_disk": {"slow write", "write in a thread"},
    "kill": {"kill", "boot without a date"},
    "stop": {"stop"},
    "wall_clock_jump": {"clock set back", "clock set forward"},
    "write_error": {"write error"},
}
"""What must have come of a fault in whole nodes."""


def all_that_happened(counts: Iterable[Counter[str]]) -> set[str]:
    return {kind for count in counts for kind, number in count.items() if number}


@pytest.mark.parametrize("batch", range(BATCHES))
@pytest.mark.parametrize("profile", profiles.PROFILES)
def test_cores_hold_the_properties(profile: str, batch: int) -> None:
    seeds = range(batch, CORE_RUNS, BATCHES)
    runs = [play(profile, seed, CORE_STEPS) for seed in seeds]
    # A run in which nothing happens shows nothing.
    assert sum(run.elections for run in runs) >= len(runs)
    assert sum(run.acknowledged for run in runs) > 4 * len(runs)
    assert sum(run.reads for run in runs) > len(runs)
    expected = set(profiles.PROFILES[profile].faults)
    if profiles.PROFILES[profile].conditions.loss:
        expected |= OF_NETWORKS
    assert expected <= all_that_happened(run.happened for run in runs)


@pytest.mark.parametrize("profile", node_profiles.PROFILES)
def test_nodes_hold_the_properties(profile: str) -> None:
    runs = [play(profile, seed, NODE_MILLISECONDS) for seed in range(NODE_RUNS)]
    assert sum(run.elections for run in runs) >= len(runs)
    assert sum(run.acknowledged for run in runs) > 4 * len(runs)
    assert sum(run.reads for run in runs) > len(runs)
    faults = set(node_profiles.PROFILES[profile].faults)
    expected = faults | OF_NETWORKS | OF_NODES
    for fault in faults & OF_FAULTS.keys():
        expected |= OF_FAULTS[fault]
    assert expected <= all_that_happened(run.happened for run in runs)


@pytest.mark.parametrize("profile", node_profiles.PROFILES)
def test_verdis_theorems_hold_at_each_step_of_nodes(profile: str) -> None:
    runs = [watched.play(profile, seed, NODE_MILLISECONDS) for seed in range(WATCHED_RUNS)]
    assert sum(run.elections for run in runs) >= len(runs)
    # Watching does not change what happens.
    assert runs[0].steps == play(profile, 0, NODE_MILLISECONDS).steps
