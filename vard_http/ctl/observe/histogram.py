"""Histograms of Prometheus: what can be said of quantiles when only buckets are known."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple


class Quantile(NamedTuple):
    """A quantile is in the bucket from `low` to `high`; `estimate` is reckoned as Prometheus does.

    `low` is 0 in the first bucket; `high` is infinite, and `estimate` is `low`, in the last.
    """

    low: float
    high: float
    estimate: float


@dataclass(frozen=True, slots=True)
class Histogram:
    """`counts[i]` observations were at most `bounds[i]`; the last bound is infinite."""

    bounds: tuple[float, ...]
    counts: tuple[float, ...]

    @classmethod
    def of(cls, buckets: Iterable[tuple[float, float]]) -> Histogram:
        """From pairs of bound and cumulative count, in any order."""
        ordered = sorted(buckets)
        return cls(tuple(bound for bound, _ in ordered), tuple(count for _, count in ordered))

    @property
    def count(self) -> float:
        """How many observations there are."""
        return self.counts[-1] if self.counts else 0.0

    def since(self, earlier: Histogram | None) -> Histogram:
        """The observations after `earlier`; all of them if the counts began anew in between."""
        if earlier is None or earlier.bounds != self.bounds:
            return self
        changes = tuple(now - then for now, then in zip(self.counts, earlier.counts, strict=True))
        return self if any(change < 0 for change in changes) else Histogram(self.bounds, changes)

    def above(self, bound: float) -> float | None:
        """How many observations exceeded `bound`; None if no bucket ends there."""
        if bound not in self.bounds:
            return None
        return self.count - self.counts[self.bounds.index(bound)]

    def quantile(self, part: float) -> Quantile | None:
        """Where the value is that `part` (0 to 1) of the observations do not exceed."""
        if not self.count:
            return None
        rank = part * self.count
        place = next(i for i, count in enumerate(self.counts) if count >= rank and count > 0)
        low, high = (self.bounds[place - 1] if place else 0.0), self.bounds[place]
        if math.isinf(high):
            return Quantile(low, high, low)
        before = self.counts[place - 1] if place else 0.0
        share = (rank - before) / (self.counts[place] - before)
        return Quantile(low, high, low + (high - low) * share)


def total(histograms: Sequence[Histogram]) -> Histogram | None:
    """The observations of all; None if there are none or their buckets differ."""
    if not histograms or any(one.bounds != other.bounds for one, other in pairwise(histograms)):
        return None
    counts = zip(*(one.counts for one in histograms), strict=True)
    return Histogram(histograms[0].bounds, tuple(sum(each) for each in counts))
