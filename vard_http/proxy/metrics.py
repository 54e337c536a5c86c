"""What a proxy counts, under etcd's names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from vard_http.api.families import counters, histograms
from vard_http.node import Histogram
from vard_http.node.measures import REQUEST_SECONDS


class ProxyMetrics(Collector):
    """Counts requests by method; families without a sample are left out, as in etcd."""

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, ...]] = Counter()
        self._handled: Counter[tuple[str, ...]] = Counter()
        self._dropped: Counter[tuple[str, ...]] = Counter()
        self._durations: dict[str, Histogram] = {}

    def incoming(self, method: str) -> None:
        """A request that is to be forwarded."""
        self._requests[method,] += 1

    def dropped(self, method: str, reason: str) -> None:
        """No answer, from one endpoint or from all."""
        self._dropped[method, reason] += 1

    def handled(self, method: str, status: int, seconds: float) -> None:
        """An endpoint has begun to answer so long after the request."""
        self._handled[method, str(status)] += 1
        self._durations.setdefault(method, Histogram(REQUEST_SECONDS)).observe(seconds)

    def collect(self) -> Iterable[Metric]:
        """The families that have samples."""
        families = (
            counters(
                "etcd_proxy_dropped_total",
                "Counter of requests dropped on the proxy.",
                ("method", "proxying_error"),
                self._dropped,
            ),
            counters(
                "etcd_proxy_handled_total",
                "Counter of requests fully handled (by authoratitave servers)",
                ("method", "code"),
                self._handled,
            ),
            histograms(
                "etcd_proxy_handling_duration_seconds",
                "Bucketed histogram of handling time of successful events (non-watches), by"
                " method (GET/PUT etc.).",
                "method",
                self._durations,
            ),
            counters(
                "etcd_proxy_requests_total",
                "Counter requests incoming by method.",
                ("method",),
                self._requests,
            ),
        )
        return [family for family in families if family.samples]
