"""What `check` finds about clocks, disks, room and open files."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ctl.check.observations import observed
from tests.ctl.snapshots import histogram, told
from vard_http.ctl.check import machines
from vard_http.ctl.check.clocks import Offset
from vard_http.ctl.check.finding import Level, worst

OK, WARN, FAIL = Level.OK, Level.WARN, Level.FAIL
GIB = 1 << 30


def test_all_is_well() -> None:
    rules = (machines.clocks, machines.disk, machines.room, machines.files)
    findings = [finding for rule in rules for finding in rule(observed())]
    assert [(one.level, one.check, one.text) for one in findings] == [
        (OK, "clock", "n1 and n2 are 0ms apart, give or take 10ms"),
        (OK, "disk", "99 % of fsyncs take <1ms on the slowest member, n1"),
        (OK, "space", "no alarm; 1K stored, with room for more"),
        (OK, "files", "at most 1% of the files allowed are open"),
    ]
    assert worst(findings) == OK


@pytest.mark.parametrize(
    ("ahead", "level"), [(0.4, OK), (0.505, OK), (0.52, WARN), (4.9, WARN), (5.1, FAIL), (-6, FAIL)]
)
def test_a_skew_counts_as_far_as_it_is_certain(ahead: float, level: Level) -> None:
    offsets = {"1a": Offset(-0.005, 0.005), "2a": Offset(ahead - 0.005, ahead + 0.005)}
    (finding,) = machines.clocks(observed(offsets=offsets))
    assert finding.level == level
    assert bool(finding.advice) == bool(level)


@pytest.mark.parametrize(
    ("counts", "level"),
    [
        ((1000,), OK),
        ((900, 50, 20, 30), OK),
        ((900, 0, 0, 0, 100), WARN),
        ((900, 0, 0, 0, 0, 0, 100), WARN),
        ((0, 0, 0, 0, 0, 19), OK),
    ],
)
def test_slow_fsyncs_are_told_once_there_are_enough(counts: tuple[int, ...], level: Level) -> None:
    findings = list(machines.disk(observed(told(1, fsync_seconds=histogram(*counts)))))
    assert worst(findings) == level


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ({"quota": 0, "stored": GIB}, OK),
        ({"quota": GIB, "stored": 0.79 * GIB}, OK),
        ({"quota": GIB, "stored": 0.81 * GIB}, WARN),
        ({"quota": GIB, "stored": 0.96 * GIB}, FAIL),
        ({"no_space": True}, FAIL),
        ({"no_space": None, "quota": None, "stored": None, "disk_free": None}, OK),
        ({"stored": 0, "disk_free": 100 << 20}, WARN),
        ({"stored": 0, "disk_free": 31 << 20}, FAIL),
        ({"stored": GIB, "disk_free": 3 * GIB}, WARN),
    ],
)
def test_room_runs_out(changes: dict[str, Any], level: Level) -> None:
    findings = list(machines.room(observed(told(1), told(2, **changes))))
    assert worst(findings) == level
    assert [one.member for one in findings] == (["n2"] if level else [""])


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ({"open_files": 800}, OK),
        ({"open_files": 900}, WARN),
        ({"open_files": 1000}, FAIL),
        ({"open_files": None}, OK),
        ({"max_files": None}, OK),
    ],
)
def test_files_run_out(changes: dict[str, Any], level: Level) -> None:
    findings = list(machines.files(observed(told(1), told(2, **changes))))
    assert worst(findings) == level
