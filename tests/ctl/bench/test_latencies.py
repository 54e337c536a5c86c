"""Percentiles and bars of latencies."""

from __future__ import annotations

import random

import pytest

from vard_http.ctl.bench.latencies import BARS, Bar, Latencies


def of(*seconds: float) -> Latencies:
    found = Latencies()
    for one in seconds:
        found.add(one)
    return found


def test_nothing_has_no_percentiles() -> None:
    nothing = of()
    assert (nothing.mean, nothing.percentile(50), nothing.bars()) == (None, None, [])


def test_extremes_and_mean_are_exact() -> None:
    found = of(0.0011, 0.0042, 0.0070)
    assert (found.least, found.most, found.count) == (0.0011, 0.0070, 3)
    assert found.mean == pytest.approx(0.0041)
    assert found.percentile(100) == 0.0070
    assert found.percentile(0) == pytest.approx(0.0011, rel=0.01)


@pytest.mark.parametrize("percent", [1, 10, 50, 90, 99, 99.9])
def test_percentiles_are_right_to_one_in_a_hundred(percent: float) -> None:
    chance = random.Random(7)
    all_of_them = sorted(chance.expovariate(200) + 1e-4 for _ in range(10_000))
    exact = all_of_them[int(percent / 100 * len(all_of_them)) - 1]
    assert of(*all_of_them).percentile(percent) == pytest.approx(exact, rel=0.011)


@pytest.mark.parametrize("seconds", [0.0, 1e-7, 3600.0])
def test_any_time_can_be_counted(seconds: float) -> None:
    assert of(seconds).percentile(50) == pytest.approx(seconds, abs=1e-6)


def test_the_latencies_of_several_are_those_of_all() -> None:
    whole = Latencies.of([of(0.001, 0.002), of(), of(0.1)])
    assert (whole.count, whole.least, whole.most) == (3, 0.001, 0.1)
    assert whole.percentile(99) == 0.1


def test_bars_cover_what_there_is_without_gaps() -> None:
    bars = of(0.0015, 0.0015, 0.015, 0.03).bars()
    assert [(bar.bound, bar.count) for bar in bars] == [
        (0.002, 2),
        (0.005, 0),
        (0.01, 0),
        (0.02, 1),
        (0.05, 1),
    ]


def test_what_is_slower_than_all_bars_has_its_own() -> None:
    assert of(0.7, 5.0).bars() == [Bar(1.0, 1), Bar(5.0, 1)]


@pytest.mark.parametrize("bound", BARS)
def test_a_bar_holds_what_is_next_to_its_bound(bound: float) -> None:
    assert of(bound * 0.98).bars() == [Bar(bound, 1)]
