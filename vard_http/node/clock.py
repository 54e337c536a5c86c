"""The time a node goes by."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """What the module `time` has: seconds that only grow, and nanoseconds since 1970."""

    def monotonic(self) -> float: ...
    def time_ns(self) -> int: ...
