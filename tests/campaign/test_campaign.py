"""Bounded campaigns on real members, and proof that they would report what is wrong."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.campaign.__main__ import describe
from tests.campaign.campaign import Plan, Report, run
from tests.campaign.faults import FAULTS
from tests.campaign.power import cut_power
from tests.campaign.power import describe as describe_cuts
from tests.campaign.shim import MISSING, compiled

CI_SECONDS = {3: 15.0, 5: 8.0}


def carry_out(plan: Plan, out: Path) -> Report:
    return asyncio.run(run(plan, out))


@pytest.mark.parametrize("nodes", CI_SECONDS)
def test_under_mixed_faults_everything_promised_holds(nodes: int, tmp_path: Path) -> None:
    report = carry_out(Plan(nodes, CI_SECONDS[nodes], nodes, sorted(FAULTS)), tmp_path)
    assert not report.violated, describe(report)
    assert sum(report.faults.values()) >= 3, describe(report)
    assert report.operations["registers: done"] > 0


def test_reads_without_a_quorum_are_reported_when_the_leader_is_isolated(tmp_path: Path) -> None:
    outcomes = set()
    for seed in range(3):
        plan = Plan(3, 5, seed, ["isolate-leader"], quorum_reads=False)
        report = carry_out(plan, tmp_path)
        outcomes |= {each.name for each in report.verdicts if each.outcome == "violated"}
        if outcomes:
            break
    assert outcomes == {"registers are linearizable"}


@pytest.fixture
def library() -> Path:
    found = compiled()
    if found is None:
        pytest.skip(MISSING)
    return found


def test_what_was_acknowledged_outlives_power_cuts(library: Path) -> None:
    result = asyncio.run(cut_power(10, 1, library, seconds=12))
    assert not result.violations, describe_cuts(result, 1)
    assert result.cuts >= 2
    assert result.verified >= 1


def test_a_disk_that_lies_about_syncs_is_reported(library: Path) -> None:
    result = asyncio.run(cut_power(30, 1, library, lies=True, seconds=60))
    assert result.violations, describe_cuts(result, 1)
