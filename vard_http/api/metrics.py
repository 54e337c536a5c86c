"""/metrics: for Prometheus, under etcd's names (contract 15) and a few of our own."""

from __future__ import annotations

import gzip
import resource
from collections.abc import Iterable
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client import generate_latest as generate
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from vard_http.api.answers import Answer
from vard_http.api.families import families
from vard_http.api.own_families import own_families
from vard_http.api.request import Request
from vard_http.api.service import Service

_CONTENT_TYPE: Final = (b"Content-Type", b"text/plain; version=0.0.4; charset=utf-8")
_GZIP: Final = (b"Content-Encoding", b"gzip")


async def metrics(service: Service, request: Request) -> Answer:
    """Any method on /metrics."""
    return exposition(_Families(service), request.headers.get(b"accept-encoding", b""))


def exposition(collector: Collector, accepted_codings: bytes) -> Answer:
    """What `collector` has and what is known of the process, for Prometheus."""
    body = generate(_registry()) + generate(collector)
    if not _takes_gzip(accepted_codings):
        return Answer(200, (_CONTENT_TYPE,), body)
    return Answer(200, (_GZIP, _CONTENT_TYPE), gzip.compress(body, 1))


def _takes_gzip(accepted: bytes) -> bool:
    codings = [coding.strip() for coding in accepted.split(b",")]
    return any(coding == b"gzip" or coding.startswith(b"gzip;") for coding in codings)


class _Families(Collector):
    def __init__(self, service: Service) -> None:
        self._service = service

    def collect(self) -> Iterable[Metric]:
        return chain(families(self._service), own_families(self._service.node))


@cache
def _registry() -> CollectorRegistry:
    """What the library knows of processes and of Python."""
    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    registry.register(_FileDescriptors())
    return registry


class _FileDescriptors(Collector):
    """The limits that etcd tells beside those of every process."""

    def collect(self) -> Iterable[Metric]:
        limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        used = sum(1 for _ in Path("/proc/self/fd").iterdir())
        memory, _ = resource.getrlimit(resource.RLIMIT_AS)
        most = memory if memory != resource.RLIM_INFINITY else (1 << 64) - 1
        yield GaugeMetricFamily("os_fd_limit", "The file descriptor limit.", limit)
        yield GaugeMetricFamily("os_fd_used", "The number of used file descriptors.", used)
        yield GaugeMetricFamily(
            "process_virtual_memory_max_bytes",
            "Maximum amount of virtual memory available in bytes.",
            most,
        )
