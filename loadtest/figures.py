"""Medians, percentiles and ratios."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

__all__ = ["median", "number", "percentile", "ratio"]


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of all do not exceed (nearest rank)."""
    ordered = sorted(values)
    rank = math.ceil(len(ordered) * percent / 100)
    return ordered[max(rank, 1) - 1]


def ratio(ours: float | None, theirs: float | None) -> float | None:
    """ours / theirs; None if either is missing or theirs is zero."""
    if ours is None or not theirs:
        return None
    return ours / theirs


def number(value: float | None) -> str:
    """Three digits, or all before the point; "-" for what was not measured."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
