"""What `bench` asks."""

from __future__ import annotations

from collections import Counter

import pytest

from vard_http.ctl.bench.load import Chooser, Kind, Load, Tally


def load(value_size: int = 10) -> Load:
    mix = {Kind.WRITE: 1.0, Kind.READ: 3.0}
    return Load(mix, connections=1, keys=7, value_size=value_size, directory="/bench/x")


def test_kinds_come_in_their_shares() -> None:
    chooser = Chooser(load(), seed=1)
    counts = Counter(chooser.kind() for _ in range(4000))
    assert counts.keys() == {Kind.WRITE, Kind.READ}
    assert counts[Kind.READ] / counts[Kind.WRITE] == pytest.approx(3, rel=0.2)


def test_all_keys_are_used_and_are_below_the_directory() -> None:
    chooser = Chooser(load(), seed=1)
    assert {chooser.key() for _ in range(500)} == {f"/bench/x/00000{n}" for n in range(7)}


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 100_000])
def test_values_are_as_long_as_wanted(size: int) -> None:
    value = Chooser(load(size), seed=1).value()
    assert len(value) == size
    assert value.isalnum() or not value


def test_connections_ask_for_different_things() -> None:
    one, other = (Chooser(load(), seed=seed) for seed in (1, 2))
    assert [one.key() for _ in range(20)] != [other.key() for _ in range(20)]


def test_a_tally_counts_what_ended_by_kind() -> None:
    tally = Tally()
    tally.succeed(Kind.WRITE, 0.001)
    tally.succeed(Kind.READ, 0.002)
    tally.fail(Kind.READ, "connection refused")
    assert (tally.answered, tally.done) == (2, 3)
    assert tally.latencies[Kind.WRITE].count == 1
    assert tally.failed[Kind.READ] == 1
    assert tally.reasons == {"connection refused": 1}
