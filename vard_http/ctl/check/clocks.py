"""How far a member's clock is from ours, from the Date of its answers.

Date has whole seconds, yet it tells more: the second changes at one moment. An answer whose Date is
D, asked for at `sent` and here at `received`, was written when the member's clock was at D or after
it and before D + 1; so the offset lies between D - received and D + 1 - sent. Many answers narrow
that to about the time of a round trip, if they are asked for around the moment of change.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Final, NamedTuple

PRECISE: Final = 0.002
"""An offset known to so many seconds is known well enough."""


@dataclass(frozen=True, slots=True)
class Offset:
    """The member's clock minus ours, in seconds, is between `low` and `high`."""

    low: float = -math.inf
    high: float = math.inf

    def narrowed(self, sent: float, received: float, date: float) -> Offset:
        """With what one more answer tells; all in seconds since 1970, `date` whole.

        If the answers contradict each other, as when a clock was set meanwhile, the new one counts.
        """
        low, high = date - received, date + 1 - sent
        if low > self.high or high < self.low:
            return Offset(low, high)
        return Offset(max(low, self.low), min(high, self.high))

    @property
    def width(self) -> float:
        """How uncertain it is."""
        return self.high - self.low


def moments(offset: Offset, now: float, count: int) -> list[float]:
    """When to ask, from `now` on by our clock, to cut `offset` into `count` + 1 parts.

    The member's second changes at a moment that is `offset` before one of ours: ask while it may.
    """
    if offset.width >= 1:
        return [now + step / count for step in range(count)]
    # The first full second by the member's clock whose whole range of moments is still to come.
    second = math.ceil(now + offset.high)
    first, step = second - offset.high, offset.width / (count + 1)
    return [first + step * place for place in range(1, count + 1)]


class Skew(NamedTuple):
    """How far two members' clocks are apart: `estimate` ± `error` seconds, `least` for certain."""

    one: str
    other: str
    estimate: float
    error: float
    least: float


def largest_skew(offsets: Mapping[str, Offset]) -> Skew | None:
    """Of the two members that are furthest apart for certain, or else by estimate."""
    found = [_skew(one, other, offsets) for one, other in combinations(sorted(offsets), 2)]
    return max(found, key=lambda skew: (skew.least, skew.estimate), default=None)


def _skew(one: str, other: str, offsets: Mapping[str, Offset]) -> Skew:
    low = offsets[one].low - offsets[other].high
    high = offsets[one].high - offsets[other].low
    least = max(0.0, low, -high)
    return Skew(one, other, abs(low + high) / 2, (high - low) / 2, least)
