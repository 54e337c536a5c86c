"""Clocks are compared by when their seconds change."""

from __future__ import annotations

import math
import random

import pytest

from vard_http.ctl.check.clocks import Offset, largest_skew, moments

NOW = 1_764_000_000.25


def narrow(offset: Offset, truth: float, sent: float, delay: float) -> Offset:
    """One more answer of a clock that is `truth` ahead, written in the middle of the round trip."""
    written = sent + delay / 2 + truth
    return offset.narrowed(sent, sent + delay, math.floor(written))


@pytest.mark.parametrize("truth", [0.0, 0.3, -0.499, 12.7, -3600.01, 1e-4])
@pytest.mark.parametrize("delay", [0.0005, 0.02])
def test_two_rounds_of_answers_find_the_offset(truth: float, delay: float) -> None:
    offset, now, asked = Offset(), NOW, 0
    for _ in range(2):
        for moment in moments(offset, now, 8):
            now = max(now, moment)
            offset = narrow(offset, truth, now, delay)
            now += delay
            asked += 1
    assert offset.low <= truth <= offset.high
    assert offset.width <= 0.016 + 2 * delay
    assert now - NOW < 2.5
    assert asked == 16


def test_the_offset_is_right_whatever_the_delays() -> None:
    choose = random.Random(1)
    for _ in range(200):
        truth, offset, now = choose.uniform(-2, 2), Offset(), NOW
        for _ in range(10):
            delay = choose.expovariate(20)
            offset = narrow(offset, truth, now, delay)
            now += delay + choose.random() / 10
        assert offset.low <= truth <= offset.high


def test_a_clock_that_was_set_is_measured_anew() -> None:
    before = narrow(Offset(), 0.0, NOW, 0.001)
    after = narrow(before, 100.0, NOW, 0.001)
    assert after.low <= 100.0 <= after.high


@pytest.mark.parametrize("offset", [Offset(), Offset(0.1, 0.2), Offset(-7.0, -6.2)])
def test_no_moment_has_passed_and_none_is_far(offset: Offset) -> None:
    chosen = moments(offset, NOW, 8)
    assert len(chosen) == 8
    assert chosen == sorted(chosen)
    assert chosen[0] >= NOW
    assert chosen[-1] < NOW + 2


def test_the_largest_skew_is_the_one_that_is_certain() -> None:
    offsets = {
        "1a": Offset(-0.01, 0.01),
        "2a": Offset(1.99, 2.01),
        "3a": Offset(-1.0, 9.0),
    }
    skew = largest_skew(offsets)
    assert skew is not None
    assert (skew.one, skew.other) == ("1a", "2a")
    assert skew[2:] == pytest.approx((2.0, 0.02, 1.98))


def test_clocks_may_agree_as_far_as_is_known() -> None:
    skew = largest_skew({"1a": Offset(-0.01, 0.01), "2a": Offset(-0.02, 0.03)})
    assert skew is not None
    assert skew.least == 0
    assert skew.error == pytest.approx(0.035)


def test_one_clock_alone_is_not_compared() -> None:
    assert largest_skew({"1a": Offset(0, 1)}) is None
