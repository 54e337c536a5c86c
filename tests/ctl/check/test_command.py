"""How `check` tells what it found."""

from __future__ import annotations

import pytest

from tests.ctl.check.observations import observed
from tests.ctl.snapshots import told
from vard_http.ctl.check.command import document, lines
from vard_http.ctl.check.finding import Finding, Level, worst
from vard_http.ctl.check.judging import judge

GOOD = Finding(Level.OK, "health", "all of 3 are healthy")
POOR = Finding(Level.WARN, "quorum", "the next loss stops all writes", "Add members.")
BAD = Finding(Level.FAIL, "health", "no answer", "Start it.", "n3")


def test_each_finding_has_a_line_and_below_it_what_to_do() -> None:
    assert [line.plain for line in lines([GOOD, POOR, BAD])] == [
        "ok    health  all of 3 are healthy",
        "WARN  quorum  the next loss stops all writes",
        "              Add members.",
        "FAIL  health  n3: no answer",
        "              Start it.",
        "1 failed, 1 warned, 1 ok",
    ]


def test_json_has_the_same() -> None:
    told = document([GOOD, BAD])
    assert told["level"] == "fail"
    assert told["findings"][1] == {
        "level": "fail",
        "check": "health",
        "member": "n3",
        "finding": "no answer",
        "advice": "Start it.",
    }


@pytest.mark.parametrize(
    ("findings", "status"), [([], 0), ([GOOD], 0), ([GOOD, POOR], 1), ([BAD, POOR], 2)]
)
def test_the_status_is_that_of_the_worst(findings: list[Finding], status: int) -> None:
    assert worst(findings) == status


def test_a_healthy_cluster_passes_every_rule() -> None:
    findings = judge(observed())
    assert {one.level for one in findings} == {Level.OK}
    assert len({one.check for one in findings}) == 13


def test_a_lost_member_is_found_by_two_rules() -> None:
    findings = [one for one in judge(observed(told(1), told(2), "refused")) if one.level]
    assert [(one.level, one.check) for one in findings] == [
        (Level.FAIL, "health"),
        (Level.WARN, "quorum"),
    ]
