"""Figures are short and say no more than is known."""

from __future__ import annotations

import math

import pytest

from vard_http.ctl.observe import text
from vard_http.ctl.observe.histogram import Quantile


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "-"),
        (0.00021, "0.21ms"),
        (0.0034, "3.4ms"),
        (0.12, "120ms"),
        (0.9994, "999ms"),
        (0.9996, "1s"),
        (1.5, "1.5s"),
        (120.0, "120s"),
    ],
)
def test_seconds(value: float | None, expected: str) -> None:
    assert text.seconds(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "-"),
        (Quantile(0, 0.001, 0.0005), "<1ms"),
        (Quantile(0.004, 0.008, 0.006), "6ms"),
        (Quantile(8.192, math.inf, 8.192), ">8.19s"),
    ],
)
def test_quantiles_have_two_open_ends(value: Quantile | None, expected: str) -> None:
    assert text.quantile(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "-"),
        (0, "0B"),
        (999, "999B"),
        (1536, "1.5K"),
        (24 << 20, "24M"),
        (1023 << 20, "1G"),
        (3 << 50, "3P"),
    ],
)
def test_sizes(value: float | None, expected: str) -> None:
    assert text.size(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, "-"), (0.01, "0"), (0.5, "0.5"), (12.34, "12.3"), (1234, "1.23k"), (2.5e9, "2.5G")],
)
def test_rates(value: float | None, expected: str) -> None:
    assert text.rate(value) == expected
