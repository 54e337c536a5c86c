"""How long requests took: counted in narrow buckets, so that a long run needs no more memory."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_SMALLEST: Final = 1e-6
_WIDTH: Final = math.log(1.01)

BARS: Final = (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""The bounds of what is drawn, in seconds."""


@dataclass(frozen=True, slots=True)
class Bar:
    """`count` latencies were at most `bound` seconds, and more than the bound before."""

    bound: float
    count: int


class Latencies:
    """Latencies in seconds. Percentiles are right to one in a hundred, the extremes exactly."""

    def __init__(self) -> None:
        self.count = 0
        self.total = 0.0
        self.least = math.inf
        self.most = 0.0
        self._buckets: Counter[int] = Counter()

    def add(self, seconds: float) -> None:
        """Count one."""
        self.count += 1
        self.total += seconds
        self.least = min(self.least, seconds)
        self.most = max(self.most, seconds)
        self._buckets[math.ceil(math.log(max(seconds, _SMALLEST) / _SMALLEST) / _WIDTH)] += 1

    @classmethod
    def of(cls, parts: Iterable[Latencies]) -> Latencies:
        """Those of all `parts`."""
        whole = cls()
        for part in parts:
            whole.count += part.count
            whole.total += part.total
            whole.least = min(whole.least, part.least)
            whole.most = max(whole.most, part.most)
            whole._buckets.update(part._buckets)
        return whole

    @property
    def mean(self) -> float | None:
        """None if there are none."""
        return self.total / self.count if self.count else None

    def percentile(self, percent: float) -> float | None:
        """What `percent` % of them did not exceed; None if there are none."""
        rank, seen = percent / 100 * self.count, 0
        for bucket, count in sorted(self._buckets.items()):
            seen += count
            if seen >= rank:
                return min(max(_bound(bucket), self.least), self.most)
        return None

    def bars(self) -> list[Bar]:
        """How many there are up to each of BARS and, if there are slower ones, the slowest.

        Bounds before the first and after the last latency are left out.
        """
        counts: Counter[float] = Counter()
        for bucket, count in self._buckets.items():
            middle = _bound(bucket - 0.5)
            counts[next((bound for bound in BARS if middle <= bound), self.most)] += count
        if not counts:
            return []
        bounds = sorted({*BARS, *counts})
        used = [place for place, bound in enumerate(bounds) if counts[bound]]
        return [Bar(bound, counts[bound]) for bound in bounds[used[0] : used[-1] + 1]]


def _bound(bucket: float) -> float:
    return _SMALLEST * math.exp(bucket * _WIDTH)
