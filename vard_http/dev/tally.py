"""What became of the writer's writes. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

RATE: Final = 50
"""Writes a second."""

KEY: Final = "/vard-http-dev"
"""What is written."""

OUTAGE_SECONDS: Final = 0.25
"""A pause between acknowledgements that is worth telling."""


@dataclass(frozen=True)
class Outage:
    """For `seconds` no write was acknowledged, and so many were not at all."""

    seconds: float
    failed: int


class Tally:
    """Counts writes. Times are in seconds, of any clock that does not jump.

    `failed` counts the writes that were refused or not answered in time; those may still happen.
    """

    def __init__(self, now: float) -> None:
        self.acknowledged = 0
        self.failed = 0
        self.longest = 0.0
        """The longest time between two acknowledgements."""
        self._last = now
        self._failed_before = 0

    def acknowledge(self, now: float) -> Outage | None:
        """One write is acknowledged; the outage that ends with it, if there was one."""
        gap, failed = now - self._last, self.failed - self._failed_before
        self.acknowledged += 1
        self.longest = max(self.longest, gap)
        self._last, self._failed_before = now, self.failed
        return Outage(gap, failed) if gap >= OUTAGE_SECONDS else None

    def fail(self) -> None:
        """One write was refused, or not answered in time."""
        self.failed += 1

    def silence(self, now: float) -> float:
        """Since when, in seconds, nothing was acknowledged."""
        return now - self._last
