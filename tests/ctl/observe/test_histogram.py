"""Quantiles, differences and sums of histograms."""

from __future__ import annotations

import math

import pytest

from tests.ctl.snapshots import histogram
from vard_http.ctl.observe.histogram import Histogram, Quantile, total


@pytest.mark.parametrize(
    ("counts", "part", "expected"),
    [
        ((100,), 0.5, Quantile(0, 0.001, 0.0005)),
        ((0, 100), 0.5, Quantile(0.001, 0.002, 0.0015)),
        ((98, 0, 0, 2), 0.99, Quantile(0.004, 0.008, 0.006)),
        ((98, 0, 0, 2), 0.98, Quantile(0, 0.001, 0.001)),
        ((1, 0, 0, 0, 0, 0, 1), 0.99, Quantile(0.032, math.inf, 0.032)),
    ],
)
def test_a_quantile_is_in_its_bucket(
    counts: tuple[float, ...], part: float, expected: Quantile
) -> None:
    found = histogram(*counts).quantile(part)
    assert found is not None
    assert found == pytest.approx(expected)


def test_nothing_has_no_quantile() -> None:
    assert histogram().quantile(0.5) is None
    assert Histogram((), ()).quantile(0.5) is None


def test_buckets_may_come_in_any_order() -> None:
    assert Histogram.of([(math.inf, 3), (0.5, 1), (1, 2)]) == Histogram(
        (0.5, 1, math.inf), (1, 2, 3)
    )


def test_what_came_since_is_the_difference() -> None:
    assert histogram(5, 3, 1).since(histogram(5, 1)) == histogram(0, 2, 1)


def test_counts_that_fell_began_anew() -> None:
    assert histogram(2).since(histogram(5, 1)) == histogram(2)


def test_without_an_earlier_one_or_with_other_buckets_all_counts() -> None:
    assert histogram(2).since(None) == histogram(2)
    assert histogram(2).since(Histogram((1.0,), (1,))) == histogram(2)


def test_only_bounds_of_buckets_tell_how_many_are_above() -> None:
    assert histogram(90, 0, 0, 0, 6, 3, 1).above(0.016) == 4
    assert histogram(90).above(0.010) is None


def test_the_total_needs_the_same_buckets() -> None:
    assert total([histogram(1, 2), histogram(0, 1)]) == histogram(1, 3)
    assert total([]) is None
    assert total([histogram(1), Histogram((1.0,), (1,))]) is None
