"""What clients asked and what they got, counted for /metrics."""

from __future__ import annotations

from collections import defaultdict
from time import perf_counter

from vard_http.node import REQUEST_SECONDS, Histogram


class Requests:
    """Requests of keys, watches left out, by etcd's name for the method: QGET is a quorum GET."""

    __slots__ = ("failed", "received", "seconds")

    def __init__(self) -> None:
        self.received: defaultdict[bytes, int] = defaultdict(int)
        self.failed: defaultdict[tuple[bytes, int], int] = defaultdict(int)
        self.seconds: defaultdict[bytes, Histogram] = defaultdict(_histogram)

    def begun(self, method: bytes, *, counted: bool = True) -> float:
        """Count a request unless etcd does not; returns when it began, for `ended`."""
        if counted:
            self.received[method] += 1
        return perf_counter()

    def ended(self, method: bytes, begun: float, status: int) -> None:
        """Count how a request ended, and after how long."""
        if status < 400:
            self.seconds[method].observe(perf_counter() - begun)
        else:
            self.failed[method, status] += 1


def _histogram() -> Histogram:
    return Histogram(REQUEST_SECONDS)


class Health:
    """Health checks by their outcome."""

    __slots__ = ("failures", "successes")

    def __init__(self) -> None:
        self.failures = 0
        self.successes = 0
