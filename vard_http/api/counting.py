"""What clients asked and what they got, counted for /metrics."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from time import perf_counter

from vard_http.api.answers import Answer
from vard_http.node import REQUEST_SECONDS, Histogram


class Requests:
    """Requests of keys, watches left out, by etcd's name for the method: QGET is a quorum GET."""

    __slots__ = ("failed", "received", "seconds")

    def __init__(self) -> None:
        self.received: Counter[bytes] = Counter()
        self.failed: Counter[tuple[bytes, int]] = Counter()
        self.seconds: defaultdict[bytes, Histogram] = defaultdict(_histogram)

    def timed(self, method: bytes, respond: Callable[[Answer], None]) -> Callable[[Answer], None]:
        """Count a request; `respond`, which also counts how it ended, and after how long."""
        self.received[method] += 1
        started = perf_counter()

        def answer(result: Answer) -> None:
            if result.status < 400:
                self.seconds[method].observe(perf_counter() - started)
            else:
                self.failed[method, result.status] += 1
            respond(result)

        return answer


def _histogram() -> Histogram:
    return Histogram(REQUEST_SECONDS)


class Health:
    """Health checks by their outcome."""

    __slots__ = ("failures", "successes")

    def __init__(self) -> None:
        self.failures = 0
        self.successes = 0
