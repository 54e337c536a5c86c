"""Histograms and rates."""

import pytest

from vard_http.node.measures import DISK_SECONDS, WINDOW, Histogram, Rate, doubling


def test_bounds_double() -> None:
    assert doubling(0.001, 4) == (0.001, 0.002, 0.004, 0.008)
    assert DISK_SECONDS[-1] == 8.192


@pytest.mark.parametrize(
    ("value", "bucket"),
    [(0.0, 0), (0.5, 0), (1.0, 0), (1.01, 1), (2.0, 1), (4.0, 2), (4.01, 3)],
)
def test_a_value_is_counted_in_the_first_bucket_that_holds_it(value: float, bucket: int) -> None:
    histogram = Histogram((1.0, 2.0, 4.0))
    histogram.observe(value)
    assert histogram.counts.index(1) == bucket
    assert histogram.total == value


def test_a_rate_is_what_passed_over_the_time_between_first_and_last() -> None:
    rate = Rate()
    for second in range(5):
        rate.note(10.0 + second, 2, 100)
    assert rate.per_second(14.0) == (2.5, 125.0)


@pytest.mark.parametrize(
    ("notes", "now"), [([], 5.0), ([5.0], 5.0), ([5.0, 5.0], 5.0), ([4.0, 5.0], 6.01)]
)
def test_there_is_no_rate_without_time_or_recent_traffic(notes: list[float], now: float) -> None:
    rate = Rate()
    for note in notes:
        rate.note(note, 1, 1)
    assert rate.per_second(now) == (0.0, 0.0)


def test_a_rate_looks_back_on_the_last_notes_only() -> None:
    rate = Rate()
    rate.note(0.0, 1_000_000, 1_000_000)
    for number in range(WINDOW):
        rate.note(100.0 + number / WINDOW, 1, 1)
    messages, _ = rate.per_second(101.0)
    assert messages == pytest.approx(WINDOW, rel=0.02)
