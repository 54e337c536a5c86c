"""Metrics that etcd has no name for, or only one of its v3 store; all begin with `vard_`."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import Metric

from vard_http import __version__
from vard_http.api.families import gauge, gauges
from vard_http.node import Node


def own_families(node: Node) -> Iterator[Metric]:
    """What an operator needs beside etcd's metrics, read from the node when asked."""
    yield gauges(
        "vard_build_info",
        "Which version of vard_http is running. 1 for the 'version' label with that version.",
        ("version",),
        {(__version__,): 1},
    )
    yield gauge(
        "vard_database_size_bytes",
        "What the database takes on disk, its write-ahead log included.",
        node.database_bytes,
    )
    yield gauge(
        "vard_disk_free_bytes",
        "What may still be written to the disk of the data directory.",
        node.quota.free_bytes(),
    )
    yield gauge(
        "vard_nospace_alarm",
        "Whether the last write was refused for want of room and there still is none. 1 if so.",
        node.quota.alarm,
    )
    yield gauge("vard_raft_term", "The current term of Raft.", node.term)
    yield gauge(
        "vard_store_size_bytes",
        "What the quota counts: names, values, and a constant for each node.",
        node.store.size,
    )
