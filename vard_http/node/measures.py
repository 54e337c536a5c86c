"""Counters for the hot path: observing costs an addition or two, reading does the arithmetic."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Sequence
from typing import Final


def doubling(first: float, count: int) -> tuple[float, ...]:
    """`count` bounds of buckets, each twice the one before."""
    return tuple(first * 2**power for power in range(count))


DISK_SECONDS: Final = doubling(0.001, 14)
ROUND_TRIP_SECONDS: Final = doubling(0.0001, 16)
REQUEST_SECONDS: Final = doubling(0.0005, 13)
"""The buckets of etcd's histograms."""

WINDOW: Final = 200
IDLE_SECONDS: Final = 1.0


class Histogram:
    """How often something took how long; `counts` has one more place than there are bounds."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        """Count `value` in the first bucket whose bound it does not exceed."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class Rate:
    """Messages and bytes a second over the last WINDOW notes (contract 12.2)."""

    __slots__ = ("_notes",)

    def __init__(self) -> None:
        self._notes: deque[tuple[float, int, int]] = deque(maxlen=WINDOW)

    def note(self, now: float, messages: int, size: int) -> None:
        """So many messages of `size` bytes in all have passed at `now`, in seconds."""
        self._notes.append((now, messages, size))

    def per_second(self, now: float) -> tuple[float, float]:
        """Messages and bytes a second; zeros if nothing has passed for IDLE_SECONDS."""
        notes = self._notes
        if not notes or now - notes[-1][0] > IDLE_SECONDS:
            notes.clear()
            return 0.0, 0.0
        span = notes[-1][0] - notes[0][0]
        if span <= 0:
            return 0.0, 0.0
        return sum(note[1] for note in notes) / span, sum(note[2] for note in notes) / span
