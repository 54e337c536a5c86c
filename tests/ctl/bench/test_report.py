"""What `bench` tells at its end."""

from __future__ import annotations

import pytest

from vard_http.ctl.bench.load import Kind, Load, Tally
from vard_http.ctl.bench.report import Outcome, as_json, lines


def outcome(cpu: float = 1.0) -> Outcome:
    tally = Tally()
    for number in range(90):
        tally.succeed(Kind.WRITE, 0.001 + number / 1e6)
    for _ in range(10):
        tally.succeed(Kind.READ, 0.003)
    tally.fail(Kind.READ, "connection refused")
    mix = {Kind.WRITE: 9.0, Kind.READ: 1.0}
    load = Load(mix, connections=4, keys=100, value_size=128, directory="/b/x")
    return Outcome(load, ["http://n1:2379"], tally, seconds=2.0, cpu=cpu)


def test_the_table_has_a_line_a_kind_and_one_for_all() -> None:
    told = lines(outcome())
    assert told[0] == "2.0 s, 4 connections to 1 member, 100 keys, values of 128 bytes"
    titles, write, read, whole = (line.split() for line in told[2:6])
    assert titles[0] == "REQUESTS"
    assert write[:4] == ["write", "90", "0", "45"]
    assert read == ["read", "10", "1", "5", "3ms", "3ms", "3ms", "3ms", "3ms", "3ms"]
    assert whole[:4] == ["all", "100", "1", "50"]


def test_the_histogram_shows_all_requests() -> None:
    told = lines(outcome())
    bars = told[told.index("latency of all") + 1 :]
    assert [line.split() for line in bars[:2]] == [
        ["2ms", "#" * 40, "90.0%"],
        ["5ms", "#" * 5, "10.0%"],
    ]


def test_failures_are_told_with_their_reasons() -> None:
    assert "       1  connection refused" in lines(outcome())


@pytest.mark.parametrize(("cpu", "told"), [(1.0, False), (1.9, True)])
def test_a_generator_at_its_limit_is_told(cpu: float, told: bool) -> None:
    assert ("at its own limit" in lines(outcome(cpu))[-1]) is told


def test_json_has_the_same_figures() -> None:
    told = as_json(outcome())
    assert told["total"]["requests"] == 100
    assert told["total"]["perSecond"] == 50
    assert told["kinds"]["read"]["failed"] == 1
    assert told["kinds"]["read"]["latency"]["p99.9"] == 0.003
    assert told["errors"] == {"connection refused": 1}
    assert [bar["count"] for bar in told["histogram"]] == [90, 10]
    assert told["generatorCpu"] == 0.5


def test_a_run_without_answers_can_be_told() -> None:
    load = Load({Kind.READ: 1.0}, connections=1, keys=1, value_size=1, directory="/b/x")
    empty = Outcome(load, ["http://n1:2379"], Tally(), seconds=1.0, cpu=0.0)
    assert lines(empty)[3].split() == ["read", "0", "0", "0", "-", "-", "-", "-", "-", "-"]
    assert as_json(empty)["total"]["latency"]["mean"] is None
