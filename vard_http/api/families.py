"""The metrics of a node: etcd's names, types and texts, read from the node when asked.

Counters without an end in `_total` are gauges here: the library would rename them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate, chain

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from vard_http import ETCD_VERSION
from vard_http.api.counting import Requests
from vard_http.api.service import Service
from vard_http.config.identity import format_id
from vard_http.node import Histogram, Node
from vard_http.raft import NOBODY
from vard_http.store import Store

Labelled = Mapping[tuple[str, ...], float]


def families(service: Service) -> Iterable[Metric]:
    """All metrics of the node, in the order of their names within each part."""
    node = service.node
    return chain(
        _store(node.store),
        _disk(node),
        _requests(service.requests),
        _network(node),
        _server(service),
    )


def _store(store: Store) -> Iterator[Metric]:
    stats = store.stats
    gets = stats.gets_success + stats.gets_fail
    writes = {
        "compareAndDelete": stats.compare_and_delete_success + stats.compare_and_delete_fail,
        "compareAndSwap": stats.compare_and_swap_success + stats.compare_and_swap_fail,
        "create": stats.create_success + stats.create_fail + store.blocked_creates,
        "delete": stats.delete_success + stats.delete_fail,
        "set": stats.sets_success + stats.sets_fail - store.blocked_creates,
        "update": stats.update_success + stats.update_fail,
    }
    reads = {"get": gets - store.recursive_gets, "getRecursive": store.recursive_gets}
    name = "etcd_debugging_store"
    yield _counter(f"{name}_expires_total", "Total number of expired keys.", stats.expire_count)
    yield counters(
        f"{name}_reads_total",
        "Total number of reads action by (get/getRecursive), local to this member.",
        ("action",),
        _used(reads),
    )
    yield _counter(
        f"{name}_watch_requests_total",
        "Total number of incoming watch requests (new or reestablished).",
        store.watch_requests,
    )
    yield gauge(f"{name}_watchers", "Count of currently active watchers.", store.watchers)
    yield counters(
        f"{name}_writes_total",
        "Total number of writes (e.g. set/compareAndDelete) seen by this member.",
        ("action",),
        _used(writes),
    )


def _disk(node: Node) -> Iterator[Metric]:
    metrics = node.metrics
    yield _histogram(
        "etcd_debugging_snap_save_total_duration_seconds",
        "The total latency distributions of save called by snapshot.",
        metrics.snapshot_save,
    )
    yield _histogram(
        "etcd_disk_backend_commit_duration_seconds",
        "The latency distributions of commit called by backend.",
        metrics.backend_commit,
    )
    yield _histogram(
        "etcd_disk_wal_fsync_duration_seconds",
        "The latency distributions of fsync called by WAL.",
        metrics.wal_fsync,
    )


def _requests(requests: Requests) -> Iterator[Metric]:
    yield counters(
        "etcd_http_failed_total",
        "Counter of handle failures of requests (non-watches), by method (GET/PUT etc.)"
        " and code (400, 500 etc.).",
        ("code", "method"),
        {(str(code), method.decode()): n for (method, code), n in requests.failed.items()},
    )
    yield counters(
        "etcd_http_received_total",
        "Counter of requests received into the system (successfully parsed and authd).",
        ("method",),
        _used({method.decode(): count for method, count in requests.received.items()}),
    )
    yield histograms(
        "etcd_http_successful_duration_seconds",
        "Bucketed histogram of processing time (s) of successfully handled requests"
        " (non-watches), by method (GET/PUT etc.).",
        "method",
        {method.decode(): seconds for method, seconds in requests.seconds.items()},
    )


def _network(node: Node) -> Iterator[Metric]:
    transport = node.transport
    peers = {format_id(id): peer for id, peer in sorted(transport.peers.items())}
    me = format_id(node.me)
    ends = ("Local", "Remote")
    yield gauges(
        "etcd_network_active_peers",
        "The current number of active peer connections.",
        ends,
        {(me, to): float(peer.active_since is not None) for to, peer in peers.items()},
    )
    yield counters(
        "etcd_network_disconnected_peers_total",
        "The total number of disconnected peers.",
        ends,
        {(me, to): peer.disconnects for to, peer in peers.items()},
    )
    yield counters(
        "etcd_network_peer_received_bytes_total",
        "The total number of bytes received from peers.",
        ("From",),
        {(format_id(id),): size for id, size in sorted(transport.received_bytes.items())},
    )
    yield histograms(
        "etcd_network_peer_round_trip_time_seconds",
        "Round-Trip-Time histogram between peers",
        "To",
        {format_id(id): one for id, one in node.metrics.round_trips.items()},
    )
    yield counters(
        "etcd_network_peer_sent_bytes_total",
        "The total number of bytes sent to peers.",
        ("To",),
        {(to,): peer.sent_bytes for to, peer in peers.items()},
    )
    yield counters(
        "etcd_network_peer_sent_failures_total",
        "The total number of send failures from peers.",
        ("To",),
        {(to,): peer.lost_messages for to, peer in peers.items()},
    )


def _server(service: Service) -> Iterator[Metric]:
    node, health = service.node, service.health
    cluster = node.cluster.version or ""
    yield gauges(
        "etcd_cluster_version",
        "Which version is running. 1 for 'cluster_version' label with current cluster version",
        ("cluster_version",),
        {(cluster.rpartition(".")[0],): 1} if cluster else {},
    )
    for name, text, value in _server_gauges(node):
        yield gauge(f"etcd_server_{name}", text, value)
    yield gauge(
        "etcd_server_health_failures", "The total number of failed health checks", health.failures
    )
    yield gauge(
        "etcd_server_health_success",
        "The total number of successful health checks",
        health.successes,
    )
    for name, text, value in _server_counters(node):
        yield _counter(f"etcd_server_{name}", text, value)
    yield gauges(
        "etcd_server_id",
        "Server or member ID in hexadecimal format. 1 for 'server_id' label with current ID.",
        ("server_id",),
        {(format_id(node.me),): 1},
    )
    yield gauges(
        "etcd_server_version",
        "Which version is running. 1 for 'server_version' label with current version.",
        ("server_version",),
        {(ETCD_VERSION,): 1},
    )


def _server_gauges(node: Node) -> Iterator[tuple[str, str, float]]:
    yield (
        "has_leader",
        "Whether or not a leader exists. 1 is existence, 0 is not.",
        node.leader != NOBODY,
    )
    yield (
        "is_leader",
        "Whether or not this member is a leader. 1 if is, 0 otherwise.",
        node.is_leader,
    )
    yield (
        "is_learner",
        "Whether or not this member is a learner. 1 if is, 0 otherwise.",
        node.me in node.raft.configuration.learners,
    )
    yield (
        "proposals_applied_total",
        "The total number of consensus proposals applied.",
        node.applied,
    )
    yield (
        "proposals_committed_total",
        "The total number of consensus proposals committed.",
        node.commit_index,
    )
    yield (
        "proposals_pending",
        "The current number of pending proposals to commit.",
        node.proposals_pending,
    )
    yield (
        "quota_backend_bytes",
        "Current backend storage quota size in bytes.",
        node.quota.limit,
    )


def _server_counters(node: Node) -> Iterator[tuple[str, str, float]]:
    metrics = node.metrics
    yield (
        "leader_changes_seen_total",
        "The number of leader changes seen.",
        metrics.leader_changes,
    )
    yield (
        "proposals_failed_total",
        "The total number of failed proposals seen.",
        metrics.proposals_failed,
    )
    yield (
        "read_indexes_failed_total",
        "The total number of failed read indexes seen.",
        metrics.reads_failed,
    )


def _used(counts: Mapping[str, float]) -> Labelled:
    """By one label; like etcd's, a label is there from the first count on."""
    return {(label,): count for label, count in sorted(counts.items()) if count}


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(name, text, value)


def gauge(name: str, text: str, value: float) -> Metric:
    """A family of one value that goes up and down."""
    return GaugeMetricFamily(name, text, value)


def counters(name: str, text: str, labels: tuple[str, ...], values: Labelled) -> Metric:
    """A family of counters, by the values of their labels."""
    family = CounterMetricFamily(name, text, labels=labels)
    for labelled, value in values.items():
        family.add_metric(labelled, value)
    return family


def gauges(name: str, text: str, labels: tuple[str, ...], values: Labelled) -> Metric:
    """A family of gauges, by the values of their labels."""
    family = GaugeMetricFamily(name, text, labels=labels)
    for labelled, value in values.items():
        family.add_metric(labelled, value)
    return family


def _histogram(name: str, text: str, histogram: Histogram) -> Metric:
    return HistogramMetricFamily(name, text, _buckets(histogram), histogram.total)


def histograms(name: str, text: str, label: str, values: Mapping[str, Histogram]) -> Metric:
    """A family of histograms, by the values of their one label."""
    family = HistogramMetricFamily(name, text, labels=(label,))
    for labelled, histogram in sorted(values.items()):
        family.add_metric((labelled,), _buckets(histogram), histogram.total)
    return family


def _buckets(histogram: Histogram) -> list[tuple[str, float]]:
    bounds = [repr(bound) for bound in histogram.bounds] + ["+Inf"]
    return list(zip(bounds, accumulate(histogram.counts), strict=True))
